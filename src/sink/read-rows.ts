import type { Row } from '../core/contract.ts'
import type { ApiRequest, ApiResponse } from '../salesforce/client.ts'
import { judgeSubresponse } from '../salesforce/judge.ts'
import { readPage } from '../salesforce/query.ts'
import { SalesforceError } from '../salesforce/salesforce-error.ts'

export interface ReadParts {
  readonly request: <T>(request: ApiRequest) => Promise<ApiResponse<T>>
  readonly apiVersion: string
  readonly signal: AbortSignal
}

/** Queries of one composite request (salesforce-facts 7). */
const queriesMax = 5

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
  const compositeRequest = queries.map((soql, index) => ({
    method: 'GET',
    url: `/services/data/v${apiVersion}/query?q=${encodeURIComponent(soql)}`,
    referenceId: referenceOf(index),
  }))
  const body = { allOrNone: false, collateSubrequests: false, compositeRequest }
  const answer = await request<{ compositeResponse?: Subresponse[] } | null>({
    method: 'POST',
    path: '/composite',
    body,
    repeat: 'safe',
    signal,
  })
  const responses = Array.isArray(answer.body?.compositeResponse) ? answer.body.compositeResponse : []
  return Promise.all(
    queries.map((_, index) =>
      restOf(
        responses.find(each => each?.referenceId === referenceOf(index)),
        parts,
      ),
    ),
  )
}

interface Subresponse {
  readonly body?: unknown
  readonly httpStatusCode?: unknown
  readonly referenceId?: unknown
}

const referenceOf = (index: number): string => `query${index}`

/** The first page and those after it. A page's size says nothing of whether it is the last (salesforce-facts 3.2). */
async function restOf(response: Subresponse | undefined, { request, signal }: ReadParts): Promise<Row[]> {
  const status = typeof response?.httpStatusCode === 'number' ? response.httpStatusCode : 0
  const verdict = judgeSubresponse(status, response?.body, { method: 'GET', repeat: 'safe' })
  if (verdict.kind !== 'done') throw new SalesforceError(verdict.failure)
  let page = readPage(verdict.body)
  const rows = [...page.records]
  while (page.nextRecordsUrl !== undefined) {
    const path = page.nextRecordsUrl
    page = readPage((await request<unknown>({ method: 'GET', path, repeat: 'safe', signal })).body)
    rows.push(...page.records)
  }
  return rows
}
