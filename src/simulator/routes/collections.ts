import { requestError, rowError } from '../api-error.ts'
import { deleteRow } from '../org/delete.ts'
import { type RowInput, readRow } from '../org/read-row.ts'
import { toRecordId } from '../org/record-id.ts'
import { createRow, updateRow } from '../org/save.ts'
import { isLive, type Table } from '../org/table.ts'
import type { Answer, Call, Routes } from '../router.ts'
import { ownPaths, rowWriter } from '../soql/row-writer.ts'
import { bodyList, bodyObject, isJson, type Json } from './body.ts'
import { externalIdField, rowsWith } from './external-id.ts'
import { tableOf } from './metadata.ts'
import { type RowResult, rowSuccess, writeAll } from './row-results.ts'
import { fieldsNamed } from './rows.ts'

const rowsMax = 200
const retrieveRowsMax = 2000
const chunksMax = 10
/** Upsert of collections came with this version (salesforce-facts 7.5). */
const upsertSince = 46

interface Records {
  readonly allOrNone: boolean
  readonly records: readonly Json[]
  /** Each row's table. */
  readonly tables: readonly Table[]
}

/** The request's rows. Throws for the whole request if it is malformed (salesforce-facts 7.5). */
function readRecords(call: Call): Records {
  const list = bodyList(call, 'records')
  refuseTooMany(list.length, rowsMax)
  const records = list.map(body => bodyObject({ body }))
  return { allOrNone: bodyObject(call).allOrNone === true, records, tables: tablesOf(call, records) }
}

function refuseTooMany(count: number, max: number): void {
  if (count <= max) return
  // Neither code nor text is proven (salesforce-facts 7.5, 14.4).
  const message = `record limit reached. cannot submit more than ${max} records into this call`
  throw requestError(400, 'EXCEEDED_ID_LIMIT', message)
}

/** Each row's table, by `attributes.type`. Throws over ten chunks of consecutive equal types (salesforce-facts 7.5). */
function tablesOf(call: Call, records: readonly Json[]): Table[] {
  const tables = records.map(({ attributes }) => {
    const name = isJson(attributes) ? attributes.type : undefined
    if (typeof name !== 'string')
      throw requestError(400, 'INVALID_FIELD', 'attributes.type is required for each record')
    const table = call.api.org.table(name)
    if (!table || !call.access.may('read', table.type))
      throw requestError(400, 'INVALID_TYPE', `sObject type '${name}' is not supported.`)
    return table
  })
  const chunks = tables.filter((table, i) => i === 0 || table !== tables[i - 1]).length
  if (chunks > chunksMax) {
    const message = `Cannot have more than ${chunksMax} chunks in a single operation. Please rearrange the data to reduce chunking.`
    throw requestError(400, 'LIMIT_EXCEEDED', message)
  }
  return tables
}

/** An unknown field or a value of the wrong JSON type in any row fails the request: rows are parsed before any is saved. */
const readInputs = (call: Call, { records, tables }: Records, ignored: readonly string[]): RowInput[] =>
  records.map((record, i) => readRow(call.api.org, tables[i]!.type, record, call.text, ignored, call))

function createMany(call: Call): Answer {
  const read = readRecords(call)
  const inputs = readInputs(call, read, ['id'])
  const writes = inputs.map((input, i) => () => {
    if (idOf(read.records[i]) !== undefined) {
      throw rowError('INVALID_FIELD_FOR_INSERT_UPDATE', 'cannot specify Id in an insert call', ['Id'])
    }
    return rowSuccess(createRow(call.api.org, call.transaction, read.tables[i]!, input))
  })
  return writeAll(call, read.allOrNone, writes)
}

const idOf = (record: Json | undefined): unknown => record?.id ?? record?.Id ?? undefined

function updateMany(call: Call): Answer {
  const read = readRecords(call)
  const inputs = readInputs(call, read, ['id'])
  const once = refuseRepeats()
  const writes = inputs.map((input, i) => () => {
    const id = idOf(read.records[i])
    if (id === undefined) throw rowError('MISSING_ARGUMENT', 'Id not specified in an update call')
    const id18 = toRecordId(String(id)) ?? String(id)
    once(id18)
    updateRow(call.api.org, call.transaction, read.tables[i]!, String(id), input)
    return rowSuccess(id18)
  })
  return writeAll(call, read.allOrNone, writes)
}

/** The second row of one id fails (salesforce-facts 7.5). */
function refuseRepeats(): (id: string) => void {
  const seen = new Set<string>()
  return id => {
    if (seen.has(id)) throw rowError('DUPLICATE_VALUE', `duplicate id in list: ${id}`)
    seen.add(id)
  }
}

