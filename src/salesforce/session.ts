import type { Session } from './auth.ts'
import { SalesforceError } from './salesforce-error.ts'

/** How long one waiter waits; the sign-in itself goes on for the others. */
export interface Patience {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** The one session of the client. At most one sign-in runs at a time, however many wait for it. */
export class SessionKeeper {
  readonly #signIn: () => Promise<Session>
  readonly #onSignedIn: (session: Session) => void
  #current: Session | undefined
  /** Of the first sign-in; a later one must lead to the same org and user. */
  #first: Session | undefined
  #running: Promise<Session> | undefined

  constructor(signIn: () => Promise<Session>, onSignedIn: (session: Session) => void) {
    this.#signIn = signIn
    this.#onSignedIn = onSignedIn
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
      const session = await this.#signIn()
      this.#first ??= session
      if (session.orgId !== this.#first.orgId || session.userId !== this.#first.userId)
        throw new SalesforceError({
          code: 'salesforce.other_org',
          message: 'a new sign-in led to another org or user',
          remedy: 'Stop the connector, and check salesforce.login_url and the run-as user of the connected app.',
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
