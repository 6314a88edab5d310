import type { ObjectDescribe, Row } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import { bulkFields } from '../salesforce/bulk-rows.ts'
import { select, stringLiteral } from '../salesforce/soql.ts'
import { readableFields } from './poll.ts'
import { isHeld, placeOf, type Reading, type Sighting, type VersionFields, versionOf } from './record.ts'
import { compareWatermarks, laterOf, type Position, type Spans, shrink, startPosition } from './watermark.ts'

/** A snapshot that is asked for or under way; committed with the rows it has published (rule 1). */
export interface Snapshot {
  readonly id: string
  /** Salesforce's time when it was asked for, whole second, epoch ms: what is stamped from then on is left to polls. */
  readonly atMs: number
  /** Whether the object's events begin with it, so that nothing of it was published before. */
  readonly first: boolean
  /** A SOQL condition; null: all rows. */
  readonly where: string | null
  /** How it reads; null until the rows were counted. */
  readonly by: 'rest' | 'bulk' | null
  /** Rows counted at its start; null if Salesforce could not. */
  readonly total: number | null
  /** Rows read. */
  readonly rows: number
  /** The last row read, in the order of ids; null before the first. */
  readonly lastId: string | null
  readonly job: BulkPlace | null
  /** Jobs lost since a row was read. */
  readonly lostJobs: number
}

/** Where the reading of a bulk job stands: `done` rows of the set at `locator` are published. */
export interface BulkPlace {
  readonly id: string
  readonly locator: string | null
  readonly done: number
}

/** A snapshot that begins at Salesforce's time `nowMs`. */
export const beginSnapshot = (wish: Pick<Snapshot, 'id' | 'first' | 'where'>, nowMs: number): Snapshot => ({
  ...wish,
  atMs: Math.floor(nowMs / 1_000) * 1_000,
  by: null,
  total: null,
  rows: 0,
  lastId: null,
  job: null,
  lostJobs: 0,
})

/**
 * Where polls begin after an object's first snapshot: as far before it as late commits reach, for a row may have been
 * stamped before and become visible after it was read past (salesforce-facts 3.6). The window knows what it published.
 */
export const positionBefore = (snapshot: Snapshot, spans: Spans): Position =>
  startPosition(snapshot.atMs - spans.lookbackMs - spans.auditMs)

/**
 * The rows to publish as SNAPSHOT. A version that is a change not published yet is left to polls and audits, so that it
 * comes as what it is, after the snapshot; a first snapshot publishes every version from before it.
 */
export function sightSnapshot(
  rows: readonly Row[],
  fields: VersionFields,
  reading: Reading,
  snapshot: Snapshot,
): Sighting[] {
  const versions = rows.map(row => versionOf(row, fields.names))
  const { position, window, deletes } = reading
  const sightings: Sighting[] = []
  for (const [index, row] of rows.entries()) {
    const version = versions[index]!
    if (version.stampMs >= snapshot.atMs || row.IsDeleted === true || deletes.has(version.recordId)) continue
    const place = placeOf(row)
    // Rows of a backlog are known by their place, later ones by the window (watermark.ts, wasRead).
    const inBacklog = position.sweep !== null && version.stampMs < position.sweep.untilMs
    const isSettled = compareWatermarks(place, inBacklog ? position.lower : position.floor) <= 0
    if (!snapshot.first && !isSettled && !isHeld(row, version, fields, window)) continue
    const isRemembered = snapshot.first && !isSettled
    sightings.push({ row, version, type: 'SNAPSHOT', isRemembered, atMs: version.stampMs })
  }
  return sightings
}

/** The position after a page of a first snapshot: as much of what it published is remembered as the window may hold. */
export function withinWindow({ position, window }: Reading, snapshot: Snapshot, entriesMax: number): Position {
  if (!snapshot.first || window.size <= entriesMax) return position
  const shrunk = shrink(position, window.latest(entriesMax / 2), { modifiedAtMs: snapshot.atMs, recordId: '' })
  return { ...shrunk, floor: laterOf(shrunk.floor, position.floor) }
}

/** SOQL of its rows after `lastId`, by id; or of their number. Throws `salesforce.invalid_query`. */
export function snapshotQuery(describe: ObjectDescribe, snapshot: Snapshot, wanted: 'rest' | 'bulk' | 'count'): string {
  const conditions: string[] = []
  // Archived rows are read too, and they are seen by queryAll only, as deleted ones are (salesforce-facts 3.2).
  if (describe.fields.some(({ name }) => name === 'IsDeleted')) conditions.push('IsDeleted = false')
  if (snapshot.where !== null) conditions.push(`(${checkedCondition(snapshot.where)})`)
  if (wanted !== 'count' && snapshot.lastId !== null) conditions.push(`Id > ${stringLiteral(snapshot.lastId)}`)
  const where = conditions.length > 0 ? { where: conditions.join(' AND ') } : {}
  if (wanted === 'count')
    return select({ fields: ['Id'], object: describe.name, ...where }).replace('SELECT Id', 'SELECT COUNT()')
  const fields = wanted === 'bulk' ? bulkFields(describe) : readableFields(describe)
  // By id, so that it can go on after any row, whatever happened to the job or the cursor.
  return select({ fields, object: describe.name, ...where, orderBy: 'Id' })
}

/** The condition if it is one: brackets closed outside of texts, so that nothing beside it can be reached. */
export function checkedCondition(where: string): string {
  const open = where.replace(/'(?:[^'\\]|\\.)*'/gs, '').replace(/[^()']/g, '')
  let depth = 0
  for (const char of open) {
    depth += char === '(' ? 1 : -1
    if (depth < 0 || char === "'") depth = Number.NaN
  }
  if (depth === 0) return where
  throw new ConnectorError('salesforce.invalid_query', 'the condition has a bracket or a quote too many or too few', {
    remedy: "Write a SOQL condition as Industry = 'Banking' AND (AnnualRevenue > 1000000).",
  })
}
