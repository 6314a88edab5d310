import { isConnectorError } from '../core/errors.ts'
import { retry } from '../core/retry.ts'
import type { Session } from './auth.ts'
import { SalesforceError } from './salesforce-error.ts'

/** How long one waiter waits; the sign-in itself goes on for the others. */
export interface Patience {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** Of the first sign-in: nobody is served yet, so it is tried again at once. Later ones wait for the breaker. */
const firstSignIn = { attemptsMax: 5, delayMsMin: 250, delayMsMax: 4_000 }

/**
 * At most so many sign-ins at once, then one in so much time: 370 an hour, so that nine connectors of one user stay
 * below the 3,600 that Salesforce allows (salesforce-facts 1.3, 8.3).
 */
const paceDefault = { burstMax: 10, intervalMs: 10_000 }

/** The one session of the client. At most one sign-in runs at a time, however many wait for it. */
export class SessionKeeper {
  readonly #signIn: () => Promise<Session>
  readonly #onSignedIn: (session: Session) => void
  readonly #pace: SignInPace
  #current: Session | undefined
  /** Of the first sign-in; a later one must lead to the same org and user. */
  #first: Session | undefined
  #running: Promise<Session> | undefined

  constructor(
    signIn: () => Promise<Session>,
    onSignedIn: (session: Session) => void,
    pace: { readonly burstMax: number; readonly intervalMs: number } = paceDefault,
  ) {
    this.#signIn = signIn
    this.#onSignedIn = onSignedIn
    this.#pace = new SignInPace(pace)
  }

  /** The first session; what passes with time is tried again, within bounds. `timeoutMs` is for each attempt. */
  start(patience: Patience): Promise<Session> {
    return retry(firstSignIn, () => this.current(patience), passes, patience.signal)
  }

  /** The session in use, signing in if there is none. Throws what signIn throws. */
  async current(patience: Patience): Promise<Session> {
    if (this.#current) return this.#current
    this.#running ??= this.#start()
    return waitFor(this.#running, patience)
  }

  /** Forgets the session, unless it was replaced already: who comes late with an old token takes the new one. */
  expire(stale: Session): void {
    if (this.#current?.accessToken === stale.accessToken) this.#current = undefined
  }

  async #start(): Promise<Session> {
    try {
      await pause(this.#pace.take(performance.now()))
      const session = await this.#signIn()
      this.#first ??= session
      if (session.orgId !== this.#first.orgId || session.userId !== this.#first.userId)
        throw new SalesforceError({
          code: 'salesforce.other_org',
          message: 'a new sign-in led to another org or user',
          remedy: 'Stop the connector, and check salesforce.login_url and the user that the app signs in.',
          executed: 'no',
          retryable: false,
        })
      this.#current = session
      this.#onSignedIn(session)
      return session
    } finally {
      this.#running = undefined
    }
  }
}

const passes = (error: unknown): boolean => isConnectorError(error) && error.consequence === 'retry-later'

/** Pure but for its count. Lets sign-ins through `burstMax` at once, and then one in `intervalMs`. */
export class SignInPace {
  readonly #burstMax: number
  readonly #intervalMs: number
  /** When the sign-ins let through so far will have been paid for, one interval each. */
  #paidMs = Number.NEGATIVE_INFINITY

  constructor({ burstMax, intervalMs }: { readonly burstMax: number; readonly intervalMs: number }) {
    this.#burstMax = burstMax
    this.#intervalMs = intervalMs
  }

  /** Counts one sign-in; returns how many ms it must wait. `nowMs` must not go back. */
  take(nowMs: number): number {
    const waitMs = Math.max(0, this.#paidMs - nowMs - (this.#burstMax - 1) * this.#intervalMs)
    this.#paidMs = Math.max(this.#paidMs, nowMs) + this.#intervalMs
    return waitMs
  }
}

/** Does not keep the process alive: a connector that stops does not wait for its turn. */
const pause = (ms: number): Promise<void> | undefined =>
  ms <= 0
    ? undefined
    : new Promise(resolve => {
        setTimeout(resolve, ms).unref()
      })

async function waitFor<T>(work: Promise<T>, { timeoutMs, signal }: Patience): Promise<T> {
  const timeout = AbortSignal.timeout(Math.max(0, Math.ceil(timeoutMs)))
  const given = signal ? AbortSignal.any([signal, timeout]) : timeout
  let onAbort = (): void => undefined
  const gaveUp = new Promise<never>((_, reject) => {
    onAbort = () => {
      const stopped = signal?.aborted === true
      reject(
        new SalesforceError({
          code: stopped ? 'internal.stopped' : 'salesforce.unreachable',
          message: stopped ? 'the connector stopped waiting for the sign-in' : 'the sign-in took too long',
          remedy: stopped ? '' : 'See status.salesforce.com and the network between the connector and Salesforce.',
          executed: 'no',
          retryable: true,
        }),
      )
    }
    if (given.aborted) onAbort()
    else given.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([work, gaveUp])
  } finally {
    given.removeEventListener('abort', onAbort)
  }
}
