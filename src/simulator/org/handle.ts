import { ownPaths, rowWriter } from '../soql/row-writer.ts'
import type { Effect, Org } from './org.ts'
import { createRow, deleteRow, readRow, undeleteRow, updateRow } from './save.ts'
import { isLive, type Table } from './table.ts'
import type { Transaction } from './transaction.ts'

type FieldValues = Readonly<Record<string, unknown>>
type JsonRow = Readonly<Record<string, unknown>>

/** Writes as REST would make them, without HTTP. Throws ApiError with Salesforce's code and text. */
export interface RowWrites {
  /** Returns the new row's 18-character id. */
  create(object: string, fields: FieldValues): string
  update(object: string, id: string, fields: FieldValues): void
  delete(object: string, id: string): void
  undelete(object: string, id: string): void
}

/** A transaction that stays open: rows are stamped when written, and others see them only after `commit`. */
export interface OpenTransaction extends RowWrites {
  commit(): void
  rollback(): void
}

/** The org in the hand of whoever runs it: each write is a transaction of its own, by another user than the connector's. */
export interface OrgHandle extends RowWrites {
  /** Opens a transaction by that user (someone else unless given). */
  begin(userId?: string): OpenTransaction
  /** The object's committed rows as REST writes them, with the recycle bin if `deleted`. */
  rows(object: string, options?: { deleted?: boolean }): JsonRow[]
  /** One committed row, also from the recycle bin. */
  row(object: string, id: string): JsonRow | undefined
  /** Live rows. */
  count(object: string): number
  /** Every committed write since the start, oldest first. */
  readonly effects: readonly Effect[]
}

/** Root of the `attributes.url` in rows that the handle returns. */
const root = '/services/data/v68.0'

function writesIn(org: Org, transaction: Transaction, around: <T>(write: () => T) => T): RowWrites {
  return {
    create: (object, fields) =>
      around(() => {
        const table = tableOf(org, object)
        return createRow(org, transaction, table, readRow(org, table.type, fields))
      }),
    update: (object, id, fields) =>
      around(() => {
        const table = tableOf(org, object)
        updateRow(org, transaction, table, id, readRow(org, table.type, fields))
      }),
    delete: (object, id) => around(() => deleteRow(org, transaction, tableOf(org, object), id)),
    undelete: (object, id) => around(() => undeleteRow(org, transaction, tableOf(org, object), id)),
  }
}

function tableOf(org: Org, object: string): Table {
  const table = org.table(object)
  if (!table) throw new RangeError(`the simulated org has no object ${object}`)
  return table
}

/** A handle on the org; `someone` is the user behind its writes. */
export function makeHandle(org: Org): OrgHandle {
  const begin = (userId = org.users.someone): OpenTransaction => {
    const transaction = org.begin({ userId, requestId: '' })
    const writes = writesIn(org, transaction, write => {
      transaction.resume()
      try {
        return write()
      } finally {
        transaction.park()
      }
    })
    return { ...writes, commit: () => transaction.commit(), rollback: () => transaction.rollback() }
  }
  const alone = <T>(write: (transaction: OpenTransaction) => T): T => {
    const transaction = begin()
    try {
      const result = write(transaction)
      transaction.commit()
      return result
    } finally {
      transaction.rollback()
    }
  }
  return {
    begin,
    create: (object, fields) => alone(open => open.create(object, fields)),
    update: (object, id, fields) => alone(open => open.update(object, id, fields)),
    delete: (object, id) => alone(open => open.delete(object, id)),
    undelete: (object, id) => alone(open => open.undelete(object, id)),
    rows: (object, { deleted = false } = {}) => {
      const table = tableOf(org, object)
      const write = rowWriter(table.type, ownPaths(table.type.fields), root)
      const versions = [...table.rows.values()].map(row => row.cells).filter(cells => cells !== undefined)
      return versions.filter(cells => deleted || isLive(cells)).map(cells => JSON.parse(write(cells)))
    },
    row: (object, id) => {
      const table = tableOf(org, object)
      const cells = table.rows.get(id)?.cells
      return cells && JSON.parse(rowWriter(table.type, ownPaths(table.type.fields), root)(cells))
    },
    count: object => [...tableOf(org, object).rows.values()].filter(row => isLive(row.cells)).length,
    get effects() {
      return org.effects
    },
  }
}
