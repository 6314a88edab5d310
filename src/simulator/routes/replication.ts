import { requestError } from '../api-error.ts'
import { datetimeText } from '../org/cell.ts'
import { parseDatetime } from '../org/field-value.ts'
import { systemSlots } from '../org/object-type.ts'
import type { Org } from '../org/org.ts'
import { isLive, type StoredRow } from '../org/table.ts'
import { type Answer, type Call, jsonAnswer, type Routes } from '../router.ts'
import { tableOf } from './metadata.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const reachDays = { deleted: 15, updated: 30 } as const
const idsMax = 600_000

const toMinute = (ms: number): number => Math.floor(ms / minuteMs) * minuteMs

interface Window {
  readonly rows: readonly StoredRow[]
  readonly latestDateCovered: string
}

/** The rows stamped in the asked window: seconds ignored, both ends included (salesforce-facts 4.2). */
function readWindow(call: Call, kind: keyof typeof reachDays): Window {
  const { org } = call.api
  const table = tableOf(call)
  const { type } = table
  if (!type.definition.replicateable)
    throw requestError(400, 'INVALID_TYPE_FOR_OPERATION', `sObject type ${type.name} is not replicable`)
  const start = toMinute(dateOf(call, 'start'))
  const end = toMinute(dateOf(call, 'end'))
  if (end <= start)
    throw requestError(400, 'INVALID_REPLICATION_DATE', 'endDate must be at least one minute greater than startDate')
  if (start < org.now() - reachDays[kind] * dayMs) {
    throw requestError(400, 'INVALID_REPLICATION_DATE', `startDate cannot be more than ${reachDays[kind]} days ago`)
  }
  const covered = Math.min(end, latestCovered(org))
  const wanted = kind === 'updated'
  const rows = [...table.byStamp.walk(start, end + minuteMs - 1)].filter(row => isLive(row.cells) === wanted)
  if (rows.length > idsMax) throw requestError(400, 'EXCEEDED_ID_LIMIT', `more than ${idsMax} ids`)
  return { rows, latestDateCovered: datetimeText(covered) }
}

/** Held back to the start of the oldest running transaction (salesforce-facts 3.6). */
function latestCovered(org: Org): number {
  const started = [...org.openTransactions].filter(each => each.state === 'parked').map(each => each.startedAtMs)
  return toMinute(Math.min(org.now(), ...started))
}

function dateOf(call: Call, name: string): number {
  const text = call.query.get(name)
  // A plus sign that was not percent-encoded arrives as a blank.
  const ms = parseDatetime((text ?? '').replace(' ', '+'))
  if (ms === undefined) throw requestError(400, 'INVALID_REPLICATION_DATE', `invalid ${name} date: ${text}`)
  return ms
}

function updated(call: Call): Answer {
  const { rows, latestDateCovered } = readWindow(call, 'updated')
  return jsonAnswer({ ids: rows.map(row => row.id), latestDateCovered })
}

function deleted(call: Call): Answer {
  const { rows, latestDateCovered } = readWindow(call, 'deleted')
  const deletedRecords = rows.map(row => ({
    deletedDate: datetimeText(Number(row.cells?.[systemSlots.SystemModstamp])),
    id: row.id,
  }))
  const { org } = call.api
  const earliest = toMinute(org.now() - reachDays.deleted * dayMs)
  return jsonAnswer({ deletedRecords, earliestDateAvailable: datetimeText(earliest), latestDateCovered })
}

/** getUpdated and getDeleted (salesforce-facts 4.2). */
export const replicationRoutes: Routes = {
  'sobjects/:object/updated': { GET: updated },
  'sobjects/:object/deleted': { GET: deleted },
}
