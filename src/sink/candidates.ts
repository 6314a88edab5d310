import type { FieldDescribe, ObjectDescribe, Row } from '../core/contract.ts'
import { isConnectorError } from '../core/errors.ts'
import type { Salesforce } from '../salesforce/client.ts'
import { dateTimeLiteral, literal, select, stringLiteral } from '../salesforce/soql.ts'
import type { Command } from './command.ts'

const candidatesMax = 10
const conditionsMax = 10
const comparedCharsMax = 200

/** Types whose values come back as they were sent; numbers are rounded, and phone numbers and long texts are not comparable. */
const comparable = new Set(['string', 'email', 'picklist', 'reference', 'boolean', 'int', 'date', 'datetime'])

/**
 * The ids that may be a create's effect: what the connector's own user created since the attempt began, with the same
 * values in the fields that can be compared; of an upsert, what that user changed with the same external id. Oldest
 * first, at most 10. Throws what the request throws.
 */
export async function findCandidates(
  salesforce: Salesforce,
  command: Command,
  describe: ObjectDescribe,
  startedAt: number,
  signal: AbortSignal,
): Promise<string[]> {
  const answer = await salesforce.request<{ records: Row[] }>({
    method: 'GET',
    path: '/query',
    query: { q: candidatesQuery(command, describe, salesforce.userId, startedAt) },
    repeat: 'safe',
    signal,
  })
  return answer.body.records.map(row => String(row.Id))
}

/** Pure. The SOQL of the search. */
export function candidatesQuery(command: Command, describe: ObjectDescribe, userId: string, startedAt: number): string {
  // An upsert may have changed a row that was there before: what it leaves behind is its external id.
  const { externalId } = command
  const compared = externalId ? describe.fields.filter(({ name }) => name === externalId.field) : describe.fields
  const conditions = compared.flatMap(field => condition(field, command.fields[field.name]) ?? [])
  const [by, at] = externalId ? ['LastModifiedById', 'LastModifiedDate'] : ['CreatedById', 'CreatedDate']
  return select({
    fields: ['Id'],
    object: command.object,
    where: [
      `${by} = ${stringLiteral(userId)}`,
      `${at} >= ${dateTimeLiteral(startedAt)}`,
      ...conditions.slice(0, conditionsMax),
    ].join(' AND '),
    orderBy: 'CreatedDate, Id',
    limit: candidatesMax,
  })
}

function condition(field: FieldDescribe, value: unknown): string | undefined {
  if (value === undefined || value === null || !field.filterable || !comparable.has(field.type)) return undefined
  // Salesforce trims text, and keeps an empty one as null (salesforce-facts 10.2).
  const kept = typeof value === 'string' ? value.trim() : value
  if (kept === '' || (typeof kept === 'string' && kept.length > comparedCharsMax)) return undefined
  try {
    return `${field.name} = ${literal(kept, field.type)}`
  } catch (error) {
    if (isConnectorError(error)) return undefined // one condition fewer only finds more
    throw error
  }
}
