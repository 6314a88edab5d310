import type { Cell } from './cell.ts'
import type { Org } from './org.ts'

const dayMs = 24 * 60 * 60 * 1000

/** What sample values are drawn from: numbers that depend on the seed alone, and the rows loaded before. */
export class Draw {
  readonly org: Org
  readonly #random: () => number
  readonly #ids = new Map<string, readonly string[]>()

  constructor(org: Org, random: () => number) {
    this.org = org
    this.#random = random
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T
  }

  chance(probability: number): boolean {
    return this.#random() < probability
  }

  /** A whole number from `min` to below `max`. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.#random() * (max - min))
  }

  /** A fraction in [0, 1). */
  fraction(): number {
    return this.#random()
  }

  /** An amount with two digits after the point, below `max`. */
  amount(max: number): number {
    return Math.floor(this.#random() * max * 100) / 100
  }

  /** A day, `yyyy-MM-dd`: from `from` to below `to` days after the org's start, or before it if negative. */
  day(from: number, to: number): string {
    return new Date(this.org.startedAtMs + this.whole(from, to) * dayMs).toISOString().slice(0, 10)
  }

  /** Ids of the object's rows, in the order they were made. */
  ids(object: string): readonly string[] {
    const known = this.#ids.get(object)
    if (known) return known
    const ids = [...(this.org.table(object)?.rows.keys() ?? [])]
    this.#ids.set(object, ids)
    return ids
  }

  /** One of the object's rows; null if it has none. */
  one(object: string): Cell {
    const ids = this.ids(object)
    return ids.length === 0 ? null : this.pick(ids)
  }
}
