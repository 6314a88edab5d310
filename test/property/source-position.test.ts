import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { IncomingRecord, OutgoingRecord, Row } from '../../src/core/contract.ts'
import { offset } from '../../src/core/contract.ts'
import { bucketRecord, StoredPosition, watermarkRecord } from '../../src/source/offsets-topic.ts'
import { type Sighting, sight } from '../../src/source/record.ts'
import { advance, keepFromMs, type Position, planQuery, startPosition } from '../../src/source/watermark.ts'
import { Window } from '../../src/source/window.ts'
import { type Operation, OrgModel } from './org-model.ts'

const lookbackMs = 60_000
const fields = ['Title', 'IsDeleted']
const place = { topic: 'offsets', partition: 1, connector: 'c', orgId: '00D000000000001AAA', object: 'Contact' }

interface Step {
  readonly passMs: number
  readonly operations: readonly Operation[]
  readonly poll: boolean
  /** The page after which the process dies, before (even) or after (odd) its commit; none if larger than the pages. */
  readonly crashAt: number
  readonly pageRows: number
  readonly readAt: 'query' | 'page'
}

const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constantFrom('create', 'create', 'update', 'update', 'delete'),
  pick: fc.nat(50),
  commitDelayMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: lookbackMs - 5_000 })),
})
const step: fc.Arbitrary<Step> = fc.record({
  passMs: fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 5 * lookbackMs })),
  operations: fc.array(operation, { maxLength: 12 }),
  poll: fc.boolean(),
  crashAt: fc.nat(12),
  pageRows: fc.integer({ min: 1, max: 7 }),
  readAt: fc.constantFrom('query', 'page'),
})

/** The source's pure parts on a topic kept in a map; what is published counts only if its commit was reached. */
class Poller {
  readonly #org: OrgModel
  readonly #topic = new Map<string, Buffer | null>()
  readonly published: Sighting[] = []
  position: Position
  window = new Window()

  constructor(org: OrgModel, startMs: number) {
    this.#org = org
    this.position = startPosition(startMs)
    this.#store([watermarkRecord(place, this.position)])
  }

