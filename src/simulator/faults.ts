import type { Cut } from './http.ts'

/** When a fault strikes. Everything given must match; without `match` it strikes the next request. */
export interface FaultMatch {
  readonly method?: string
  /** Regular expressions, searched for in the path with its query string, and in the request body. */
  readonly path?: string
  readonly body?: string
  /** Matching requests to let pass first. */
  readonly skip?: number
  /** How often it strikes; 1 unless given, `'always'` until cleared. */
  readonly times?: number | 'always'
  /** 0 to 1, drawn from the seed for each matching request. */
  readonly probability?: number
}

/** The canned answers of salesforce-facts 8 and 2.2. */
export const faultAnswers = {
  serverUnavailable: { status: 503, json: [{ message: 'Server too busy', errorCode: 'SERVER_UNAVAILABLE' }] },
  serverUnavailableHtml: { status: 503, html: '<html><body><h1>Service Unavailable</h1></body></html>' },
  badGatewayHtml: { status: 502, html: '<html><body><h1>Bad Gateway</h1></body></html>' },
  limitExceeded: {
    status: 403,
    json: [{ message: 'TotalRequests Limit exceeded.', errorCode: 'REQUEST_LIMIT_EXCEEDED' }],
  },
  concurrentLimitExceeded: {
    status: 403,
    json: [
      { message: 'ConcurrentRequests (Concurrent API Requests) Limit exceeded.', errorCode: 'REQUEST_LIMIT_EXCEEDED' },
    ],
  },
  unknownException: {
    status: 500,
    json: [
      {
        message: 'An unexpected error occurred. Please include this ErrorId if you contact support: 123-456 (789)',
        errorCode: 'UNKNOWN_EXCEPTION',
      },
    ],
  },
  concurrentLongLimitExceeded: {
    status: 403,
    json: [{ message: 'ConcurrentPerOrgLongTxn Limit exceeded.', errorCode: 'REQUEST_LIMIT_EXCEEDED' }],
  },
  edgeNoRoute: { status: 420, html: '<html><body><h1>No route for the host</h1></body></html>' },
  apiDisabled: {
    status: 403,
    json: [{ message: 'The REST API is not enabled for this Organization.', errorCode: 'API_DISABLED_FOR_ORG' }],
  },
} as const

export type FaultAnswer = keyof typeof faultAnswers

/** What happens:
 *  dropBefore: the connection is closed and nothing is executed; dropAfter: executed, then closed without an answer;
 *  answer: one of `faultAnswers`, `executed` or not; delay: the answer is held back for `delayMs` after execution;
 *  delayBefore: the request is held for `delayMs` before execution; expireSessions: every session ends, this one included;
 *  truncate: executed, but the body of the answer ends after `bytes` (half of it unless given), with the connection or,
 *  if `complete`, as if that were all;
 *  trickle: executed, but the body of the answer arrives in pieces spread over `delayMs`;
 *  rowLock: the first `rows` rows (1 unless given) that the request writes fail with UNABLE_TO_LOCK_ROW. */
export type FaultAction =
  | { readonly action: 'dropBefore' | 'dropAfter' | 'expireSessions' }
  | { readonly action: 'answer'; readonly answer: FaultAnswer; readonly executed?: boolean }
  | ({ readonly action: 'truncate' } & Cut)
  | { readonly action: 'delay' | 'delayBefore' | 'trickle'; readonly delayMs: number }
  | { readonly action: 'rowLock'; readonly rows?: number }

export type Fault = FaultAction & { readonly match?: FaultMatch }

interface Armed {
  readonly fault: Fault
  readonly path: RegExp | undefined
  readonly body: RegExp | undefined
  toSkip: number
  left: number
}

const faultsMax = 1000
const delayMsMax = 60 * 60 * 1000
const actions: ReadonlySet<string> = new Set<Fault['action']>([
  'dropBefore',
  'dropAfter',
  'expireSessions',
  'answer',
  'delay',
  'delayBefore',
  'trickle',
  'truncate',
  'rowLock',
])

/** Throws RangeError with a sentence on what is wrong; for faults that come as JSON. */
function checkFault(fault: Fault): void {
  if (!actions.has(fault?.action))
    throw new RangeError(`unknown fault action ${fault?.action}; known are ${[...actions].join(', ')}`)
  if (fault.action === 'answer' && !Object.hasOwn(faultAnswers, fault.answer)) {
    throw new RangeError(`unknown fault answer ${fault.answer}; known are ${Object.keys(faultAnswers).join(', ')}`)
  }
  const isTimed = fault.action === 'delay' || fault.action === 'delayBefore' || fault.action === 'trickle'
  if (isTimed && !(fault.delayMs >= 0 && fault.delayMs <= delayMsMax))
    throw new RangeError(`delayMs must be a number of milliseconds up to ${delayMsMax}`)
  const { bytes = 0, rows = 1, match = {} } = fault as { bytes?: number; rows?: number; match?: FaultMatch }
  const { skip = 0, times = 1, probability = 1 } = match
  for (const [name, count] of Object.entries({ bytes, rows, skip, times: times === 'always' ? 1 : times }))
    if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`${name} must be a whole number`)
  if (!(probability >= 0 && probability <= 1)) throw new RangeError('probability must be a number from 0 to 1')
}

/** The faults that wait for their request. */
export class Faults {
  readonly #random: () => number
  #armed: Armed[] = []

  constructor(random: () => number) {
    this.#random = random
  }

  /** Adds faults; the first that matches a request strikes. Throws RangeError for one that makes no sense. */
  add(...faults: readonly Fault[]): void {
    for (const fault of faults) {
      checkFault(fault)
      const { path, body, skip = 0, times = 1 } = fault.match ?? {}
      const pattern = (source: string | undefined) => (source === undefined ? undefined : new RegExp(source))
      const left = times === 'always' ? Number.POSITIVE_INFINITY : times
      this.#armed.push({ fault, path: pattern(path), body: pattern(body), toSkip: skip, left })
    }
    if (this.#armed.length > faultsMax) throw new RangeError(`at most ${faultsMax} faults may wait`)
  }

  clear(): void {
    this.#armed = []
  }

  /** Faults that still wait to strike. */
  get waiting(): readonly Fault[] {
    return this.#armed.map(armed => armed.fault)
  }

  /** The fault that strikes this request, counted as used. */
  strike(request: { readonly method: string; readonly path: string; readonly body: string }): Fault | undefined {
    for (const armed of this.#armed) {
      const { method, probability } = armed.fault.match ?? {}
      if (method !== undefined && method !== request.method) continue
      if (armed.path?.test(request.path) === false || armed.body?.test(request.body) === false) continue
      if (armed.toSkip > 0) {
        armed.toSkip--
        continue
      }
      if (probability !== undefined && this.#random() >= probability) continue
      armed.left--
      if (armed.left <= 0) this.#armed = this.#armed.filter(other => other !== armed)
      return armed.fault
    }
    return undefined
  }
}
