import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Row } from '../core/contract.ts'
import type { Salesforce } from './client.ts'
import { GatheredReads } from './gathered-reads.ts'
import { requestSafely } from './request-safely.ts'
import { SalesforceError } from './salesforce-error.ts'

/** Rows returned by one request. */
export interface QueryPage {
  readonly rows: readonly Row[]
  /** Whether it is the last page; its size says nothing (salesforce-facts 3.2). */
  readonly done: boolean
  /** Salesforce's time when the query started, epoch ms, cut to the second; the same on all pages. */
  readonly startedAtMs: number
}

/** A page and where the next one is, unless it is the last. */
export interface PageBody {
  readonly done: boolean
  readonly nextRecordsUrl?: string
  readonly records: readonly Row[]
}

type Client = Pick<Salesforce, 'request' | 'breaker' | 'now' | 'apiVersion'>

/** The range of Sforce-Query-Options; a hint, the server may return fewer (salesforce-facts 3.2). */
const batchSizeMin = 200
const batchSizeMax = 2_000

/**
 * Reads all pages of a query, deleted and archived rows included (queryAll), asking for a page while the former is
 * looked at. Throws SalesforceError; `salesforce.query_lost` means that its cursor was lost: start the query again.
 */
export async function* queryAllPages(
  salesforce: Client,
  soql: string,
  options: {
    readonly batchSize?: number
    readonly signal?: AbortSignal
    /** Shares the call for the first page with others' reads. */
    readonly reads?: Pick<GatheredReads, 'read'>
  } = {},
): AsyncGenerator<QueryPage, void, undefined> {
  const batchSize = Math.min(batchSizeMax, Math.max(batchSizeMin, options.batchSize ?? batchSizeMax))
  const ended = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, ended.signal]) : ended.signal
  const startedAtMs = salesforce.now()
  const first = { path: '/queryAll', query: { q: soql }, headers: headersOf(batchSize) }
  let coming = (options.reads ?? new GatheredReads(salesforce)).read(first, signal).then(readPage)
  try {
    for (;;) {
      const page = await coming
      if (!page.done) {
        coming = nextPage(salesforce, page, batchSize, signal)
        coming.catch(() => undefined) // seen when it is awaited, or not at all if the reader stops here
        await nextTurn() // else the request leaves only after the reader has worked through this page
      }
      yield { rows: page.records, done: page.done, startedAtMs }
      if (page.done) return
    }
  } finally {
    ended.abort()
  }
}

const headersOf = (batchSize: number): Record<string, string> => ({ 'Sforce-Query-Options': `batchSize=${batchSize}` })

async function nextPage(salesforce: Client, page: PageBody, batchSize: number, signal: AbortSignal): Promise<PageBody> {
  const request = { method: 'GET', path: page.nextRecordsUrl!, headers: headersOf(batchSize) } as const
  return readPage((await requestSafely<unknown>(salesforce, { ...request, repeat: 'safe', signal })).body)
}

/** The path is used as it is, so it must be one of the API's: its locator is opaque (salesforce-facts 3.2). */
const nextPattern = /^\/services\/data\/v\d{2,3}\.0\/query(?:All)?\/[A-Za-z0-9._~-]+$/

/** A page as the body of a query answers it. Throws SalesforceError `salesforce.bad_answer`. */
export function readPage(body: unknown): PageBody {
  const { done, nextRecordsUrl, records } = (body ?? {}) as Record<string, unknown>
  const next = typeof nextRecordsUrl === 'string' && nextPattern.test(nextRecordsUrl) ? nextRecordsUrl : undefined
  const rows = Array.isArray(records) && records.every(isRow) ? records : undefined
  if (typeof done === 'boolean' && rows && (done || next !== undefined))
    return { done, records: rows, ...(next !== undefined && { nextRecordsUrl: next }) }
  throw new SalesforceError({
    code: 'salesforce.bad_answer',
    message: 'Salesforce answered a query with something that is not a page of rows',
    remedy: 'Read again; if it lasts, see what stands between the connector and Salesforce.',
    executed: 'unknown',
    retryable: true,
  })
}

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value)
