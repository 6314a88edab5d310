import { ApiError, type ErrorItem, requestError, rowError } from '../api-error.ts'
import type { ObjectRight } from './access.ts'
import type { Cell, Cells } from './cell.ts'
import { checkValue } from './field-value.ts'
import { type Field, type ObjectType, systemSlots } from './object-type.ts'
import type { Org } from './org.ts'
import type { RowInput } from './read-row.ts'
import { toRecordId } from './record-id.ts'
import { isLive, type StoredRow, type Table } from './table.ts'
import { type Transaction, uniqueKey } from './transaction.ts'

/** The live row with that id, free to be written; salesforce-facts 2.9 has the errors. */
export function writableRow(transaction: Transaction, table: Table, idText: string): StoredRow {
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

/** Throws if nobody may do that with the object's rows, or the user may not (salesforce-facts 2.10; status: 14.3). */
export function refuseWithoutRight(
  org: Org,
  transaction: Transaction,
  type: ObjectType,
  right: Exclude<ObjectRight, 'read'>,
): void {
  const can = { create: 'createable', update: 'updateable', delete: 'deletable' } as const
  if (!type.definition[can[right]])
    throw requestError(400, 'INVALID_TYPE_FOR_OPERATION', `entity type ${type.name} does not support ${right}`)
  if (transaction.access.may(right, type)) return
  const status = org.switches.insufficientAccessStatus
  throw rowError('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id', [], status)
}

/** A field without which no row can be made (salesforce-facts 2.5). */
const isRequired = (field: Field): boolean => field.createable && !field.nillable && !field.defaultedOnCreate

/** A field that cannot be cleared; a checkbox is refused with an error of its own (salesforce-facts 2.10). */
const isNeverNull = (field: Field): boolean => field.updateable && !field.nillable && field.type !== 'boolean'

/** The checks that each row passes before rules and triggers: writable fields, then required ones, then each value
 *  (salesforce-facts 2.10). Throws the first failing class, or all of them: switch `fieldChecks` (14.10). */
export function checkFields(
  org: Org,
  transaction: Transaction,
  table: Table,
  input: RowInput,
  self: StoredRow | undefined,
): void {
  const { access } = transaction
  refuseReadOnly(input, self ? access.canUpdate : access.canCreate)
  const errors: ErrorItem[] = []
  const refuse = (error: unknown) => {
    if (!(error instanceof ApiError) || org.switches.fieldChecks === 'first') throw error
    errors.push(...error.errors)
  }
  const missing = self
    ? [...input.values].filter(([field, cell]) => cell === null && isNeverNull(field)).map(([field]) => field)
    : table.type.fields.filter(field => isRequired(field) && (input.values.get(field) ?? null) === null)
  if (missing.length > 0) refuse(missingFields(missing))
  for (const [field, cell] of input.values) {
    try {
      checkValue(field, cell)
      if (cell !== null && field.type === 'reference') checkReference(org, transaction, table, field, String(cell))
    } catch (error) {
      refuse(error)
    }
  }
  if (errors.length > 0) throw new ApiError(400, errors)
}

function refuseReadOnly(input: RowInput, canWrite: (field: Field) => boolean): void {
  const names = [...input.values.keys()].filter(field => !canWrite(field)).map(field => field.name)
  if (names.length === 0) return
  const message = `Unable to create/update fields: ${names.join(', ')}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`
  throw rowError('INVALID_FIELD_FOR_INSERT_UPDATE', message, names)
}

function missingFields(fields: readonly Field[]): ApiError {
  const names = fields.map(field => field.name)
  return rowError('REQUIRED_FIELD_MISSING', `Required fields are missing: [${names.join(', ')}]`, names)
}

/** The errors of salesforce-facts 2.9 and 2.10; which of two for the id of another object is a switch. */
function checkReference(org: Org, transaction: Transaction, { type }: Table, field: Field, id: string): void {
  const tables = (field.definition.referenceTo ?? []).map(name => org.table(name))
  const table = tables.find(each => each && id.startsWith(each.type.keyPrefix))
  if (!table || toRecordId(id) === undefined) {
    if (org.switches.wrongLookup === 'MALFORMED_ID')
      throw rowError('MALFORMED_ID', `${field.label}: id value of incorrect type: ${id}`, [field.name])
    throw rowError('FIELD_INTEGRITY_EXCEPTION', `${field.label}: id value of incorrect type`, [field.name])
  }
  const cells = table.rows.get(id)?.cells
  if (!cells) throw rowError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id')
  if (!isLive(cells)) throw rowError('ENTITY_IS_DELETED', 'entity is deleted')
  if (!transaction.access.may('read', table.type)) {
    const message = `insufficient access rights on cross-reference id: ${id.slice(0, 15)}`
    throw rowError('INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY', message)
  }
  if (field.name === 'OwnerId' && cells[table.type.field('IsActive')?.slot ?? systemSlots.Id] === false) {
    const message = `operation performed with inactive user [${id.slice(0, 15)}] as owner of ${type.name.toLowerCase()}`
    throw rowError('INACTIVE_OWNER_OR_USER', message)
  }
}

/** Throws DUPLICATE_VALUE if another live row, or one about to be committed, has the value of a unique field. */
export function refuseTakenValues(table: Table, fields: Iterable<Field>, cells: Cells, self: StoredRow): void {
  for (const field of fields) {
    const cell = cells[field.slot] ?? null
    if (field.unique && cell !== null) refuseTaken(table, field, cell, self)
  }
}

function refuseTaken(table: Table, field: Field, cell: Cell, self: StoredRow): void {
  const taken = (table.lookup(field, cell) ?? []).find(row => row !== self && isLive(row.cells))
  const other = taken ?? table.reserved.get(uniqueKey(field.slot, cell))
  if (!other || other === self) return
  const message = `duplicate value found: ${field.name} duplicates value on record with id: ${other.id.slice(0, 15)}`
  throw rowError('DUPLICATE_VALUE', message)
}
