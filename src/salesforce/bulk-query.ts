import { sleep } from '../core/clock.ts'
import type { Salesforce } from './client.ts'
import { requestSafely } from './request-safely.ts'
import { SalesforceError } from './salesforce-error.ts'

type Client = Pick<Salesforce, 'request' | 'breaker'>

/** One set of a job's results: CSV with a header row, every cell in quotes (salesforce-facts 9.1). */
export interface ResultSet {
  readonly csv: string
  readonly rows: number
  /** Where the next set begins; null after the last. */
  readonly next: string | null
}

/** Pauses between two looks at a job that runs. */
const lookDelayMsMin = 250
const lookDelayMsMax = 10_000
/** A job that has not ended by then is given up; Salesforce's own query timeout is minutes, the rest is its queue. */
const jobMsMax = 6 * 3_600_000
const jobIdPattern = /^750[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?$/
const locatorCharsMax = 1_000

/**
 * Starts a job that reads with queryAll; its id. Made twice, one of the two is never read and ends by itself
 * (salesforce-facts 9.2). Throws SalesforceError.
 */
export async function startBulkQuery(salesforce: Client, soql: string, signal: AbortSignal): Promise<string> {
  const body = { operation: 'queryAll', query: soql, contentType: 'CSV', columnDelimiter: 'COMMA', lineEnding: 'LF' }
  const request = { method: 'POST', path: '/jobs/query', body, repeat: 'safe', signal } as const
  const { id } = ((await requestSafely<unknown>(salesforce, request)).body ?? {}) as { id?: unknown }
  if (typeof id === 'string' && jobIdPattern.test(id)) return id
  throw badAnswer('the start of a bulk query with something that is no job')
}

/** Waits until the job's results can be read. Throws SalesforceError; `isJobLost` tells whether a new job is needed. */
export async function awaitBulkQuery(salesforce: Client, jobId: string, signal: AbortSignal): Promise<void> {
  const request = { method: 'GET', path: `/jobs/query/${jobId}`, repeat: 'safe', signal } as const
  const deadline = performance.now() + jobMsMax
  for (let delayMs = lookDelayMsMin; ; delayMs = Math.min(lookDelayMsMax, delayMs * 2)) {
    const { state, errorMessage } = ((await requestSafely<unknown>(salesforce, request)).body ?? {}) as JobInfo
    if (state === 'JobComplete') return
    if (state === 'Failed' || state === 'Aborted') throw lostJob(`${jobId} ended as ${state}: ${errorMessage ?? ''}`)
    if (performance.now() > deadline) throw lostJob(`${jobId} did not end within ${jobMsMax / 3_600_000} hours`)
    await sleep(delayMs, signal)
  }
}

interface JobInfo {
  readonly state?: unknown
  readonly errorMessage?: unknown
}

/** One set of results, from `locator` on (null: the first), of at most `rowsMax` rows. Throws SalesforceError. */
export async function bulkResults(
  salesforce: Client,
  jobId: string,
  set: { readonly locator: string | null; readonly rowsMax: number },
  signal: AbortSignal,
): Promise<ResultSet> {
  const query = { maxRecords: String(set.rowsMax), ...(set.locator !== null && { locator: set.locator }) }
  const path = `/jobs/query/${jobId}/results`
  const request = { method: 'GET', path, query, repeat: 'safe', accept: 'csv', signal } as const
  const { body, headers } = await requestSafely<string>(salesforce, request)
  const locator = headers['sforce-locator']
  const rows = Number(headers['sforce-numberofrecords'])
  if (locator === undefined || locator.length > locatorCharsMax || !Number.isInteger(rows))
    throw badAnswer('a request for bulk results without saying how they go on')
  return { csv: body, rows, next: locator === 'null' ? null : locator }
}

/** Gives back the room its results take; a failure matters to nobody, since they go by themselves after seven days. */
export async function dropBulkQuery(salesforce: Client, jobId: string, signal: AbortSignal): Promise<void> {
  const path = `/jobs/query/${jobId}`
  const request = { path, repeat: 'safe', signal } as const
  await salesforce.request({ ...request, method: 'PATCH', body: { state: 'Aborted' } }).catch(() => undefined)
  await salesforce.request({ ...request, method: 'DELETE' }).catch(() => undefined)
}

/** Whether the job's results cannot be read, now or later: it failed, or it is gone. */
export const isJobLost = (error: unknown): boolean =>
  error instanceof SalesforceError && ['salesforce.refused', 'salesforce.query_lost'].includes(error.code)

/** The results cannot be used: another job is needed. */
export const lostJob = (what: string): SalesforceError =>
  new SalesforceError({
    code: 'salesforce.query_lost',
    message: `the bulk query ${what}`,
    remedy: 'Another job is started where it ended; see Setup, Bulk Data Load Jobs if it lasts.',
    executed: 'no',
    retryable: true,
  })

/** Salesforce answered `what`. */
export const badAnswer = (what: string): SalesforceError =>
  new SalesforceError({
    code: 'salesforce.bad_answer',
    message: `Salesforce answered ${what}`,
    remedy: 'It is read again; if it lasts, see what stands between the connector and Salesforce.',
    executed: 'unknown',
    retryable: true,
  })
