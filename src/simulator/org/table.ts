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

/** The rows with one value: a single row mostly, so a set is made only for the second. */
type Bucket = StoredRow | Set<StoredRow>
type Index = Map<string, Bucket>

/** The rows of one object with their indexes: by id, by (SystemModstamp, Id), by each external id, and by lookups once asked for. */
export class Table {
  readonly rows = new Map<string, StoredRow>()
  readonly byStamp = new OrderedRows()
  /** Values of unique fields that uncommitted transactions have written, so that no other may take them. */
  readonly reserved = new Map<string, StoredRow>()
  readonly #indexes = new Map<Field, Index>()
  readonly #orders = new Map<number, OrderedRows>()
  #type: ObjectType
  #sequence = 0

  constructor(type: ObjectType) {
    this.#type = type
    for (const field of type.fields) if (field.externalId || field.unique) this.#indexes.set(field, new Map())
  }

  /** Replaced when fields are added, removed or retyped: not to be kept over requests. */
  get type(): ObjectType {
    return this.#type
  }

  /** Takes the type in the old one's place; rows stay, indexes are built anew. */
  retype(type: ObjectType): void {
    this.#type = type
    this.#indexes.clear()
    for (const field of type.fields) if (field.externalId || field.unique) this.#index(field)
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
    const before = row.cells
    const stamp = Number(cells?.[systemSlots.SystemModstamp])
    const moves = !before || !cells || stamp !== row.stamp
    if (before && moves) this.byStamp.remove(row)
    for (const [slot, order] of this.#orders) if (before && before[slot] !== cells?.[slot]) order.remove(row)
    row.cells = cells
    for (const [slot, order] of this.#orders) if (cells && before?.[slot] !== cells[slot]) order.insert(row)
    if (cells && moves) {
      row.stamp = stamp
      this.byStamp.insert(row)
    }
    if (!cells) this.rows.delete(row.id)
    else if (!before) this.rows.set(row.id, row)
    for (const [field, index] of this.#indexes) {
      const old = before?.[field.slot] ?? null
      const value = cells?.[field.slot] ?? null
      if (old === value) continue
      if (old !== null) removeFrom(index, foldCase(old), row)
      if (value !== null) addTo(index, foldCase(value), row)
    }
  }

  /** Rows whose external id is `value`, those in the recycle bin included; undefined if the field has no index. */
  lookup(field: Field, value: unknown): readonly StoredRow[] | undefined {
    const index = this.#indexes.get(field)
    return index && rowsIn(index, value)
  }

  /** All rows by Id, or by a time that no row lacks and then by Id. The first call for a field sorts all rows. */
  orderedBy(field: Field): OrderedRows {
    const { slot } = field
    if (slot === systemSlots.SystemModstamp) return this.byStamp
    const key = field.type === 'id' ? () => 0 : (row: StoredRow) => Number(row.cells?.[slot])
    const order = this.#orders.get(slot) ?? new OrderedRows(key, this.rows.values())
    this.#orders.set(slot, order)
    return order
  }

  /** The live rows that a value of an external id names. Whether case counts is a switch, but not for unique fields
   *  (salesforce-facts 2.7, 14.12); undefined if the field has no index. */
  named(field: Field, value: unknown): readonly StoredRow[] | undefined {
    const inAnyCase = field.unique || this.type.surroundings.switches.externalIdCase === 'folded'
    const isNamed = ({ cells }: StoredRow) =>
      isLive(cells) && (inAnyCase || String(cells[field.slot]) === String(value))
    return this.lookup(field, value)?.filter(isNamed)
  }

  /** Rows whose field is `value`, those in the recycle bin included. The first call for a field walks all rows. */
  matching(field: Field, value: unknown): readonly StoredRow[] {
    return rowsIn(this.#indexes.get(field) ?? this.#index(field), value)
  }

  #index(field: Field): Index {
    const index: Index = new Map()
    for (const row of this.rows.values()) {
      const cell = row.cells?.[field.slot] ?? null
      if (cell !== null) addTo(index, foldCase(cell), row)
    }
    this.#indexes.set(field, index)
    return index
  }
}

function rowsIn(index: Index, value: unknown): readonly StoredRow[] {
  const bucket = index.get(foldCase(value))
  if (!bucket) return []
  return bucket instanceof Set ? [...bucket] : [bucket]
}

function addTo(index: Index, key: string, row: StoredRow): void {
  const bucket = index.get(key)
  if (bucket instanceof Set) bucket.add(row)
  else index.set(key, bucket ? new Set([bucket, row]) : row)
}

function removeFrom(index: Index, key: string, row: StoredRow): void {
  const bucket = index.get(key)
  if (!(bucket instanceof Set)) {
    if (bucket === row) index.delete(key)
    return
  }
  bucket.delete(row)
  if (bucket.size === 0) index.delete(key)
}

export const isLive = (cells: Cells | undefined): cells is Cells =>
  cells !== undefined && cells[systemSlots.IsDeleted] !== true