function upsertMany(call: Call): Answer {
  const table = tableOf(call)
  if (call.version < upsertSince) throw requestError(404, 'NOT_FOUND', 'The requested resource does not exist')
  const read = readRecords(call)
  if (read.tables.some(each => each !== table))
    throw requestError(400, 'INVALID_TYPE', `all records must be of type ${table.type.name}`)
  const fieldName = call.params.field ?? ''
  if (fieldName.toLowerCase() === 'id') return upsertById(call, table, read)
  const field = externalIdField(call, table, fieldName)
  const inputs = readInputs(call, read, [])
  const inAnyCase = field.unique || call.api.org.switches.externalIdCase === 'folded'
  const seen = new Set<string>()
  const writes = inputs.map(input => () => {
    const value = input.values.get(field) ?? null
    if (value === null) throw rowError('MISSING_ARGUMENT', `${field.name} not specified`)
    const key = inAnyCase ? String(value).toLowerCase() : String(value)
    if (seen.has(key)) throw rowError('DUPLICATE_VALUE', `Duplicate external id specified: ${value}`, [field.name])
    seen.add(key)
    const ids = rowsWith(table, field, value).map(row => row.id)
    return upsertOne(call, table, input, ids)
  })
  return writeAll(call, read.allOrNone, writes)
}

function upsertOne(call: Call, table: Table, input: RowInput, ids: readonly string[]): RowResult {
  const [id] = ids
  if (ids.length > 1) throw rowError('DUPLICATE_EXTERNAL_ID', 'Provided external ID is not unique')
  if (id === undefined) return rowSuccess(createRow(call.api.org, call.transaction, table, input), { created: true })
  updateRow(call.api.org, call.transaction, table, id, input)
  return rowSuccess(toRecordId(id) ?? id, { created: false })
}

/** Upsert by `Id`: rows with an id are updated, the others created. */
function upsertById(call: Call, table: Table, read: Records): Answer {
  const inputs = readInputs(call, read, ['id'])
  const once = refuseRepeats()
  const writes = inputs.map((input, i) => () => {
    const id = idOf(read.records[i])
    if (id !== undefined) once(toRecordId(String(id)) ?? String(id))
    return upsertOne(call, table, input, id === undefined ? [] : [String(id)])
  })
  return writeAll(call, read.allOrNone, writes)
}

function deleteMany(call: Call): Answer {
  const ids = listOf(call.query.get('ids'))
  if (ids.length === 0) throw requestError(400, 'MISSING_ARGUMENT', 'ids is required')
  refuseTooMany(ids.length, rowsMax)
  const once = refuseRepeats()
  const writes = ids.map(id => () => {
    once(toRecordId(id) ?? id)
    const table = [...call.api.org.tables].find(each => id.startsWith(each.type.keyPrefix))
    if (!table) throw rowError('MALFORMED_ID', `malformed id ${id}`)
    deleteRow(call.api.org, call.transaction, table, id)
    return rowSuccess(toRecordId(id) ?? id)
  })
  return writeAll(call, call.query.get('allOrNone') === 'true', writes)
}

/** Rows by id, null for one that is not there; an unknown field fails them all (salesforce-facts 7.5). */
function retrieve(call: Call, ids: readonly string[], names: readonly string[]): Answer {
  const table = tableOf(call)
  refuseTooMany(ids.length, retrieveRowsMax)
  if (names.length === 0) throw requestError(400, 'MISSING_ARGUMENT', 'fields is required')
  const write = rowWriter(table.type, ownPaths(fieldsNamed(call, table, names)), call.root)
  const texts = ids.map(id => {
    const cells = table.rows.get(toRecordId(id) ?? '')?.cells
    return isLive(cells) ? write(cells) : 'null'
  })
  return { status: 200, text: `[${texts.join(',')}]` }
}

const listOf = (value: string | null): string[] => (value ?? '').split(',').filter(item => item !== '')

/** `/composite/sobjects` (salesforce-facts 7.5). */
export const collectionRoutes: Routes = {
  'composite/sobjects': { POST: createMany, PATCH: updateMany, DELETE: deleteMany },
  'composite/sobjects/:object': {
    GET: call => retrieve(call, listOf(call.query.get('ids')), listOf(call.query.get('fields'))),
    POST: call => retrieve(call, bodyList(call, 'ids').map(String), bodyList(call, 'fields').map(String)),
  },
  'composite/sobjects/:object/:field': { PATCH: upsertMany },
}
