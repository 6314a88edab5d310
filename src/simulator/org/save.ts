import { requestError, rowError } from '../api-error.ts'
import type { Cell } from './cell.ts'
import { checkValue, parseValue } from './field-value.ts'
import { type Field, type ObjectType, systemSlots } from './object-type.ts'
import type { Org } from './org.ts'
import { toRecordId } from './record-id.ts'
import { isLive, type StoredRow, type Table } from './table.ts'
import { type Transaction, uniqueKey, type WriteOperation } from './transaction.ts'

/** The fields of a row to be written, read from JSON; not yet checked against the org. */
export interface RowInput {
  readonly values: ReadonlyMap<Field, Cell>
}

/** Reads a row's JSON. Throws for the whole request: unknown field, `Id` in the body, value of the wrong JSON type (salesforce-facts 2.6, 2.10).
 *  `attributes` and the names in `ignored` are passed over. */
export function readRow(
  org: Org,
  type: ObjectType,
  json: Readonly<Record<string, unknown>>,
  text = '',
  ignored: readonly string[] = [],
): RowInput {
  const values = new Map<Field, Cell>()
  for (const [name, value] of Object.entries(json)) {
    if (name === 'attributes' || ignored.includes(name.toLowerCase())) continue
    if (name.toLowerCase() === 'id') {
      throw requestError(400, 'INVALID_FIELD', 'The Id field should not be specified in the sobject data.')
    }
    const parent = typeof value === 'object' && value !== null ? type.relationship(name) : undefined
    if (parent) {
      values.set(parent, parentId(org, parent, value as Readonly<Record<string, unknown>>))
      continue
    }
    const field = type.field(name)
    if (!field) throw requestError(400, 'INVALID_FIELD', `No such column '${name}' on sobject of type ${type.name}`)
    values.set(field, parseValue(field, value, text))
  }
  return { values }
}

/** The parent named by its external id, e.g. `"Account": {"Ext__c": "A-1"}` (salesforce-facts 2.7). */
function parentId(org: Org, lookup: Field, json: Readonly<Record<string, unknown>>): Cell {
  const table = org.table(lookup.definition.referenceTo?.[0] ?? '')
  const entry = Object.entries(json).find(([name]) => name !== 'attributes')
  const field = table?.type.field(entry?.[0] ?? '')
  const rows = (field && table?.lookup(field, entry?.[1])) ?? []
  const parent = rows.find(row => isLive(row.cells))
  if (parent) return parent.id
  const message = `Foreign key external ID: ${foldedText(entry?.[1])} not found for field ${entry?.[0]} in entity ${table?.type.name}`
  throw rowError('INVALID_FIELD', message)
}

const foldedText = (value: unknown): string => String(value).toLowerCase()

function refuseReadOnly(input: RowInput, canWrite: (field: Field) => boolean): void {
  const names = [...input.values.keys()].filter(field => !canWrite(field)).map(field => field.name)
  if (names.length === 0) return
  const message = `Unable to create/update fields: ${names.join(', ')}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`
  throw rowError('INVALID_FIELD_FOR_INSERT_UPDATE', message, names)
}

function refuseMissing(fields: readonly Field[]): void {
  if (fields.length === 0) return
  const names = fields.map(field => field.name)
  throw rowError('REQUIRED_FIELD_MISSING', `Required fields are missing: [${names.join(', ')}]`, names)
}

const isRequired = (field: Field): boolean => field.createable && !field.nillable && !field.defaultedOnCreate

/** Creates a row and returns its 18-character id. Throws ApiError as salesforce-facts 2.10 lists. */
export function createRow(org: Org, transaction: Transaction, table: Table, input: RowInput): string {
  const { type } = table
  transaction.lock()
  if (!type.definition.createable) throw unsupported(type, 'create')
  refuseReadOnly(input, field => field.createable)
  refuseMissing(type.fields.filter(field => isRequired(field) && (input.values.get(field) ?? null) === null))
  checkValues(org, table, input, undefined)
  const row = table.newRow(table.nextId())
  const cells: Cell[] = new Array<Cell>(type.slotCount).fill(null)
  for (const field of type.fields) if (field.type === 'boolean') cells[field.slot] = false
  const owner = type.field('OwnerId')
  if (owner) cells[owner.slot] = transaction.writer.userId
  for (const [field, cell] of input.values) cells[field.slot] = cell
  cells[systemSlots.Id] = row.id
  cells[systemSlots.IsDeleted] = false
  cells[systemSlots.CreatedById] = transaction.writer.userId
  cells[systemSlots.CreatedDate] = org.stampMs()
  save(org, transaction, 'create', table, row, cells)
  return row.id
}

