import type { Cell, Cells } from '../org/cell.ts'
import type { Field } from '../org/object-type.ts'
import type { Table } from '../org/table.ts'
import { nameField, tableOfId } from './name-object.ts'
import type { Output } from './row-writer.ts'
import type { Scope } from './scope.ts'
import { noSuchColumn, noSuchRelationship, notSimulated } from './soql-error.ts'

/** A field of the queried object or of one of its parents, e.g. `Account.Owner.Name`. */
export interface FieldPath extends Output {
  readonly field: Field
  read(cells: Cells): Cell
}

/** One step up: the relationship's name as the schema spells it, its lookup field, and where the parent is found. */
export interface ParentStep {
  readonly name: string
  readonly lookup: Field
  /** The parent's object; several if the lookup may point to any of them. */
  readonly tables: readonly [Table, ...Table[]]
}

/** Levels of child-to-parent relationships in one path (salesforce-facts 3.4). */
const parentLevelsMax = 5

/** The parent's committed version; undefined if the lookup is empty. */
export function parentCells(step: ParentStep, cells: Cells | undefined): Cells | undefined {
  const id = cells?.[step.lookup.slot]
  if (typeof id !== 'string') return undefined
  const table = step.tables.length === 1 ? step.tables[0] : tableOfId(step.tables, id)
  return table?.rows.get(id)?.cells
}

/** A field of the object itself. */
const ownPath = (field: Field): FieldPath => ({
  field,
  name: field.name,
  parents: [],
  read: field.read,
  writer: () => field.json,
})

/** Paths for fields of the object itself. */
export const ownPaths = (fields: readonly Field[]): FieldPath[] => fields.map(ownPath)

/** The relationship from `tables`; undefined if there is none that the user may see. */
export function parentStep({ org, access }: Scope, from: Table, name: string): ParentStep | undefined {
  const lookup = from.type.relationship(name)
  if (!lookup || !access.canRead(lookup)) return undefined
  const [first, ...others] = (lookup.definition.referenceTo ?? [])
    .map(object => org.table(object))
    .filter(table => table && access.may('read', table.type))
    .filter(table => table !== undefined)
  if (!first) return undefined
  return { name: lookup.definition.relationshipName ?? name, lookup, tables: [first, ...others] }
}

/** Resolves names in any case; a field that is withheld from the user is as if it were not there.
 *  Throws INVALID_FIELD as salesforce-facts 3.3 shows. */
export function resolvePath(scope: Scope, path: string): FieldPath {
  const { soql, table, access } = scope
  const names = path.split('.')
  const first = names[0]?.toLowerCase()
  const isPrefix = first === scope.alias?.toLowerCase() || first === table.type.name.toLowerCase()
  if (names.length > 1 && isPrefix && !(names.length > 2 && table.type.relationship(first ?? ''))) names.shift()
  const fieldName = names.pop() ?? ''
  if (names.length > parentLevelsMax) throw notSimulated('more than five levels of parents')
  const parents: ParentStep[] = []
  let tables: readonly [Table, ...Table[]] = [table]
  for (const name of names) {
    const step = tables.length === 1 ? parentStep(scope, tables[0], name) : undefined
    if (!step) throw noSuchRelationship(soql, path, name)
    parents.push(step)
    tables = step.tables
  }
  const field = tables.length === 1 ? tables[0].type.field(fieldName) : nameField(scope.org, tables, fieldName)
  if (!field || !access.canRead(field)) {
    throw noSuchColumn(soql, path, fieldName, tables.length === 1 ? tables[0].type.name : 'Name')
  }
  return parents.length === 0 ? ownPath(field) : parentPath(field, parents)
}

function parentPath(field: Field, parents: readonly ParentStep[]): FieldPath {
  const read = (cells: Cells): Cell => {
    let at: Cells | undefined = cells
    for (const step of parents) at = parentCells(step, at)
    return at ? field.read(at) : null
  }
  return { field, name: field.name, parents, read, writer: () => field.json }
}
