import type { Watermark } from '../core/contract.ts'
import { isConnectorError } from '../core/errors.ts'
import type { TransactionalWriter } from '../kafka/transaction.ts'
import { askChanges, type Changes, deletedReachMs } from './audit.ts'
import { Commits } from './commits.ts'
import { withinBounds } from './full-window.ts'
import type { Pace } from './pace.ts'
import { fetchRows, poll } from './poll.ts'
import { type Delivery, type Owned, publish } from './publish.ts'
import { type Reading, type Sighting, sight, sightDeleted } from './record.ts'
import type { TaskParts } from './task.ts'
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
  leaveSweep,
  type Position,
  planQuery,
  type Query,
} from './watermark.ts'

/** One object's reading while it is owned. */
interface Work extends Owned {
  readonly parts: TaskParts
  readonly signal: AbortSignal
}

/**
 * Reads what is new, page by page, the next one looked at while one is committed; audits first when that is due. No commit
 * is under way when it ends. Throws ConnectorError; then what was committed stands, and the rest is met again.
 */
export async function readObject(
  parts: TaskParts,
  writer: TransactionalWriter,
  reading: Reading,
  pace: Pace,
  signal: AbortSignal,
): Promise<void> {
  const commits = new Commits(signal)
  const work = { parts, writer, commits, reading, signal: commits.signal }
  try {
    await readNew(work, pace)
  } finally {
    // That a commit failed says more than that Salesforce did not answer meanwhile.
    await commits.settle()
  }
}

async function readNew(work: Work, pace: Pace): Promise<void> {
  const { parts, reading, commits } = work
  if (hasBacklog(reading.position, parts.now(), parts.spans)) await beginBacklog(work)
  const isAudit = pace.isAuditDue && reading.position.sweep === null
  const auditedMs = isAudit ? await auditIfAllowed(work) : undefined
  if (isAudit) pace.audited()
  const isFull = reading.window.size > parts.windowEntriesMax
  const latestMs = auditedMs === undefined && !isFull ? pace.startFrom(reading.window) : undefined
  const query = planQuery(reading.position, parts.now(), parts.spans, latestMs)
  const began = performance.now()
  const counts = await readPages(work, query, auditedMs)
  pace.polled({ whole: query.whole, ...counts })
  if (isSwept(reading.position)) await endSweep(work)
  await commits.settle()
  const seconds = (performance.now() - began) / 1_000
  parts.events.pollDone({
    object: parts.place.object,
    rows: counts.rows,
    seconds,
    watermarkAgeSeconds: ageSeconds(parts, query.nowMs),
    windowEntries: reading.window.size,
  })
}

/** What was seen before a backlog is audited while the window still holds it. */
async function beginBacklog(work: Work): Promise<void> {
  const { parts, reading } = work
  const next = beginSweep(reading.position, parts.now(), parts.spans, await nowCoveredMs(work))
  if (next.sweep === null) return
  if (!isUnaudited(reading.position)) {
    reading.position = next
    return
  }
  const untilMs = auditedBeforeBacklog(reading.position)
  const changes = await changesOf(work, reading.position.deletesMs, untilMs + minuteMs)
  await meetMissed(work, { anyUpdated: true, deleted: changes?.deleted ?? [] }, untilMs, next)
}

/** Until when everything is committed, as Salesforce says by its own clock; infinite if it cannot tell. */
async function nowCoveredMs(work: Work): Promise<number> {
  const { parts } = work
  const nowMs = parts.now()
  const changes = await changesOf(work, nowMs - parts.spans.lookbackMs - parts.spans.auditMs - minuteMs, nowMs)
  return changes?.coveredMs ?? Number.POSITIVE_INFINITY
}

/** What getUpdated and getDeleted say of the time; undefined if they cannot tell, as of an object that is not replicateable. */
async function changesOf({ parts, signal }: Work, fromMs: number, untilMs: number): Promise<Changes | undefined> {
  if (!parts.describe.replicateable) return undefined
  return askChanges({ reads: parts.reads, object: parts.place.object }, fromMs, untilMs, signal)
}

async function readPages(work: Work, query: Query, auditedMs: number | undefined) {
  const { parts, reading, signal } = work
  const fields = reading.fields.use(parts.describe, reading.window)
  let [rows, pages, changes] = [0, 0, 0]
  for await (const page of poll(parts, parts.describe, query, signal)) {
    signal.throwIfAborted()
    const sightings = sight(page.rows, fields, reading, query)
    await deliver(work, sightings, (part, isLast) => {
      const places = part.map(placeOf)
      const done = page.done && isLast
      const next = advance(reading.position, query, places, done)
      const isAudited = done && auditedMs !== undefined && next.sweep === null
      return bounded(work, isAudited ? audited(next, auditedMs) : next, query, { places, done })
    })
    // Within a backlog the last row committed says how far behind we are.
    if (!page.done && sightings.length > 0) {
      const watermarkAgeSeconds = ageSeconds(parts, sightings.at(-1)!.version.stampMs)
      parts.events.watermarkMoved({ object: parts.place.object, watermarkAgeSeconds })
    }
    rows += page.rows.length
    changes += sightings.length
    pages++
  }
  return { rows, pages, changes }
}

const placeOf = ({ version }: Sighting): Watermark => ({ modifiedAtMs: version.stampMs, recordId: version.recordId })

const ageSeconds = (parts: TaskParts, stampMs: number): number => Math.max(0, (parts.now() - stampMs) / 1_000)

