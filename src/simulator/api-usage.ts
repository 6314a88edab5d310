const hourMs = 60 * 60 * 1000
const hours = 24

/** API calls of the last 24 hours, by the hour (salesforce-facts 8.1), and all since the start. */
export class ApiUsage {
  readonly max: number
  total = 0
  readonly #now: () => number
  readonly #byHour = new Map<number, number>()

  constructor(max: number, now: () => number) {
    this.max = max
    this.#now = now
  }

  count(calls = 1): void {
    this.total += calls
    const hour = Math.floor(this.#now() / hourMs)
    this.#byHour.set(hour, (this.#byHour.get(hour) ?? 0) + calls)
    for (const old of this.#byHour.keys()) if (old <= hour - hours) this.#byHour.delete(old)
  }

  get used(): number {
    const oldest = Math.floor(this.#now() / hourMs) - hours
    let sum = 0
    for (const [hour, calls] of this.#byHour) if (hour > oldest) sum += calls
    return sum
  }

  /** The value of `Sforce-Limit-Info` (salesforce-facts 2.3). */
  get header(): string {
    return `api-usage=${this.used}/${this.max}`
  }
}
