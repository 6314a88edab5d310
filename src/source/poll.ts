import type { ObjectDescribe, Row } from '../core/contract.ts'
import type { Salesforce } from '../salesforce/client.ts'
import { queryAllPages } from '../salesforce/query.ts'
import { dateTimeLiteral, select } from '../salesforce/soql.ts'
import type { Query } from './watermark.ts'

export interface Page {
  readonly rows: readonly Row[]
  /** Whether the reading has come to its end. */
  readonly done: boolean
}

/** Every field the user may read; the contents of files are left out. */
export const readableFields = (describe: ObjectDescribe): string[] =>
  describe.fields.filter(field => field.type !== 'base64').map(field => field.name)

/** Yields the rows between the query's bounds, oldest stamp first, deleted ones included; throws ConnectorError. */
export function poll(
  salesforce: Salesforce,
  describe: ObjectDescribe,
  query: Query,
  limits: { pageRowsMax: number },
  signal: AbortSignal,
): AsyncIterable<Page> {
  // ">=" and not a comparison of (stamp, id): it walks the index on SystemModstamp, and rows read before are known.
  const soql = select({
    fields: readableFields(describe),
    object: describe.name,
    where:
      `SystemModstamp >= ${dateTimeLiteral(query.lower.modifiedAtMs)}` +
      ` AND SystemModstamp <= ${dateTimeLiteral(query.boundMs)}`,
    // Two rows can share a SystemModstamp; the id breaks the tie, so no row is skipped at a page edge.
    orderBy: 'SystemModstamp, Id',
  })
  return queryAllPages(salesforce, soql, { batchSize: limits.pageRowsMax, signal })
}
