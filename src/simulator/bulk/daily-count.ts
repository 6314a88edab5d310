import { requestError } from '../api-error.ts'

const hourMs = 60 * 60 * 1000
const hours = 24

/** An allocation of the last 24 hours, counted by the hour. */
export class DailyCount {
  readonly max: number
  readonly #what: string
  readonly #now: () => number
  readonly #byHour = new Map<number, number>()

  constructor(what: string, max: number, now: () => number) {
    this.max = max
    this.#what = what
    this.#now = now
  }

  get left(): number {
    const oldest = Math.floor(this.#now() / hourMs) - hours
    let used = 0
    for (const [hour, count] of this.#byHour) {
      if (hour > oldest) used += count
      else this.#byHour.delete(hour)
    }
    return Math.max(0, this.max - used)
  }

  /** Takes one. Throws once the day's allocation is used up; code and text are not proven. */
  spend(): void {
    if (this.left === 0)
      throw requestError(400, 'EXCEEDEDQUOTA', `${this.#what} limit exceeded: ${this.max} in 24 hours`)
    const hour = Math.floor(this.#now() / hourMs)
    this.#byHour.set(hour, (this.#byHour.get(hour) ?? 0) + 1)
  }
}
