import type { Cells } from './cell.ts'
import { type Field, type ObjectType, systemSlots } from './object-type.ts'
import { OrderedRows } from './ordered-rows.ts'
import { makeRecordId } from './record-id.ts'
import type { Transaction } from './transaction.ts'

/** A row of a table. `cells` is its committed version; undefined while it does not exist (not yet committed, or rolled back). */
export interface StoredRow {
  readonly id: string
  cells: Cells | undefined
  /** SystemModstamp of `cells`. */
  stamp: number
  /** The transaction that has written the row and not yet committed. */
  lockedBy: Transaction | undefined
}

/** External-id values match whatever their case (salesforce-facts 2.7). */
export const foldCase = (value: unknown): string => String(value).toLowerCase()

/** The rows of one object with their indexes: by id, by (SystemModstamp, Id), and by each external id. */
export class Table {
  readonly type: ObjectType
  readonly rows = new Map<string, StoredRow>()
  readonly byStamp = new OrderedRows()
  /** Values of unique fields that uncommitted transactions have written, so that no other may take them. */
  readonly reserved = new Map<string, StoredRow>()
  readonly #indexed: readonly Field[]
  readonly #indexes = new Map<Field, Map<string, StoredRow[]>>()
  #sequence = 0

  constructor(type: ObjectType) {
    this.type = type
    this.#indexed = type.fields.filter(field => field.externalId || field.unique)
    for (const field of this.#indexed) this.#indexes.set(field, new Map())
  }

  nextId(): string {
    return makeRecordId(this.type.keyPrefix, ++this.#sequence)
  }

  /** A row that does not exist yet; `put` gives it its first version. */
  newRow(id: string): StoredRow {
    return { id, cells: undefined, stamp: 0, lockedBy: undefined }
  }

  /** Replaces the row's version and keeps every index in step; undefined takes the row away. */
  put(row: StoredRow, cells: Cells | undefined): void {
    if (row.cells) {
      this.byStamp.remove(row)
      this.#unindex(row, row.cells)
    }
    row.cells = cells
    if (!cells) {
      this.rows.delete(row.id)
      return
    }
    row.stamp = Number(cells[systemSlots.SystemModstamp])
    this.rows.set(row.id, row)
    this.byStamp.insert(row)
    for (const field of this.#indexed) {
      const value = cells[field.slot]
      if (value == null) continue
      const index = this.#indexes.get(field)
      const key = foldCase(value)
      const found = index?.get(key)
      if (found) found.push(row)
      else index?.set(key, [row])
    }
  }

  /** Rows whose external id is `value`, those in the recycle bin included; undefined if the field has no index. */
  lookup(field: Field, value: unknown): readonly StoredRow[] | undefined {
    const index = this.#indexes.get(field)
    return index && (index.get(foldCase(value)) ?? [])
  }

  #unindex(row: StoredRow, cells: Cells): void {
    for (const field of this.#indexed) {
      const value = cells[field.slot]
      if (value == null) continue
      const key = foldCase(value)
      const left = this.#indexes
        .get(field)
        ?.get(key)
        ?.filter(other => other !== row)
      if (left?.length) this.#indexes.get(field)?.set(key, left)
      else this.#indexes.get(field)?.delete(key)
    }
  }
}

export const isLive = (cells: Cells | undefined): cells is Cells =>
  cells !== undefined && cells[systemSlots.IsDeleted] !== true
