import { ownPaths, rowWriter } from '../soql/row-writer.ts'
import { convertLead, type LeadConvert, type LeadConvertResult } from './convert-lead.ts'
import { deleteRow, hardDeleteRow, undeleteRow } from './delete.ts'
import { type MergeRequest, type MergeResult, mergeRows } from './merge.ts'
import type { Effect, Org } from './org.ts'
import { readRow } from './read-row.ts'
import { createRow, updateRow } from './save.ts'
import { archiveTasks, reviseRow, touchRow } from './system-changes.ts'
import { isLive, type Table } from './table.ts'
import type { Transaction } from './transaction.ts'

type FieldValues = Readonly<Record<string, unknown>>
type JsonRow = Readonly<Record<string, unknown>>

/** A merge with the winner's new values as JSON. */
export interface MergeOrder extends Omit<MergeRequest, 'values'> {
  readonly values?: FieldValues
}

/** Writes as REST would make them, and those that only others than REST can make, without HTTP. Throws ApiError with Salesforce's
 *  code and text, RangeError for an object or a field that there is none of. */
export interface RowWrites {
  /** Returns the new row's 18-character id. */
  create(object: string, fields: FieldValues): string
  update(object: string, id: string, fields: FieldValues): void
  delete(object: string, id: string): void
  undelete(object: string, id: string): void
  /** Past the recycle bin. */
  hardDelete(object: string, id: string): void
  merge(object: string, order: MergeOrder): MergeResult
  convert(convert: LeadConvert): LeadConvertResult
  /** As Salesforce's own processes write: SystemModstamp moves alone (salesforce-facts 3.5). */
  touch(object: string, id: string, fields?: FieldValues): void
  /** As formulas change: no stamp moves. */
  revise(object: string, id: string, fields: FieldValues): void
  /** Archives the tasks that are due; returns how many. */
  archiveTasks(): number
  /** Creates `count` rows, the fields of the n-th given by `fieldsOf`; returns their ids. All carry one stamp. */
  bulkWrite(object: string, count: number, fieldsOf: (n: number) => FieldValues): string[]
}

/** A transaction that stays open: rows are stamped when written, and others see them only after `commit`. */
export interface OpenTransaction extends RowWrites {
  commit(): void
  rollback(): void
}

/** The org in the hand of whoever runs it: each write is a transaction of its own, by another user than the connector's. */
export interface OrgHandle extends RowWrites {
  /** Opens a transaction by that user (someone else unless given); `stampMs` is the stamp of its rows, in epoch milliseconds. */
  begin(userId?: string, stampMs?: number): OpenTransaction
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

type Around = <T>(write: (transaction: Transaction) => T) => T

function writesIn(org: Org, around: Around): RowWrites {
  const on = (object: string) => tableOf(org, object)
  return {
    create: (object, fields) => around(open => createRow(org, open, on(object), readRow(org, on(object).type, fields))),
    update: (object, id, fields) =>
      around(open => updateRow(org, open, on(object), id, readRow(org, on(object).type, fields))),
    delete: (object, id) => around(open => deleteRow(org, open, on(object), id)),
    undelete: (object, id) => around(open => undeleteRow(org, open, on(object), id)),
    hardDelete: (object, id) => around(open => hardDeleteRow(org, open, on(object), id)),
    merge: (object, { values = {}, ...order }) =>
      around(open => mergeRows(org, open, on(object), { ...order, values: readRow(org, on(object).type, values) })),
    convert: convert => around(open => convertLead(org, open, convert)),
    touch: (object, id, fields) => around(open => touchRow(org, open, on(object), id, fields)),
    revise: (object, id, fields) => around(open => reviseRow(org, open, on(object), id, fields)),
    archiveTasks: () => around(open => archiveTasks(org, open)),
    bulkWrite: (object, count, fieldsOf) =>
      around(open => {
        const table = on(object)
        const stampBefore = open.stampMs
        open.stampMs ??= org.stampMs()
        const ids: string[] = []
        for (let n = 0; n < count; n++) ids.push(createRow(org, open, table, readRow(org, table.type, fieldsOf(n))))
        open.stampMs = stampBefore
        return ids
      }),
  }
}

function tableOf(org: Org, object: string): Table {
  const table = org.table(object)
  if (!table) throw new RangeError(`the simulated org has no object ${object}`)
  return table
}

/** Writes of a transaction that is parked whenever it does not write; a write that fails leaves nothing. */
function openTransaction(org: Org, userId: string, stampMs: number | undefined): OpenTransaction {
  const transaction = org.begin({ userId, requestId: '' }, 0, stampMs)
  const writes = writesIn(org, write => {
    transaction.resume()
    const start = transaction.changes.length
    try {
      return write(transaction)
    } catch (error) {
      transaction.rollbackTo(start)
      throw error
    } finally {
      transaction.park()
    }
  })
  return { ...writes, commit: () => transaction.commit(), rollback: () => transaction.rollback() }
}

/** A handle on the org; `someone` is the user behind its writes. */
export function makeHandle(org: Org): OrgHandle {
  const alone: Around = write => {
    const transaction = org.begin({ userId: org.users.someone, requestId: '' })
    try {
      const result = write(transaction)
      transaction.commit()
      return result
    } finally {
      transaction.rollback()
    }
  }
  return {
    ...writesIn(org, alone),
    begin: (userId = org.users.someone, stampMs) => openTransaction(org, userId, stampMs),
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
