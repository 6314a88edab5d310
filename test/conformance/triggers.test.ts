import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { followTopics } from '../../src/cli/tail.ts'
import { playChanges, typeAfter } from '../../src/demo/changes.ts'
import { Seen } from '../../src/demo/watch.ts'
import { type Changes, type ObjectRows, samplesOf } from '../../src/triggers/samples.ts'
import { type Trigger, triggers, triggersOf } from '../../src/triggers.ts'
import { sendSignal } from '../routes/operator.ts'
import { startWorld, until, type World } from '../routes/world.ts'

type Event = Readonly<Record<string, unknown>>

/** A custom object: one entry in the config, no entry in the table. */
const invoice: ObjectRows = {
  object: 'Invoice__c',
  create: { Account__c: '$Account', Amount__c: 99.5, Due_Date__c: '2027-02-01', Is_Open__c: true },
  update: { Amount__c: 100, Is_Paid__c: true },
}
const custom = Object.entries(triggersOf(invoice.object)).map(
  ([name, trigger]) => [name, { ...trigger, ...samplesOf(trigger.type, invoice) }] as const,
)
const all: readonly (readonly [name: string, Trigger])[] = [...Object.entries(triggers), ...custom]
const objects = [...new Set(all.map(([, { object }]) => object))]

let world: World
const events: Event[] = []
const played: {
  readonly name: string
  readonly changes: Changes
  readonly last: Event | Error
  readonly isSample: boolean
}[] = []
const watching = new AbortController()
let watched: Promise<void>

// All samples are played side by side on one connector, so that its start and its polls are paid for once.
beforeAll(async () => {
  // Not "now": that would be when the connector gets to an object, and changes are made as soon as it is ready.
  const source = {
    interval_ms: 200,
    start: new Date().toISOString(),
    objects: Object.fromEntries(objects.map(object => [object, {}])),
  }
  world = await startWorld({ config: { source } })
  const { config, kafka, registry, simulator } = world
  await world.start({ source: true })
  const seen = new Seen()
  const selection = { what: 'events', object: [], from: 'beginning' } as const
  watched = followTopics({ config, kafka, registry }, selection, watching.signal, ({ value }) => {
    if (!value) return
    events.push(value)
    seen.add(value)
  })
  const play = async (name: string, { object }: Trigger, changes: Changes, isSample: boolean): Promise<void> => {
    const last = await playChanges({ org: simulator.org, seen }, object, changes).catch(error => error as Error)
    played.push({ name, changes, last, isSample })
  }
  await Promise.all(
    all.flatMap(([name, trigger]) => [
      ...trigger.samples.map(changes => play(name, trigger, changes, true)),
      ...trigger.antiSamples.map(changes => play(name, trigger, changes, false)),
    ]),
  )
  // What fires wrongly would fire within two more polls of everything: two calls for up to ten objects each.
  const calls = simulator.apiCalls()
  await until(
    () => simulator.apiCalls() > calls + 5,
    20_000,
    () => 'no more polls',
  )
}, 90_000)

afterAll(async () => {
  watching.abort()
  await watched
  await world.close()
})

describe.each(all)('%s', (name, trigger) => {
  const own = () => played.filter(each => each.name === name)

  test('has a sample and an anti-sample, but for what no change can cause', () => {
    const isMade = trigger.type === 'SNAPSHOT' || (trigger.type === 'MERGED' && trigger.object === invoice.object)
    expect(trigger.samples.length > 0).toBe(!isMade)
    expect(trigger.antiSamples).not.toEqual([])
  })

  test('fires at the last change of its samples, with its name', () => {
    for (const { last, isSample } of own())
      if (isSample) expect(last).toMatchObject({ trigger: name, type: trigger.type, object: trigger.object })
  })

  test('does not fire for its anti-samples', () => {
    for (const { last, isSample } of own()) {
      if (isSample) continue
      expect(last).not.toBeInstanceOf(Error)
      expect((last as Event).trigger).not.toBe(name)
    }
  })
})

test('each change is one event, in its order, and there is no other about the row', () => {
  for (const { changes, last } of played) {
    const about = events.filter(({ recordId }) => recordId === (last as Event).recordId)
    expect(about.map(({ type }) => type)).toEqual(changes.map(typeAfter))
  }
  expect(played.length).toBeGreaterThan(100)
})

test('the survivor of a merge is there as a row that was created and updated', () => {
  const survivors = new Set(events.filter(({ type }) => type === 'MERGED').map(({ masterRecordId }) => masterRecordId))
  expect(survivors.size).toBeGreaterThan(5)
  for (const id of survivors) {
    const types = events.filter(({ recordId }) => recordId === id).map(({ type }) => type)
    expect(['CREATED', 'CREATED,UPDATED']).toContain(types.join())
  }
})

// Last, for its events are about the rows of all others.
test('a snapshot of everything fires the snapshot trigger of each row that is there, once, and of none that is gone', async () => {
  const rows = new Map(events.map(event => [String(event.recordId), event]))
  const isGone = ({ type }: Event): boolean => type === 'DELETED' || type === 'MERGED'
  const there = [...rows.values()].filter(event => !isGone(event))
  const lastMs = Math.max(...events.map(({ occurredAt }) => Date.parse(String(occurredAt))))
  // What was changed within the snapshot's own second is left to polls.
  await expect.poll(() => Date.now(), { timeout: 5_000 }).toBeGreaterThan(lastMs + 2_000)
  await sendSignal(world, { type: 'snapshot' })
  const found = (): Event[] => events.filter(({ type, recordId }) => type === 'SNAPSHOT' && rows.has(String(recordId)))
  await until(
    () => found().length >= there.length,
    30_000,
    () => `${found().length} of ${there.length} rows`,
  )
  const idsOf = (some: readonly Event[]): string[] => some.map(({ recordId }) => String(recordId)).sort()
  expect(idsOf(found())).toEqual(idsOf(there))
  for (const { object, trigger } of found()) expect(triggersOf(String(object))[String(trigger)]?.type).toBe('SNAPSHOT')
  expect(new Set(found().map(({ object }) => object))).toEqual(new Set(objects))
})
