import { hash } from 'node:crypto'
import type { EventType, EventValue, Row, Watermark } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import type { Deletes } from './deletes.ts'
import type { FieldSets } from './field-sets.ts'
import type { RecentRows } from './recent-rows.ts'
import { isFirstMeeting, isRemembered, type Position, type Query, wasRead } from './watermark.ts'
import type { Version, Window } from './window.ts'

/** What is known of an object: how far it was read, and what was seen since the position's floor. */
export interface Reading {
  position: Position
  window: Window
  deletes: Deletes
  readonly fields: FieldSets
}

/** One row whose version was not seen before, and what it means. */
export interface Sighting {
  /** Null if only getDeleted tells of it: nothing but the id is left. */
  readonly row: Row | null
  readonly version: Version
  readonly type: EventType
  /** Whether the window must hold the version: another reading may meet it. */
  readonly isRemembered: boolean
  /** When what it tells of happened, epoch ms. */
  readonly atMs: number
}

/** The fields whose values tell two versions under one stamp apart. */
export interface VersionFields {
  readonly names: readonly string[]
  /** What the window's older entries were made from, as long as the window holds such. */
  readonly former?: readonly FormerFields[]
  /** For what the former ones cannot tell apart. */
  readonly recent?: RecentRows
}

/** A former set of fields: entries stamped up to `untilMs` may be of it; 'unknown' if a field of it can no longer be read. */
export interface FormerFields {
  readonly names: readonly string[] | 'unknown'
  readonly untilMs: number
}

/** Where the row stands by its stamp; throws if Salesforce left out what every row has. */
export function placeOf(row: Row): Watermark {
  const modifiedAtMs = Date.parse(String(row.SystemModstamp))
  if (typeof row.Id !== 'string' || Number.isNaN(modifiedAtMs))
    throw new ConnectorError('salesforce.bad_answer', 'a row came without Id or SystemModstamp', {
      remedy: 'Check that the user may read the object; every row of every object has both fields.',
    })
  return { modifiedAtMs, recordId: row.Id }
}

/** The row's version; `fields` in a fixed order, so that equal rows have equal hashes. */
export function versionOf(row: Row, fields: readonly string[]): Version {
  const place = placeOf(row)
  // One text of all values takes half the time that a text of each takes.
  const content = JSON.stringify(fields.map(field => row[field] ?? null))
  return { recordId: place.recordId, stampMs: place.modifiedAtMs, hash: hash('sha256', content, 'hex').slice(0, 16) }
}

/**
 * The rows of a page that no earlier reading met, in page order; each is to be noted before it is committed. Only further
 * reports of a delete on record are noted at once: nothing is published of them.
 */
export function sight(rows: readonly Row[], fields: VersionFields, reading: Reading, query: Query): Sighting[] {
  const { window, deletes } = reading
  const sightings: Sighting[] = []
  for (const row of rows) {
    const seen = versionOf(row, fields.names)
    const place = { modifiedAtMs: seen.stampMs, recordId: seen.recordId }
    // Deleted, undeleted and deleted again within one second, a row looks as it did before.
    const isTurned = (row.IsDeleted === true) !== deletes.has(seen.recordId)
    if (wasRead(place, query) || (!isTurned && isHeld(row, seen, fields, window))) continue
    const version = isTurned ? freshOf(seen, window) : seen
    const type = typeOf(row, version, reading, query)
    const sighting = { row, version, isRemembered: isRemembered(place, query), atMs: version.stampMs }
    if (type !== 'REPEATED_DELETE') sightings.push({ ...sighting, type })
    else if (sighting.isRemembered) window.add(version)
  }
  return sightings
}

/** The version under a hash that the window does not hold: the same state once more is another version, with its own eventId. */
function freshOf(version: Version, window: Window): Version {
  let fresh = version
  while (window.has(fresh)) fresh = { ...fresh, hash: hash('sha256', fresh.hash, 'hex').slice(0, 16) }
  return fresh
}

/** Remembers a sighting, so that it is met no more: together with its record's commit, never before (rule 1). */
export function note({ row, version, type, isRemembered, atMs }: Sighting, { window, deletes, fields }: Reading): void {
  if (isRemembered) window.add(version)
  if (isRemembered && row) fields.recent.meet(row, version)
  if (isGone(type)) deletes.add(version.recordId, atMs)
  else deletes.remove(version.recordId)
}

