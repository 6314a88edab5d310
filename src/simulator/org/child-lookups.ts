import type { Field, ObjectType } from './object-type.ts'
import type { Org } from './org.ts'
import { isLive, type StoredRow, type Table } from './table.ts'

/** A lookup field of another (or the same) object's rows that points to an object. */
export interface ChildLookup {
  readonly table: Table
  readonly field: Field
}

/** Set by Salesforce when rows are merged, and true of the past: no later delete changes it (salesforce-facts 5.1). */
const masterRecord = 'MasterRecordId'

interface Known {
  /** The fields of each table when this was worked out: it holds until fields are added or removed. */
  readonly fields: readonly (readonly Field[])[]
  readonly byParent: Map<string, readonly ChildLookup[]>
}

const known = new WeakMap<Org, Known>()

/** The lookups that point to rows of `parent`. */
export function childLookups(org: Org, parent: ObjectType): readonly ChildLookup[] {
  const tables = [...org.tables]
  let current = known.get(org)
  if (!current?.fields.every((fields, i) => fields === tables[i]?.type.fields)) {
    current = { fields: tables.map(table => table.type.fields), byParent: new Map() }
    known.set(org, current)
  }
  const found =
    current.byParent.get(parent.name) ??
    tables.flatMap(table =>
      table.type.fields
        .filter(field => field.slot >= 0 && field.name !== masterRecord)
        .filter(field => field.definition.referenceTo?.includes(parent.name))
        .map(field => ({ table, field })),
    )
  current.byParent.set(parent.name, found)
  return found
}

/** The live rows that point to the row through that lookup. */
export const childrenOf = ({ table, field }: ChildLookup, id: string): readonly StoredRow[] =>
  table.matching(field, id).filter(row => isLive(row.cells))
