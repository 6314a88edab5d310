import type { Window } from './window.ts'

export interface PaceSettings {
  /** Time between polls, ms. */
  readonly intervalMs: number
  /** Time between polls of an object on which nothing happens, at most, ms. */
  readonly idleIntervalMs: number
  /** Time between audits, ms. */
  readonly auditIntervalMs: number
  readonly lookbackMs: number
  readonly pageRowsMax: number
}

/** After this many polls without a change the interval doubles. */
const idlePollsMax = 6
/** A poll that does not read the whole lookback reads so many of the latest versions again. */
const latestEntriesMax = 1_000

/** When one object is polled, how far back, and when it is audited. All from what its last polls met. */
export class Pace {
  readonly #settings: PaceSettings
  readonly #now: () => number
  readonly #hasCalls: () => boolean
  #idlePolls = 0
  #pagesSinceWhole = 0
  #wholeAtMs = Number.NEGATIVE_INFINITY
  #auditAtMs: number

  /** `now`: any clock that only moves forward, ms. `hasCalls`: whether the budget of API calls is far from used up. */
  constructor(settings: PaceSettings, now: () => number, hasCalls: () => boolean = () => true) {
    this.#settings = settings
    this.#now = now
    this.#hasCalls = hasCalls
    this.#auditAtMs = this.#nextAuditMs()
  }

  /**
   * Doubled again and again while nothing happens, so that idle objects stay on the beat of the others. When API calls
   * get short every object is polled as if it were idle.
   */
  get intervalMs(): number {
    const { intervalMs, idleIntervalMs } = this.#settings
    let interval = intervalMs
    for (
      let idle = this.#hasCalls() ? this.#idlePolls : Number.POSITIVE_INFINITY;
      idle >= idlePollsMax && interval * 2 <= idleIntervalMs;
      idle -= idlePollsMax
    )
      interval *= 2
    return interval
  }

  /**
   * Where the next poll may start instead of at the position's lower edge. Late commits are met by whole readings; where
   * these take several pages, one is made only once the short ones have cost as much, or half the lookback has passed.
   */
  startFrom(window: Window): number | undefined {
    const pages = window.size / this.#settings.pageRowsMax
    const isDue = this.#pagesSinceWhole >= pages || this.#now() - this.#wholeAtMs >= this.#settings.lookbackMs / 2
    return isDue ? undefined : window.latest(latestEntriesMax)
  }

  /** A poll has ended: how many pages it took and how many changes it met. */
  polled(poll: { readonly whole: boolean; readonly pages: number; readonly changes: number }): void {
    this.#idlePolls = poll.changes > 0 ? 0 : this.#idlePolls + 1
    this.#pagesSinceWhole = poll.whole ? 0 : this.#pagesSinceWhole + poll.pages
    if (poll.whole) this.#wholeAtMs = this.#now()
  }

  get isAuditDue(): boolean {
    return this.#now() >= this.#auditAtMs
  }

  auditSoon(): void {
    this.#auditAtMs = this.#now()
  }

  audited(): void {
    this.#auditAtMs = this.#nextAuditMs()
  }

  /** On a common grid, so that the audits of several objects share API calls. */
  #nextAuditMs(): number {
    const { auditIntervalMs } = this.#settings
    return (Math.floor(this.#now() / auditIntervalMs) + 1) * auditIntervalMs
  }
}
