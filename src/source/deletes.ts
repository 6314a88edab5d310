import { type BucketChange, Buckets } from './buckets.ts'

/** The recycle bin keeps a row 15 days (salesforce-facts 4.1); a day more, and no undelete can be met without its delete. */
const keptMs = 16 * 24 * 3_600_000
const hourMs = 3_600_000
/** 18 characters, quotes and a comma are 21 bytes: below 256 KiB. */
const bucketEntriesMax = 12_000
/** Beyond it the oldest hours are forgotten: then an undelete of theirs comes as UPDATED. */
const deletesMax = 1_000_000

const hourOf = (atMs: number): number => Math.floor(atMs / hourMs) * hourMs

/** The rows whose delete was published: a further report of it is dropped, a live row among them was undeleted (design 4.5). */
export class Deletes {
  readonly #buckets = new Buckets(bucketEntriesMax)
  readonly #hours = new Map<string, number>()

  get size(): number {
    return this.#hours.size
  }

  has(recordId: string): boolean {
    return this.#hours.has(recordId)
  }

  add(recordId: string, atMs: number): void {
    if (this.#hours.has(recordId)) return
    this.#hours.set(recordId, hourOf(atMs))
    this.#buckets.add(hourOf(atMs), recordId)
  }

  remove(recordId: string): void {
    const hour = this.#hours.get(recordId)
    if (hour === undefined) return
    this.#hours.delete(recordId)
    this.#buckets.remove(hour, recordId)
  }

  restore(hour: number, bucket: number, recordIds: readonly string[]): void {
    this.#buckets.restore(hour, bucket, recordIds)
    for (const recordId of recordIds) this.#hours.set(recordId, hour)
  }

  /** Forgets what is older than the recycle bin and returns every bucket that differs from what is stored. */
  takeChanges(nowMs: number): BucketChange[] {
    const fromMs = Math.max(hourOf(nowMs - keptMs), this.#roomFromMs())
    for (const hour of this.#buckets.slots) {
      if (hour >= fromMs) continue
      for (const recordId of this.#buckets.entriesOf(hour)) this.#hours.delete(recordId)
    }
    return this.#buckets.takeChanges(fromMs)
  }

  /** The first hour to keep, so that at most `deletesMax` ids are held. */
  #roomFromMs(): number {
    let excess = this.#buckets.size - deletesMax
    if (excess <= 0) return 0
    for (const hour of [...this.#buckets.slots].sort((a, b) => a - b)) {
      excess -= this.#buckets.sizeOf(hour)
      if (excess <= 0) return hour + hourMs
    }
    return 0
  }
}
