import { DeleteLog } from './delete-log.ts'
import type { Org } from './org.ts'
import type { StoredRow, Table } from './table.ts'
import type { Change } from './transaction.ts'

const hourMs = 3_600_000
/** How long a deleted row can be undeleted, and the younger rows that an overflow spares (salesforce-facts 4.1). */
const retentionMs = 15 * 24 * hourMs
const overflowSparesMs = 2 * hourMs

/** A lookup that a delete cleared. */
interface ClearedLookup {
  readonly table: Table
  readonly row: StoredRow
  readonly slot: number
  readonly parentId: string
}

/** A deleted row that can be brought back. */
export interface BinnedRow {
  readonly table: Table
  readonly row: StoredRow
  readonly deletedAtMs: number
  /** The row whose delete took this one along; it can only come back with that one. */
  readonly because: string | undefined
  /** The rows that went with this one. */
  readonly taken: BinnedRow[]
  readonly cleared: ClearedLookup[]
}

/** The recycle bin (salesforce-facts 4.1): rows stay 15 days or until it is emptied, then wait for their physical deletion. */
export class RecycleBin {
  readonly log = new DeleteLog()
  readonly #org: Org
  /** By id, oldest first. */
  readonly #rows = new Map<string, BinnedRow>()
  /** Emptied rows that are still there for queryAll, oldest first. */
  readonly #emptied: { readonly table: Table; readonly row: StoredRow; readonly emptiedAtMs: number }[] = []

  constructor(org: Org) {
    this.#org = org
  }

  get size(): number {
    return this.#rows.size
  }

  find(id: string): BinnedRow | undefined {
    return this.#rows.get(id)
  }

  /** Takes note of committed changes. */
  keep(changes: readonly Change[]): void {
    for (const change of changes) {
      const { operation, table, row, savedAtMs, because } = change
      if (operation === 'delete') {
        const binned = { table, row, deletedAtMs: savedAtMs, because, taken: [], cleared: [] }
        this.#rows.set(row.id, binned)
        if (because !== undefined) this.#rows.get(because)?.taken.push(binned)
        this.log.add(table, row.id, savedAtMs)
      } else if (operation === 'undelete') {
        this.#rows.delete(row.id)
        this.log.remove(table, row.id)
      } else if (operation === 'hardDelete') {
        this.#rows.delete(row.id)
        this.log.add(table, row.id, savedAtMs)
      } else if (operation === 'system' && because !== undefined) {
        this.#rows.get(because)?.cleared.push(...lookupsCleared(change))
      }
    }
  }

  /** Empties the bin, or removes these rows from it with what went with them: they cannot be undeleted any more.
   *  Returns how many rows left the bin. */
  empty(ids?: readonly string[]): number {
    const before = this.#rows.size
    for (const id of ids ?? [...this.#rows.keys()]) {
      const binned = this.#rows.get(id)
      if (binned) for (const each of [binned, ...binned.taken]) this.#remove(each)
    }
    this.sweep()
    return before - this.#rows.size
  }

  /** Removes what has been here for its time: rows from the bin, and emptied rows for good. */
  sweep(): void {
    const nowMs = this.#org.now()
    const { recycleBinRowsMax, physicalDeletionMs } = this.#org.switches
    for (const binned of this.#rows.values()) {
      const ageMs = nowMs - binned.deletedAtMs
      const overflows = this.#rows.size > recycleBinRowsMax && ageMs >= overflowSparesMs
      if (ageMs < retentionMs && !overflows) break
      this.#remove(binned)
    }
    let gone = 0
    for (const { table, row, emptiedAtMs } of this.#emptied) {
      if (nowMs - emptiedAtMs < physicalDeletionMs || row.lockedBy) break
      if (table.rows.get(row.id) === row) table.put(row, undefined)
      gone++
    }
    if (gone > 0) this.#emptied.splice(0, gone)
  }

  #remove({ table, row }: BinnedRow): void {
    if (this.#rows.delete(row.id)) this.#emptied.push({ table, row, emptiedAtMs: this.#org.now() })
  }
}

function lookupsCleared({ table, row, before, after }: Change): ClearedLookup[] {
  return table.type.fields
    .filter(({ type, slot }) => type === 'reference' && slot >= 0)
    .filter(({ slot }) => before?.[slot] != null && after?.[slot] === null)
    .map(({ slot }) => ({ table, row, slot, parentId: String(before?.[slot]) }))
}
