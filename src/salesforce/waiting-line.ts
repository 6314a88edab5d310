import { type Priority, priorities } from './allowance.ts'
import { SalesforceError } from './salesforce-error.ts'

/** Time as the governor sees it; tests put a virtual one in its place. */
export interface GovernorClock {
  /** Monotonic. */
  nowMs(): number
  /** Runs `act` once, later; answers how to call it off. */
  after(ms: number, act: () => void): () => void
}

/** How long one caller waits. */
export interface LinePatience {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

interface Waiter<T> {
  readonly sinceMs: number
  readonly resolve: (value: T) => void
  readonly reject: (error: SalesforceError) => void
}

const waitersMax = 1_000

/** Callers that wait for their turn, each for a bounded time; first by priority, then by arrival. */
export class WaitingLine<T> {
  readonly #clock: GovernorClock
  readonly #onLeft: (e: { priority: Priority; ms: number; started: boolean }) => void
  readonly #waiters: Readonly<Record<Priority, Set<Waiter<T>>>> = {
    command: new Set(),
    poll: new Set(),
    audit: new Set(),
  }

  /** `onLeft` is told of each who had to wait, and whether its turn came. */
  constructor(clock: GovernorClock, onLeft: (e: { priority: Priority; ms: number; started: boolean }) => void) {
    this.#clock = clock
    this.#onLeft = onLeft
  }

  get size(): number {
    return priorities.reduce((sum, priority) => sum + this.#waiters[priority].size, 0)
  }

  has(priority: Priority): boolean {
    return this.#waiters[priority].size > 0
  }

  /** Rejects with `internal.stopped` when the signal aborts, with `late` after its time, with `salesforce.busy` if it is full. */
  join(priority: Priority, { timeoutMs, signal }: LinePatience, late: () => SalesforceError): Promise<T> {
    if (signal?.aborted) return Promise.reject(stoppedWaiting(signal.reason))
    if (this.size >= waitersMax) return Promise.reject(crowded())
    return new Promise((resolve, reject) => {
      const sinceMs = this.#clock.nowMs()
      const leave = (started: boolean): void => {
        callOff()
        signal?.removeEventListener('abort', onAbort)
        this.#waiters[priority].delete(waiter)
        const ms = this.#clock.nowMs() - sinceMs
        if (ms >= 1) this.#onLeft({ priority, ms, started })
      }
      const waiter: Waiter<T> = {
        sinceMs,
        resolve: value => {
          leave(true)
          resolve(value)
        },
        reject: error => {
          leave(false)
          reject(error)
        },
      }
      const onAbort = (): void => waiter.reject(stoppedWaiting(signal?.reason))
      const callOff = this.#clock.after(Math.max(0, timeoutMs), () => waiter.reject(late()))
      this.#waiters[priority].add(waiter)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** The turn of the first of this priority; there must be one. */
  serve(priority: Priority, value: T): void {
    const [first] = this.#waiters[priority]
    first!.resolve(value)
  }

  rejectAll(error: () => SalesforceError): void {
    for (const priority of priorities) for (const waiter of [...this.#waiters[priority]]) waiter.reject(error())
  }
}

/** What a caller is told that was stopped while it waited; nothing was sent. */
export const stoppedWaiting = (cause?: unknown): SalesforceError =>
  new SalesforceError({
    code: 'internal.stopped',
    message: 'the connector stopped waiting for its turn to call Salesforce',
    remedy: '',
    executed: 'no',
    retryable: true,
    cause,
  })

const crowded = (): SalesforceError =>
  new SalesforceError({
    code: 'salesforce.busy',
    message: `${waitersMax} calls are waiting already`,
    remedy: 'Lower the number of partitions or objects one instance works on.',
    executed: 'no',
    retryable: true,
  })
