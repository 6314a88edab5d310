import { notFound, requestError } from '../api-error.ts'
import { deleteRow } from '../org/delete.ts'
import type { Field } from '../org/object-type.ts'
import { readRow } from '../org/read-row.ts'
import { toRecordId } from '../org/record-id.ts'
import { createRow, updateRow } from '../org/save.ts'
import { isLive, type StoredRow, type Table } from '../org/table.ts'
import { type Answer, type Call, jsonAnswer, type Routes } from '../router.ts'
import { bodyObject } from './body.ts'
import { refuseUnlessMet } from './conditional.ts'
import { tableOf } from './metadata.ts'
import { createdAnswer, liveRow, rowAnswer } from './rows.ts'

/** Before this version an upsert that updates answers 204 without a body, and there is no `updateOnly` (salesforce-facts 2.7). */
const upsertBodySince = 46

/** Standard objects take any field with idLookup, as a user's FederationIdentifier. */
const isExternalId = (field: Field): boolean => field.externalId || (field.idLookup && field.name !== 'Id')

/** The external id field of that name. Throws 404 as salesforce-facts 2.7 has it. */
export function externalIdField(call: Call, table: Table, name: string): Field {
  const field = table.type.field(name)
  if (!field || !isExternalId(field) || !call.access.canRead(field))
    throw notFound(`Provided external ID field does not exist or is not accessible: ${name}`)
  return field
}

/** The live rows whose external id has the value. */
export const rowsWith = (table: Table, field: Field, value: unknown): readonly StoredRow[] =>
  table.named(field, value) ?? table.matching(field, value).filter(row => isLive(row.cells))

interface Target {
  readonly table: Table
  readonly field: Field
  readonly value: string
  readonly rows: readonly StoredRow[]
}

function targetOf(call: Call): Target {
  const table = tableOf(call)
  const value = call.params.value ?? ''
  const field = externalIdField(call, table, call.params.field ?? '')
  // A documented oddity: a value that looks like such a file's name is not found (salesforce-facts 2.7).
  if (/\.inc$/i.test(value)) throw notFound()
  return { table, field, value, rows: rowsWith(table, field, value) }
}

/** 300 with the places of all rows that match; nothing is read or written. */
function ambiguous(call: Call, { table, rows }: Target): Answer {
  return jsonAnswer(
    rows.map(row => `${call.root}/sobjects/${table.type.name}/${row.id}`),
    300,
  )
}

const isById = ({ params }: Call): boolean => params.field?.toLowerCase() === 'id'

function get(call: Call): Answer {
  if (isById(call)) {
    const table = tableOf(call)
    return rowAnswer(call, table, liveRow(call, table, toRecordId(call.params.value ?? '') ?? ''))
  }
  const target = targetOf(call)
  const [row] = target.rows
  if (!row) throw notFound()
  return target.rows.length > 1 ? ambiguous(call, target) : rowAnswer(call, target.table, row)
}

function remove(call: Call): Answer {
  if (isById(call)) {
    deleteRow(call.api.org, call.transaction, tableOf(call), call.params.value ?? '')
    return { status: 204 }
  }
  const target = targetOf(call)
  const [row] = target.rows
  if (!row) throw notFound()
  if (target.rows.length > 1) return ambiguous(call, target)
  deleteRow(call.api.org, call.transaction, target.table, row.id)
  return { status: 204 }
}

function updatedAnswer({ version }: Call, id: string): Answer {
  if (version < upsertBodySince) return { status: 204 }
  return jsonAnswer({ id, success: true, errors: [], created: false })
}

function upsert(call: Call): Answer {
  const { org } = call.api
  if (isById(call)) {
    const table = tableOf(call)
    const id = call.params.value ?? ''
    updateRow(org, call.transaction, table, id, readRow(org, table.type, bodyObject(call), call.text, [], call))
    return updatedAnswer(call, toRecordId(id) ?? id)
  }
  const target = targetOf(call)
  const { table, field, value, rows } = target
  const body = bodyObject(call)
  if (Object.keys(body).some(name => name.toLowerCase() === field.name.toLowerCase()))
    throw requestError(400, 'INVALID_FIELD', `The ${field.name} field should not be specified in the sobject data.`)
  if (rows.length > 1) return ambiguous(call, target)
  const [row] = rows
  if (row) {
    const input = readRow(org, table.type, body, call.text, [], call)
    refuseUnlessMet(call, table, row)
    updateRow(org, call.transaction, table, row.id, input)
    return updatedAnswer(call, row.id)
  }
  if (call.query.get('updateOnly') === 'true' && call.version >= upsertBodySince) throw notFound()
  const input = readRow(org, table.type, { ...body, [field.name]: value }, call.text, [], call)
  const id = createRow(org, call.transaction, table, input)
  return createdAnswer(call, table, id, call.version < upsertBodySince ? {} : { created: true })
}

/** `/sobjects/X/{external id field}/{value}` (salesforce-facts 2.7). */
export const externalIdRoutes: Routes = {
  'sobjects/:object/:field/:value': { GET: get, PATCH: upsert, DELETE: remove },
}
