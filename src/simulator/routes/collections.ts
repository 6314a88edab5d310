import { ApiError, type ErrorItem, requestError, rowError } from '../api-error.ts'
import { toRecordId } from '../org/record-id.ts'
import { createRow, deleteRow, type RowInput, readRow, updateRow } from '../org/save.ts'
import { isLive, type Table } from '../org/table.ts'
import { type Answer, type Call, jsonAnswer, type Routes } from '../router.ts'
import { ownPaths, rowWriter } from '../soql/row-writer.ts'
import { tableOf } from './metadata.ts'
import { bodyObject, fieldsNamed, rowsByExternalId } from './rows.ts'

const rowsMax = 200
const retrieveRowsMax = 2000
const chunksMax = 10

interface RowResult {
  readonly id?: string
  readonly success: boolean
  readonly created?: boolean
  readonly errors: readonly { statusCode: string; message: string; fields: readonly string[] }[]
}

type Json = Readonly<Record<string, unknown>>

/** In collections an error's code is called `statusCode` (salesforce-facts 7.5). */
const failure = (errors: readonly ErrorItem[], id?: string): RowResult => ({
  ...(id === undefined ? {} : { id }),
  success: false,
  errors: errors.map(({ errorCode, message, fields = [] }) => ({ statusCode: errorCode, message, fields })),
})

const success = (id: string, rest: { created?: boolean } = {}): RowResult => ({
  id,
  success: true,
  errors: [],
  ...rest,
})

const rolledBack = failure([
  {
    errorCode: 'ALL_OR_NONE_OPERATION_ROLLED_BACK',
    message: 'Record rolled back because not all records were valid and the request was using AllOrNone header',
  },
])

/** Runs the writes one by one, each a result of its own; with allOrNone one failure takes all of them back. */
function writeAll(call: Call, allOrNone: boolean, writes: readonly (() => RowResult)[]): Answer {
  const { transaction } = call
  const start = transaction.changes.length
  const results = writes.map(write => {
    const before = transaction.changes.length
    try {
      return write()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      transaction.rollbackTo(before)
      return failure(error.errors)
    }
  })
  const rowsFailed = results.some(result => !result.success)
  if (!rowsFailed || !allOrNone) return { ...jsonAnswer(results), rowsFailed }
  transaction.rollbackTo(start)
  return { ...jsonAnswer(results.map(result => (result.success ? rolledBack : result))), rowsFailed }
}

interface Records {
  readonly allOrNone: boolean
  readonly records: readonly Json[]
}

/** The request's rows. Throws for the whole request if it is malformed (salesforce-facts 7.5). */
function readRecords(call: Call): Records {
  const { allOrNone, records } = bodyObject(call)
  if (!Array.isArray(records)) throw requestError(400, 'JSON_PARSER_ERROR', 'records is required at [line:1, column:1]')
  refuseTooMany(records.length, rowsMax)
  for (const record of records) bodyObject({ body: record })
  return { allOrNone: allOrNone === true, records }
}

function refuseTooMany(count: number, max: number): void {
  // Neither code nor text is proven (salesforce-facts 7.5, 14).
  if (count > max) {
    throw requestError(
      400,
      'EXCEEDED_ID_LIMIT',
      `record limit reached. cannot submit more than ${max} records into this call`,
    )
  }
}

