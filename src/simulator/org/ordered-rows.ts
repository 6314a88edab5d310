import type { StoredRow } from './table.ts'

/** Half full after a split; large enough that a table of a million rows has about a thousand chunks. */
const chunkRowsMax = 1024

/** What rows are ordered by before their id. It must not change while the row is in the order. */
export type RowKey = (row: StoredRow) => number

/** Above every id. */
const lastId = '~'

/** Rows in the order (key, Id), the key being SystemModstamp unless given, kept in chunks so that an insert moves few of them. */
export class OrderedRows {
  readonly #key: RowKey
  readonly #chunks: StoredRow[][] = []

  constructor(key: RowKey = row => row.stamp, rows: Iterable<StoredRow> = []) {
    this.#key = key
    const sorted = [...rows].sort((a, b) => (this.#isBefore(a, key(b), b.id) ? -1 : 1))
    for (let i = 0; i < sorted.length; i += chunkRowsMax) this.#chunks.push(sorted.slice(i, i + chunkRowsMax))
  }

  insert(row: StoredRow): void {
    const key = this.#key(row)
    const at = Math.min(this.#chunkAt(key, row.id), Math.max(0, this.#chunks.length - 1))
    const chunk = this.#chunks[at]
    if (!chunk) {
      this.#chunks.push([row])
      return
    }
    chunk.splice(this.#lowerBound(chunk, key, row.id), 0, row)
    if (chunk.length > chunkRowsMax) {
      // Rows mostly arrive at the end: leave the left chunk full there instead of halving it.
      const keep = at === this.#chunks.length - 1 ? chunkRowsMax : chunkRowsMax / 2
      this.#chunks.splice(at + 1, 0, chunk.splice(keep))
    }
  }

  remove(row: StoredRow): void {
    const key = this.#key(row)
    const at = this.#chunkAt(key, row.id)
    const chunk = this.#chunks[at]
    if (!chunk) return
    const i = this.#lowerBound(chunk, key, row.id)
    if (chunk[i] !== row) return
    chunk.splice(i, 1)
    if (chunk.length === 0) this.#chunks.splice(at, 1)
  }

  /** Rows with from <= key <= to, in order; ids bound the rows at both ends. The table must not change during the walk. */
  *walk(from: number, to: number, fromId = '', toId = lastId): Generator<StoredRow> {
    for (let at = this.#chunkAt(from, fromId); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] ?? []
      for (let i = this.#lowerBound(chunk, from, fromId); i < chunk.length; i++) {
        const row = chunk[i]
        if (!row || this.#isAfter(row, to, toId)) return
        yield row
      }
    }
  }

  /** The same rows, last first. */
  *walkBack(from: number, to: number, fromId = '', toId = lastId): Generator<StoredRow> {
    for (let at = Math.min(this.#chunkAt(to, toId), this.#chunks.length - 1); at >= 0; at--) {
      const chunk = this.#chunks[at] ?? []
      for (let i = chunk.length - 1; i >= 0; i--) {
        const row = chunk[i]
        if (!row || this.#isBefore(row, from, fromId)) return
        if (!this.#isAfter(row, to, toId)) yield row
      }
    }
  }

  #isBefore(row: StoredRow, key: number, id: string): boolean {
    const own = this.#key(row)
    return own < key || (own === key && row.id < id)
  }

  #isAfter(row: StoredRow, key: number, id: string): boolean {
    const own = this.#key(row)
    return own > key || (own === key && row.id > id)
  }

  /** The first chunk whose last row is not before the key. */
  #chunkAt(key: number, id: string): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const last = this.#chunks[middle]?.at(-1)
      if (last && this.#isBefore(last, key, id)) low = middle + 1
      else high = middle
    }
    return low
  }

  #lowerBound(chunk: readonly StoredRow[], key: number, id: string): number {
    let low = 0
    let high = chunk.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const row = chunk[middle]
      if (row && this.#isBefore(row, key, id)) low = middle + 1
      else high = middle
    }
    return low
  }
}