const isGone = (type: EventType): boolean => type === 'DELETED' || type === 'MERGED'

/** Whether the window holds the version, also if it was seen when the object had other fields. */
export function isHeld(row: Row, version: Version, { former = [], recent }: VersionFields, window: Window): boolean {
  if (window.has(version)) return true
  const isFormer = former.some(({ names, untilMs }) => {
    if (version.stampMs > untilMs || !window.hasStamp(version.recordId, version.stampMs)) return false
    return names === 'unknown' || window.has(versionOf(row, names))
  })
  if (!isFormer || recent?.differs(row, version)) return false
  recent?.meet(row, version) // from now on it is compared by all fields
  return true
}

function typeOf(row: Row, version: Version, reading: Reading, query: Query): EventType | 'REPEATED_DELETE' {
  const { position, window, deletes } = reading
  if (row.IsDeleted === true) {
    if (deletes.has(version.recordId)) return 'REPEATED_DELETE'
    return typeof row.MasterRecordId === 'string' ? 'MERGED' : 'DELETED'
  }
  if (deletes.has(version.recordId)) return 'UNDELETED'
  if (window.hasId(version.recordId)) return 'UPDATED'
  const place = { modifiedAtMs: version.stampMs, recordId: version.recordId }
  return isFirstMeeting(Date.parse(String(row.CreatedDate)), place, position, query) ? 'CREATED' : 'UPDATED'
}

/**
 * A delete that getDeleted tells of and no poll met: `row` is null when nothing is left to read, since the row was
 * purged or deleted without the recycle bin (salesforce-facts 4.1). Undefined if the delete is on record.
 */
export function sightDeleted(
  deleted: { readonly recordId: string; readonly atMs: number; readonly row: Row | null },
  fields: VersionFields,
  { deletes }: Reading,
): Sighting | undefined {
  const { recordId, atMs, row } = deleted
  if (deletes.has(recordId)) return undefined
  const noted = { isRemembered: false, atMs }
  if (!row) return { row, version: { recordId, stampMs: atMs, hash: 'gone' }, type: 'DELETED', ...noted }
  const type = typeof row.MasterRecordId === 'string' ? 'MERGED' : 'DELETED'
  return { row, version: versionOf(row, fields.names), type, ...noted }
}

/**
 * Whether the connector's own user made the change. A later stamp than the user's last edit is another's doing: a system
 * process's, or a delete's where deletes do not count as edits (salesforce-facts 3.5, 14.7).
 */
export const isOwnChange = ({ row }: Sighting, { userId }: Pick<EventContext, 'userId'>): boolean =>
  row?.LastModifiedById === userId && row.LastModifiedDate === row.SystemModstamp

/** Whose events these are; fixed while a task runs. */
export interface EventContext {
  readonly object: string
  readonly orgId: string
  /** The connector's own Salesforce user. */
  readonly userId: string
  readonly triggerOf: (type: EventType) => string | undefined
  /** The row as events of that type carry it. */
  readonly toRecord: (row: Row, type: EventType) => Readonly<Record<string, unknown>>
}

/** The event of a sighting, or undefined if its trigger is switched off. The same version always has the same eventId. */
export function eventOf(sighting: Sighting, context: EventContext, capturedAt: number): EventValue | undefined {
  const trigger = context.triggerOf(sighting.type)
  if (trigger === undefined) return undefined
  const { row, type, version } = sighting
  const identity = [context.orgId, context.object, version.recordId, version.stampMs, version.hash, type]
  const master = row?.MasterRecordId
  return {
    eventId: hash('sha256', identity.join('|'), 'hex').slice(0, 32),
    type,
    trigger,
    object: context.object,
    recordId: version.recordId,
    orgId: context.orgId,
    occurredAt: version.stampMs,
    capturedAt,
    masterRecordId: typeof master === 'string' ? master : null,
    changedByConnector: row?.LastModifiedById === context.userId,
    record: row && context.toRecord(row, type),
  }
}
