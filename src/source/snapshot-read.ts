import type { ObjectDescribe, Row } from '../core/contract.ts'
import { isConnectorError } from '../core/errors.ts'
import type { TransactionalWriter } from '../kafka/transaction.ts'
import { awaitBulkQuery, bulkResults, dropBulkQuery, isJobLost, startBulkQuery } from '../salesforce/bulk-query.ts'
import { bulkRows, withParts } from '../salesforce/bulk-rows.ts'
import { queryAllPages } from '../salesforce/query.ts'
import { Commits } from './commits.ts'
import type { Control, EndedSnapshot } from './control.ts'
import { controlRecord } from './offsets-topic.ts'
import { type Delivery, publish } from './publish.ts'
import type { Reading } from './record.ts'
import { type BulkPlace, type Snapshot, sightSnapshot, snapshotQuery, withinWindow } from './snapshot.ts'
import { SnapshotMeter } from './snapshot-meter.ts'
import type { TaskParts } from './task.ts'
import { commitPage } from './transaction.ts'
import type { Position } from './watermark.ts'

/** An object while it is owned: what is known of it, what was said of it, and the writer that commits both. */
export interface Held {
  readonly writer: TransactionalWriter
  readonly reading: Reading
  control: Control
}

/** Pages of one request for bulk results: some MB of CSV, for one call. */
const setPagesMax = 5
/** So many jobs in a row may be lost without a row read; then REST reads on. */
const lostJobsMax = 3

interface Work {
  readonly parts: TaskParts
  readonly held: Held
  readonly meter: SnapshotMeter
  readonly commits: Commits
  readonly signal: AbortSignal
}

/**
 * Reads the object's snapshot to its end, from where it was committed, each page committed with its place. Throws
 * ConnectorError; then what was committed stands, and the next call goes on behind it. A condition that Salesforce
 * refuses ends the snapshot.
 */
export async function readSnapshot(parts: TaskParts, held: Held, signal: AbortSignal): Promise<void> {
  const begun = held.control.snapshot
  if (begun === null) return
  const meter = new SnapshotMeter(parts.events, parts.place.object, begun)
  const commits = new Commits(signal)
  const work = { parts, held, meter, commits, signal: commits.signal }
  try {
    if (begun.by === null) await count(work)
    while (snapshotOf(held).by === 'bulk' && !(await readByJob(work)));
    if (snapshotOf(held).by === 'rest') await readByQuery(work)
  } catch (error) {
    const isRefused =
      isConnectorError(error, 'salesforce.refused') || isConnectorError(error, 'salesforce.invalid_query')
    if (!isRefused || begun.where === null) throw error
    return end(work, 'failed', error.message)
  }
  await end(work, 'done', '')
}

const snapshotOf = ({ control }: Held): Snapshot => control.snapshot!

/** Decides by the number of rows how they are read: a bulk job costs calls and waiting of its own, but few for each row. */
async function count(work: Work): Promise<void> {
  const { parts, held, signal } = work
  const q = snapshotQuery(parts.describe, snapshotOf(held), 'count')
  let total: number | null = null
  try {
    const { totalSize } = (await parts.reads.read({ path: '/queryAll', query: { q } }, signal)) as {
      totalSize?: unknown
    }
    if (typeof totalSize === 'number') total = totalSize
  } catch (error) {
    // Too many rows to be counted in time are too many for REST.
    if (!isConnectorError(error, 'salesforce.busy')) throw error
  }
  const by = total === null || total >= parts.snapshotBulkRowsMin ? 'bulk' : 'rest'
  await commit(work, { ...snapshotOf(held), by, total }, [])
  work.meter.started(snapshotOf(held))
}

async function readByQuery(work: Work): Promise<void> {
  const { parts, held, signal } = work
  const soql = snapshotQuery(parts.describe, snapshotOf(held), 'rest')
  const options = { batchSize: parts.pageRowsMax, reads: parts.reads, signal }
  for await (const { rows } of queryAllPages(parts.salesforce, soql, options)) {
    signal.throwIfAborted()
    await commit(work, after(snapshotOf(held), rows, null), rows)
  }
}

