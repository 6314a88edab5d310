import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { until } from '../routes/world.ts'
import { faults } from './checker.ts'
import type { ConnectorProcess } from './process.ts'
import { type Scene, withScene } from './scene.ts'
import { command } from './work.ts'

const partitions = 6
const shareMsMax = 30_000
/** Between two lots of commands: enough that each rebalance meets some on their way, few enough for a test to check. */
const pauseMs = 100
/** Commands sent between two changes in the number of connectors. */
const lotsBetween = 10

const owns = ({ output }: ConnectorProcess): number =>
  Number([...output().matchAll(/"half":"sink","gained":(\d+)/g)].at(-1)?.[1] ?? 0)

/** Sends commands until it is stopped; `lots` counts what was sent. */
function load(scene: Scene) {
  const state = { lots: 0, isOver: false }
  const sending = (async () => {
    while (!state.isOver) {
      await command(scene)
      state.lots++
      await wait(pauseMs)
    }
  })()
  const more = async (): Promise<void> => {
    const enough = state.lots + lotsBetween
    await until(
      () => state.lots >= enough,
      shareMsMax,
      () => `${state.lots} lots were sent`,
    )
  }
  const stop = async (): Promise<void> => {
    state.isOver = true
    await sending
  }
  return { more, stop }
}

test(
  'from one connector to three and back under load: nothing lost, nothing twice, nothing in doubt',
  { timeout: 180_000 },
  () =>
    withScene(
      async scene => {
        const first = scene.start()
        await first.ready
        const { more, stop } = load(scene)
        await more()
        const others = [scene.start(), scene.start()]
        await Promise.all(others.map(({ ready }) => ready))
        await until(
          () => others.every(other => owns(other) > 0),
          shareMsMax,
          () => others.map(({ output }) => output()).join('\n'),
        )
        await more()
        await scene.stop(first)
        await more()
        await scene.stop(others[0]!)
        await more()
        await stop()
        await scene.settle()
        await scene.stop(others[1]!)
        const observed = await scene.observe()
        expect(faults(scene.expected, observed)).toEqual([])
        expect(new Set(observed.replies.map(({ status }) => status))).toEqual(new Set(['SUCCEEDED']))
        expect(observed.replies.some(({ duplicate }) => duplicate)).toBe(false)
      },
      { partitions },
    ),
)
