import { describe, expect, test } from 'vitest'
import { faults } from './checker.ts'
import { type Scene, withScene } from './scene.ts'
import { change, command } from './work.ts'

// The points of issue's list; a point of one transaction label per half (core/failpoint.ts).
const points = [
  'records:before-send',
  'records:after-send',
  'records:before-commit',
  'records:after-commit',
  'replies:before-send',
  'replies:after-send',
  'replies:after-send-offsets',
  'replies:before-commit',
  'replies:after-commit',
  'mark:after-commit',
  'execute:after',
] as const
const kills = 5
const passesMax = 4

/** Runs connectors that die at the point, one after the other, then one that does not; returns how they ended. */
async function killAt(scene: Scene, point: string): Promise<(number | string)[]> {
  const deaths: (number | string)[] = []
  for (let round = 0; round < kills; round++) {
    await change(scene, round)
    await command(scene)
    const victim = scene.start({ at: point, after: round % 2 })
    await victim.ready
    let ended: number | string | undefined
    void victim.ended.then(how => {
      ended = how
    })
    // Work that is taken together passes the point only once, so there is more of it until the point was passed often enough.
    for (let n = 0; n < passesMax && ended === undefined; n++) {
      await scene.settle(() => ended !== undefined)
      if (ended !== undefined) break
      await change(scene, round)
      await command(scene)
    }
    deaths.push(ended ?? `alive after ${passesMax} rounds of work: ${victim.output()}`)
  }
  const last = scene.start()
  await last.ready
  await scene.settle()
  await scene.stop(last)
  return deaths
}

describe.concurrent('kill -9', { timeout: 240_000 }, () => {
  test.each(points)('five times at %s: nothing lost, nothing twice', point =>
    withScene(async scene => {
      expect(await killAt(scene, point)).toEqual(Array(kills).fill('SIGKILL'))
      expect(faults(scene.expected, await scene.observe())).toEqual([])
    }),
  )

  test('after the Salesforce call, with an idempotency field: every create SUCCEEDED, executed once', () =>
    withScene(
      async scene => {
        expect(await killAt(scene, 'execute:after')).toEqual(Array(kills).fill('SIGKILL'))
        const observed = await scene.observe()
        expect(faults(scene.expected, observed)).toEqual([])
        expect(new Set(observed.replies.map(({ status }) => status))).toEqual(new Set(['SUCCEEDED']))
      },
      { sink: { idempotency_fields: { Contact: 'Command_Id__c' } } },
    ))
})
