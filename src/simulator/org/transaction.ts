import { rowError } from '../api-error.ts'
import { type Access, fullAccess } from './access.ts'
import type { Cells } from './cell.ts'
import { foldCase, type StoredRow, type Table } from './table.ts'

/** `system`: what Salesforce itself changed in a row; `hardDelete`: past the recycle bin. */
export type WriteOperation = 'create' | 'update' | 'delete' | 'undelete' | 'hardDelete' | 'system'

/** One row's change, with the versions before and after it, so that it can be taken back and done again. */
export interface Change {
  readonly operation: WriteOperation
  readonly table: Table
  readonly row: StoredRow
  readonly before: Cells | undefined
  /** undefined: the row is gone. */
  readonly after: Cells | undefined
  readonly savedAtMs: number
  /** The row whose deletion or undeletion took this one along. */
  readonly because?: string
  /** What follows once the change is committed. */
  readonly followUp?: () => void
}

/** Who writes, and in which request (an empty id: not over HTTP). */
export interface Writer {
  readonly userId: string
  readonly requestId: string
}

/** What a transaction starts with beside its writer. Times are epoch milliseconds. */
export interface TransactionStart {
  readonly startedAtMs: number
  /** How many of the first rows it writes fail with UNABLE_TO_LOCK_ROW. */
  readonly rowLocks: number
  /** The stamp of every row it saves; the org's time unless given. */
  readonly stampMs?: number | undefined
  readonly access?: Access
}

type State = 'open' | 'parked' | 'committed' | 'rolledBack'

/** Setup objects, which share no transaction with ordinary rows (salesforce-facts 6.9). */
const setupObjects: ReadonlySet<string> = new Set(['User'])

/** A unit of writes. Rows are stamped when they are saved and seen by others only after the commit (salesforce-facts 3.6):
 *  while parked, the changes are taken out of the tables and their rows are locked. A write that throws may have done a part of its
 *  work: whoever catches its error takes back what came after the last write that he keeps (`rollbackTo`). */
export class Transaction {
  readonly writer: Writer
  readonly startedAtMs: number
  readonly access: Access
  readonly changes: Change[] = []
  state: State = 'open'
  stampMs: number | undefined
  /** The transaction whose row this one could not have; it may be waited for. */
  blockedBy: Transaction | undefined
  #rowLocks: number
  #partStart = 0
  readonly #onEnd: (transaction: Transaction) => void

  constructor(writer: Writer, start: TransactionStart, onEnd: (transaction: Transaction) => void) {
    this.writer = writer
    this.#rowLocks = start.rowLocks
    this.startedAtMs = start.startedAtMs
    this.stampMs = start.stampMs
    this.access = start.access ?? fullAccess
    this.#onEnd = onEnd
  }

  /** Throws UNABLE_TO_LOCK_ROW if a fault says so or another transaction has written the row (salesforce-facts 2.10). */
  lock(row?: StoredRow): void {
    if (this.#rowLocks === 0 && !row?.lockedBy) return
    if (this.#rowLocks > 0) this.#rowLocks--
    this.#refuseLocked(row)
  }

  /** Saves one change; visible within this transaction at once. Throws if another transaction has written the row. */
  apply(change: Change): void {
    if (change.row.lockedBy) this.#refuseLocked(change.row)
    this.#refuseMixed(change)
    change.table.put(change.row, change.after)
    this.changes.push(change)
  }

  /** Runs once the last change is committed; forgotten if that is taken back. */
  afterCommit(what: () => void): void {
    const last = this.changes.pop()
    if (!last) return
    const followUp = () => {
      last.followUp?.()
      what()
    }
    this.changes.push({ ...last, followUp })
  }

  /** From here on the changes are as good as a transaction of their own: setup objects and others may have been mixed before. */
  beginPart(): void {
    this.#partStart = this.changes.length
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

  #refuseLocked(row: StoredRow | undefined): never {
    this.blockedBy = row?.lockedBy
    const which = row ? `: ${row.id}` : ''
    throw rowError('UNABLE_TO_LOCK_ROW', `unable to obtain exclusive access to this record or 1 records${which}`)
  }

  /** Setup objects and others in one transaction (salesforce-facts 2.10, 6.9). */
  #refuseMixed({ table, operation }: Change): void {
    const original = this.changes[this.#partStart]?.table.type.name
    if (original === undefined || operation === 'system') return
    const { name } = table.type
    if (setupObjects.has(original) === setupObjects.has(name)) return
    const message = `DML operation on setup object is not permitted after you have updated a non-setup object (or vice versa): ${name}, original object: ${original}`
    throw rowError('MIXED_DML_OPERATION', message)
  }
}

/** How a unique value is reserved: the field's slot and the value without case. */
export const uniqueKey = (slot: number, value: unknown): string => `${slot}:${foldCase(value)}`

function uniqueKeys(table: Table, cells: Cells | undefined): string[] {
  if (!cells) return []
  return table.type.fields
    .filter(field => field.unique && cells[field.slot] != null)
    .map(field => uniqueKey(field.slot, cells[field.slot]))
}
