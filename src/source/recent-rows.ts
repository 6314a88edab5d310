import type { Row } from '../core/contract.ts'
import type { Version } from './window.ts'

/** Rows stamped this much before the latest one are forgotten: their second is over, so it brings no further version. */
const keptMs = 2_000
const rowsMax = 200

/** A row as it was last met; `types` are those of the fields that were read then, by name. */
interface Met {
  readonly row: Row
  readonly stampMs: number
  readonly types: ReadonlyMap<string, string>
}

/**
 * The latest rows, to tell a second version under one stamp from the first while the window's hashes cannot: they were
 * made from other fields. Only in memory, and few.
 */
export class RecentRows {
  readonly #rows = new Map<string, Met>()
  #types: ReadonlyMap<string, string> = new Map()
  #lastMs = 0

  /** What is read from now on: fields with their types, `Title string`. */
  use(names: readonly string[]): void {
    this.#types = new Map(names.map(name => name.split(' ') as [string, string]))
  }

  meet(row: Row, { recordId, stampMs }: Version): void {
    if (stampMs > this.#lastMs) {
      this.#lastMs = stampMs
      for (const [id, met] of this.#rows) if (met.stampMs < stampMs - keptMs) this.#rows.delete(id)
    }
    if (stampMs < this.#lastMs - keptMs || (this.#rows.size >= rowsMax && !this.#rows.has(recordId))) return
    this.#rows.set(recordId, { row, stampMs, types: this.#types })
  }

  /** Whether the row was met under the same stamp with another value in a field that was read then too. */
  differs(row: Row, { recordId, stampMs }: Version): boolean {
    const met = this.#rows.get(recordId)
    if (met?.stampMs !== stampMs) return false
    for (const [field, type] of met.types) {
      const now = this.#types.get(field)
      if (now === undefined) continue
      const compare = now === type ? textOf : looseText
      if (compare(met.row[field]) !== compare(row[field])) return true
    }
    return false
  }
}

const textOf = (value: unknown): string => JSON.stringify(value ?? null)

/** 12.5, "12.5" and "12.50" are one value to whoever changed the type of the field. */
function looseText(value: unknown): string {
  const text = String(value ?? '')
  return text !== '' && Number.isFinite(Number(text)) ? String(Number(text)) : text.toLowerCase()
}
