import { Allowance, type BudgetState, type Priority, priorities } from './allowance.ts'
import type { ApiUsage, BudgetSettings } from './budget.ts'
import { Gate } from './gate.ts'
import { InFlightWindow } from './in-flight.ts'
import { RollingCount } from './rolling-count.ts'
import { SalesforceError } from './salesforce-error.ts'
import { type GovernorClock, type LinePatience, stoppedWaiting, WaitingLine } from './waiting-line.ts'

/** Who asks: `probe` is counted but never held back, `free` is not even counted (the list of versions). */
export type CallKind = Priority | 'probe' | 'free'

/** What is known of the budget; calls are of the last 24 hours. undefined: no answer has told it yet. */
export interface BudgetStatus {
  readonly state: BudgetState
  /** By all clients of the org together. */
  readonly used: number | undefined
  readonly max: number | undefined
  /** Until the reserve is reached. */
  readonly left: number | undefined
  readonly reserve: number | undefined
  /** `used` in 24 hours, if this instance goes on as in the last hour, and the others as in the last 24. */
  readonly forecast: number | undefined
  readonly inFlight: number
  readonly inFlightMax: number
  /** Calls that wait for their turn. */
  readonly waiting: number
}

/** What the governor tells of itself. */
export interface GovernorEvents {
  /** After every counted call. */
  budgetSeen(e: BudgetStatus): void
  budgetMoved(e: BudgetStatus & { readonly from: BudgetState }): void
  /** `started` false: its turn did not come. */
  callWaited(e: { readonly priority: Priority; readonly ms: number; readonly started: boolean }): void
  inFlightReduced(e: { readonly from: number; readonly to: number }): void
}

/** What became of a call. */
export interface CallEnd {
  /** Whether there was an answer, and what it said of the usage. */
  readonly answered: boolean
  readonly usage: ApiUsage | undefined
  /** The limit for which Salesforce refused it (salesforce-facts 8.1, 8.2). */
  readonly refusedFor: 'day' | 'concurrency' | undefined
}

/** Permission for one call; `end` is called once, whatever became of it. */
export interface Turn {
  end(end: CallEnd): void
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const bucketsPerDay = 288
/** Between two looks at the usage as long as no answer has told any. */
const lookMsUntold = 15 * minuteMs
/** A longer wait is looked at again; Node takes no timers beyond 2^31 ms. */
const timerMsMax = hourMs

const realClock: GovernorClock = {
  nowMs: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms)
    return () => clearTimeout(timer)
  },
}

/**
 * Every call to Salesforce passes here (design 4.6): it waits for its turn, by priority, while the budget of API calls or
 * the number in flight allows none. What may be sent is decided by allowance.ts.
 */
export class Governor {
  readonly #allowance: Allowance
  readonly #window = new InFlightWindow()
  readonly #events: GovernorEvents
  readonly #clock: GovernorClock
  readonly #recheck: () => Promise<void>
  readonly #line: WaitingLine<Turn>
  readonly #gate = new Gate()
  readonly #own = new RollingCount(dayMs, bucketsPerDay)
  readonly #startedAtMs: number
  #inFlight = 0
  /** Number of the last call started. */
  #newest = 0
  #stopped = false
  #callOffAdmission = (): void => undefined
  #callOffRecheck = (): void => undefined

  /** `recheck` sends a call as `probe`; what it says is learned by its Turn. */
  constructor(parts: {
    readonly settings: BudgetSettings
    readonly events: GovernorEvents
    readonly recheck: () => Promise<void>
    readonly clock?: GovernorClock
  }) {
    this.#allowance = new Allowance(parts.settings)
    this.#events = parts.events
    this.#recheck = parts.recheck
    this.#clock = parts.clock ?? realClock
    this.#line = new WaitingLine(this.#clock, e => parts.events.callWaited(e))
    this.#startedAtMs = this.#clock.nowMs()
  }

  /** False: nothing is sent until the usage falls. */
  get isOpen(): boolean {
    return this.#allowance.state !== 'throttled'
  }

  /** Why it is not open. */
  get reason(): string {
    const { used, max, reserve } = this.status
    const known = used === undefined ? '' : `: ${used} of ${max} used in 24 hours, ${reserve} kept for other clients`
    return `the budget of API calls is used up${known}`
  }

  get status(): BudgetStatus {
    const { usage, bounds, state } = this.#allowance
    return {
      state,
      used: usage?.used,
      max: usage?.max,
      left: usage && Math.max(0, usage.max - (bounds?.reserve ?? 0) - usage.used),
      reserve: bounds?.reserve,
      forecast: usage && this.#forecast(usage.used),
      inFlight: this.#inFlight,
      inFlightMax: this.#inFlightMax,
      waiting: this.#line.size,
    }
  }

  get #inFlightMax(): number {
    return Math.min(this.#window.size, this.#allowance.inFlightMax)
  }

