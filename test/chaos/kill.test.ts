import { describe, expect, test } from 'vitest'
import { faults } from './checker.ts'
import { type Scene, withScene } from './scene.ts'

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

/** Somebody else creates contacts, and edits or deletes ones whose creation was seen; each row changes once a round. */
async function change(scene: Scene, round: number): Promise<void> {
  const { org } = scene.simulator
  const seen = new Set((await scene.events().catch(() => [])).map(({ recordId }) => recordId))
  const ready = scene.expected.changes.filter(({ recordId, type }) => type === 'CREATED' && seen.has(recordId))
  const untouched = ready.filter(
    ({ recordId }) => scene.expected.changes.filter(c => c.recordId === recordId).length === 1,
  )
  for (const [index, { recordId }] of untouched.slice(0, 4).entries()) {
    if (index % 2 === 0) org.update('Contact', recordId, { Department: `round ${round}` })
    else org.delete('Contact', recordId)
    scene.expected.changes.push({ recordId, type: index % 2 === 0 ? 'UPDATED' : 'DELETED' })
  }
  for (let n = 0; n < 5; n++)
    scene.expected.changes.push({ recordId: org.create('Contact', { LastName: `Round ${round}` }), type: 'CREATED' })
}

async function command(scene: Scene): Promise<void> {
  const target = (): string => scene.simulator.org.create('Contact', { LastName: 'Target' })
  await scene.send([
    { action: 'CreateContact', command: { fields: { LastName: 'made-$command' } } },
    { action: 'UpdateContact', target: target(), command: { fields: { Title: '$command' } } },
    { action: 'CreateContact', command: { fields: { LastName: 'made-$command' } } },
    { action: 'DeleteContact', target: target(), command: {} },
  ])
}

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
