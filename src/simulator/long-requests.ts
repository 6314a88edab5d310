import type { LimitSettings } from './settings.ts'

/** The requests that run, of which only so many may run long at once (salesforce-facts 8.2). */
export class LongRequests {
  readonly #settings: Readonly<LimitSettings>
  readonly #now: () => number
  readonly #startedAtMs = new Set<{ readonly ms: number }>()

  constructor(settings: Readonly<LimitSettings>, now: () => number) {
    this.#settings = settings
    this.#now = now
  }

  /** Whether a further request is refused: as many as are allowed have run for the time that makes a request long. */
  get full(): boolean {
    const { longRequestMs, longRequestsMax } = this.#settings
    const latestStartMs = this.#now() - longRequestMs
    let long = 0
    for (const started of this.#startedAtMs) if (started.ms <= latestStartMs) long++
    return long >= longRequestsMax
  }

  /** Counts the request as running until `run` ends. */
  async during<T>(run: () => Promise<T>): Promise<T> {
    const started = { ms: this.#now() }
    this.#startedAtMs.add(started)
    try {
      return await run()
    } finally {
      this.#startedAtMs.delete(started)
    }
  }
}
