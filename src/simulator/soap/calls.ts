import { ApiError, requestError, rowError } from '../api-error.ts'
import { convertLead } from '../org/convert-lead.ts'
import { undeleteRow } from '../org/delete.ts'
import { mergeRows } from '../org/merge.ts'
import { type RowInput, readRow } from '../org/read-row.ts'
import { toRecordId } from '../org/record-id.ts'
import type { Table } from '../org/table.ts'
import type { SoapCall } from './endpoint.ts'
import { type Content, child, children, type Element, textOf } from './xml.ts'

/** Items of one call, as in all of SOAP's. */
const itemsMax = 200

/** The calls that write rows, each with one result per item: one that fails is rolled back, the others stay. */
export const rowCalls: Readonly<Record<string, (call: SoapCall) => readonly Content[]>> = {
  undelete: call => each(call, 'ids', id => undelete(call, String(id).trim())),
  emptyRecycleBin: call => each(call, 'ids', id => empty(call, String(id).trim())),
  merge: call => each(call, 'request', request => merge(call, request), 'mergeRequests'),
  convertLead: call => each(call, 'leadConverts', convert => conversion(call, convert)),
}

type Result = Readonly<Record<string, Content | readonly Content[]>>

/** One result for each element of that name; jsforce calls the argument of merge() `mergeRequests`, the WSDL `request`. */
function each(call: SoapCall, name: string, perform: (item: Element) => Result, alias = name): Content[] {
  const items = [...children(call.message, name), ...(alias === name ? [] : children(call.message, alias))]
  if (items.length > itemsMax)
    throw requestError(
      400,
      'EXCEEDED_ID_LIMIT',
      `record limit reached. cannot submit more than ${itemsMax} records in this call`,
    )
  return items.map(item => {
    const before = call.transaction.changes.length
    try {
      return { ...perform(item), success: true } as Content
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      call.transaction.rollbackTo(before)
      const errors = error.errors.map(({ errorCode, message, fields = [] }) => ({
        fields,
        message,
        statusCode: errorCode,
      }))
      return { errors, id: null, success: false } as Content
    }
  })
}

function undelete({ org, transaction }: SoapCall, id: string): Result {
  undeleteRow(org, transaction, tableOf(org, id), recordId(id))
  return { id: recordId(id) }
}

/** Takes the row out of the recycle bin for good (salesforce-facts 4.1). */
function empty({ org }: SoapCall, id: string): Result {
  if (!org.bin.find(recordId(id))) throw rowError('INVALID_ID_FIELD', 'Record is not in the recycle bin')
  org.bin.empty([recordId(id)])
  return { id: recordId(id) }
}

function merge(call: SoapCall, request: Element): Result {
  const { org, transaction } = call
  const master = child(request, 'masterRecord')
  const masterId = textOf(master, 'Id')
  const table = tableOf(org, masterId)
  const loserIds = children(request, 'recordToMergeIds').map(id => recordId(String(id).trim()))
  const values = readRecord(call, table, master)
  const merged = mergeRows(org, transaction, table, {
    masterId: recordId(masterId),
    loserIds,
    ...(values.values.size > 0 ? { values } : {}),
  })
  return { id: merged.id, mergedRecordIds: merged.mergedRecordIds, updatedRelatedIds: merged.updatedRelatedIds }
}

function conversion({ org, transaction }: SoapCall, convert: Element): Result {
  const optional = (name: string) => {
    const text = textOf(convert, name)
    return text === '' ? {} : { [name]: name.endsWith('Id') ? recordId(text) : text }
  }
  const isTrue = (name: string) => textOf(convert, name) === 'true'
  const converted = convertLead(org, transaction, {
    leadId: recordId(textOf(convert, 'leadId')),
    convertedStatus: textOf(convert, 'convertedStatus'),
    doNotCreateOpportunity: isTrue('doNotCreateOpportunity'),
    ...optional('accountId'),
    ...optional('contactId'),
    ...optional('opportunityId'),
    ...optional('opportunityName'),
    ...optional('ownerId'),
  })
  const { accountId, contactId, leadId, opportunityId } = converted
  return { accountId, contactId, leadId, opportunityId }
}

/** A record's elements as REST would have them in JSON: SOAP knows every value as text. Throws ApiError. */
function readRecord({ org, access }: SoapCall, table: Table, record: Element | undefined): RowInput {
  const json: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(typeof record === 'object' ? record : {})) {
    if (['Id', 'type', 'fieldsToNull', '#text'].includes(name)) continue
    const text = String([value].flat()[0])
    const type = table.type.field(name)?.type
    if (type === 'boolean') json[name] = text === 'true' || text === '1'
    else if (type === 'int' || type === 'double' || type === 'currency' || type === 'percent') json[name] = Number(text)
    else json[name] = text
  }
  for (const name of children(record, 'fieldsToNull')) json[String(name).trim()] = null
  return readRow(org, table.type, json, '', [], { access, headers: {}, root: '' })
}

function tableOf(org: SoapCall['org'], id: string): Table {
  const prefix = recordId(id).slice(0, 3)
  for (const table of org.tables) if (table.type.keyPrefix === prefix) return table
  throw rowError('MALFORMED_ID', `bad id ${id}`)
}

function recordId(text: string): string {
  const id = toRecordId(text)
  if (id === undefined) throw rowError('MALFORMED_ID', `bad id ${text}`)
  return id
}
