import { rowError } from '../api-error.ts'
import type { Cells } from './cell.ts'
import { foldCase, type StoredRow, type Table } from './table.ts'

export type WriteOperation = 'create' | 'update' | 'delete' | 'undelete'

/** One row's change, with the versions before and after it, so that it can be taken back and done again. */
export interface Change {
  readonly operation: WriteOperation
  readonly table: Table
  readonly row: StoredRow
  readonly before: Cells | undefined
  readonly after: Cells
  readonly savedAtMs: number
}

/** Who writes, and in which request (an empty id: not over HTTP). */
export interface Writer {
  readonly userId: string
  readonly requestId: string
}

type State = 'open' | 'parked' | 'committed' | 'rolledBack'

/** A unit of writes. Rows are stamped when they are saved and seen by others only after the commit (salesforce-facts 3.6):
 *  while parked, the changes are taken out of the tables and their rows are locked. */
export class Transaction {
  readonly writer: Writer
  readonly startedAtMs: number
  #rowLocks: number
  readonly changes: Change[] = []
  state: State = 'open'
  readonly #onEnd: (transaction: Transaction) => void

  constructor(writer: Writer, rowLocks: number, startedAtMs: number, onEnd: (transaction: Transaction) => void) {
    this.writer = writer
    this.#rowLocks = rowLocks
    this.startedAtMs = startedAtMs
    this.#onEnd = onEnd
  }

  /** Throws UNABLE_TO_LOCK_ROW if a fault says so or another transaction has written the row (salesforce-facts 2.10). */
  lock(row?: StoredRow): void {
    if (this.#rowLocks === 0 && !row?.lockedBy) return
    if (this.#rowLocks > 0) this.#rowLocks--
    const which = row ? `: ${row.id}` : ''
    throw rowError('UNABLE_TO_LOCK_ROW', `unable to obtain exclusive access to this record or 1 records${which}`)
  }

  /** Saves one change; visible within this transaction at once. */
  apply(change: Change): void {
    change.table.put(change.row, change.after)
    this.changes.push(change)
  }

  /** Takes back every change after the first `count`. */
  rollbackTo(count: number): void {
    for (const change of this.changes.splice(count).reverse()) change.table.put(change.row, change.before)
  }

  /** Hides the changes from everybody until `resume` or `commit`. */
  park(): void {
    if (this.state !== 'open') return
    for (const { table, row, before, after } of this.changes.toReversed()) {
      table.put(row, before)
      row.lockedBy = this
      for (const key of uniqueKeys(table, after)) table.reserved.set(key, row)
    }
    this.state = 'parked'
  }

  /** Makes the changes visible to this transaction's own next write; nothing else may run until it parks again. */
  resume(): void {
    if (this.state !== 'parked') return
    for (const { table, row, after } of this.changes) {
      table.put(row, after)
      row.lockedBy = undefined
      for (const key of uniqueKeys(table, after)) table.reserved.delete(key)
    }
    this.state = 'open'
  }

  commit(): void {
    this.resume()
    if (this.state !== 'open') return
    this.state = 'committed'
    this.#onEnd(this)
  }

  rollback(): void {
    this.resume()
    if (this.state !== 'open') return
    this.rollbackTo(0)
    this.state = 'rolledBack'
    this.#onEnd(this)
  }
}

/** How a unique value is reserved: the field's slot and the value without case. */
export const uniqueKey = (slot: number, value: unknown): string => `${slot}:${foldCase(value)}`

function uniqueKeys(table: Table, cells: Cells): string[] {
  return table.type.fields
    .filter(field => field.unique && cells[field.slot] != null)
    .map(field => uniqueKey(field.slot, cells[field.slot]))
}
