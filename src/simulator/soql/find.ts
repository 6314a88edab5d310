import type { Query, QueryBase } from '@jetstreamapp/soql-parser-js'
import { requestError } from '../api-error.ts'
import type { Cells } from '../org/cell.ts'
import type { ObjectType } from '../org/object-type.ts'
import { isLive, type StoredRow, type Table } from '../org/table.ts'
import { type Condition, compileCondition, readCondition } from './condition.ts'
import { fieldOperand, functionOperand, type Operand } from './operand.ts'
import { readSortings, sortRows } from './order.ts'
import { candidates } from './plan.ts'
import type { Scope } from './scope.ts'
import { malformedQuery, noSuchObject, notSimulated } from './soql-error.ts'

const offsetMax = 2000

/** Objects whose archived rows only queryAll shows (salesforce-facts 3.1). */
const archivedObjects: ReadonlySet<string> = new Set(['Task', 'Event'])

/** The table that FROM names. Throws INVALID_TYPE, also for an object that is withheld from the user. */
export function tableNamed({ org, access, soql }: Omit<Scope, 'table' | 'alias'>, name: string): Table {
  const table = org.table(name)
  if (!table || !access.may('read', table.type)) throw noSuchObject(soql, name)
  return table
}

/** Whether a version of a row is seen by /query, or by /queryAll. */
export function visibility(type: ObjectType, all: boolean): (cells: Cells | undefined) => cells is Cells {
  if (all) return cells => cells !== undefined
  const archived = archivedObjects.has(type.name) ? type.field('IsArchived')?.slot : undefined
  if (archived === undefined) return isLive
  return (cells): cells is Cells => isLive(cells) && cells[archived] !== true
}

/** The WHERE clause as a tree; undefined if there is none. */
export function whereOf(scope: Scope, { where }: QueryBase): Condition | undefined {
  return (
    where && readCondition(scope, where, { ...namesOf(scope), values: (query, left) => semiJoin(scope, query, left) })
  )
}

const namesOf = (scope: Scope) => ({
  field: (text: string) => fieldOperand(scope, text),
  function: (parsed: Parameters<typeof functionOperand>[1]) => functionOperand(scope, parsed),
})

/** The committed rows that WHERE, ORDER BY, LIMIT and OFFSET choose, in order. Throws ApiError as salesforce-facts 3.3 lists. */
export function findRows(scope: Scope, query: QueryBase): StoredRow[] {
  const from = query.offset ?? 0
  if (from > offsetMax) {
    throw requestError(400, 'NUMBER_OUTSIDE_VALID_RANGE', `Maximum SOQL offset allowed is ${offsetMax}`)
  }
  const condition = whereOf(scope, query)
  const sortings = readSortings(query.orderBy, namesOf(scope))
  const rowsMax = query.limit === undefined ? Number.POSITIVE_INFINITY : from + query.limit
  const holds = condition ? compileCondition(condition) : () => true
  const { rows, sorted } = candidates(scope.table, condition, sortings)
  const sees = visibility(scope.table.type, scope.all)
  const found: StoredRow[] = []
  if (rowsMax === 0) return found
  for (const row of rows) {
    const { cells } = row
    if (!sees(cells) || !holds(cells)) continue
    found.push(row)
    if (sorted && found.length >= rowsMax) break
  }
  if (sorted) return from === 0 ? found : found.slice(from)
  return sortRows(found, row => row.cells ?? [], sortings).slice(from, rowsMax)
}

/** The ids that a sub-query of IN gives. Throws MALFORMED_QUERY where Salesforce does not allow one. */
function semiJoin(scope: Scope, query: Query, left: Operand): ReadonlySet<string> {
  if (left.type !== 'id' && left.type !== 'reference')
    throw malformedQuery(`The left operand '${left.name}' of a semi join must be an ID field`)
  const table = tableNamed(scope, query.sObject ?? '')
  if (table === scope.table) throw malformedQuery('The inner and outer selects should not be on the same object type')
  const [selected, ...others] = query.fields ?? []
  if (selected?.type !== 'Field' || others.length > 0 || query.groupBy)
    throw malformedQuery('A semi join sub-select must select exactly one field')
  if (query.orderBy || query.limit !== undefined || query.offset !== undefined)
    throw notSimulated('ORDER BY, LIMIT and OFFSET in a semi join sub-select')
  const inner: Scope = { ...scope, table, alias: query.sObjectAlias }
  if (JSON.stringify(query.where ?? null).includes('"valueQuery"'))
    throw malformedQuery('Nesting of semi join sub-selects is not supported')
  const column = fieldOperand(inner, selected.field)
  if (column.type !== 'id' && column.type !== 'reference')
    throw malformedQuery(`The inner select field '${column.name}' must be an ID or a reference`)
  const ids = findRows(inner, { ...(query.where ? { where: query.where } : {}) }).map(({ cells }) =>
    cells ? column.read(cells) : null,
  )
  return new Set(ids.filter(id => typeof id === 'string'))
}