/** Changes the given fields of a row. Writing what is already there counts as a change too (salesforce-facts 2.6). */
export function updateRow(org: Org, transaction: Transaction, table: Table, id: string, input: RowInput): void {
  const row = writableRow(transaction, table, id)
  if (!table.type.definition.updateable) throw unsupported(table.type, 'update')
  refuseReadOnly(input, field => field.updateable)
  refuseMissing([...input.values].filter(([field, cell]) => isRequired(field) && cell === null).map(([field]) => field))
  checkValues(org, table, input, row)
  const cells = [...(row.cells ?? [])]
  for (const [field, cell] of input.values) cells[field.slot] = cell
  save(org, transaction, 'update', table, row, cells)
}

/** Puts a row into the recycle bin; SystemModstamp and LastModifiedDate move (salesforce-facts 4.1). */
export function deleteRow(org: Org, transaction: Transaction, table: Table, id: string): void {
  const row = writableRow(transaction, table, id)
  if (!table.type.definition.deletable) throw unsupported(table.type, 'delete')
  const cells = [...(row.cells ?? [])]
  cells[systemSlots.IsDeleted] = true
  save(org, transaction, 'delete', table, row, cells)
}

/** Takes a row out of the recycle bin, as only SOAP, Apex and the UI can (salesforce-facts 4.1). */
export function undeleteRow(org: Org, transaction: Transaction, table: Table, id: string): void {
  const row = table.rows.get(toRecordId(id) ?? '')
  if (row?.cells?.[systemSlots.IsDeleted] !== true)
    throw rowError('UNDELETE_FAILED', 'Entity is not in the recycle bin')
  transaction.lock(row)
  for (const field of table.type.fields) {
    const cell = row.cells[field.slot] ?? null
    if (field.unique && cell !== null) refuseDuplicate(table, field, cell, row)
  }
  const cells = [...row.cells]
  cells[systemSlots.IsDeleted] = false
  save(org, transaction, 'undelete', table, row, cells)
}

function save(
  org: Org,
  transaction: Transaction,
  operation: WriteOperation,
  table: Table,
  row: StoredRow,
  cells: Cell[],
): void {
  const savedAtMs = org.stampMs()
  cells[systemSlots.SystemModstamp] = savedAtMs
  cells[systemSlots.LastModifiedDate] = savedAtMs
  cells[systemSlots.LastModifiedById] = transaction.writer.userId
  transaction.apply({ operation, table, row, before: row.cells, after: cells, savedAtMs })
}

/** The live row with that id, free to be written; salesforce-facts 2.9 has the errors. */
function writableRow(transaction: Transaction, table: Table, idText: string): StoredRow {
  const id = toRecordId(idText)
  if (id === undefined) throw rowError('MALFORMED_ID', `malformed id ${idText}`, ['Id'])
  if (!id.startsWith(table.type.keyPrefix)) {
    throw rowError('MALFORMED_ID', `${table.type.definition.label} ID: id value of incorrect type: ${idText}`, ['Id'])
  }
  const row = table.rows.get(id)
  if (!row?.cells) throw rowError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', [], 404)
  if (!isLive(row.cells)) throw rowError('ENTITY_IS_DELETED', 'entity is deleted', [], 404)
  transaction.lock(row)
  return row
}

function checkValues(org: Org, table: Table, input: RowInput, self: StoredRow | undefined): void {
  for (const [field, cell] of input.values) {
    checkValue(field, cell)
    if (cell === null) continue
    if (field.type === 'reference') checkReference(org, field, String(cell))
    if (field.unique) refuseDuplicate(table, field, cell, self)
  }
}

function checkReference(org: Org, field: Field, id: string): void {
  if (toRecordId(id) === undefined)
    throw rowError('MALFORMED_ID', `${field.label}: id value of incorrect type: ${id}`, [field.name])
  const tables = (field.definition.referenceTo ?? []).map(name => org.table(name))
  const table = tables.find(each => each && id.startsWith(each.type.keyPrefix))
  if (!table) throw rowError('MALFORMED_ID', `${field.label}: id value of incorrect type: ${id}`, [field.name])
  const row = table.rows.get(id)
  if (!row?.cells) throw rowError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id')
  if (!isLive(row.cells)) throw rowError('ENTITY_IS_DELETED', 'entity is deleted')
}

function refuseDuplicate(table: Table, field: Field, cell: Cell, self: StoredRow | undefined): void {
  const taken = (table.lookup(field, cell) ?? []).find(row => row !== self && isLive(row.cells))
  const other = taken ?? table.reserved.get(uniqueKey(field.slot, cell))
  if (!other || other === self) return
  const message = `duplicate value found: ${field.name} duplicates value on record with id: ${other.id.slice(0, 15)}`
  throw rowError('DUPLICATE_VALUE', message)
}

const unsupported = (type: ObjectType, operation: string): Error =>
  requestError(400, 'INVALID_TYPE_FOR_OPERATION', `entity type ${type.name} does not support ${operation}`)
