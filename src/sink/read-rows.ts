import type { Row } from '../core/contract.ts'
import type { ApiRequest, ApiResponse } from '../salesforce/client.ts'
import { answerOfRead, compositeOfReads, queriesMax } from '../salesforce/composite-reads.ts'
import { readPage } from '../salesforce/query.ts'

export interface ReadParts {
  readonly request: <T>(request: ApiRequest) => Promise<ApiResponse<T>>
  readonly apiVersion: string
  readonly signal: AbortSignal
}

/**
 * The rows of each query, five queries in a call: inside a composite, where a query may be longer than a URL
 * (salesforce-facts 2.8). Throws SalesforceError; repeats nothing.
 */
export async function readRows(queries: readonly string[], parts: ReadParts): Promise<Row[][]> {
  const rows: Row[][] = []
  for (let from = 0; from < queries.length; from += queriesMax)
    rows.push(...(await readTogether(queries.slice(from, from + queriesMax), parts)))
  return rows
}

async function readTogether(queries: readonly string[], parts: ReadParts): Promise<Row[][]> {
  const { request, apiVersion, signal } = parts
  const body = compositeOfReads(
    queries.map(soql => ({ path: '/query', query: { q: soql } })),
    apiVersion,
  )
  const answer = await request<unknown>({ method: 'POST', path: '/composite', body, repeat: 'safe', signal })
  return Promise.all(queries.map((_, index) => restOf(answer.body, index, parts)))
}

/** The first page and those after it. A page's size says nothing of whether it is the last (salesforce-facts 3.2). */
async function restOf(composite: unknown, index: number, { request, signal }: ReadParts): Promise<Row[]> {
  let page = readPage(answerOfRead(composite, index))
  const rows = [...page.records]
  while (page.nextRecordsUrl !== undefined) {
    const path = page.nextRecordsUrl
    page = readPage((await request<unknown>({ method: 'GET', path, repeat: 'safe', signal })).body)
    rows.push(...page.records)
  }
  return rows
}
