import { inFlightMax } from './budget.ts'

/**
 * How many requests may be in flight: halved when Salesforce refuses one for running too many at a time, and one more
 * after as many successes as may be in flight (salesforce-facts 8.2). Never below 1, never above 25.
 */
export class InFlightWindow {
  #size = inFlightMax
  /** Number of the last request started when the window was last halved: older ones say nothing new. */
  #halvedAt = 0

  get size(): number {
    return Math.floor(this.#size)
  }

  succeeded(): void {
    this.#size = Math.min(inFlightMax, this.#size + 1 / this.#size)
  }

  /** `request` and `newest`: numbers, by their start, of the one refused and the last one. Whether the window shrank. */
  refused(request: number, newest: number): boolean {
    if (request <= this.#halvedAt || this.#size === 1) return false
    this.#halvedAt = newest
    this.#size = Math.max(1, Math.floor(this.#size / 2))
    return true
  }
}
