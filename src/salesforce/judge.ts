import type { ErrorCode } from '../core/errors.ts'
import { codeEntry, isLostLocator } from './error-codes.ts'
import type { Answer, NoAnswer } from './http.ts'
import { readErrors, severalRows } from './read-errors.ts'
import type { ApiError, Failure } from './salesforce-error.ts'

/** What the judgement needs to know of the request. */
export interface Judged {
  readonly method: string
  /** Rule 6: whether sending it twice has no second effect. */
  readonly repeat: 'safe' | 'unsafe'
  readonly accept?: 'csv'
}

export type Verdict =
  | { readonly kind: 'done'; readonly body: unknown }
  /** The session is no longer valid, and nothing was carried out: sign in again. */
  | { readonly kind: 'session-expired'; readonly failure: Failure }
  | {
      readonly kind: 'failed'
      readonly failure: Failure
      /** Why nothing more should be sent for now: Salesforce is out of reach, or its daily limit is used up. */
      readonly opens: 'unreachable' | 'limit' | null
      /** The instance has moved: the next request needs a new sign-in. */
      readonly moved: boolean
    }

type Failed = Extract<Verdict, { kind: 'failed' }>

/**
 * Pure. The one place that decides what an outcome means: done, certainly not carried out, or unknown
 * (design 4.2, salesforce-facts 1.5, 2.2, 8). The caller, client.ts, owns every request, sign-in and wait.
 */
export function judge(outcome: Answer | NoAnswer, request: Judged): Verdict {
  return outcome.kind === 'answer' ? judgeAnswer(outcome, request) : judgeNoAnswer(outcome, request)
}

function judgeNoAnswer(outcome: NoAnswer, request: Judged): Verdict {
  const { sent, reason, cause } = outcome
  if (reason === 'aborted' || reason === 'closed') {
    const failure = {
      message: 'the connector stopped waiting for Salesforce',
      remedy: '',
      retryable: true,
      cause,
    } as const
    return failed({ ...failure, code: 'internal.stopped', executed: sent ? 'unknown' : 'no' }, null)
  }
  if (sent) return unknown(request, { message: `Salesforce did not answer: ${cause.message}`, cause })
  if (reason === 'withheld') return failed(withheld(undefined), null)
  if (reason === 'crowded') {
    const remedy = 'Lower the number of partitions or objects one instance works on.'
    return failed(
      { code: 'salesforce.busy', message: cause.message, remedy, executed: 'no', retryable: true, cause },
      null,
    )
  }
  const code = causeCode(cause)
  if (code === 'UND_ERR_INVALID_ARG')
    return failed(
      { code: 'internal.bug', message: cause.message, remedy: 'Report this.', executed: 'no', retryable: false, cause },
      null,
    )
  // undici's own codes say less than its words, which name a proxy's answer or the time waited.
  const message = `Salesforce cannot be reached: ${code === undefined || code.startsWith('UND_') ? cause.message : code}`
  const remedy = remedyOfConnection(code, cause)
  const failure = { code: 'salesforce.unreachable', message, remedy, executed: 'no', retryable: true, cause } as const
  // A host without an address may be that of an instance the org has left: a new sign-in tells where it is now.
  return { ...failed(failure, 'unreachable'), moved: code === 'ENOTFOUND' }
}

/** What a dead token is answered in place of JSON (salesforce-facts 1.5). */
const deadToken = 'Bad_OAuth_Token'

function judgeAnswer({ status, text }: Answer, request: Judged): Verdict {
  if (status === 403 && text.trim() === deadToken) return judgeUnauthorized([])
  if (request.accept === 'csv' && status >= 200 && status < 300) return { kind: 'done', body: text }
  return judgeBody(status, text === '' ? null : parse(text), request)
}

/** Pure. The same for a subrequest of a composite, whose body is JSON already; null and undefined are no body. */
export const judgeSubresponse = (status: number, body: unknown, request: Judged): Verdict =>
  judgeBody(status, body === undefined || body === null ? null : { value: body }, request)

/** `json` is null if there is no body, undefined if the body is not JSON. */
function judgeBody(status: number, json: { readonly value: unknown } | null | undefined, request: Judged): Verdict {
  if ((status === 304 && request.method === 'GET') || (status >= 200 && status < 300)) {
    if (json !== undefined) return { kind: 'done', body: json?.value }
    const message = `Salesforce answered ${status} with a body that is not JSON`
    return unknown(request, { status, message }, 'salesforce.bad_answer')
  }
  if (status === 300) return refused(status, [severalRows(json?.value)])
  if (status > 300 && status < 400 && status !== 304) return moved(status)
  const errors = readErrors(json?.value)
  if (status === 401) return judgeUnauthorized(errors)
  if (errors.length === 0)
    return unknown(request, { status, message: `Salesforce answered ${status} without saying why` })
  const first = errors[0]!
  if (first.code === 'REQUEST_LIMIT_EXCEEDED') return judgeLimit(status, errors)
  if (status === 503 && first.code === 'SERVER_UNAVAILABLE')
    return refused(status, errors, 'salesforce.unreachable', 'unreachable')
  if (status >= 500) return unknown(request, { status, errors, message: describeErrors(status, errors) })
  return refused(status, errors)
}

