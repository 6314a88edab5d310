import { ConnectorError } from '../core/errors.ts'
import { type ApiUsage, type Bounds, type BudgetSettings, boundsOf } from './budget.ts'

/** Who goes first when calls are short: commands, then polls, then audits. */
export const priorities = ['command', 'poll', 'audit'] as const
export type Priority = (typeof priorities)[number]

/** ok: calls go at once; slowed: they are spaced; throttled: none, until the usage falls. */
export type BudgetState = 'ok' | 'slowed' | 'throttled'

/** What may follow what: from throttled it goes on slowly first, so that what waited does not come all at once. */
export const budgetMoves = {
  ok: ['slowed', 'throttled'],
  slowed: ['ok', 'throttled'],
  throttled: ['slowed'],
} as const satisfies Record<BudgetState, readonly BudgetState[]>

/** From this part of what may be used on, calls are spaced, the further the wider. */
const slowedFrom: Readonly<Record<Priority, number>> = { command: 0.9, poll: 0.75, audit: 0.75 }
const slowedFirst = Math.min(...Object.values(slowedFrom))
/** Below this part they are no longer; the gap keeps the state from going back and forth. */
const okBelow = 0.7

/** A number of the org's or the app's, as of a call of ours: `used - call` plus our calls so far is the estimate. */
interface Seen {
  readonly usage: ApiUsage
  /** The last call of ours that is surely counted in it. */
  readonly call: number
}

/** What one instance may send, from what the answers say of the org's usage. No clock, no waiting: governor.ts. */
export class Allowance {
  readonly #settings: BudgetSettings
  #state: BudgetState = 'ok'
  /** Our counted calls so far; also the number of the last one. */
  #calls = 0
  #seen: Seen | undefined
  #seenApp: { readonly used: number; readonly call: number } | undefined
  #bounds: Bounds | undefined
  /** Our calls when `#seen` was set: a later call's answer is newer than it. */
  #callsWhenSeen = 0
  /** The newest call that was answered; Salesforce's own answers all tell the usage (salesforce-facts 2.3). */
  #newestTold = 0
  #answered = false
  #exhausted = false
  #tokens = { count: 0, atMs: 0 }
  readonly #startedMs: Partial<Record<Priority, number>> = {}

  constructor(settings: BudgetSettings) {
    this.#settings = settings
  }

  get state(): BudgetState {
    return this.#state
  }

  get bounds(): Bounds | undefined {
    return this.#bounds
  }

  /** The newest usage that was told, our calls since included. */
  get usage(): ApiUsage | undefined {
    if (!this.#seen) return undefined
    const { max } = this.#seen.usage
    const app = this.#seenApp && { used: this.#appUsed, max: this.#seen.usage.app?.max ?? max }
    return { used: this.#orgUsed, max, ...(app && { app }) }
  }

  get #orgUsed(): number {
    return this.#seen ? this.#seen.usage.used + this.#calls - this.#seen.call : 0
  }

  get #appUsed(): number {
    return this.#seenApp ? this.#seenApp.used + this.#calls - this.#seenApp.call : 0
  }

  /** How many calls may be in flight, as far as the budget goes. */
  get inFlightMax(): number {
    // Until an answer told how much is left, one at a time.
    return this.#answered ? (this.#bounds?.unseenMax ?? Number.POSITIVE_INFINITY) : 1
  }