  #forecast(used: number): number {
    const nowMs = this.#clock.nowMs()
    const spanMs = Math.max(minuteMs, Math.min(this.#own.coveredMs(nowMs, hourMs), nowMs - this.#startedAtMs))
    const ownADay = (this.#own.total(nowMs, hourMs) * dayMs) / spanMs
    return Math.round(Math.max(0, used - this.#own.total(nowMs)) + ownADay)
  }

  /**
   * Waits for the turn of a call. Rejects with SalesforceError, executed 'no': `salesforce.limit_exceeded` if the budget
   * allows none in that time, `salesforce.busy` if too many wait already, `internal.stopped` if the signal aborts or the
   * governor stops.
   */
  async enter(kind: CallKind, patience: LinePatience): Promise<Turn> {
    if (this.#stopped) throw stoppedWaiting()
    if (kind === 'probe' || kind === 'free') return this.#start(kind)
    if (!this.isOpen) throw this.#refusal()
    const turn = this.#line.join(kind, patience, () => this.#refusal(patience.timeoutMs))
    this.#admit()
    return turn
  }

  /** Starts what may start now, and comes back when the next may. */
  #admit(): void {
    this.#callOffAdmission()
    let nextMs = timerMsMax
    for (const priority of priorities)
      while (this.#line.has(priority)) {
        if (this.#inFlight >= this.#inFlightMax) return // the end of a call leads here again
        const waitMs = this.#allowance.waitMs(priority, this.#clock.nowMs())
        nextMs = Math.min(nextMs, waitMs)
        if (waitMs > 0) break
        this.#line.serve(priority, this.#start(priority))
        nextMs = timerMsMax
      }
    if (this.#line.size > 0) this.#callOffAdmission = this.#clock.after(Math.ceil(nextMs), () => this.#admit())
  }

  #start(kind: CallKind): Turn {
    const nowMs = this.#clock.nowMs()
    const request = ++this.#newest
    const call = kind === 'free' ? undefined : this.#allowance.started(kind === 'probe' ? undefined : kind, nowMs)
    if (call !== undefined) this.#own.add(nowMs)
    this.#inFlight++
    let ended = false
    return {
      end: end => {
        if (ended) return
        ended = true
        this.#inFlight--
        if (call !== undefined) this.#learn(request, call, end)
        this.#admit()
      },
    }
  }

  #learn(request: number, call: number, { answered, usage, refusedFor }: CallEnd): void {
    const from = this.#allowance.state
    if (answered) this.#allowance.answered(call, usage, refusedFor === 'day', this.#clock.nowMs())
    else this.#allowance.lost()
    const { size } = this.#window
    if (answered && refusedFor === undefined) this.#window.succeeded()
    if (refusedFor === 'concurrency' && this.#window.refused(request, this.#newest))
      this.#events.inFlightReduced({ from: size, to: this.#window.size })
    this.#events.budgetSeen(this.status)
    if (this.#allowance.state !== from) this.#moved(from)
    if (this.#allowance.state === 'ok') this.#callOffRecheck()
    else this.#recheckLater()
  }

  #moved(from: BudgetState): void {
    this.#events.budgetMoved({ ...this.status, from })
    if (this.isOpen) this.#gate.open()
    else this.#line.rejectAll(() => this.#refusal())
  }

  /** Counted from the newest answer, so that nothing is asked that is known. */
  #recheckLater(): void {
    this.#callOffRecheck()
    if (this.#stopped) return
    this.#callOffRecheck = this.#clock.after(this.#allowance.bounds?.lookMs ?? lookMsUntold, () => {
      this.#recheckLater()
      this.#recheck().catch(() => undefined) // the next one asks again
    })
  }

  /** Resolves when it is open, at once if it is. Rejects with `internal.stopped` as enter does. */
  async whenOpen(signal?: AbortSignal): Promise<void> {
    if (this.#stopped) throw stoppedWaiting()
    if (!this.isOpen) await this.#gate.wait(signal)
  }

  /** Whoever waits is told `internal.stopped`; nothing more is started. */
  stop(): void {
    this.#stopped = true
    this.#callOffRecheck()
    this.#line.rejectAll(stoppedWaiting)
    this.#callOffAdmission()
    this.#gate.stop()
  }

  #refusal(waitedMs?: number): SalesforceError {
    const waited = `the budget of API calls allowed no call within ${Math.round(waitedMs ?? 0)} ms`
    const message = waitedMs === undefined || !this.isOpen ? this.reason : waited
    return new SalesforceError({ code: 'salesforce.limit_exceeded', message, remedy, executed: 'no', retryable: true })
  }
}

const remedy =
  'The connector goes on by itself as usage falls; Setup, Company Information shows the API requests of 24 hours. ' +
  'See also salesforce.api_reserve and salesforce.api_share_max.'
