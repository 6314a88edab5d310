import { sleep } from '../core/clock.ts'
import { ConnectorError } from '../core/errors.ts'
import { delayMs } from '../core/retry.ts'

/** What others see of the breaker: while it is open, nothing is sent to Salesforce. */
export interface Breaker {
  readonly isOpen: boolean
  /** Why it is open. */
  readonly reason: string | undefined
  /** Resolves when it is closed, at once if it is. Rejects when the signal aborts or the client is closed. */
  whenClosed(signal?: AbortSignal): Promise<void>
}

export interface BreakerParts {
  /** Resolves if Salesforce works again. */
  readonly probe: (signal: AbortSignal) => Promise<void>
  /** Between two probes. */
  readonly delays: { readonly delayMsMin: number; readonly delayMsMax: number }
  readonly onOpen: (reason: string) => void
  readonly onClose: (openMs: number) => void
}

/** Beyond this the pause no longer grows; keeps 2 ** n small. */
const probesCountedMax = 30
/** A used-up limit comes back slowly, and asking costs a call. */
const limitPatience = 10

/**
 * Opens when Salesforce is out of reach, so that an outage leaves at most the requests then in flight in doubt
 * (design 4.2). While open, one loop probes, with growing pauses, and closes it when a probe succeeds.
 */
export class ProbingBreaker implements Breaker {
  readonly #parts: BreakerParts
  readonly #stop = new AbortController()
  #open: { reason: string; patience: number; readonly sinceMs: number; readonly closed: Promise<void> } | undefined

  constructor(parts: BreakerParts) {
    this.#parts = parts
  }

  get isOpen(): boolean {
    return this.#open !== undefined
  }

  get reason(): string | undefined {
    return this.#open?.reason
  }

  /** Opens it, or notes the newest reason if it is open. */
  open(kind: 'unreachable' | 'limit', reason: string): void {
    const patience = kind === 'limit' ? limitPatience : 1
    if (this.#open) {
      this.#open.reason = reason
      this.#open.patience = patience
      return
    }
    if (this.#stop.signal.aborted) return
    const closed = Promise.resolve().then(() => this.#heal())
    closed.catch(() => undefined) // whoever waits for it sees the error; nobody waiting is no crash
    this.#open = { reason, patience, sinceMs: performance.now(), closed }
    this.#parts.onOpen(reason)
  }

  async whenClosed(signal?: AbortSignal): Promise<void> {
    if (!this.#open) return
    const stopped = (): ConnectorError =>
      new ConnectorError('internal.stopped', 'the connector stopped waiting for Salesforce', { cause: signal?.reason })
    if (signal?.aborted) throw stopped()
    let onAbort = (): void => undefined
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(stopped())
      signal?.addEventListener('abort', onAbort, { once: true })
    })
    try {
      await Promise.race([this.#open.closed, aborted])
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Ends the probing; whoever waits is told `internal.stopped`. */
  stop(): void {
    this.#stop.abort()
  }

  async #heal(): Promise<void> {
    const { signal } = this.#stop
    const { delays, probe, onClose } = this.#parts
    for (let n = 1; this.#open; n = Math.min(n + 1, probesCountedMax)) {
      try {
        await sleep(delayMs({ ...delays, attemptsMax: n }, n) * this.#open.patience, signal)
        await probe(signal)
      } catch (cause) {
        if (signal.aborted)
          throw new ConnectorError('internal.stopped', 'the client of Salesforce was closed', { cause })
        continue // still out of reach; the reason is kept by open()
      }
      const openMs = performance.now() - this.#open.sinceMs
      this.#open = undefined
      onClose(openMs)
    }
  }
}
