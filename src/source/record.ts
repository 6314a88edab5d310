import { hash } from 'node:crypto'
import type { EventType, EventValue, FieldDescribe, ObjectDescribe, Row, Watermark } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import { isFirstMeeting, type Position, type Query, wasRead } from './watermark.ts'
import type { Version, Window } from './window.ts'

/** One row whose version was not seen before, and what it means. */
export interface Sighting {
  readonly row: Row
  readonly version: Version
  readonly type: EventType
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

/** The rows of a page that no earlier poll met, each noted in the window, in page order. */
export function sight(
  rows: readonly Row[],
  fields: readonly string[],
  window: Window,
  position: Position,
  query: Query,
): Sighting[] {
  const sightings: Sighting[] = []
  // All versions first: if a row makes this throw, the window must not hold rows of the page that were not published.
  const versions = rows.map(row => versionOf(row, fields))
  for (const [index, row] of rows.entries()) {
    const version = versions[index]!
    const place = { modifiedAtMs: version.stampMs, recordId: version.recordId }
    if (wasRead(place, query) || window.has(version)) continue
    const type = typeOf(row, version, window, position, query)
    // Settled rows are held by the position alone: no later poll asks for them.
    if (version.stampMs >= query.settledMs) window.add(version)
    sightings.push({ row, version, type })
  }
  return sightings
}

function typeOf(row: Row, version: Version, window: Window, position: Position, query: Query): EventType {
  if (row.IsDeleted === true) return 'DELETED'
  if (window.hasId(version.recordId)) return 'UPDATED'
  const place = { modifiedAtMs: version.stampMs, recordId: version.recordId }
  return isFirstMeeting(Date.parse(String(row.CreatedDate)), place, position, query) ? 'CREATED' : 'UPDATED'
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
  const { recordId, stampMs } = sighting.version
  const identity = [context.orgId, context.object, recordId, stampMs, sighting.version.hash, sighting.type]
  const master = sighting.row.MasterRecordId
  return {
    eventId: hash('sha256', identity.join('|'), 'hex').slice(0, 32),
    type: sighting.type,
    trigger,
    object: context.object,
    recordId,
    orgId: context.orgId,
    occurredAt: stampMs,
    capturedAt,
    masterRecordId: typeof master === 'string' ? master : null,
    changedByConnector: sighting.row.LastModifiedById === context.userId,
    record: context.toRecord(sighting.row),
  }
}
