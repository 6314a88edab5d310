import { expect, test } from 'vitest'
import { faults } from './checker.ts'
import { withScene } from './scene.ts'
import { change, command } from './work.ts'

const waitMsMax = 30_000
const slowMs = 700 // held back this long after it was executed, inside the request timeout of the scene

test(
  'SIGTERM in the middle of a batch: exit 0 within the time set, nothing lost, nothing twice, nothing in doubt',
  {
    timeout: 120_000,
  },
  () =>
    withScene(async scene => {
      for (let round = 0; round < 3; round++) {
        const connector = scene.run()
        await connector.ready
        const { faults: armed, org } = scene.simulator
        armed.add({ action: 'delay', delayMs: slowMs, match: { method: 'POST', path: '/composite', times: 'always' } })
        const before = org.effects.length
        await change(scene, round)
        for (let n = 0; n < 5; n++) await command(scene)
        const byCommands = (): number =>
          org.effects.slice(before).filter(({ userId }) => userId === scene.simulator.userId).length
        await expect.poll(byCommands, { timeout: waitMsMax, interval: 10 }).toBeGreaterThan(0)
        // Executed, and its answer is on the way: the middle of the batch.
        await scene.stop(connector)
        armed.clear()
      }
      const last = scene.run()
      await last.ready
      await scene.settle()
      await scene.stop(last)
      const observed = await scene.observe()
      expect(faults(scene.expected, observed)).toEqual([])
      expect(new Set(observed.replies.map(({ status }) => status))).toEqual(new Set(['SUCCEEDED']))
    }),
)