  /** How long a call of this priority has to wait; Infinity: until an answer tells something new. */
  waitMs(priority: Priority, nowMs: number): number {
    if (this.#state === 'throttled') return Number.POSITIVE_INFINITY
    const bounds = this.#bounds
    if (!bounds) return 0
    if (this.#stopReached(bounds)) return Number.POSITIVE_INFINITY
    if (this.#needsToken(bounds)) return this.#tokenWaitMs(bounds, nowMs)
    const from = slowedFrom[priority]
    const slowness = Math.max(0, this.#fraction(bounds) - from) / (1 - from)
    if (slowness === 0) return 0
    const lastMs = this.#startedMs[priority] ?? Number.NEGATIVE_INFINITY
    return Math.max(0, lastMs + slowness * bounds.paceMs - nowMs)
  }

  /** A counted call starts; undefined: one that is never held back. Answers the call's number. */
  started(priority: Priority | undefined, nowMs: number): number {
    if (priority !== undefined) this.#startedMs[priority] = nowMs
    if (this.#bounds && this.#needsToken(this.#bounds)) {
      this.#refill(this.#bounds, nowMs)
      this.#tokens.count-- // a call that was not held back leaves a debt
    }
    return ++this.#calls
  }

  /** The answer of a call: what it says of the usage, if anything, and whether it was a refusal for the daily limit. */
  answered(call: number, usage: ApiUsage | undefined, isExhausted: boolean, nowMs: number): void {
    this.#answered = true
    this.#exhausted = isExhausted
    this.#newestTold = Math.max(this.#newestTold, call)
    if (usage) this.#learn(call, usage, nowMs)
    this.#settle()
  }

  /** A call that got no answer: it may have been counted. */
  lost(): void {
    this.#settle()
  }

  #learn(call: number, usage: ApiUsage, nowMs: number): void {
    if (!this.#bounds) this.#tokens = { count: 0, atMs: nowMs }
    else this.#refill(this.#bounds, nowMs)
    this.#bounds = boundsOf(this.#settings, usage)
    // Answers can overtake each other: only what was asked after the last was told is surely newer.
    const newer = call > this.#callsWhenSeen
    if (newer || !this.#seen || usage.used - call > this.#seen.usage.used - this.#seen.call)
      this.#seen = { usage, call }
    const app = usage.app && { used: usage.app.used, call }
    if (!app || newer || !this.#seenApp || app.used - call > this.#seenApp.used - this.#seenApp.call)
      this.#seenApp = app
    if (newer) this.#callsWhenSeen = this.#calls
  }

  #stopReached({ orgStop, appStop }: Bounds): boolean {
    return this.#orgUsed >= orgStop || (appStop !== undefined && this.#appUsed >= appStop)
  }

  /** Beyond what is free, and while the answers of too many calls of ours are missing. */
  #needsToken({ free, appStop, unseenMax }: Bounds): boolean {
    return (appStop === undefined && this.#orgUsed >= free) || this.#calls - this.#newestTold >= unseenMax
  }

  #fraction({ orgStop, appStop, free }: Bounds): number {
    const own = appStop === undefined ? this.#orgUsed / free : this.#appUsed / appStop
    return Math.min(1, Math.max(this.#orgUsed / orgStop, own))
  }

  #tokenWaitMs(bounds: Bounds, nowMs: number): number {
    this.#refill(bounds, nowMs)
    return this.#tokens.count >= 1 ? 0 : (1 - this.#tokens.count) / bounds.tokens.perMs
  }

  #refill({ tokens }: Bounds, nowMs: number): void {
    const { count, atMs } = this.#tokens
    this.#tokens = { count: Math.min(tokens.max, count + (nowMs - atMs) * tokens.perMs), atMs: nowMs }
  }

  #settle(): void {
    const bounds = this.#bounds
    const stopped = this.#exhausted || (bounds !== undefined && this.#stopReached(bounds))
    const fraction = bounds ? this.#fraction(bounds) : 0
    if (stopped) this.#move('throttled')
    else if (this.#state === 'throttled') this.#move('slowed')
    else if (fraction >= slowedFirst) this.#move('slowed')
    else if (fraction < okBelow) this.#move('ok')
  }

  #move(to: BudgetState): void {
    if (to === this.#state) return
    const next: readonly BudgetState[] = budgetMoves[this.#state]
    if (!next.includes(to))
      throw new ConnectorError('internal.bug', `the budget cannot go from ${this.#state} to ${to}`, {
        remedy: 'Report this.',
      })
    this.#state = to
  }
}
