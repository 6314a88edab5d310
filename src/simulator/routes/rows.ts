import { notFound, requestError } from '../api-error.ts'
import { toRecordId } from '../org/record-id.ts'
import { createRow, deleteRow, readRow, updateRow } from '../org/save.ts'
import { isLive, type StoredRow, type Table } from '../org/table.ts'
import { type Answer, type Call, jsonAnswer, type Routes } from '../router.ts'
import { ownPaths, rowWriter } from '../soql/row-writer.ts'
import { basicDescribe, tableOf } from './metadata.ts'

/** The request's JSON object. Throws JSON_PARSER_ERROR if it is none. */
export function bodyObject({ body }: Pick<Call, 'body'>): Readonly<Record<string, unknown>> {
  if (body === undefined) {
    throw requestError(
      400,
      'JSON_PARSER_ERROR',
      'The HTTP entity body is required, but this request has no entity body.',
    )
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw requestError(400, 'JSON_PARSER_ERROR', 'Cannot deserialize instance of sobject at [line:1, column:1]')
  }
  return body as Readonly<Record<string, unknown>>
}

const createdAnswer = (call: Call, table: Table, id: string, body: object): Answer => ({
  ...jsonAnswer({ id, success: true, errors: [], ...body }, 201),
  headers: { Location: `${call.root}/sobjects/${table.type.name}/${id}` },
})

function create(call: Call): Answer {
  const table = tableOf(call)
  const { org } = call.api
  const id = createRow(org, call.transaction, table, readRow(org, table.type, bodyObject(call), call.text))
  return createdAnswer(call, table, id, {})
}

/** The row as JSON with all its fields, or those of `?fields=` and the id. */
export function rowAnswer(call: Call, table: Table, row: StoredRow): Answer {
  const write = rowWriter(table.type, ownPaths(selectedFields(call, table)), call.root)
  return { status: 200, text: write(row.cells ?? []) }
}

function selectedFields(call: Call, table: Table) {
  const names = call.query.get('fields')
  return names ? fieldsNamed(table, [...names.split(','), 'Id']) : table.type.fields
}

/** The fields of those names, each once. Throws INVALID_FIELD for a name that is none. */
export function fieldsNamed(table: Table, names: readonly string[]) {
  const fields = names.map(name => {
    const field = table.type.field(name.trim())
    if (!field)
      throw requestError(400, 'INVALID_FIELD', `No such column '${name}' on sobject of type ${table.type.name}`)
    return field
  })
  return [...new Set(fields)]
}

/** Text in the place of an id that cannot be one is taken for an external id field's name (salesforce-facts 2.9). */
function recordIdOf(call: Call): string {
  const text = call.params.id ?? ''
  const id = toRecordId(text)
  if (id === undefined) throw notFound(`Provided external ID field does not exist or is not accessible: ${text}`)
  return id
}

function get(call: Call): Answer {
  const table = tableOf(call)
  const row = table.rows.get(recordIdOf(call))
  // A deleted row: NOT_FOUND and ENTITY_IS_DELETED are both reported (salesforce-facts 2.9, 14); the first has more witnesses.
  if (!row || !isLive(row.cells)) throw notFound()
  return rowAnswer(call, table, row)
}

function update(call: Call): Answer {
  const table = tableOf(call)
  const { org } = call.api
  updateRow(org, call.transaction, table, recordIdOf(call), readRow(org, table.type, bodyObject(call), call.text))
  return { status: 204 }
}

function remove(call: Call): Answer {
  deleteRow(call.api.org, call.transaction, tableOf(call), recordIdOf(call))
  return { status: 204 }
}

/** The live rows whose external id has the value; with `field`, so that upsert can write it. */
export function rowsByExternalId(table: Table, fieldName: string, value: unknown) {
  const field = table.type.field(fieldName)
  if (!field?.externalId) throw notFound(`Provided external ID field does not exist or is not accessible: ${fieldName}`)
  return { field, rows: (table.lookup(field, value) ?? []).filter(row => isLive(row.cells)) }
}

function ambiguous(call: Call, table: Table, rows: readonly StoredRow[]): Answer {
  return jsonAnswer(
    rows.map(row => `${call.root}/sobjects/${table.type.name}/${row.id}`),
    300,
  )
}

function getByExternalId(call: Call): Answer {
  const table = tableOf(call)
  const { rows } = rowsByExternalId(table, call.params.field ?? '', call.params.value)
  const [row] = rows
  if (!row) throw notFound()
  return rows.length > 1 ? ambiguous(call, table, rows) : rowAnswer(call, table, row)
}

function deleteByExternalId(call: Call): Answer {
  const table = tableOf(call)
  const { rows } = rowsByExternalId(table, call.params.field ?? '', call.params.value)
  const [row] = rows
  if (!row) throw notFound()
  if (rows.length > 1) return ambiguous(call, table, rows)
  deleteRow(call.api.org, call.transaction, table, row.id)
  return { status: 204 }
}

/** Before this version an upsert that updates answers 204 without a body (salesforce-facts 2.7). */
const upsertBodySince = 46

function upsert(call: Call): Answer {
  const table = tableOf(call)
  const { org } = call.api
  const { field, rows } = rowsByExternalId(table, call.params.field ?? '', call.params.value)
  const body = bodyObject(call)
  if (Object.keys(body).some(name => name.toLowerCase() === field.name.toLowerCase())) {
    throw requestError(400, 'INVALID_FIELD', `The ${field.name} field should not be specified in the sobject data.`)
  }
  if (rows.length > 1) return ambiguous(call, table, rows)
  const [row] = rows
  if (row) {
    updateRow(org, call.transaction, table, row.id, readRow(org, table.type, body, call.text))
    if (call.version < upsertBodySince) return { status: 204 }
    return jsonAnswer({ id: row.id, success: true, errors: [], created: false })
  }
  if (call.query.get('updateOnly') === 'true') throw notFound()
  const input = readRow(org, table.type, { ...body, [field.name]: call.params.value }, call.text)
  const id = createRow(org, call.transaction, table, input)
  return createdAnswer(call, table, id, call.version < upsertBodySince ? {} : { created: true })
}

/** `/sobjects/X`, `/sobjects/X/{id}` and `/sobjects/X/{external id field}/{value}` (salesforce-facts 2.6, 2.7). */
export const rowRoutes: Routes = {
  'sobjects/:object': { GET: basicDescribe, POST: create },
  'sobjects/:object/:id': { GET: get, PATCH: update, DELETE: remove },
  'sobjects/:object/:field/:value': { GET: getByExternalId, PATCH: upsert, DELETE: deleteByExternalId },
}