  poll(step: Step): void {
    const query = planQuery(this.position, this.#org.nowMs, lookbackMs)
    const ids = this.#org.query(query.lower.modifiedAtMs, query.boundMs)
    const atQuery = new Map(ids.map(id => [id, this.#org.read(id)]))
    for (let page = 0, at = 0; ; page++, at += step.pageRows) {
      const rows = ids
        .slice(at, at + step.pageRows)
        .map(id => (step.readAt === 'page' ? this.#org.read(id) : atQuery.get(id)!))
      const done = at + step.pageRows >= ids.length
      const found = sight(rows, fields, this.window, this.position, query)
      const places = found.map(({ version }) => ({ modifiedAtMs: version.stampMs, recordId: version.recordId }))
      const next = advance(this.position, query, places, done)
      if (step.crashAt === 2 * page) {
        this.#crash()
        return
      }
      if (found.length > 0) this.#commit(next, found, keepFromMs(query, next, done))
      this.position = next
      if (step.crashAt === 2 * page + 1) {
        this.#crash()
        return
      }
      if (done) return
      this.#org.pass(700)
      for (const change of step.operations.slice(0, 2)) this.#org.apply(change)
    }
  }

  #commit(next: Position, found: readonly Sighting[], keepFromMs: number): void {
    const changes = this.window.takeChanges(keepFromMs)
    this.#store([...changes.map(change => bucketRecord(place, change)), watermarkRecord(place, next)])
    this.published.push(...found)
  }

  #store(records: readonly OutgoingRecord[]): void {
    for (const record of records) this.#topic.set(record.key!.toString(), record.value)
  }

  #crash(): void {
    const stored = new StoredPosition(place)
    for (const [key, value] of this.#topic) stored.apply(recordOf(key, value))
    this.position = stored.position!
    this.window = new Window()
    stored.fill(this.window)
  }
}

const recordOf = (key: string, value: Buffer | null): IncomingRecord => ({
  topic: place.topic,
  partition: place.partition,
  offset: offset(0),
  key: Buffer.from(key),
  value,
  headers: {},
  timestampMs: 0,
})

const nameOf = (row: Row): string => `${row.Id} ${row.Title} ${row.IsDeleted}`

function run(steps: readonly Step[]): { org: OrgModel; poller: Poller; seen: Set<string> } {
  const org = new OrgModel()
  const poller = new Poller(org, Math.floor(org.nowMs / 1_000) * 1_000)
  for (const each of steps) {
    for (const change of each.operations) org.apply(change)
    org.pass(each.passMs)
    if (each.poll) poller.poll(each)
  }
  org.pass(lookbackMs)
  poller.poll({ passMs: 0, operations: [], poll: true, crashAt: 1_000_000, pageRows: 5, readAt: 'query' })
  return { org, poller, seen: new Set(poller.published.map(({ row }) => nameOf(row))) }
}

describe('the source’s position', () => {
  test('publishes no version twice, loses no last version, keeps order and creates once, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), steps => {
        const { org, poller, seen } = run(steps)
        const names = poller.published.map(({ row }) => nameOf(row))
        expect(names.length).toBe(seen.size)
        const last = new Map([...org.committed.values()].map(row => [row.Id, row]))
        for (const row of last.values()) expect(seen).toContain(nameOf(row))
        const lastStamp = new Map<string, number>()
        const created = new Set<string>()
        for (const { version, type } of poller.published) {
          expect(version.stampMs).toBeGreaterThanOrEqual(lastStamp.get(version.recordId) ?? 0)
          lastStamp.set(version.recordId, version.stampMs)
          if (type === 'CREATED') expect(created.has(version.recordId)).toBe(false)
          if (type === 'CREATED') created.add(version.recordId)
        }
      }),
      { numRuns: 5_000 },
    )
  })

  test('a row first met is CREATED, a later version UPDATED, a deleted one DELETED', () => {
    const org = new OrgModel()
    const poller = new Poller(org, Math.floor(org.nowMs / 1_000) * 1_000)
    const quiet = { passMs: 0, operations: [], poll: true, crashAt: 1_000_000, pageRows: 5, readAt: 'query' } as const
    for (const kind of ['create', 'update', 'delete'] as const) {
      org.apply({ kind, pick: 0, commitDelayMs: 0 })
      org.pass(1_000)
      poller.poll(quiet)
    }
    expect(poller.published.map(({ type }) => type)).toEqual(['CREATED', 'UPDATED', 'DELETED'])
  })

  test('an idle poll changes nothing that would have to be written', () => {
    const { poller } = run([
      {
        passMs: 0,
        operations: [{ kind: 'create', pick: 0, commitDelayMs: 0 }],
        poll: true,
        crashAt: 99,
        pageRows: 5,
        readAt: 'query',
      },
    ])
    const before = poller.published.length
    poller.poll({ passMs: 0, operations: [], poll: true, crashAt: 1_000_000, pageRows: 5, readAt: 'query' })
    expect(poller.published.length).toBe(before)
  })

  test('a backlog is met in whole, across a crash in its middle, each row as CREATED', () => {
    const org = new OrgModel()
    const startMs = Math.floor(org.nowMs / 1_000) * 1_000
    for (let n = 0; n < 100; n++) {
      org.apply({ kind: 'create', pick: 0, commitDelayMs: 0 })
      org.pass(10_000)
    }
    for (let n = 0; n < 20; n++) org.apply({ kind: 'update', pick: n, commitDelayMs: 0 })
    org.pass(10 * lookbackMs)
    const poller = new Poller(org, startMs)
    for (const crashAt of [3, 6, 1_000_000])
      poller.poll({ passMs: 0, operations: [], poll: true, crashAt, pageRows: 7, readAt: 'query' })
    expect(poller.published.length).toBe(100)
    expect(new Set(poller.published.map(({ type }) => type))).toEqual(new Set(['CREATED']))
  })
})
