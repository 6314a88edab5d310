import type { IncomingRecord, OutgoingRecord, Row, Watermark } from '../../src/core/contract.ts'
import { offset } from '../../src/core/contract.ts'
import { Deletes } from '../../src/source/deletes.ts'
import { FieldSets } from '../../src/source/field-sets.ts'
import { withinBounds } from '../../src/source/full-window.ts'
import { bucketRecord, StoredPosition, watermarkRecord } from '../../src/source/offsets-topic.ts'
import { note, type Reading, type Sighting, sight, sightDeleted } from '../../src/source/record.ts'
import {
  advance,
  audited,
  auditedBeforeBacklog,
  auditedUntil,
  auditQuery,
  beginSweep,
  hasBacklog,
  isSwept,
  isUnaudited,
  keepFromMs,
  leaveSweep,
  type Position,
  planQuery,
  type Query,
  type Spans,
  startPosition,
} from '../../src/source/watermark.ts'
import { Window } from '../../src/source/window.ts'
import type { Operation, OrgModel } from './org-model.ts'

export const spans: Spans = { lookbackMs: 600_000, auditMs: 900_000 }
export const fields = { names: ['Title', 'IsDeleted'] }
export const place = { topic: 'offsets', partition: 1, connector: 'c', orgId: '00D000000000001AAA', object: 'Contact' }

/** How one poll goes. */
export interface PollStep {
  /** The commit at which the process dies, before (even) or after (odd) it; none if larger than their number. */
  readonly crashAt: number
  readonly pageRows: number
  /** A page is committed in parts of so many changes at most. */
  readonly partRows: number
  readonly readAt: 'query' | 'page'
  /** Read only the latest part of the window, if it holds more versions than this. */
  readonly latestEntriesMax: number
  /** How far Salesforce's time is told ahead of the truth, or behind if negative, ms. */
  readonly skewMs: number
  /** Done while the pages are read. */
  readonly operations: readonly Operation[]
}

class Crash extends Error {}

export const nameOf = (row: Row): string => `${row.Id} ${row.Title} ${row.IsDeleted}`

/** The source's pure parts on a topic kept in a map; what is published counts only if its commit was reached. */
export class SourcePoller {
  readonly #org: OrgModel
  readonly #topic = new Map<string, Buffer | null>()
  readonly published: Sighting[] = []
  /** Of the published ones, those that only the audit found. */
  found = 0
  /** How often the window was full. */
  shrunk = 0
  /** Died within a backlog: a row of it that is edited then is met for the first time as UPDATED (ARCHITECTURE.md). */
  diedInBacklog = false
  /** Was told a time far ahead: a late commit may then be met for the first time as UPDATED. */
  wasMisled = false
  reading: Reading
  #commits = 0
  #skewMs = 0
  readonly #windowEntriesMax: number

  constructor(org: OrgModel, startMs: number, windowEntriesMax = Number.POSITIVE_INFINITY) {
    this.#org = org
    this.#windowEntriesMax = windowEntriesMax
    this.reading = {
      position: startPosition(startMs),
      window: new Window(),
      deletes: new Deletes(),
      fields: new FieldSets(),
    }
    this.store([watermarkRecord(place, this.reading.position)])
  }

  /** Reads once, with the audit that a backlog asks for; false if it died. */
  poll(step: PollStep): boolean {
    return this.#untilCrash(() => {
      this.#skewMs = step.skewMs
      if (step.skewMs > spans.lookbackMs / 2) this.wasMisled = true
      const { position } = this.reading
      if (hasBacklog(position, this.#nowMs, spans)) {
        const { coveredMs } = this.#org.changes(position.lower.modifiedAtMs, this.#nowMs)
        const next = beginSweep(position, this.#nowMs, spans, coveredMs)
        if (next.sweep !== null && isUnaudited(position)) this.#readAgain(step, auditedBeforeBacklog(position), next)
        else this.reading.position = next
      }
      const isFull = this.reading.window.size > this.#windowEntriesMax
      this.#readOnce(step, isFull ? undefined : this.reading.window.latest(step.latestEntriesMax))
    })
  }

