import type { Cell } from './cell.ts'
import { checkFields, refuseTakenValues, refuseWithoutRight, writableRow } from './checks.ts'
import { initialCells } from './initial-cells.ts'
import type { Saving } from './object-rules.ts'
import { systemSlots } from './object-type.ts'
import type { Org } from './org.ts'
import type { RowInput } from './read-row.ts'
import type { StoredRow, Table } from './table.ts'
import type { Change, Transaction } from './transaction.ts'

/** Creates a row and returns its 18-character id. Throws ApiError as salesforce-facts 2.10 lists. */
export function createRow(org: Org, transaction: Transaction, table: Table, input: RowInput): string {
  const { type } = table
  transaction.lock()
  refuseWithoutRight(org, transaction, type, 'create')
  checkFields(org, transaction, table, input, undefined)
  const row = table.newRow(table.nextId())
  const cells = initialCells(type, row.id)
  const owner = type.field('OwnerId')
  if (owner) cells[owner.slot] = transaction.writer.userId
  // Null for a field that is never null and has a default leaves the default.
  for (const [field, cell] of input.values) if (cell !== null || field.nillable) cells[field.slot] = cell
  cells[systemSlots.CreatedById] = transaction.writer.userId
  cells[systemSlots.CreatedDate] = transaction.stampMs ?? org.stampMs()
  saveChecked(input, {
    ...{ org, transaction, table, row, operation: 'create', before: undefined, cells },
    given: new Set(input.values.keys()),
  })
  return row.id
}

/** Changes the given fields of a row. Writing what is already there counts as a change too (salesforce-facts 2.6). */
export function updateRow(org: Org, transaction: Transaction, table: Table, id: string, input: RowInput): void {
  const row = writableRow(transaction, table, id)
  refuseWithoutRight(org, transaction, table.type, 'update')
  checkFields(org, transaction, table, input, row)
  const cells = [...(row.cells ?? [])]
  for (const [field, cell] of input.values) cells[field.slot] = cell
  saveChecked(input, {
    ...{ org, transaction, table, row, operation: 'update', before: row.cells, cells },
    given: new Set(input.values.keys()),
  })
}

/** The object's own rules, then what the org's admins set up, then the row, then what follows from it. */
function saveChecked({ options }: RowInput, saving: Saving): void {
  const { org, transaction, table, row, operation, cells, given } = saving
  const { rules } = table.type.definition
  rules?.beforeSave?.(saving)
  org.automation.beforeSave(saving, options)
  refuseTakenValues(table, given, cells, row)
  saveVersion(org, transaction, { operation, table, row, cells })
  rules?.afterSave?.(saving)
  org.automation.afterSave(saving)
}

/** A version of a row to be put in place. */
export interface Version extends Pick<Change, 'operation' | 'table' | 'row' | 'because'> {
  readonly cells: Cell[]
  /** Which stamps move: `user` all of them, `system` SystemModstamp alone (salesforce-facts 3.5), `none` none; `user` unless given. */
  readonly stamps?: 'user' | 'system' | 'none'
}

/** Stamps and applies a version without any check; `cells` becomes the row's. */
export function saveVersion(org: Org, transaction: Transaction, version: Version): void {
  const { operation, table, row, cells, stamps = 'user', because } = version
  const savedAtMs = transaction.stampMs ?? org.stampMs()
  if (stamps !== 'none') cells[systemSlots.SystemModstamp] = savedAtMs
  if (stamps === 'user') {
    cells[systemSlots.LastModifiedDate] = savedAtMs
    cells[systemSlots.LastModifiedById] = transaction.writer.userId
  }
  transaction.apply({
    ...{ operation, table, row, before: row.cells, after: cells, savedAtMs },
    ...(because === undefined ? {} : { because }),
  })
}

/** Changes fields of a row as Salesforce's own processes do, without any check (salesforce-facts 3.5). */
export function saveAsSystem(
  org: Org,
  transaction: Transaction,
  table: Table,
  row: StoredRow,
  values: Readonly<Record<string, Cell>>,
  stamps: 'user' | 'system' | 'none' = 'system',
): void {
  const cells = [...(row.cells ?? [])]
  for (const [name, value] of Object.entries(values)) {
    const slot = table.type.field(name)?.slot ?? -1
    if (slot >= 0) cells[slot] = value
  }
  saveVersion(org, transaction, { operation: 'system', table, row, cells, stamps })
}