/** Reads one job, a new one unless one is on record; false if it was lost, and how to go on is on record. */
async function readByJob(work: Work): Promise<boolean> {
  const { parts, held, signal } = work
  try {
    const describe = withParts(parts.describe, await parts.salesforce.describe(parts.place.object))
    const id = snapshotOf(held).job?.id ?? (await startJob(work, describe))
    await awaitBulkQuery(parts.salesforce, id, signal)
    for (let place = snapshotOf(held).job!; ; ) {
      const set = await bulkResults(
        parts.salesforce,
        id,
        { locator: place.locator, rowsMax: setPagesMax * parts.pageRowsMax },
        signal,
      )
      await readSet(work, place, bulkRows(set, describe))
      if (set.next === null) break
      place = { id, locator: set.next, done: 0 }
    }
    await dropBulkQuery(parts.salesforce, id, signal)
    return true
  } catch (error) {
    if (!isJobLost(error)) throw error
    const snapshot = snapshotOf(held)
    const lostJobs = snapshot.lostJobs + 1
    const by = lostJobs < lostJobsMax ? 'bulk' : 'rest'
    parts.events.snapshotJobLost({ object: parts.place.object, error, next: by })
    if (snapshot.job) await dropBulkQuery(parts.salesforce, snapshot.job.id, signal)
    await commit(work, { ...snapshot, job: null, lostJobs, by }, [])
    return by === 'rest'
  }
}

async function startJob(work: Work, describe: ObjectDescribe): Promise<string> {
  const { parts, held, signal } = work
  const id = await startBulkQuery(parts.salesforce, snapshotQuery(describe, snapshotOf(held), 'bulk'), signal)
  // On record before it is waited for: whoever goes on reads this job.
  await commit(work, { ...snapshotOf(held), job: { id, locator: null, done: 0 } }, [])
  return id
}

/** Publishes a set's rows behind the first `place.done`, a page at a time. */
async function readSet(work: Work, place: BulkPlace, rows: AsyncIterable<Row>): Promise<void> {
  const { parts, held, signal } = work
  let [read, page] = [0, [] as Row[]]
  const flush = async (): Promise<void> => {
    signal.throwIfAborted()
    await commit(work, after(snapshotOf(held), page, { ...place, done: read }), page)
    page = []
  }
  for await (const row of rows) {
    read++
    if (read <= place.done) continue
    page.push(row)
    if (page.length >= parts.pageRowsMax) await flush()
  }
  if (page.length > 0) await flush()
}

const after = (snapshot: Snapshot, rows: readonly Row[], job: BulkPlace | null): Snapshot => ({
  ...snapshot,
  rows: snapshot.rows + rows.length,
  lastId: rows.length > 0 ? String(rows.at(-1)!.Id) : snapshot.lastId,
  job,
  lostJobs: 0,
})

/** The place behind one of the rows that end at `next`. */
function upTo(next: Snapshot, rows: readonly Row[], last: Row): Snapshot {
  const left = rows.length - 1 - rows.indexOf(last)
  const job = next.job && { ...next.job, done: next.job.done - left }
  return { ...next, rows: next.rows - left, lastId: String(last.Id), job }
}

/** Rule 1: the rows and the place behind them go in one transaction. */
async function commit(work: Work, next: Snapshot, rows: readonly Row[]): Promise<void> {
  const { parts, held, meter, commits, signal } = work
  const { reading, writer } = held
  const sightings = sightSnapshot(rows, reading.fields.use(parts.describe, reading.window), reading, next)
  const answers = await parts.selection.ask(parts, sightings, signal)
  const delivery: Delivery = {
    sightings,
    answers,
    after: () => remembered(work, next),
    more: (part, isLast) => {
      // From now on, as the position: a later part of the page may throw, and this one stands all the same.
      held.control = { ...held.control, snapshot: isLast ? next : upTo(next, rows, part.at(-1)!.row!) }
      return [controlRecord(parts.place, held.control)]
    },
  }
  try {
    await publish(parts, { writer, commits, reading }, delivery)
  } finally {
    await commits.settle()
  }
  if (rows.length > 0) meter.read(next)
}

function remembered({ parts, held: { reading } }: Work, snapshot: Snapshot): Position {
  const position = withinWindow(reading, snapshot, parts.windowEntriesMax)
  if (position !== reading.position) {
    const lookbackSeconds = Math.max(0, (parts.now() - position.floor.modifiedAtMs) / 1_000)
    parts.events.lookbackShrunk({ object: parts.place.object, entries: reading.window.size, lookbackSeconds })
  }
  return position
}

async function end(work: Work, outcome: EndedSnapshot['outcome'], reason: string): Promise<void> {
  const { parts, held, meter } = work
  const { id, rows, atMs } = snapshotOf(held)
  await commitControl(parts, held, { ...held.control, snapshot: null, ended: { id, rows, atMs, outcome, reason } })
  meter.ended(outcome, reason)
}

/** Commits what was said of an object. */
export async function commitControl(
  parts: Pick<TaskParts, 'place' | 'now'>,
  held: Held,
  control: Control,
): Promise<void> {
  const { writer, reading } = held
  await commitPage(writer, parts.place, reading, reading.position, parts.now(), [controlRecord(parts.place, control)])
  held.control = control
}
