import type { Cell, Cells } from '../org/cell.ts'
import type { Field, ObjectType } from '../org/object-type.ts'
import type { Org } from '../org/org.ts'
import type { Table } from '../org/table.ts'
import { noSuchColumn, noSuchRelationship, notSimulated } from './soql-error.ts'

/** A field of the queried object or of one of its parents, e.g. `Account.Owner.Name`. */
export interface FieldPath {
  readonly field: Field
  /** The lookups from the queried object to the field's object; empty for a field of its own. */
  readonly parents: readonly ParentStep[]
  read(cells: Cells): Cell
}

/** One step up: the relationship's name as the schema spells it, its lookup field, and the parent's table. */
export interface ParentStep {
  readonly name: string
  readonly lookup: Field
  readonly table: Table
}

/** Levels of child-to-parent relationships in one path (salesforce-facts 3.4). */
const parentLevelsMax = 5

/** The parent's committed version; undefined if the lookup is empty. */
export function parentCells(step: ParentStep, cells: Cells | undefined): Cells | undefined {
  const id = cells?.[step.lookup.slot]
  return typeof id === 'string' ? step.table.rows.get(id)?.cells : undefined
}

/** Resolves names in any case; `alias` is what FROM calls the object. Throws INVALID_FIELD as salesforce-facts 3.3 shows. */
export function resolvePath(
  org: Org,
  type: ObjectType,
  path: string,
  alias: string | undefined,
  soql: string,
): FieldPath {
  const names = path.split('.')
  const first = names[0]?.toLowerCase()
  if (names.length > 1 && (first === alias?.toLowerCase() || first === type.name.toLowerCase())) names.shift()
  const fieldName = names.pop() ?? ''
  if (names.length > parentLevelsMax) throw notSimulated('more than five levels of parents')
  const parents: ParentStep[] = []
  let current = type
  for (const name of names) {
    const lookup = current.relationship(name)
    const table = org.table(lookup?.definition.referenceTo?.[0] ?? '')
    if (!lookup || !table) throw noSuchRelationship(soql, name)
    parents.push({ name: lookup.definition.relationshipName ?? name, lookup, table })
    current = table.type
  }
  const field = current.field(fieldName)
  if (!field) throw noSuchColumn(soql, fieldName, current.name)
  if (parents.length === 0) return { field, parents, read: field.read }
  const read = (cells: Cells): Cell => {
    let at: Cells | undefined = cells
    for (const step of parents) at = parentCells(step, at)
    return at ? field.read(at) : null
  }
  return { field, parents, read }
}
