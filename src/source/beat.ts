import { ConnectorError } from '../core/errors.ts'

interface Instant {
  readonly timer: NodeJS.Timeout
  readonly waiters: Set<() => void>
}

/** A timer may fire early: an instant this near has been waited for already. */
const nearMsMax = 50

/**
 * A common rhythm: tasks with equal intervals, or one a multiple of the other, wake in the same turn, so that their
 * reads share API calls (salesforce/gathered-reads.ts).
 */
export class Beat {
  readonly #instants = new Map<number, Instant>()

  /** The time the rhythm follows, ms; it only moves forward. */
  now(): number {
    return performance.timeOrigin + performance.now()
  }

  /** Resolves at the next multiple of `intervalMs` of this machine's time. Throws `internal.stopped` when the signal aborts. */
  next(intervalMs: number, signal: AbortSignal): Promise<void> {
    const now = this.now()
    const nearMs = Math.min(nearMsMax, intervalMs / 10)
    const at = (Math.floor((now + nearMs) / intervalMs) + 1) * intervalMs
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    if (signal.aborted) return Promise.reject(stopped())
    const instant = this.#instants.get(at) ?? this.#open(at, at - now)
    const stop = (): void => {
      instant.waiters.delete(resolve)
      if (instant.waiters.size === 0) this.#close(at, instant)
      reject(stopped())
    }
    instant.waiters.add(resolve)
    signal.addEventListener('abort', stop, { once: true })
    return promise.finally(() => signal.removeEventListener('abort', stop))
  }

  #open(at: number, waitMs: number): Instant {
    const waiters = new Set<() => void>()
    const wake = (): void => {
      this.#instants.delete(at)
      for (const resolve of waiters) resolve()
    }
    const instant = { timer: setTimeout(wake, waitMs), waiters }
    this.#instants.set(at, instant)
    return instant
  }

  #close(at: number, { timer }: Instant): void {
    clearTimeout(timer)
    this.#instants.delete(at)
  }
}

const stopped = (): ConnectorError => new ConnectorError('internal.stopped', 'stopped between two polls')