  /** What getUpdated and getDeleted cover is read again, then a whole poll moves the floor. */
  audit(step: PollStep): boolean {
    return this.#untilCrash(() => {
      this.#skewMs = step.skewMs
      if (step.skewMs > spans.lookbackMs / 2) this.wasMisled = true
      const { position } = this.reading
      if (position.sweep !== null) return
      const { coveredMs } = this.#org.changes(position.deletesMs, this.#nowMs)
      const untilMs = auditedUntil(position, coveredMs)
      if (untilMs <= position.floor.modifiedAtMs) return
      this.#readAgain(step, untilMs, position)
      this.#readOnce(step, undefined, untilMs)
    })
  }

  /** As the last answer told it. */
  get #nowMs(): number {
    return this.#org.nowMs + this.#skewMs
  }

  #readOnce(step: PollStep, latestMs: number | undefined, auditedMs?: number): void {
    const query = planQuery(this.reading.position, this.#nowMs, spans, latestMs)
    this.#read(step, query, (page, done) => {
      const next = advance(this.reading.position, query, page, done)
      const isAudited = done && auditedMs !== undefined && next.sweep === null
      const { window } = this.reading
      const after = isAudited ? audited(next, auditedMs) : next
      const within = withinBounds(window, after, query, { places: page, done }, this.#windowEntriesMax)
      if (within !== after) this.shrunk++
      return within
    })
    const { sweep } = this.reading.position
    if (!sweep || !isSwept(this.reading.position)) return
    const gone = this.#gone(this.reading.position.deletesMs, sweep.untilMs)
    this.#deliver(step, gone, (_, isLast) => (isLast ? leaveSweep(this.reading.position) : this.reading.position))
  }

  #readAgain(step: PollStep, untilMs: number, next: Position): void {
    const { position } = this.reading
    const { updated } = this.#org.changes(position.deletesMs, this.#nowMs)
    const before = this.published.length
    if (updated.length > 0) this.#read(step, auditQuery(position, untilMs), () => this.reading.position)
    const gone = this.#gone(position.deletesMs, untilMs)
    this.#deliver(step, gone, (_, isLast) => (isLast ? next : this.reading.position))
    this.found += this.published.length - before
  }

  #gone(fromMs: number, untilMs: number): Sighting[] {
    const gone: Sighting[] = []
    const { deleted } = this.#org.changes(fromMs, this.#nowMs)
    for (const [recordId, deletedMs] of new Map(deleted.map(each => [each.recordId, each.deletedMs]))) {
      if (deletedMs >= untilMs || deletedMs < this.reading.position.startMs) continue
      const row = this.#org.read(recordId) ?? null
      if (row && row.IsDeleted !== true) continue
      const sighting = sightDeleted({ recordId, atMs: deletedMs, row }, fields, this.reading)
      if (sighting) gone.push(sighting)
    }
    return gone
  }

  #read(step: PollStep, query: Query, next: (page: Watermark[], done: boolean) => Position): void {
    const ids = this.#org.query(query.fromMs, query.boundMs)
    const atQuery = new Map(ids.map(id => [id, this.#org.read(id)]))
    for (let at = 0; ; at += step.pageRows) {
      const rows = ids
        .slice(at, at + step.pageRows)
        .map(id => (step.readAt === 'page' ? this.#org.read(id) : atQuery.get(id)))
        .filter(row => row !== undefined)
      const done = at + step.pageRows >= ids.length
      const sightings = sight(rows, fields, this.reading, query)
      this.#deliver(step, sightings, (part, isLast) => next(placesOf(part), done && isLast))
      if (done) return
      this.#org.pass(700)
      for (const change of step.operations.slice(0, 2)) this.#org.apply(change)
    }
  }

  #deliver(
    step: PollStep,
    sightings: readonly Sighting[],
    after: (part: readonly Sighting[], isLast: boolean) => Position,
  ): void {
    for (let at = 0; ; at += step.partRows) {
      const part = sightings.slice(at, at + step.partRows)
      const isLast = at + step.partRows >= sightings.length
      for (const sighting of part) note(sighting, this.reading)
      this.#commit(step, after(part, isLast), part)
      if (isLast) return
    }
  }

  #commit(step: PollStep, next: Position, sightings: readonly Sighting[]): void {
    const commit = this.#commits++
    if (step.crashAt === 2 * commit) throw new Crash()
    if (sightings.length > 0) {
      const { window, deletes } = this.reading
      this.store([
        ...window.takeChanges(keepFromMs(next)).map(change => bucketRecord(place, 'window', change)),
        ...deletes.takeChanges(this.#nowMs).map(change => bucketRecord(place, 'deleted', change)),
        watermarkRecord(place, next),
      ])
      this.published.push(...sightings)
    }
    this.reading.position = next
    if (step.crashAt === 2 * commit + 1) throw new Crash()
  }

  #untilCrash(work: () => void): boolean {
    this.#commits = 0
    try {
      work()
      return true
    } catch (error) {
      if (!(error instanceof Crash)) throw error
      this.restore()
      if (this.reading.position.sweep) this.diedInBacklog = true
      return false
    }
  }

  /** As a transaction that is committed. */
  store(records: readonly OutgoingRecord[]): void {
    for (const record of records) this.#topic.set(record.key!.toString(), record.value)
  }

  /** As the next owner begins. */
  restore(): void {
    const stored = new StoredPosition(place)
    for (const [key, value] of this.#topic) stored.apply(recordOf(key, value))
    const window = new Window()
    const deletes = new Deletes()
    const fieldSets = new FieldSets()
    stored.fill(window, deletes, fieldSets)
    this.reading = { position: stored.position!, window, deletes, fields: fieldSets }
  }
}

const placesOf = (sightings: readonly Sighting[]): Watermark[] =>
  sightings.map(({ version }) => ({ modifiedAtMs: version.stampMs, recordId: version.recordId }))

const recordOf = (key: string, value: Buffer | null): IncomingRecord => ({
  topic: place.topic,
  partition: place.partition,
  offset: offset(0),
  key: Buffer.from(key),
  value,
  headers: {},
  timestampMs: 0,
})
