import type { ObjectDescribe, Row } from '../core/contract.ts'
import type { Salesforce } from '../salesforce/client.ts'
import type { GatheredReads } from '../salesforce/gathered-reads.ts'
import { queryAllPages } from '../salesforce/query.ts'
import { dateTimeLiteral, select, stringLiteral } from '../salesforce/soql.ts'
import type { Query } from './watermark.ts'

export interface Page {
  readonly rows: readonly Row[]
  /** Whether the reading has come to its end. */
  readonly done: boolean
}

export interface PollParts {
  readonly salesforce: Salesforce
  /** Shares API calls with the other objects' reads. */
  readonly reads: Pick<GatheredReads, 'read'>
  readonly pageRowsMax: number
}

/** Every field the user may read; the contents of files are left out. */
export const readableFields = (describe: ObjectDescribe): string[] =>
  describe.fields.filter(field => field.type !== 'base64').map(field => field.name)

/** Yields the rows between the query's bounds, oldest stamp first, deleted ones included; throws ConnectorError. */
export function poll(
  parts: PollParts,
  describe: ObjectDescribe,
  query: Query,
  signal: AbortSignal,
): AsyncIterable<Page> {
  // ">=" and not a comparison of (stamp, id): it walks the index on SystemModstamp, and rows read before are known.
  const soql = select({
    fields: readableFields(describe),
    object: describe.name,
    where:
      `SystemModstamp >= ${dateTimeLiteral(query.fromMs)}` + ` AND SystemModstamp <= ${dateTimeLiteral(query.boundMs)}`,
    // Two rows can share a SystemModstamp; the id breaks the tie, so no row is skipped at a page edge.
    orderBy: 'SystemModstamp, Id',
  })
  return queryAllPages(parts.salesforce, soql, { batchSize: parts.pageRowsMax, reads: parts.reads, signal })
}

/** Ids in one query: 22 characters each, below what SOQL takes (salesforce-facts 3.4). */
export const idsPerQueryMax = 500

/** The rows of these ids that are still there, deleted ones included; throws ConnectorError. */
export async function fetchRows(
  parts: PollParts,
  describe: ObjectDescribe,
  recordIds: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, Row>> {
  const rows = new Map<string, Row>()
  for (const where of amongIds(recordIds)) {
    const soql = select({ fields: readableFields(describe), object: describe.name, where })
    for await (const page of queryAllPages(parts.salesforce, soql, { reads: parts.reads, signal }))
      for (const row of page.rows) rows.set(String(row.Id), row)
  }
  return rows
}

function amongIds(recordIds: readonly string[]): string[] {
  const conditions: string[] = []
  for (let at = 0; at < recordIds.length; at += idsPerQueryMax) {
    const ids = recordIds.slice(at, at + idsPerQueryMax).map(stringLiteral)
    conditions.push(`Id IN (${ids.join(', ')})`)
  }
  return conditions
}

/** Which of these rows, deleted ones included, meet a SOQL condition; up to five queries share a call. Throws ConnectorError. */
export async function matchingIds(
  parts: PollParts,
  object: string,
  recordIds: readonly string[],
  where: string,
  signal: AbortSignal,
): Promise<Set<string>> {
  const found = new Set<string>()
  const ask = async (ids: string): Promise<void> => {
    const soql = select({ fields: ['Id'], object, where: `${ids} AND (${where})` })
    for await (const page of queryAllPages(parts.salesforce, soql, { reads: parts.reads, signal }))
      for (const row of page.rows) found.add(String(row.Id))
  }
  await Promise.all(amongIds(recordIds).map(ask))
  return found
}