/** What a request is told while the breaker is open. */
export const withheld = (why: string | undefined): Failure => ({
  code: 'salesforce.unreachable',
  message: `nothing is sent until Salesforce works again${why === undefined ? '' : `: ${why}`}`,
  remedy: 'The connector goes on by itself; see status.salesforce.com if it lasts.',
  executed: 'no',
  retryable: true,
})

/** The day's limit comes back slowly; that of concurrent long requests in seconds (salesforce-facts 8.1, 8.2). */
const judgeLimit = (status: number, errors: readonly ApiError[]): Failed =>
  refused(
    status,
    errors,
    'salesforce.limit_exceeded',
    /^Concurrent/i.test(errors[0]!.message) ? 'unreachable' : 'limit',
  )

/** A refusal in JSON: Salesforce looked at the request and did nothing. */
function refused(status: number, errors: readonly ApiError[], code?: ErrorCode, opens: Failed['opens'] = null): Failed {
  // Of several reasons, one that does not pass by itself decides: trying again would meet it again.
  const leading = errors.find(error => !codeEntry(error.code).retryable) ?? errors[0]!
  const entry = codeEntry(leading.code)
  const failure: Failure = {
    code: code ?? codeOfRefusal(leading.code),
    message: describeErrors(status, errors),
    remedy: entry.remedy,
    executed: 'no',
    retryable: entry.retryable,
    status,
    errors,
  }
  return failed(failure, opens)
}

function codeOfRefusal(errorCode: string): ErrorCode {
  if (isLostLocator(errorCode)) return 'salesforce.query_lost'
  const { consequence } = codeEntry(errorCode)
  if (consequence === 'stop') return 'salesforce.unauthorized'
  return consequence === 'reply' ? 'salesforce.refused' : 'salesforce.busy'
}

/** jsforce's list as well: a session that is no REST session does not become one by signing in again. */
const notRefreshable = /not valid for use with the REST API|not attached to/i

function judgeUnauthorized(errors: readonly ApiError[]): Verdict {
  const first = errors[0]
  const message = describeErrors(401, errors)
  const lasting = first !== undefined && (first.code !== 'INVALID_SESSION_ID' || notRefreshable.test(first.message))
  const remedy = lasting
    ? 'Give the connected app the scope "api" (Manage user data via APIs), and the user the permission API Enabled.'
    : 'A new session was refused as well: check session policies, login IP ranges and API Access Control for the user.'
  const failure: Failure = {
    code: 'salesforce.unauthorized',
    message,
    remedy,
    executed: 'no',
    retryable: false,
    status: 401,
    errors,
  }
  return lasting ? failed(failure, null) : { kind: 'session-expired', failure }
}

/**
 * It may have been carried out. A repeat-safe request may simply be sent again later, so its code says that; an unsafe
 * one is in doubt (rule 6). The breaker opens after a write, and whenever a gateway answers in place of Salesforce.
 */
function unknown(request: Judged, failure: Partial<Failure> & { message: string }, safeCode?: ErrorCode): Failed {
  const gateway = failure.status !== undefined && failure.status > 500
  return failed(
    {
      remedy: 'See status.salesforce.com and the network between the connector and Salesforce.',
      ...failure,
      code: request.repeat === 'unsafe' ? 'salesforce.unknown_outcome' : (safeCode ?? 'salesforce.unreachable'),
      executed: 'unknown',
      retryable: true,
    },
    request.method !== 'GET' || gateway ? 'unreachable' : null,
  )
}

/** Following it could turn a write into a read, or send the token elsewhere; a new sign-in tells the new instance. */
const moved = (status: number): Failed => ({
  ...failed(
    {
      code: 'salesforce.unreachable',
      message: `Salesforce answered ${status}: the instance has moved`,
      remedy: 'The connector signs in again by itself; if it lasts, correct salesforce.login_url.',
      executed: 'no',
      retryable: true,
      status,
    },
    'unreachable',
  ),
  moved: true,
})

const failed = (failure: Failure, opens: Failed['opens']): Failed => ({ kind: 'failed', failure, opens, moved: false })

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

const messageCharsMax = 500

const describeErrors = (status: number, errors: readonly ApiError[]): string =>
  errors.length === 0
    ? `Salesforce answered ${status}`
    : `Salesforce answered ${status} ${errors.map(({ code, message }) => `${code}: ${message}`).join('; ')}`.slice(
        0,
        messageCharsMax,
      )

/** The system's or undici's code, as ECONNREFUSED. */
function causeCode(cause: Error): string | undefined {
  const { code } = cause as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}

function remedyOfConnection(code: string | undefined, { message }: Error): string {
  if (/proxy/i.test(message)) return 'Check HTTPS_PROXY, the user and password in it, and what the proxy lets through.'
  if (code === undefined) return 'Check the network between the connector and Salesforce.'
  if (/^(ENOTFOUND|EAI_)/.test(code)) return 'Check the host in salesforce.login_url, and DNS.'
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/.test(code))
    return 'TLS failed: check that the URL takes https, and name a private CA in NODE_EXTRA_CA_CERTS.'
  return 'Check the network, proxies and firewalls between the connector and Salesforce, and status.salesforce.com.'
}
