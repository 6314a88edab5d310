/** One state of one row: two states under one SystemModstamp differ by their hash (design 4.5). */
export interface Version {
  readonly recordId: string
  readonly stampMs: number
  /** 16 hex digits over the fields that belong to the row itself. */
  readonly hash: string
}

/** A bucket of the window as it goes to the offsets topic; `entries` null is a tombstone. */
export interface BucketChange {
  readonly second: number
  readonly bucket: number
  readonly entries: readonly string[] | null
}

/** 18 + 16 characters, quotes and a comma are 37 bytes: 7,000 entries stay below 256 KiB. */
export const bucketEntriesMax = 7_000

interface Second {
  readonly buckets: string[][]
  readonly dirty: Set<number>
}

const entryOf = (version: Version): string => version.recordId + version.hash

/**
 * The versions seen at or after the position's lower edge: everything a later poll may read again.
 * Grouped by second and cut into buckets, so that a transaction writes only what it changed.
 */
export class Window {
  readonly #seconds = new Map<number, Second>()
  readonly #entries = new Map<number, Set<string>>()
  readonly #versionsById = new Map<string, number>()
  #size = 0

  /** Number of versions held. */
  get size(): number {
    return this.#size
  }

  has(version: Version): boolean {
    return this.#entries.get(version.stampMs)?.has(entryOf(version)) ?? false
  }

  /** Whether any version of the row is held. */
  hasId(recordId: string): boolean {
    return this.#versionsById.has(recordId)
  }

  add(version: Version): void {
    const second = this.#second(version.stampMs)
    let last = second.buckets.length - 1
    if (last < 0 || second.buckets[last]!.length >= bucketEntriesMax) last = second.buckets.push([]) - 1
    second.dirty.add(last)
    this.#insert(version.stampMs, second.buckets[last]!, entryOf(version))
  }

  /** Puts back a bucket as it was read from the offsets topic. */
  restore(stampMs: number, bucket: number, entries: readonly string[]): void {
    const second = this.#second(stampMs)
    while (second.buckets.length <= bucket) second.buckets.push([])
    for (const entry of entries) this.#insert(stampMs, second.buckets[bucket]!, entry)
  }

  /** Forgets what lies before `lowerMs` and returns every bucket that differs from what is stored, tombstones included. */
  takeChanges(lowerMs: number): BucketChange[] {
    const changes: BucketChange[] = []
    for (const [stampMs, second] of this.#seconds) {
      if (stampMs < lowerMs) {
        for (let bucket = 0; bucket < second.buckets.length; bucket++)
          changes.push({ second: stampMs, bucket, entries: null })
        this.#forget(stampMs, second)
      } else {
        for (const bucket of second.dirty) changes.push({ second: stampMs, bucket, entries: second.buckets[bucket]! })
        second.dirty.clear()
      }
    }
    return changes
  }

  #second(stampMs: number): Second {
    let second = this.#seconds.get(stampMs)
    if (!second) {
      second = { buckets: [], dirty: new Set() }
      this.#seconds.set(stampMs, second)
      this.#entries.set(stampMs, new Set())
    }
    return second
  }

  #insert(stampMs: number, bucket: string[], entry: string): void {
    const entries = this.#entries.get(stampMs)!
    if (entries.has(entry)) return
    entries.add(entry)
    bucket.push(entry)
    const recordId = entry.slice(0, 18)
    this.#versionsById.set(recordId, (this.#versionsById.get(recordId) ?? 0) + 1)
    this.#size++
  }

  #forget(stampMs: number, second: Second): void {
    for (const bucket of second.buckets) {
      for (const entry of bucket) {
        const recordId = entry.slice(0, 18)
        const left = this.#versionsById.get(recordId)! - 1
        if (left === 0) this.#versionsById.delete(recordId)
        else this.#versionsById.set(recordId, left)
        this.#size--
      }
    }
    this.#seconds.delete(stampMs)
    this.#entries.delete(stampMs)
  }
}
