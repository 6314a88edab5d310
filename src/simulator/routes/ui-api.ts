import { createHash } from 'node:crypto'
import { ApiError, notFound, requestError } from '../api-error.ts'
import { deleteRow } from '../org/delete.ts'
import type { Field } from '../org/object-type.ts'
import { readRow } from '../org/read-row.ts'
import { toRecordId } from '../org/record-id.ts'
import { createRow, updateRow } from '../org/save.ts'
import type { StoredRow, Table } from '../org/table.ts'
import { type Answer, type Call, type Handler, jsonAnswer, type Routes } from '../router.ts'
import { bodyObject, isJson, type Json } from './body.ts'
import { fieldsNamed, liveRow } from './rows.ts'

/** The table and id of `/ui-api/records/{id}`. */
function placeOf(call: Call): { readonly table: Table; readonly id: string } {
  const id = toRecordId(call.params.id ?? '')
  const table = [...call.api.org.tables].find(({ type }) => id?.startsWith(type.keyPrefix))
  if (id === undefined || !table || !call.access.may('read', table.type)) throw notFound()
  return { table, id }
}

/** A value as the UI API shows it: datetimes end in Z. */
function uiValue(field: Field, row: StoredRow): unknown {
  const value: unknown = JSON.parse(field.json(row.cells ?? []))
  return field.type === 'datetime' && typeof value === 'string' ? value.replace('+0000', 'Z') : value
}

function recordJson(table: Table, row: StoredRow, fields: readonly Field[]): Answer {
  const system = (name: string) => {
    const field = table.type.field(name)
    return field ? uiValue(field, row) : null
  }
  const entries = fields.map(field => [field.name, { displayValue: null, value: uiValue(field, row) }])
  const modified = system('SystemModstamp')
  return jsonAnswer({
    apiName: table.type.name,
    childRelationships: {},
    eTag: createHash('md5').update(JSON.stringify(row.cells)).digest('hex'),
    fields: Object.fromEntries(entries),
    id: row.id,
    lastModifiedById: system('LastModifiedById'),
    lastModifiedDate: system('LastModifiedDate'),
    recordTypeId: system('RecordTypeId'),
    recordTypeInfo: null,
    systemModstamp: modified,
    weakEtag: typeof modified === 'string' ? Date.parse(modified) : 0,
  })
}

/** `fields` and `optionalFields` name fields as `Object.Field`; of the optional ones those that are not there are left out. */
function get(call: Call): Answer {
  const { table, id } = placeOf(call)
  const row = liveRow(call, table, id)
  const namesIn = (parameter: string) => {
    const names = (call.query.get(parameter) ?? '').split(',').filter(name => name !== '')
    return names.map(name => name.slice(name.indexOf('.') + 1))
  }
  const required = namesIn('fields')
  const optional = namesIn('optionalFields').filter(name => {
    const field = table.type.field(name)
    return field && call.access.canRead(field)
  })
  if (required.length > 0 || call.query.has('optionalFields'))
    return recordJson(table, row, fieldsNamed(call, table, [...required, ...optional]))
  if (!call.query.has('layoutTypes'))
    throw requestError(400, 'MISSING_ARGUMENT', 'fields, optionalFields or layoutTypes is required')
  return recordJson(table, row, call.access.readable(table.type))
}

/** The body's fields; `allowSaveOnDuplicate` is the UI API's way to pass a duplicate rule that alerts. */
function inputOf(call: Call, table: Table) {
  const { fields, allowSaveOnDuplicate } = bodyObject(call)
  if (!isJson(fields)) throw requestError(400, 'JSON_PARSER_ERROR', 'fields is required at [line:1, column:1]')
  const headers: Json = allowSaveOnDuplicate === true ? { 'sforce-duplicate-rule-header': 'allowSave=true' } : {}
  const asker = { ...call, headers: { ...call.headers, ...(headers as Record<string, string>) } }
  return readRow(call.api.org, table.type, fields, call.text, [], asker)
}

function saved(call: Call, table: Table, id: string): Answer {
  const row = liveRow(call, table, id)
  return recordJson(table, row, call.access.readable(table.type))
}

function create(call: Call): Answer {
  const { apiName } = bodyObject(call)
  const table = call.api.org.table(String(apiName))
  if (!table || !call.access.may('read', table.type))
    throw requestError(400, 'INVALID_TYPE', `Object ${apiName} is not supported in UI API`)
  const id = createRow(call.api.org, call.transaction, table, inputOf(call, table))
  return { ...saved(call, table, id), status: 201 }
}

function update(call: Call): Answer {
  const { table, id } = placeOf(call)
  updateRow(call.api.org, call.transaction, table, id, inputOf(call, table))
  return saved(call, table, id)
}

function remove(call: Call): Answer {
  const { table, id } = placeOf(call)
  deleteRow(call.api.org, call.transaction, table, id)
  return { status: 204 }
}

/** Row errors come with their fields sorted out, as the UI API's Error with Output. */
function withOutput(error: ApiError): ApiError {
  if (error.errors.every(({ fields }) => fields === undefined)) return error
  const detail = ({ errorCode, message }: ApiError['errors'][number], field: string | null) => ({
    ...{ constituentField: null, duplicateRecordError: null, errorCode, field, fieldLabel: field, message },
  })
  const fieldErrors: Record<string, unknown[]> = {}
  for (const each of error.errors)
    for (const field of each.fields ?? []) fieldErrors[field] = [...(fieldErrors[field] ?? []), detail(each, field)]
  const errors = error.errors.filter(({ fields }) => !fields?.length).map(each => detail(each, null))
  const output = { errors, fieldErrors }
  return new ApiError(
    error.status,
    error.errors.map(each => Object.assign({ ...each }, { enhancedErrorType: 'RecordError', output })),
  )
}

/** A write that an `Idempotency-Key` makes safe to repeat: the first answer stands (UI API guide, Idempotent Record Writes). */
const once =
  (write: Handler): Handler =>
  call => {
    try {
      const key = call.headers['idempotency-key']
      if (key === undefined) return write(call)
      const request = JSON.stringify([call.method, call.params.id ?? '', call.body ?? null])
      return call.api.idempotentAnswers.once(call.userId, key, request, () => write(call))
    } catch (error) {
      throw error instanceof ApiError ? withOutput(error) : error
    }
  }

/** `/ui-api/records`. */
export const uiApiRoutes: Routes = {
  'ui-api/records': { POST: once(create) },
  'ui-api/records/:id': { GET: get, PATCH: once(update), DELETE: once(remove) },
}
