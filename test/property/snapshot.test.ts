import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Row } from '../../src/core/contract.ts'
import { offset } from '../../src/core/contract.ts'
import { controlFromJson, controlToJson, startControl } from '../../src/source/control.ts'
import { bucketRecord, watermarkRecord } from '../../src/source/offsets-topic.ts'
import { note, type Sighting } from '../../src/source/record.ts'
import { beginSnapshot, positionBefore, type Snapshot, sightSnapshot, withinWindow } from '../../src/source/snapshot.ts'
import { keepFromMs } from '../../src/source/watermark.ts'
import { type Operation, OrgModel } from './org-model.ts'
import { fields, nameOf, type PollStep, place, SourcePoller, spans } from './source-poller.ts'

const runsMax = Number(process.env.PROPERTY_RUNS ?? 1_500)
const seed = Number(process.env.PROPERTY_SEED ?? Date.now() % 1_000_000_000)

interface Step extends PollStep {
  readonly passMs: number
  readonly before: readonly Operation[]
  readonly does: 'snapshot' | 'poll' | 'audit'
}

const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constantFrom(
    ...(['create', 'create', 'create', 'update', 'update', 'update'] as const),
    ...(['delete', 'undelete', 'merge', 'purge', 'hard-delete'] as const),
  ),
  pick: fc.nat(50),
  commitDelayMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 900_000 })),
  rows: fc.constant(1),
})
const step: fc.Arbitrary<Step> = fc.record({
  passMs: fc.oneof(
    fc.integer({ min: 0, max: 3_000 }),
    fc.integer({ min: 0, max: 120_000 }),
    fc.integer({ min: 0, max: 3_000_000 }),
  ),
  before: fc.array(operation, { maxLength: 10 }),
  does: fc.constantFrom('snapshot', 'poll', 'poll', 'audit'),
  crashAt: fc.nat(16),
  pageRows: fc.integer({ min: 1, max: 5 }),
  partRows: fc.integer({ min: 1, max: 7 }),
  readAt: fc.constantFrom('query', 'page'),
  latestEntriesMax: fc.integer({ min: 1, max: 12 }),
  skewMs: fc.constant(0),
  operations: fc.array(operation, { maxLength: 2 }),
})
const quiet: PollStep = {
  crashAt: 1_000_000,
  pageRows: 5,
  partRows: 5,
  readAt: 'query',
  latestEntriesMax: 1_000,
  skewMs: 0,
  operations: [],
}

/** A poller that snapshots, by the pure parts; its place is committed with its rows. */
class SnapshotSource {
  readonly poller: SourcePoller
  readonly #org: OrgModel
  #stored: string
  /** By id of the snapshot: the live rows when it began. */
  readonly begun = new Map<string, readonly Row[]>()
  readonly ended = new Set<string>()

  constructor(org: OrgModel, starts: 'snapshot' | 'now') {
    this.#org = org
    const first = beginSnapshot({ id: 'start', first: true, where: null }, org.nowMs)
    this.poller = new SourcePoller(org, Math.floor(org.nowMs / 1_000) * 1_000)
    if (starts === 'now') this.#stored = JSON.stringify(controlToJson(startControl(offset(0))))
    else {
      this.#stored = JSON.stringify(controlToJson(startControl(offset(0), first)))
      this.begun.set('start', live(org))
      this.poller.reading.position = positionBefore(first, spans)
      this.poller.store([watermarkRecord(place, this.poller.reading.position)])
    }
  }

