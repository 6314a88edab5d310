import type { Cell, Cells } from './cell.ts'
import type { Field } from './object-type.ts'
import type { Org } from './org.ts'
import type { StoredRow, Table } from './table.ts'
import type { Transaction } from './transaction.ts'

/** One row about to be saved. */
export interface Saving {
  readonly org: Org
  readonly transaction: Transaction
  readonly table: Table
  readonly row: StoredRow
  readonly operation: 'create' | 'update'
  /** The version before an update. */
  readonly before: Cells | undefined
  /** The version to be saved: rules change it in place. */
  readonly cells: Cell[]
  /** The fields that the request set, null included. */
  readonly given: ReadonlySet<Field>
}

/** What Salesforce itself does for one standard object beside its fields (salesforce-facts 6). Rules throw ApiError. */
export interface ObjectRules {
  /** Runs after the fields' own checks, before validation rules and flows: defaults, derived fields, refusals. */
  beforeSave?(saving: Saving): void
  /** Runs once the row is in its table, in the same transaction: roll-ups and rows that come with it. */
  afterSave?(saving: Saving): void
  /** Throws if the row may not be deleted. */
  beforeDelete?(org: Org, table: Table, row: StoredRow): void
}
