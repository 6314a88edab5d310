import type { Access } from '../org/access.ts'
import type { Org } from '../org/org.ts'
import type { Table } from '../org/table.ts'

/** One request's query: who asks, what, and when. */
export interface QueryContext {
  readonly org: Org
  readonly access: Access
  readonly soql: string
  /** queryAll: deleted rows and archived activities as well (salesforce-facts 3.1). */
  readonly all: boolean
}

/** The object that names in a statement, or in one of its sub-queries, refer to. */
export interface Scope extends QueryContext {
  readonly table: Table
  /** What FROM calls the object beside its own name. */
  readonly alias: string | undefined
}
