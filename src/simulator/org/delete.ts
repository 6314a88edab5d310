import { rowError } from '../api-error.ts'
import type { Cell, Cells } from './cell.ts'
import { refuseTakenValues, refuseWithoutRight, writableRow } from './checks.ts'
import { type ChildLookup, childLookups, childrenOf } from './child-lookups.ts'
import { type ObjectType, systemSlots } from './object-type.ts'
import type { Org } from './org.ts'
import { toRecordId } from './record-id.ts'
import { saveVersion } from './save.ts'
import { isLive, type StoredRow, type Table } from './table.ts'
import type { Transaction } from './transaction.ts'

/** Puts a row into the recycle bin with the rows that go with it, and clears the lookups to them (salesforce-facts 4.1, 4.3).
 *  Throws DELETE_FAILED if rows that restrict the delete point to it or to one that goes with it. */
export function deleteRow(org: Org, transaction: Transaction, table: Table, id: string): void {
  remove(org, transaction, table, writableRow(transaction, table, id), false)
}

/** Deletes a row past the recycle bin, be it live or in the bin; only getDeleted tells of it afterwards (salesforce-facts 4.1). */
export function hardDeleteRow(org: Org, transaction: Transaction, table: Table, id: string): void {
  const binned = table.rows.get(toRecordId(id) ?? '')
  if (binned?.cells?.[systemSlots.IsDeleted] !== true) {
    remove(org, transaction, table, writableRow(transaction, table, id), true)
    return
  }
  transaction.lock(binned)
  const savedAtMs = transaction.stampMs ?? org.stampMs()
  transaction.apply({ operation: 'hardDelete', table, row: binned, before: binned.cells, after: undefined, savedAtMs })
}

function remove(org: Org, transaction: Transaction, table: Table, row: StoredRow, hard: boolean): void {
  refuseWithoutRight(org, transaction, table.type, 'delete')
  takeAway({ org, transaction, hard, rootId: row.id }, table, row)
}

/** Rows of these objects go at once, without a recycle bin (salesforce-facts 4.3). */
const withoutBin: ReadonlySet<string> = new Set(['OrderItem'])

interface Removal {
  readonly org: Org
  readonly transaction: Transaction
  readonly hard: boolean
  /** The row that the user deletes; the others go because of it. */
  readonly rootId: string
}

function takeAway(removal: Removal, table: Table, row: StoredRow): void {
  const { org, rootId } = removal
  table.type.definition.rules?.beforeDelete?.(org, table, row)
  org.automation.beforeDelete(table, row)
  const lookups = childLookups(org, table.type)
  for (const lookup of lookups) if (lookup.field.definition.restrictedDelete) refuseRestricted(table, row, lookup)
  saveDeleted(removal, table, row)
  for (const lookup of lookups) {
    for (const child of childrenOf(lookup, row.id)) {
      // A child may have gone with another of this row's children.
      if (lookup.field.definition.cascadeDelete && isLive(child.cells)) takeAway(removal, lookup.table, child)
      else if (isLive(child.cells)) clearLookup(removal, lookup, child, rootId)
    }
  }
}

function saveDeleted({ org, transaction, hard, rootId }: Removal, table: Table, row: StoredRow): void {
  const cells = [...(row.cells ?? [])]
  const cascaded = row.id !== rootId
  const because = cascaded ? { because: rootId } : {}
  if (hard || withoutBin.has(table.type.name)) {
    const savedAtMs = transaction.stampMs ?? org.stampMs()
    const change = { operation: 'hardDelete', table, row, before: row.cells, after: undefined, savedAtMs } as const
    transaction.apply({ ...change, ...because })
    return
  }
  cells[systemSlots.IsDeleted] = true
  saveVersion(org, transaction, {
    operation: 'delete',
    table,
    row,
    cells,
    stamps: stampsMoved(org, cascaded),
    ...because,
  })
}

/** Which stamps a delete moves is not proven (salesforce-facts 14.7). */
function stampsMoved({ switches }: Org, cascaded: boolean): 'user' | 'system' | 'none' {
  if (cascaded && !switches.cascadeMovesStamp) return 'none'
  return switches.deleteMovesLastModified ? 'user' : 'system'
}

function clearLookup(
  { org, transaction }: Removal,
  { table, field }: ChildLookup,
  row: StoredRow,
  because: string,
): void {
  if (!field.nillable) return
  const cells = [...(row.cells ?? [])]
  cells[field.slot] = null
  saveVersion(org, transaction, { operation: 'system', table, row, cells, stamps: 'system', because })
}

function refuseRestricted(table: Table, row: StoredRow, lookup: ChildLookup): void {
  const children = childrenOf(lookup, row.id)
  if (children.length === 0) return
  const names = children.map(child => rowName(lookup.table.type, child.cells ?? [])).join(', ')
  const kind = lookup.table.type.definition.labelPlural.toLowerCase()
  const message = `Your attempt to delete ${rowName(table.type, row.cells ?? [])} could not be completed because it is associated with the following ${kind}.: ${names}\n`
  throw rowError('DELETE_FAILED', message)
}

/** What people call the row: its name or number. */
function rowName(type: ObjectType, cells: Cells): Cell {
  return type.field(type.definition.nameField ?? 'Name')?.read(cells) ?? cells[systemSlots.Id] ?? null
}

/** Takes a row out of the recycle bin with the rows that went with it, and restores the lookups to them, as only SOAP, Apex and the
 *  UI can (salesforce-facts 4.1). Throws UNDELETE_FAILED, or DUPLICATE_VALUE for a unique value taken meanwhile. */
export function undeleteRow(org: Org, transaction: Transaction, table: Table, id: string): void {
  const row = table.rows.get(toRecordId(id) ?? '')
  const binned = org.bin.find(row?.id ?? '')
  if (!row || !binned || binned.because !== undefined)
    throw rowError('UNDELETE_FAILED', 'Entity is not in the recycle bin')
  if (!table.type.definition.undeletable)
    throw rowError('UNDELETE_FAILED', `entity type ${table.type.name} does not support undelete`)
  transaction.lock(row)
  bringBack(org, transaction, table, row, undefined)
  for (const other of binned.taken) bringBack(org, transaction, other.table, other.row, row.id)
  for (const { table: childTable, row: child, slot, parentId } of binned.cleared) {
    if (!isLive(child.cells) || child.cells[slot] !== null) continue
    const cells = [...child.cells]
    cells[slot] = parentId
    saveVersion(org, transaction, { operation: 'system', table: childTable, row: child, cells, stamps: 'system' })
  }
}

function bringBack(
  org: Org,
  transaction: Transaction,
  table: Table,
  row: StoredRow,
  because: string | undefined,
): void {
  const cells = [...(row.cells ?? [])]
  refuseTakenValues(table, table.type.fields, cells, row)
  cells[systemSlots.IsDeleted] = false
  const master = table.type.field('MasterRecordId')
  if (master) cells[master.slot] = null
  const stamps = because !== undefined && !org.switches.cascadeMovesStamp ? 'none' : 'user'
  const why = because === undefined ? {} : { because }
  saveVersion(org, transaction, { operation: 'undelete', table, row, cells, stamps, ...why })
}
