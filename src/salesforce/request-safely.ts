import { ConnectorError } from '../core/errors.ts'
import { type RetryLimits, retry } from '../core/retry.ts'
import type { ApiRequest, ApiResponse, Salesforce } from './client.ts'
import { SalesforceError } from './salesforce-error.ts'

const limits: RetryLimits = { attemptsMax: 5, delayMsMin: 250, delayMsMax: 10_000 }
/** How long one call waits for an open breaker before it fails, so that its caller can report. */
const breakerMsMax = 300_000

/**
 * Sends a repeat-safe request, up to five times while its failure is one that may pass, waiting for the breaker first.
 * Throws the last failure, or `internal.stopped`.
 */
export function requestSafely<T>(
  salesforce: Pick<Salesforce, 'request' | 'breaker'>,
  request: ApiRequest,
): Promise<ApiResponse<T>> {
  // Rule 6: a request is repeated only if it says so.
  if (request.repeat !== 'safe')
    throw new ConnectorError('internal.bug', `${request.method} ${request.path} must not be repeated`, {
      remedy: 'Report this.',
    })
  const attempt = async (): Promise<ApiResponse<T>> => {
    await waitForBreaker(salesforce, request.signal)
    return salesforce.request<T>(request)
  }
  return retry(limits, attempt, isRetryable, request.signal)
}

/** A lost cursor does not come back: its query is started again by whoever reads it. */
const isRetryable = (error: unknown): boolean =>
  error instanceof SalesforceError &&
  error.retryable &&
  !['salesforce.query_lost', 'internal.stopped'].includes(error.code)

async function waitForBreaker(salesforce: Pick<Salesforce, 'breaker'>, signal: AbortSignal | undefined): Promise<void> {
  if (!salesforce.breaker.isOpen) return
  const timeout = AbortSignal.timeout(breakerMsMax)
  try {
    await salesforce.breaker.whenClosed(signal ? AbortSignal.any([signal, timeout]) : timeout)
  } catch (cause) {
    // Still open: the request itself says why, without being sent. Otherwise the caller, or the client, has stopped.
    if (!timeout.aborted) throw cause
  }
}
