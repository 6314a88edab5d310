import { type ApiError, rowError } from '../../api-error.ts'
import type { Cell, Cells } from '../../org/cell.ts'
import { initialCells } from '../../org/initial-cells.ts'
import type { Saving } from '../../org/object-rules.ts'
import { systemSlots } from '../../org/object-type.ts'
import { saveVersion } from '../../org/save.ts'
import { isLive, type StoredRow, type Table } from '../../org/table.ts'

/** A field's value in one version of a row; null for a field the object does not have. */
export const cellOf = ({ type }: Table, cells: Cells | undefined, name: string): Cell =>
  cells?.[type.field(name)?.slot ?? -1] ?? null

/** The value about to be saved. */
export const newValue = ({ table, cells }: Saving, name: string): Cell => cellOf(table, cells, name)

/** Changes the version about to be saved; a field the object does not have is passed over. */
export function setValue({ table, cells }: Saving, name: string, value: Cell): void {
  const slot = table.type.field(name)?.slot ?? -1
  if (slot >= 0) cells[slot] = value
}

/** Whether the request set the field, to null or to a value. */
export function isGiven({ table, given }: Saving, name: string): boolean {
  const field = table.type.field(name)
  return field !== undefined && given.has(field)
}

/** Whether the value differs from the version before; a new row's always does. */
export const isChanged = (saving: Saving, name: string): boolean =>
  saving.operation === 'create' || newValue(saving, name) !== cellOf(saving.table, saving.before, name)

/** Throws REQUIRED_FIELD_MISSING for those of the fields that are empty, whatever describe says of them (salesforce-facts 2.5). */
export function requireValues(saving: Saving, ...names: readonly string[]): void {
  const missing = names.filter(name => newValue(saving, name) === null)
  if (missing.length > 0) throw missingFields(missing)
}

/** The error of fields that were not given. */
export const missingFields = (names: readonly string[]): ApiError =>
  rowError('REQUIRED_FIELD_MISSING', `Required fields are missing: [${names.join(', ')}]`, names)

/** The table of an object that every org has. */
export function tableNamed({ org }: Pick<Saving, 'org'>, object: string): Table {
  const table = org.table(object)
  if (!table) throw new RangeError(`the simulated org has no object ${object}`)
  return table
}

/** A row of another object with its values by name. */
export interface OtherRow {
  readonly row: StoredRow
  get(name: string): Cell
}

const other = (table: Table, row: StoredRow): OtherRow => ({ row, get: name => cellOf(table, row.cells, name) })

/** The row of `object` with that id. */
export function rowOf(saving: Pick<Saving, 'org'>, object: string, id: Cell): OtherRow | undefined {
  const table = tableNamed(saving, object)
  const row = typeof id === 'string' ? table.rows.get(id) : undefined
  return row?.cells && other(table, row)
}

/** The live rows of `object` whose `field` holds the value. */
export function rowsWith(saving: Pick<Saving, 'org'>, object: string, field: string, value: Cell): OtherRow[] {
  const table = tableNamed(saving, object)
  const found = table.type.field(field)
  if (!found || value === null) return []
  return table
    .matching(found, value)
    .filter(row => isLive(row.cells))
    .map(row => other(table, row))
}

/** Makes a row that comes with the one being saved: no checks, no rules. */
export function addRow(saving: Saving, object: string, values: Readonly<Record<string, Cell>>): void {
  const { org, transaction } = saving
  const table = tableNamed(saving, object)
  const row = table.newRow(table.nextId())
  const cells = initialCells(table.type, row.id)
  for (const [name, value] of Object.entries(values)) cells[table.type.field(name)?.slot ?? -1] = value
  cells[systemSlots.CreatedById] = transaction.writer.userId
  cells[systemSlots.CreatedDate] = transaction.stampMs ?? org.stampMs()
  saveVersion(org, transaction, { operation: 'create', table, row, cells })
}

/** Today in UTC, `yyyy-MM-dd`. */
export const today = ({ org }: Pick<Saving, 'org'>): string => new Date(org.now()).toISOString().slice(0, 10)
