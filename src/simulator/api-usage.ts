import type { LimitSettings } from './settings.ts'

const hourMs = 60 * 60 * 1000
const hours = 24

/** API calls of the last 24 hours, by the hour (salesforce-facts 8.1), and all since the start. */
export class ApiUsage {
  total = 0
  readonly #settings: Readonly<LimitSettings>
  readonly #now: () => number
  readonly #byHour = new Map<number, number>()
  #reported = { atMs: Number.NEGATIVE_INFINITY, used: 0 }

  constructor(settings: Readonly<LimitSettings>, now: () => number) {
    this.#settings = settings
    this.#now = now
  }

  get max(): number {
    return this.#settings.apiRequestsMax
  }

  count(calls = 1): void {
    this.total += calls
    const hour = Math.floor(this.#now() / hourMs)
    this.#byHour.set(hour, (this.#byHour.get(hour) ?? 0) + calls)
    for (const old of this.#byHour.keys()) if (old <= hour - hours) this.#byHour.delete(old)
  }

  get used(): number {
    return this.#settings.apiRequestsOfOthers + this.#ofClients
  }

  /** What `/limits` says is used: a number that is renewed only when it is older than the lag (salesforce-facts 2.4). */
  get reportedUsed(): number {
    const now = this.#now()
    if (now - this.#reported.atMs >= this.#settings.limitsLagMs) this.#reported = { atMs: now, used: this.used }
    return this.#reported.used
  }

  /** The value of `Sforce-Limit-Info` (salesforce-facts 2.3). */
  get header(): string {
    const { appName, appRequestsMax } = this.#settings
    const org = `api-usage=${this.used}/${this.max}`
    return appName === '' ? org : `${org}; per-app-api-usage=${this.#ofClients}/${appRequestsMax}(appName=${appName})`
  }

  get #ofClients(): number {
    const oldest = Math.floor(this.#now() / hourMs) - hours
    let sum = 0
    for (const [hour, calls] of this.#byHour) if (hour > oldest) sum += calls
    return sum
  }
}