  get snapshot(): Snapshot | null {
    return controlFromJson(JSON.parse(this.#stored)).snapshot
  }

  ask(id: string): void {
    if (this.snapshot) return
    this.begun.set(id, live(this.#org))
    this.#store(beginSnapshot({ id, first: false, where: null }, this.#org.nowMs))
  }

  /** Reads on to the end, or until it dies. */
  read(step: PollStep): void {
    if (!this.#read(step)) this.poller.restore()
  }

  /** False if it died. */
  #read(step: PollStep): boolean {
    for (let commit = 0; this.snapshot; commit++) {
      const snapshot = this.snapshot
      const ids = live(this.#org).map(({ Id }) => String(Id))
      const rest = ids.filter(id => snapshot.lastId === null || id > snapshot.lastId).sort()
      const rows = rest.slice(0, step.pageRows).map(id => this.#org.read(id)!)
      const next = { ...snapshot, lastId: rows.length > 0 ? String(rows.at(-1)!.Id) : snapshot.lastId }
      const { reading, published } = this.poller
      const sightings = sightSnapshot(rows, fields, reading, next)
      if (step.crashAt === 2 * commit) return false
      for (const sighting of sightings) note(sighting, reading)
      const position = withinWindow(reading, next, 1_000)
      const changes = reading.window.takeChanges(keepFromMs(position))
      this.poller.store([
        ...changes.map(change => bucketRecord(place, 'window', change)),
        watermarkRecord(place, position),
      ])
      published.push(...sightings)
      if (rest.length <= step.pageRows) this.ended.add(snapshot.id)
      this.#store(rest.length <= step.pageRows ? null : next)
      if (step.crashAt === 2 * commit + 1) return false
      this.#org.pass(700)
      for (const change of step.operations) this.#org.apply(change)
    }
    return true
  }

  #store(snapshot: Snapshot | null): void {
    this.#stored = JSON.stringify(controlToJson(startControl(offset(0), snapshot)))
  }
}

const live = (org: OrgModel): Row[] =>
  org
    .query(0, Number.MAX_SAFE_INTEGER)
    .map(id => org.read(id)!)
    .filter(row => row.IsDeleted !== true)

function run(before: readonly Step[], steps: readonly Step[], starts: 'snapshot' | 'now') {
  const org = new OrgModel()
  for (const each of before) {
    for (const change of each.before) org.apply(change)
    org.pass(each.passMs)
  }
  const source = new SnapshotSource(org, starts)
  const atMs = org.nowMs
  for (const [n, each] of steps.entries()) {
    for (const change of each.before) org.apply(change)
    org.pass(each.passMs)
    if (each.does === 'snapshot' && starts === 'now') source.ask(`asked ${n}`)
    // Polls wait for the snapshot.
    if (source.snapshot) source.read(each)
    else if (each.does === 'poll') source.poller.poll(each)
    else if (each.does === 'audit') source.poller.audit(each)
  }
  source.read(quiet)
  source.poller.poll(quiet)
  for (let n = 0; n < 4; n++) {
    org.pass(spans.lookbackMs)
    source.poller.poll(quiet)
    source.poller.audit(quiet)
  }
  return { org, source, atMs, published: source.poller.published }
}

const nameOfSighting = ({ row, version }: Sighting): string => (row ? nameOf(row) : `${version.recordId} gone`)

function checkOnceAndInOrder(published: readonly Sighting[]): void {
  const names = published.map(nameOfSighting)
  expect(new Set(names).size, 'no version twice').toBe(names.length)
  const stamps = new Map<string, number>()
  for (const { version, type } of published) {
    if (type === 'CREATED') expect(stamps.has(version.recordId), 'created once, first').toBe(false)
    if (type !== 'DELETED' && type !== 'MERGED')
      expect(version.stampMs, 'order for each id').toBeGreaterThanOrEqual(stamps.get(version.recordId) ?? 0)
    stamps.set(version.recordId, version.stampMs)
  }
}

describe('a snapshot', () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 15 })

  test('as the start: every row’s latest version is published once, changes after all of it, deletes told', () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const { org, atMs, published } = run(before, after, 'snapshot')
        checkOnceAndInOrder(published)
        const names = new Set(published.map(nameOfSighting))
        const known = new Set(published.map(({ version }) => version.recordId))
        const gone = new Set(
          published
            .filter(({ type }) => type === 'DELETED' || type === 'MERGED')
            .map(({ version }) => version.recordId),
        )
        for (const row of live(org)) expect(names, 'the latest version').toContain(nameOf(row))
        for (const id of known) if (org.read(id)?.IsDeleted !== false) expect(gone, `the delete of ${id}`).toContain(id)
        const stamps = published.filter(({ type }) => type === 'SNAPSHOT').map(({ version }) => version.stampMs)
        for (const stampMs of stamps) expect(stampMs, 'a change is no SNAPSHOT').toBeLessThan(atMs)
        const firstChange = published.findIndex(({ type }) => type !== 'SNAPSHOT')
        if (firstChange !== -1) expect(published.slice(firstChange).map(({ type }) => type)).not.toContain('SNAPSHOT')
      }),
      { numRuns: runsMax, seed },
    )
  })

  test('asked for while it runs: no change is lost, none twice, and each unchanged row comes once in each', () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const { org, source, published } = run(before, after, 'now')
        const changes = published.filter(({ type }) => type !== 'SNAPSHOT')
        checkOnceAndInOrder(changes)
        const changed = new Set(changes.map(nameOfSighting))
        const { startMs } = source.poller.reading.position
        const [stampMs, told] = [new Map<string, number>(), new Set<string>()]
        for (const sighting of published) {
          const { version, type } = sighting
          if (type === 'SNAPSHOT') {
            const former = stampMs.get(version.recordId) ?? 0
            expect(version.stampMs, 'no state older than the last').toBeGreaterThanOrEqual(former)
            if (version.stampMs >= startMs) expect(told, 'the change first').toContain(nameOfSighting(sighting))
          }
          told.add(nameOfSighting(sighting))
          stampMs.set(version.recordId, version.stampMs)
        }
        for (const row of live(org))
          if (Date.parse(String(row.SystemModstamp)) >= startMs) expect(changed).toContain(nameOf(row))
        const snapshots = published.filter(({ type }) => type === 'SNAPSHOT').map(nameOfSighting)
        for (const id of source.ended)
          for (const row of source.begun.get(id) ?? [])
            if (Date.parse(String(row.SystemModstamp)) < startMs && isUnchanged(org, row))
              expect(snapshots, 'a row from before the start').toContain(nameOf(row))
        // A row that was saved before the start and committed after it is in none of `begun`.
        const times = new Map<string, number>()
        for (const name of snapshots) times.set(name, (times.get(name) ?? 0) + 1)
        for (const [name, count] of times)
          expect(count, `${name} in each snapshot`).toBeLessThanOrEqual(source.begun.size)
      }),
      { numRuns: runsMax, seed },
    )
  })
})

const isUnchanged = (org: OrgModel, row: Row): boolean => {
  const now = org.read(String(row.Id))
  return now !== undefined && nameOf(now) === nameOf(row)
}
