import { requestError } from '../api-error.ts'
import { datetimeText } from '../org/cell.ts'
import { parseDatetime } from '../org/field-value.ts'
import type { Org } from '../org/org.ts'
import { isLive, type Table } from '../org/table.ts'
import { type Answer, type Call, jsonAnswer, type Routes } from '../router.ts'
import { tableOf } from './metadata.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const reachDays = { deleted: 15, updated: 30 } as const
const idsMax = 600_000

const toMinute = (ms: number): number => Math.floor(ms / minuteMs) * minuteMs

interface Window {
  readonly table: Table
  /** Epoch milliseconds, both included. */
  readonly fromMs: number
  readonly toMs: number
  readonly latestDateCovered: string
}

const refuse = (message: string): Error => requestError(400, 'INVALID_REPLICATION_DATE', message)

/** The asked window: seconds ignored, both ends included (salesforce-facts 4.2). */
function readWindow(call: Call, kind: keyof typeof reachDays): Window {
  const { org } = call.api
  const table = tableOf(call)
  const { type } = table
  if (!type.definition.replicateable)
    throw requestError(400, 'INVALID_TYPE_FOR_OPERATION', `sObject type ${type.name} is not replicable`)
  const start = toMinute(dateOf(call, 'start'))
  const end = toMinute(dateOf(call, 'end'))
  if (end <= start) throw refuse('endDate must be at least one minute greater than startDate')
  if (start < org.now() - reachDays[kind] * dayMs)
    throw refuse(`startDate cannot be more than ${reachDays[kind]} days ago`)
  const { enabledAtMs, purgedToMs } = org.bin.log
  if (start < toMinute(enabledAtMs)) throw refuse('startDate before org replication enabled date')
  if (kind === 'deleted' && start < toMinute(purgedToMs))
    throw refuse('startDate before the deletes that are still known')
  const covered = Math.min(end, latestCovered(org))
  return { table, fromMs: start, toMs: end + minuteMs - 1, latestDateCovered: datetimeText(covered) }
}

function refuseTooMany(ids: readonly unknown[]): void {
  if (ids.length > idsMax) throw requestError(400, 'EXCEEDED_ID_LIMIT', `more than ${idsMax} ids`)
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
  const { table, fromMs, toMs, latestDateCovered } = readWindow(call, 'updated')
  const rows = [...table.byStamp.walk(fromMs, toMs)].filter(row => isLive(row.cells))
  refuseTooMany(rows)
  return jsonAnswer({ ids: rows.map(row => row.id), latestDateCovered })
}

/** Reads the log, which also knows what has left the recycle bin. */
function deleted(call: Call): Answer {
  const { table, fromMs, toMs, latestDateCovered } = readWindow(call, 'deleted')
  const { org } = call.api
  const { log } = org.bin
  const deletions = log.between(table, fromMs, toMs, org.now())
  refuseTooMany(deletions)
  const earliest = toMinute(Math.max(org.now() - reachDays.deleted * dayMs, log.purgedToMs, log.enabledAtMs))
  return jsonAnswer({
    deletedRecords: deletions.map(({ id, deletedAtMs }) => ({ deletedDate: datetimeText(deletedAtMs), id })),
    earliestDateAvailable: datetimeText(earliest),
    latestDateCovered,
  })
}

/** getUpdated and getDeleted (salesforce-facts 4.2). */
export const replicationRoutes: Routes = {
  'sobjects/:object/updated': { GET: updated },
  'sobjects/:object/deleted': { GET: deleted },
}