/** Each row's table, by `attributes.type`. Throws over ten chunks of consecutive equal types (salesforce-facts 7.5). */
function tablesOf(call: Call, records: readonly Json[]): Table[] {
  const tables = records.map(({ attributes }) => {
    const name = (attributes as { type?: unknown } | null | undefined)?.type
    if (typeof name !== 'string')
      throw requestError(400, 'INVALID_FIELD', 'attributes.type is required for each record')
    const table = call.api.org.table(name)
    if (!table) throw requestError(400, 'INVALID_TYPE', `sObject type '${name}' is not supported.`)
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
const readInputs = (
  call: Call,
  records: readonly Json[],
  tables: readonly Table[],
  ignored: readonly string[],
): RowInput[] => records.map((record, i) => readRow(call.api.org, tables[i]!.type, record, call.text, ignored))

function createMany(call: Call): Answer {
  const { allOrNone, records } = readRecords(call)
  const tables = tablesOf(call, records)
  const inputs = readInputs(call, records, tables, ['id'])
  const writes = inputs.map((input, i) => () => {
    if (idOf(records[i]) !== undefined) {
      throw rowError('INVALID_FIELD_FOR_INSERT_UPDATE', 'cannot specify Id in an insert call', ['Id'])
    }
    return success(createRow(call.api.org, call.transaction, tables[i]!, input))
  })
  return writeAll(call, allOrNone, writes)
}

const idOf = (record: Json | undefined): unknown => record?.id ?? record?.Id ?? undefined

function updateMany(call: Call): Answer {
  const { allOrNone, records } = readRecords(call)
  const tables = tablesOf(call, records)
  const inputs = readInputs(call, records, tables, ['id'])
  const once = refuseRepeats()
  const writes = inputs.map((input, i) => () => {
    const id = idOf(records[i])
    if (id === undefined) throw rowError('MISSING_ARGUMENT', 'Id not specified in an update call')
    once(toRecordId(String(id)) ?? String(id))
    updateRow(call.api.org, call.transaction, tables[i]!, String(id), input)
    return success(toRecordId(String(id)) ?? String(id))
  })
  return writeAll(call, allOrNone, writes)
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
  const { allOrNone, records } = readRecords(call)
  const tables = tablesOf(call, records)
  if (tables.some(each => each !== table))
    throw requestError(400, 'INVALID_TYPE', `all records must be of type ${table.type.name}`)
  const fieldName = call.params.field ?? ''
  if (fieldName.toLowerCase() === 'id') return upsertById(call, table, records, allOrNone)
  const { field } = rowsByExternalId(table, fieldName, '')
  const inputs = readInputs(call, records, tables, [])
  const seen = new Set<string>()
  const writes = inputs.map(input => () => {
    const value = input.values.get(field) ?? null
    if (value === null) throw rowError('MISSING_ARGUMENT', `${field.name} not specified`)
    const key = String(value).toLowerCase()
    if (seen.has(key)) throw rowError('DUPLICATE_VALUE', `Duplicate external id specified: ${value}`, [field.name])
    seen.add(key)
    return upsertOne(
      call,
      table,
      input,
      rowsByExternalId(table, fieldName, value).rows.map(row => row.id),
    )
  })
  return writeAll(call, allOrNone, writes)
}

function upsertOne(call: Call, table: Table, input: RowInput, ids: readonly string[]): RowResult {
  const [id] = ids
  if (ids.length > 1) throw rowError('DUPLICATE_EXTERNAL_ID', 'Provided external ID is not unique')
  if (id === undefined) return success(createRow(call.api.org, call.transaction, table, input), { created: true })
  updateRow(call.api.org, call.transaction, table, id, input)
  return success(id, { created: false })
}

/** Upsert by `Id`: rows with an id are updated, the others created. */
function upsertById(call: Call, table: Table, records: readonly Json[], allOrNone: boolean): Answer {
  const inputs = readInputs(
    call,
    records,
    records.map(() => table),
    ['id'],
  )
  const writes = inputs.map((input, i) => () => {
    const id = idOf(records[i])
    return upsertOne(call, table, input, id === undefined ? [] : [String(id)])
  })
  return writeAll(call, allOrNone, writes)
}

function deleteMany(call: Call): Answer {
  const ids = (call.query.get('ids') ?? '').split(',').filter(id => id !== '')
  if (ids.length === 0) throw requestError(400, 'MISSING_ARGUMENT', 'ids is required')
  refuseTooMany(ids.length, rowsMax)
  const once = refuseRepeats()
  const writes = ids.map(id => () => {
    once(toRecordId(id) ?? id)
    const table = [...call.api.org.tables].find(each => id.startsWith(each.type.keyPrefix))
    if (!table) throw rowError('MALFORMED_ID', `malformed id ${id}`)
    deleteRow(call.api.org, call.transaction, table, id)
    return success(toRecordId(id) ?? id)
  })
  return writeAll(call, call.query.get('allOrNone') === 'true', writes)
}

/** Rows by id, null for one that is not there; an unknown field fails them all (salesforce-facts 7.5). */
function retrieve(call: Call, ids: readonly string[], names: readonly string[]): Answer {
  const table = tableOf(call)
  refuseTooMany(ids.length, retrieveRowsMax)
  if (names.length === 0) throw requestError(400, 'MISSING_ARGUMENT', 'fields is required')
  const write = rowWriter(table.type, ownPaths(fieldsNamed(table, names)), call.root)
  const texts = ids.map(id => {
    const cells = table.rows.get(toRecordId(id) ?? '')?.cells
    return isLive(cells) ? write(cells) : 'null'
  })
  return { status: 200, text: `[${texts.join(',')}]` }
}

const listOf = (value: string | null): string[] => (value ?? '').split(',').filter(item => item !== '')
const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

/** `/composite/sobjects` (salesforce-facts 7.5). */
export const collectionRoutes: Routes = {
  'composite/sobjects': { POST: createMany, PATCH: updateMany, DELETE: deleteMany },
  'composite/sobjects/:object': {
    GET: call => retrieve(call, listOf(call.query.get('ids')), listOf(call.query.get('fields'))),
    POST: call => {
      const { ids, fields } = bodyObject(call)
      return retrieve(call, textsOf(ids), textsOf(fields))
    },
  },
  'composite/sobjects/:object/:field': { PATCH: upsertMany },
}
