import { ApiError, rowError } from '../api-error.ts'
import type { Access } from '../org/access.ts'
import { deleteRow, hardDeleteRow } from '../org/delete.ts'
import type { Field } from '../org/object-type.ts'
import type { Org } from '../org/org.ts'
import { readRow } from '../org/read-row.ts'
import { toRecordId } from '../org/record-id.ts'
import { createRow, updateRow } from '../org/save.ts'
import type { Table } from '../org/table.ts'
import type { Transaction } from '../org/transaction.ts'
import type { IngestJob } from './ingest-jobs.ts'

/** What each column of an upload is: a field of the object, or an external id of its parent. */
type Column = { readonly name: string; readonly field: Field; readonly parent?: { readonly field: Field } }

/** The columns of an upload with the table that they belong to. */
export interface Columns {
  readonly table: Table
  readonly list: readonly Column[]
}

/** What became of one row: its id and whether it is new, or the error. */
export interface SavedRow {
  readonly id?: string
  readonly created?: boolean
  /** `CODE:message:fields --` (salesforce-facts 9.2). */
  readonly error?: string
}

/** Reads the header. Throws what fails the whole job. */
export function readColumns(org: Org, job: IngestJob, header: readonly string[]): Columns {
  const access = org.accessOf(job.userId)
  const table = org.table(job.object)
  if (!table) throw new Error(`InvalidEntity : Entity '${job.object}' is not supported by the Bulk API.`)
  return { table, list: header.map(name => columnOf(org, access, table, name.trim())) }
}

function columnOf(org: Org, access: Access, table: Table, name: string): Column {
  const unknown = new Error(`InvalidBatch : Field name not found : ${name}`)
  const [first = '', second] = name.split('.')
  if (second === undefined) {
    const field = table.type.field(first)
    if (!field || !access.canRead(field)) throw unknown
    return { name, field }
  }
  const field = table.type.relationship(first)
  const parent = org.table(field?.definition.referenceTo?.[0] ?? '')?.type.field(second)
  if (!field || !parent) throw unknown
  return { name, field, parent: { field: parent } }
}

/** Writes one row; what it changed before it failed is taken back. */
export function saveRow(
  org: Org,
  transaction: Transaction,
  job: IngestJob,
  columns: Columns,
  row: readonly string[],
): SavedRow {
  const before = transaction.changes.length
  try {
    return writeRow(org, transaction, job, columns, row)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    transaction.rollbackTo(before)
    const first = error.errors[0]
    const text = `${first?.errorCode}:${first?.message}:${(first?.fields ?? []).join(', ')} --`
    const id = toRecordId(idIn(columns, row) ?? '')
    return id === undefined ? { error: text } : { id, error: text }
  }
}

function writeRow(
  org: Org,
  transaction: Transaction,
  job: IngestJob,
  columns: Columns,
  row: readonly string[],
): SavedRow {
  const { table } = columns
  const { operation, externalIdFieldName: key = '' } = job
  const id = idIn(columns, row)
  if (operation === 'delete' || operation === 'hardDelete') {
    if (id === undefined) throw rowError('MISSING_ARGUMENT', 'Id not specified in a delete call')
    const remove = operation === 'delete' ? deleteRow : hardDeleteRow
    remove(org, transaction, table, id)
    return { id: toRecordId(id) ?? id, created: false }
  }
  const asker = { access: transaction.access, headers: {}, root: `/services/data/v${job.version}.0` }
  const input = readRow(org, table.type, jsonOf(columns, row), '', [], asker)
  const target = operation === 'upsert' ? upsertTarget(table, key, id, input.values.get(keyField(table, key))) : id
  if (operation === 'insert' && id !== undefined)
    throw rowError('INVALID_FIELD_FOR_INSERT_UPDATE', 'cannot specify Id in an insert call', ['Id'])
  if (operation === 'update' && id === undefined)
    throw rowError('MISSING_ARGUMENT', 'Id not specified in an update call')
  if (target === undefined) return { id: createRow(org, transaction, table, input), created: true }
  updateRow(org, transaction, table, target, input)
  return { id: toRecordId(target) ?? target, created: false }
}

function keyField(table: Table, key: string): Field {
  const field = table.type.field(key)
  if (!field) throw rowError('INVALID_FIELD', `Field name provided, ${key} is not an External ID or indexed field`)
  return field
}

/** The id of the row that an upsert changes; undefined if it is to be created. */
function upsertTarget(table: Table, key: string, id: string | undefined, value: unknown): string | undefined {
  const field = keyField(table, key)
  if (field.type === 'id') return id
  if (value === null || value === undefined) throw rowError('MISSING_ARGUMENT', `${field.name} not specified`)
  const [found, second] = table.named(field, value) ?? []
  if (second) throw rowError('DUPLICATE_EXTERNAL_ID', 'Provided external ID is not unique')
  return found?.id
}

function idIn({ list }: Columns, row: readonly string[]): string | undefined {
  const at = list.findIndex(({ field, parent }) => field.type === 'id' && !parent)
  const text = row[at]?.trim()
  return text || undefined
}

/** An empty cell leaves the field alone, `#N/A` clears it (salesforce-facts 9.2). */
function jsonOf({ list }: Columns, row: readonly string[]): Record<string, unknown> {
  const json: Record<string, unknown> = {}
  list.forEach(({ field, parent }, i) => {
    const text = row[i] ?? ''
    if (text === '' || field.type === 'id') return
    const value = text === '#N/A' ? null : cellValue(field, text)
    if (parent && value !== null) json[field.definition.relationshipName ?? ''] = { [parent.field.name]: text }
    else json[field.name] = value
  })
  return json
}

function cellValue(field: Field, text: string): unknown {
  if (field.type !== 'boolean') return text
  if (/^(true|1)$/i.test(text)) return true
  if (/^(false|0)$/i.test(text)) return false
  throw rowError('INVALID_TYPE_ON_FIELD_IN_RECORD', `${field.label}: value not of required type: ${text}`, [field.name])
}
