import type { Watermark } from '../core/contract.ts'
import { type BucketChange, Buckets } from './buckets.ts'

/** One state of one row: two states under one SystemModstamp differ by their hash (design 4.5). */
export interface Version {
  readonly recordId: string
  readonly stampMs: number
  /** 16 hex digits over the fields that belong to the row itself. */
  readonly hash: string
}

/** 18 + 16 characters, quotes and a comma are 37 bytes: 7,000 entries stay below 256 KiB. */
export const windowBucketEntriesMax = 7_000
const idLength = 18

const entryOf = (version: Version): string => version.recordId + version.hash

/** The versions that a poll may read again: those seen since the position's floor, grouped by their stamp's second. */
export class Window {
  readonly #buckets = new Buckets(windowBucketEntriesMax)
  readonly #versionsById = new Map<string, number>()
  /** The rows of the second that was last asked for: many rows may share one. */
  #idsAt: { readonly stampMs: number; readonly ids: Set<string> } | undefined

  /** Number of versions held. */
  get size(): number {
    return this.#buckets.size
  }

  /** The latest stamp of a version held; undefined if there is none. */
  get lastStampMs(): number | undefined {
    let last: number | undefined
    for (const stampMs of this.#buckets.slots) if (last === undefined || stampMs > last) last = stampMs
    return last
  }

  has(version: Version): boolean {
    return this.#buckets.has(version.stampMs, entryOf(version))
  }

  /** Whether a version of the row with that stamp is held, whatever its hash. */
  hasStamp(recordId: string, stampMs: number): boolean {
    if (!this.hasId(recordId)) return false
    if (this.#idsAt?.stampMs !== stampMs) {
      const ids = new Set<string>()
      for (const entry of this.#buckets.entriesOf(stampMs)) ids.add(entry.slice(0, idLength))
      this.#idsAt = { stampMs, ids }
    }
    return this.#idsAt.ids.has(recordId)
  }

  /** Whether any version of the row is held. */
  hasId(recordId: string): boolean {
    return this.#versionsById.has(recordId)
  }

  add(version: Version): void {
    if (!this.#buckets.add(version.stampMs, entryOf(version))) return
    this.#count(version.recordId, 1)
    if (this.#idsAt?.stampMs === version.stampMs) this.#idsAt.ids.add(version.recordId)
  }

  /** Puts back a bucket as it was read from the offsets topic. */
  restore(stampMs: number, bucket: number, entries: readonly string[]): void {
    this.#idsAt = undefined
    this.#buckets.restore(stampMs, bucket, entries)
    for (const entry of entries) this.#count(entry.slice(0, idLength), 1)
  }

  /** Forgets the rows of the place's second up to its id; `takeChanges` forgets the seconds before. */
  forgetUpTo(place: Watermark): void {
    this.#idsAt = undefined
    for (const entry of [...this.#buckets.entriesOf(place.modifiedAtMs)]) {
      if (entry.slice(0, idLength) > place.recordId) continue
      this.#buckets.remove(place.modifiedAtMs, entry)
      this.#count(entry.slice(0, idLength), -1)
    }
  }

  /** Forgets what lies before `fromMs` and returns every bucket that differs from what is stored, tombstones included. */
  takeChanges(fromMs: number): BucketChange[] {
    this.#idsAt = undefined
    for (const stampMs of this.#buckets.slots) {
      if (stampMs >= fromMs) continue
      for (const entry of this.#buckets.entriesOf(stampMs)) this.#count(entry.slice(0, idLength), -1)
    }
    return this.#buckets.takeChanges(fromMs)
  }

  /** The earliest second from which on at most `entriesMax` versions are held; undefined if that is all of them. */
  latest(entriesMax: number): number | undefined {
    if (this.size <= entriesMax) return undefined
    const stamps = [...this.#buckets.slots].sort((a, b) => b - a)
    let held = 0
    for (const [index, stampMs] of stamps.entries()) {
      held += this.#buckets.sizeOf(stampMs)
      if (held > entriesMax) return index === 0 ? stampMs + 1_000 : stamps[index - 1]!
    }
    return undefined
  }

  #count(recordId: string, change: 1 | -1): void {
    const left = (this.#versionsById.get(recordId) ?? 0) + change
    if (left === 0) this.#versionsById.delete(recordId)
    else this.#versionsById.set(recordId, left)
  }
}