/** Asks what only Salesforce can tell of the sightings, and commits them. */
async function deliver(work: Work, sightings: readonly Sighting[], after: Delivery['after']): Promise<void> {
  const { parts, reading, signal } = work
  const isSecond = ({ version }: Sighting): boolean => reading.window.hasStamp(version.recordId, version.stampMs)
  // A second version under one stamp may be the first, with a field whose values took another form.
  if (sightings.some(isSecond)) await parts.confirm()
  const answers = await parts.selection.ask(parts, sightings, signal)
  await publish(parts, work, { sightings, answers, after })
}

function bounded(
  { parts, reading }: Work,
  next: Position,
  query: Query,
  read: { readonly places: readonly Watermark[]; readonly done: boolean },
): Position {
  const within = withinBounds(reading.window, next, query, read, parts.windowEntriesMax)
  if (within === next) return next
  const lookbackSeconds = ageSeconds(parts, within.floor.modifiedAtMs)
  parts.events.lookbackShrunk({ object: parts.place.object, entries: reading.window.size, lookbackSeconds })
  return within
}

/** An audit for which no calls are left waits for the next time; polls go on. */
async function auditIfAllowed(work: Work): Promise<number | undefined> {
  const { parts } = work
  try {
    return await audit({ ...work, parts: { ...parts, ...parts.audits } })
  } catch (error) {
    if (!isConnectorError(error, 'salesforce.limit_exceeded')) throw error
    parts.events.auditPutOff({ object: parts.place.object, error })
    return undefined
  }
}

/** Reads again what polls have settled; the time until which it did, once the poll that follows it is done (design 4.5). */
async function audit(work: Work): Promise<number | undefined> {
  const { parts, reading } = work
  const { object } = parts.place
  if (!parts.describe.replicateable) return reading.position.lower.modifiedAtMs
  const changes = await changesOf(work, reading.position.deletesMs, parts.now())
  if (!changes) {
    parts.events.auditSkipped({ object, reason: 'getUpdated and getDeleted do not reach back to the last audit' })
    return reading.position.lower.modifiedAtMs
  }
  const untilMs = auditedUntil(reading.position, changes.coveredMs)
  if (untilMs <= reading.position.floor.modifiedAtMs) return undefined
  await meetMissed(work, changes, untilMs, reading.position)
  return untilMs
}

type Missed = Pick<Changes, 'anyUpdated' | 'deleted'>

/** Publishes what polls missed, with the position after it, and tells how much that was. */
async function meetMissed(work: Work, { anyUpdated, deleted }: Missed, untilMs: number, next: Position): Promise<void> {
  const again = await meetAgain(work, anyUpdated, untilMs)
  const { found, purged } = await meetDeleted(work, deleted, untilMs, next)
  await work.commits.settle()
  work.parts.events.auditDone({ object: work.parts.place.object, found: again + found, purged })
}

/** getDeleted cuts its bounds to whole minutes, so that the end must lie a minute further. */
const minuteMs = 60_000

/** What was deleted and purged during a backlog left no row to be read. */
async function endSweep(work: Work): Promise<void> {
  const { parts, reading } = work
  const { sweep, startMs, deletesMs } = reading.position
  const fromMs = Math.max(deletesMs, parts.now() - deletedReachMs)
  const wanted = startMs > 0 && sweep!.untilMs > fromMs
  const changes = wanted ? await changesOf(work, fromMs, sweep!.untilMs + minuteMs) : undefined
  await meetDeleted(work, changes?.deleted ?? [], sweep!.untilMs, leaveSweep(reading.position))
}

async function meetAgain(work: Work, anyUpdated: boolean, untilMs: number): Promise<number> {
  if (!anyUpdated) return 0
  const { parts, reading, signal } = work
  const fields = reading.fields.use(parts.describe, reading.window)
  const query = auditQuery(reading.position, untilMs)
  let found = 0
  for await (const page of poll(parts, parts.describe, query, signal)) {
    signal.throwIfAborted()
    const sightings = sight(page.rows, fields, reading, query)
    await deliver(work, sightings, () => reading.position)
    found += sightings.length
  }
  return found
}

type Deleted = Changes['deleted']

/**
 * Publishes the deletes that no poll met and commits the position after them; how many there were of rows that can be
 * read, and of rows of which nothing is left for a poll to meet.
 */
async function meetDeleted(work: Work, deleted: Deleted, untilMs: number, next: Position) {
  const { parts, reading, signal } = work
  const isUnknown = ({ recordId, atMs }: Deleted[number]): boolean =>
    atMs < untilMs && atMs >= reading.position.startMs && !reading.deletes.has(recordId)
  // A row that was undeleted and deleted again is listed twice.
  const unknown = new Map(deleted.filter(isUnknown).map(({ recordId, atMs }) => [recordId, atMs]))
  const rows = await fetchRows(parts, parts.describe, [...unknown.keys()], signal)
  const fields = reading.fields.use(parts.describe, reading.window)
  const sightings: Sighting[] = []
  for (const [recordId, atMs] of unknown) {
    const row = rows.get(recordId) ?? null
    if (row && row.IsDeleted !== true) continue // undeleted since
    const sighting = sightDeleted({ recordId, atMs, row }, fields, reading)
    if (sighting) sightings.push(sighting)
  }
  await deliver(work, sightings, (_, isLast) => (isLast ? next : reading.position))
  const purged = sightings.filter(({ row }) => row === null).length
  return { found: sightings.length - purged, purged }
}
