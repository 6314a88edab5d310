import { rowError } from '../api-error.ts'
import type { Cell } from './cell.ts'
import { parseValue } from './field-value.ts'
import { systemSlots } from './object-type.ts'
import type { Org } from './org.ts'
import { saveAsSystem } from './save.ts'
import { isLive, type StoredRow, type Table } from './table.ts'
import type { Transaction } from './transaction.ts'

/** How old a closed task's day must be for the archive (salesforce-facts 6.4). */
const archiveAgeMs = 365 * 24 * 3_600_000

type JsonValues = Readonly<Record<string, unknown>>

/** Moves SystemModstamp alone, as archiving, bounce flags or roll-ups do, and sets fields that no client may (salesforce-facts 3.5). */
export function touchRow(org: Org, transaction: Transaction, table: Table, id: string, values: JsonValues = {}): void {
  saveAsSystem(org, transaction, table, liveRow(table, id), cellsOf(table, values))
}

/** Changes values without any stamp, as a formula or a value shown from another row changes (salesforce-facts 3.5). */
export function reviseRow(org: Org, transaction: Transaction, table: Table, id: string, values: JsonValues): void {
  saveAsSystem(org, transaction, table, liveRow(table, id), cellsOf(table, values), 'none')
}

/** Archives the closed tasks whose day is a year ago; SystemModstamp moves, and only queryAll shows them (salesforce-facts 6.4).
 *  Returns how many. */
export function archiveTasks(org: Org, transaction: Transaction): number {
  const table = org.table('Task')
  if (!table) return 0
  const slot = (name: string) => table.type.field(name)?.slot ?? -1
  const [archived, day] = [slot('IsArchived'), slot('ActivityDate')]
  const closed = table.type.field('IsClosed')
  let count = 0
  for (const row of [...table.rows.values()]) {
    const { cells } = row
    if (!isLive(cells) || cells[archived] === true || closed?.read(cells) !== true) continue
    const date = cells[day] ?? null
    const atMs = date === null ? Number(cells[systemSlots.CreatedDate]) : Date.parse(String(date))
    if (org.now() - atMs < archiveAgeMs) continue
    saveAsSystem(org, transaction, table, row, { IsArchived: true })
    count++
  }
  return count
}

function liveRow(table: Table, id: string): StoredRow {
  const row = table.rows.get(id)
  if (!row?.cells || !isLive(row.cells))
    throw rowError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', [], 404)
  return row
}

/** Throws RangeError for a field that the object has not, or that is put together from others. */
function cellsOf({ type }: Table, values: JsonValues): Record<string, Cell> {
  const cells: Record<string, Cell> = {}
  for (const [name, value] of Object.entries(values)) {
    const field = type.field(name)
    if (!field || field.slot < 0) throw new RangeError(`${type.name} stores no field ${name}`)
    cells[field.name] = parseValue(field, value, '')
  }
  return cells
}
