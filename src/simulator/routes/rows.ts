import { notFound, requestError, rowError } from '../api-error.ts'
import { deleteRow } from '../org/delete.ts'
import type { Field } from '../org/object-type.ts'
import { readRow } from '../org/read-row.ts'
import { toRecordId } from '../org/record-id.ts'
import { createRow, updateRow } from '../org/save.ts'
import { isLive, type StoredRow, type Table } from '../org/table.ts'
import { type Answer, type Call, jsonAnswer, type Routes } from '../router.ts'
import { ownPaths, rowWriter } from '../soql/row-writer.ts'
import { bodyObject } from './body.ts'
import { readConditionally, refuseUnlessMet } from './conditional.ts'
import { basicDescribe, tableOf } from './metadata.ts'

/** 201 with the new row's id and place (salesforce-facts 2.6). */
export const createdAnswer = (call: Call, table: Table, id: string, body: object = {}): Answer => ({
  ...jsonAnswer({ id, success: true, errors: [], ...body }, 201),
  headers: { Location: `${call.root}/sobjects/${table.type.name}/${id}` },
})

function create(call: Call): Answer {
  const table = tableOf(call)
  const { org } = call.api
  const input = readRow(org, table.type, bodyObject(call), call.text, [], call)
  return createdAnswer(call, table, createRow(org, call.transaction, table, input))
}

/** The row as JSON with all the fields that the user sees, or those of `?fields=` and the id; 304 and 412 as the headers ask. */
export function rowAnswer(call: Call, table: Table, row: StoredRow): Answer {
  const names = call.query.get('fields')
  const fields = names ? fieldsNamed(call, table, [...names.split(','), 'Id']) : call.access.readable(table.type)
  return readConditionally(call, table, row, () => {
    const write = rowWriter(table.type, ownPaths(fields), call.root)
    return { status: 200, text: write(row.cells ?? []) }
  })
}

/** The fields of those names, each once. Throws INVALID_FIELD for a name that is none, or none that the user sees (salesforce-facts 2.5). */
export function fieldsNamed(call: Call, table: Table, names: readonly string[]): Field[] {
  const fields = names.map(name => {
    const field = table.type.field(name.trim())
    if (!field || !call.access.canRead(field))
      throw requestError(400, 'INVALID_FIELD', `No such column '${name}' on sobject of type ${table.type.name}`)
    return field
  })
  return [...new Set(fields)]
}

/** Text in the place of an id that cannot be one is taken for an external id field's name (salesforce-facts 2.9). */
export function recordIdOf(call: Call): string {
  const text = call.params.id ?? ''
  const id = toRecordId(text)
  if (id === undefined) throw notFound(`Provided external ID field does not exist or is not accessible: ${text}`)
  return id
}

/** A live row. A deleted one is NOT_FOUND or ENTITY_IS_DELETED: both are reported (salesforce-facts 2.9, 14.1). */
export function liveRow(call: Call, table: Table, id: string): StoredRow {
  const row = table.rows.get(id)
  if (row && isLive(row.cells)) return row
  if (row?.cells && call.api.org.switches.deletedRowGet === 'ENTITY_IS_DELETED')
    throw rowError('ENTITY_IS_DELETED', 'entity is deleted', [], 404)
  throw notFound()
}

function get(call: Call): Answer {
  const table = tableOf(call)
  return rowAnswer(call, table, liveRow(call, table, recordIdOf(call)))
}

function update(call: Call): Answer {
  const table = tableOf(call)
  const { org } = call.api
  const id = recordIdOf(call)
  const input = readRow(org, table.type, bodyObject(call), call.text, [], call)
  const row = table.rows.get(id)
  if (isLive(row?.cells)) refuseUnlessMet(call, table, row)
  updateRow(org, call.transaction, table, id, input)
  return { status: 204 }
}

/** Conditions in headers are not looked at (salesforce-facts 2.3). */
function remove(call: Call): Answer {
  deleteRow(call.api.org, call.transaction, tableOf(call), recordIdOf(call))
  return { status: 204 }
}

/** `POST /sobjects/X/Id` creates a row on the path of upserts, from this version on (salesforce-facts 2.7). */
const createByIdSince = 37

function createById(call: Call): Answer {
  if (call.version < createByIdSince) throw notFound()
  const table = tableOf(call)
  const { org } = call.api
  const input = readRow(org, table.type, bodyObject(call), call.text, [], call)
  return createdAnswer(call, table, createRow(org, call.transaction, table, input), { created: true })
}

/** `/sobjects/X` and `/sobjects/X/{id}` (salesforce-facts 2.6). */
export const rowRoutes: Routes = {
  'sobjects/:object': { GET: basicDescribe, POST: create },
  'sobjects/:object/Id': { POST: createById },
  'sobjects/:object/:id': { GET: get, PATCH: update, DELETE: remove },
}
