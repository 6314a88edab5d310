/** A bucket as it goes to the offsets topic; `entries` null is a tombstone. */
export interface BucketChange {
  /** Start of the span of time the bucket belongs to, epoch ms. */
  readonly slotMs: number
  readonly bucket: number
  readonly entries: readonly string[] | null
}

interface Slot {
  readonly buckets: Set<string>[]
  readonly dirty: Set<number>
}

/**
 * Texts grouped by a span of time and cut into buckets, so that a transaction writes only the buckets it changed and a
 * bucket stays below a record's size. The last state of each bucket in the offsets topic is the state of the whole.
 */
export class Buckets {
  readonly #entriesMax: number
  readonly #slots = new Map<number, Slot>()
  #size = 0

  /** `entriesMax`: how many texts a bucket holds. */
  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  get size(): number {
    return this.#size
  }

  /** The starts of the spans in use, in no order. */
  get slots(): Iterable<number> {
    return this.#slots.keys()
  }

  sizeOf(slotMs: number): number {
    let size = 0
    for (const bucket of this.#slots.get(slotMs)?.buckets ?? []) size += bucket.size
    return size
  }

  has(slotMs: number, entry: string): boolean {
    return this.#slots.get(slotMs)?.buckets.some(bucket => bucket.has(entry)) ?? false
  }

  *entriesOf(slotMs: number): Iterable<string> {
    for (const bucket of this.#slots.get(slotMs)?.buckets ?? []) yield* bucket
  }

  /** Whether it was new. */
  add(slotMs: number, entry: string): boolean {
    if (this.has(slotMs, entry)) return false
    const slot = this.#slot(slotMs)
    let last = slot.buckets.length - 1
    if (last < 0 || slot.buckets[last]!.size >= this.#entriesMax) last = slot.buckets.push(new Set()) - 1
    slot.buckets[last]!.add(entry)
    slot.dirty.add(last)
    this.#size++
    return true
  }

  remove(slotMs: number, entry: string): void {
    const slot = this.#slots.get(slotMs)
    const index = slot?.buckets.findIndex(bucket => bucket.delete(entry)) ?? -1
    if (index === -1) return
    slot!.dirty.add(index)
    this.#size--
  }

  /** Puts back a bucket as it was read from the offsets topic. */
  restore(slotMs: number, bucket: number, entries: readonly string[]): void {
    const { buckets } = this.#slot(slotMs)
    while (buckets.length <= bucket) buckets.push(new Set())
    this.#size += entries.length - buckets[bucket]!.size
    buckets[bucket] = new Set(entries)
  }

  /** Forgets the spans that start before `fromMs` and returns every bucket that differs from what is stored. */
  takeChanges(fromMs: number): BucketChange[] {
    const changes: BucketChange[] = []
    for (const [slotMs, slot] of this.#slots) {
      if (slotMs < fromMs) {
        for (let bucket = 0; bucket < slot.buckets.length; bucket++) changes.push({ slotMs, bucket, entries: null })
        this.#size -= this.sizeOf(slotMs)
        this.#slots.delete(slotMs)
        continue
      }
      for (const bucket of slot.dirty) {
        const entries = slot.buckets[bucket]!
        changes.push({ slotMs, bucket, entries: entries.size > 0 ? [...entries] : null })
      }
      slot.dirty.clear()
    }
    return changes
  }

  #slot(slotMs: number): Slot {
    let slot = this.#slots.get(slotMs)
    if (!slot) {
      slot = { buckets: [], dirty: new Set() }
      this.#slots.set(slotMs, slot)
    }
    return slot
  }
}
