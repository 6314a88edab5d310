import type { StoredRow } from './table.ts'

/** Half full after a split; large enough that a table of a million rows has about a thousand chunks. */
const chunkRowsMax = 1024

function isBefore(a: StoredRow, stamp: number, id: string): boolean {
  return a.stamp < stamp || (a.stamp === stamp && a.id < id)
}

/** Rows in the order (SystemModstamp, Id), kept in chunks so that an insert moves few of them. */
export class OrderedRows {
  readonly #chunks: StoredRow[][] = []

  /** The row's stamp must not change while it is in here. */
  insert(row: StoredRow): void {
    const at = Math.min(this.#chunkAt(row.stamp, row.id), Math.max(0, this.#chunks.length - 1))
    const chunk = this.#chunks[at]
    if (!chunk) {
      this.#chunks.push([row])
      return
    }
    chunk.splice(lowerBound(chunk, row.stamp, row.id), 0, row)
    if (chunk.length > chunkRowsMax) {
      // Rows mostly arrive at the end: leave the left chunk full there instead of halving it.
      const keep = at === this.#chunks.length - 1 ? chunkRowsMax : chunkRowsMax / 2
      this.#chunks.splice(at + 1, 0, chunk.splice(keep))
    }
  }

  remove(row: StoredRow): void {
    const at = this.#chunkAt(row.stamp, row.id)
    const chunk = this.#chunks[at]
    if (!chunk) return
    const i = lowerBound(chunk, row.stamp, row.id)
    if (chunk[i] !== row) return
    chunk.splice(i, 1)
    if (chunk.length === 0) this.#chunks.splice(at, 1)
  }

  /** Rows with fromMs <= stamp <= toMs, in order. The table must not change during the walk. */
  *walk(fromMs: number, toMs: number): Generator<StoredRow> {
    for (let at = this.#chunkAt(fromMs, ''); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] ?? []
      for (let i = lowerBound(chunk, fromMs, ''); i < chunk.length; i++) {
        const row = chunk[i]
        if (!row || row.stamp > toMs) return
        yield row
      }
    }
  }

  /** The first chunk whose last row is not before the key. */
  #chunkAt(stamp: number, id: string): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const last = this.#chunks[middle]?.at(-1)
      if (last && isBefore(last, stamp, id)) low = middle + 1
      else high = middle
    }
    return low
  }
}

function lowerBound(chunk: readonly StoredRow[], stamp: number, id: string): number {
  let low = 0
  let high = chunk.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const row = chunk[middle]
    if (row && isBefore(row, stamp, id)) low = middle + 1
    else high = middle
  }
  return low
}
