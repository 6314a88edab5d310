import { hash } from 'node:crypto'
import type { EventType, EventValue, FieldDescribe, ObjectDescribe, Row, Watermark } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import type { Deletes } from './deletes.ts'
import { isFirstMeeting, isRemembered, type Position, type Query, wasRead } from './watermark.ts'
import type { Version, Window } from './window.ts'

/** What is known of an object: how far it was read, and what was seen since the position's floor. */
export interface Reading {
  position: Position
  window: Window
  deletes: Deletes
}

/** One row whose version was not seen before, and what it means. */
export interface Sighting {
  /** Null if only getDeleted tells of it: nothing but the id is left. */
  readonly row: Row | null
  readonly version: Version
  readonly type: EventType
}

/** The fields whose values tell two versions under one stamp apart. */
export interface VersionFields {
  readonly names: readonly string[]
  /** What the window's older entries were made from, as long as the window holds such; 'unknown' if a field of it is gone. */
  readonly former?: readonly string[] | 'unknown'
}

// Salesforce changes these when somebody looks at the row, without a new SystemModstamp (Object Reference, system fields).
const viewedFields = new Set(['LastViewedDate', 'LastReferencedDate'])

/** The fields whose change makes a new version: the row's own, neither calculated nor per viewer (design 4.5). */
export const versionFields = (describe: ObjectDescribe): string[] =>
  describe.fields.filter(isVersionField).map(field => field.name)

const isVersionField = (field: FieldDescribe): boolean =>
  !field.calculated && field.type !== 'base64' && field.type !== 'address' && !viewedFields.has(field.name)

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
  let content = ''
  for (const field of fields) content += `${JSON.stringify(row[field] ?? null)}\n`
  return { recordId: place.recordId, stampMs: place.modifiedAtMs, hash: hash('sha256', content, 'hex').slice(0, 16) }
}

/** The rows of a page that no earlier reading met, each noted in the window, in page order. */
export function sight(rows: readonly Row[], fields: VersionFields, reading: Reading, query: Query): Sighting[] {
  const { window, deletes } = reading
  const sightings: Sighting[] = []
  // All versions first: if a row makes this throw, the window must not hold rows of the page that were not published.
  const versions = rows.map(row => versionOf(row, fields.names))
  for (const [index, row] of rows.entries()) {
    const version = versions[index]!
    const place = { modifiedAtMs: version.stampMs, recordId: version.recordId }
    if (wasRead(place, query) || isHeld(row, version, fields, window)) continue
    const type = typeOf(row, version, reading, query)
    if (isRemembered(place, query)) window.add(version)
    if (type === 'REPEATED_DELETE') continue
    if (isGone(type)) deletes.add(version.recordId, version.stampMs)
    else deletes.remove(version.recordId)
    sightings.push({ row, version, type })
  }
  return sightings
}

const isGone = (type: EventType): boolean => type === 'DELETED' || type === 'MERGED'

function isHeld(row: Row, version: Version, { former }: VersionFields, window: Window): boolean {
  if (window.has(version)) return true
  if (former === undefined) return false
  if (former === 'unknown') return window.hasStamp(version.recordId, version.stampMs)
  return window.has(versionOf(row, former))
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
  deletes.add(recordId, atMs)
  if (!row) return { row, version: { recordId, stampMs: atMs, hash: 'gone' }, type: 'DELETED' }
  const type = typeof row.MasterRecordId === 'string' ? 'MERGED' : 'DELETED'
  return { row, version: versionOf(row, fields.names), type }
}

/** Whose events these are; fixed while a task runs. */
export interface EventContext {
  readonly object: string
  readonly orgId: string
  /** The connector's own Salesforce user. */
  readonly userId: string
  readonly triggerOf: (type: EventType) => string | undefined
  readonly toRecord: (row: Row) => Readonly<Record<string, unknown>>
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
    record: row && context.toRecord(row),
  }
}
