import type { BudgetState, Priority } from '../../src/salesforce/allowance.ts'
import type { ApiUsage, BudgetSettings } from '../../src/salesforce/budget.ts'
import { type CallKind, Governor, type GovernorEvents } from '../../src/salesforce/governor.ts'
import type { VirtualClock } from './virtual-clock.ts'

const hourMs = 3_600_000
const dayHours = 24

/** Who made a call: an instance of ours, one that only looks how much is used, or another app. */
export type Caller = 'ours' | 'look' | 'other'

/** What Salesforce counts: calls of the last 24 hours, by the hour (salesforce-facts 8.1); and who made them. */
export class CountingOrg {
  readonly max: number
  /** The most calls of ours in one window. */
  oursMost = 0
  /** The most calls of ours within one hour that met a usage at `stop` or beyond. */
  beyondMost = 0
  readonly #stop: number
  readonly #clock: VirtualClock
  readonly #hours: { readonly hour: number; all: number; ours: number; beyond: number }[] = []

  constructor(max: number, stop: number, clock: VirtualClock) {
    this.max = max
    this.#stop = stop
    this.#clock = clock
  }

  get used(): number {
    this.#present()
    return this.#hours.reduce((sum, { all }) => sum + all, 0)
  }

  count(caller: Caller, calls = 1): void {
    const present = this.#present()
    if (caller === 'ours') {
      if (this.used >= this.#stop) this.beyondMost = Math.max(this.beyondMost, ++present.beyond)
      present.ours += calls
    }
    present.all += calls
    this.oursMost = Math.max(
      this.oursMost,
      this.#hours.reduce((sum, { ours }) => sum + ours, 0),
    )
  }

  #present() {
    const hour = Math.floor(this.#clock.nowMs() / hourMs)
    while (this.#hours[0] && this.#hours[0].hour <= hour - dayHours) this.#hours.shift()
    const last = this.#hours.at(-1)
    if (last?.hour === hour) return last
    const next = { hour, all: 0, ours: 0, beyond: 0 }
    this.#hours.push(next)
    return next
  }
}

/** How a call goes: the time to the org and back, and whether its answer is lost. */
export interface Travel {
  readonly thereMs: number
  readonly backMs: number
  readonly lost: boolean
}

export interface Told {
  readonly moves: { from: BudgetState; to: BudgetState }[]
  readonly waited: { priority: Priority; ms: number; started: boolean }[]
  readonly reduced: { from: number; to: number }[]
}

/** One instance of the connector: a governor, and calls of it that travel to the org. */
export class Instance {
  readonly governor: Governor
  readonly told: Told = { moves: [], waited: [], reduced: [] }
  readonly sent: Record<CallKind, number> = { command: 0, poll: 0, audit: 0, probe: 0, free: 0 }
  inFlightMost = 0
  readonly #clock: VirtualClock
  readonly #org: CountingOrg
  readonly #travel: () => Travel

  constructor(settings: BudgetSettings, org: CountingOrg, clock: VirtualClock, travel: () => Travel) {
    this.#clock = clock
    this.#org = org
    this.#travel = travel
    const { moves, waited, reduced } = this.told
    const events: GovernorEvents = {
      budgetSeen: () => undefined,
      budgetMoved: ({ from, state }) => void moves.push({ from, to: state }),
      callWaited: e => void waited.push({ ...e }),
      inFlightReduced: e => void reduced.push({ ...e }),
    }
    this.governor = new Governor({ settings, events, clock, recheck: () => this.call('probe') })
  }

  /** Waits for its turn, reaches the org, and learns what it says. Rejects as `enter` does. */
  async call(kind: CallKind, timeoutMs = 120_000): Promise<void> {
    const turn = await this.governor.enter(kind, { timeoutMs })
    this.sent[kind]++
    this.inFlightMost = Math.max(this.inFlightMost, this.governor.status.inFlight)
    const { thereMs, backMs, lost } = this.#travel()
    await this.#travelled(thereMs)
    this.#org.count(kind === 'probe' ? 'look' : 'ours')
    const usage: ApiUsage = { used: this.#org.used, max: this.#org.max }
    await this.#travelled(backMs)
    turn.end(
      lost
        ? { answered: false, usage: undefined, refusedFor: undefined }
        : { answered: true, usage, refusedFor: undefined },
    )
  }

  #travelled(ms: number): Promise<void> {
    return new Promise(resolve => void this.#clock.after(ms, resolve))
  }

  /** One after the other as long as time passes; what is refused is tried again a while later, as the connector does. */
  async keepCalling(kind: Priority, pauseMs: () => number): Promise<never> {
    for (;;) {
      await this.call(kind).catch(() => this.#travelled(5_000))
      await this.governor.whenOpen()
      await this.#travelled(pauseMs())
    }
  }
}
