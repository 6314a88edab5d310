import type { Query, Subquery } from '@jetstreamapp/soql-parser-js'
import type { Cells } from '../org/cell.ts'
import { type Field, systemSlots } from '../org/object-type.ts'
import type { StoredRow, Table } from '../org/table.ts'
import { findRows } from './find.ts'
import { type Output, rowWriter } from './row-writer.ts'
import type { Scope } from './scope.ts'
import { noSuchChildren, notSimulated } from './soql-error.ts'

type Select = (scope: Scope, query: Query | Subquery) => Output[]

/** A sub-query in SELECT: the rows of one child object by parent, found once for the whole query. Throws INVALID_TYPE
 *  for an unknown relationship (salesforce-facts 3.1, 3.3). */
export function childOutput(scope: Scope, query: Subquery, select: Select): Output {
  if (query.groupBy) throw notSimulated('GROUP BY in a sub-query')
  const { lookup, table, name } = findChildren(scope, query.relationshipName)
  const child: Scope = { ...scope, table, alias: query.sObjectAlias }
  const outputs = select(child, query)
  if (outputs.some(output => output.childRows)) throw notSimulated('sub-queries in sub-queries')
  const { limit, offset, ...rest } = query
  const byParent = new Map<string, StoredRow[]>()
  for (const row of findRows(child, rest)) {
    const parent = String(row.cells?.[lookup.slot])
    const rows = byParent.get(parent)
    if (rows) rows.push(row)
    else byParent.set(parent, [row])
  }
  const from = offset ?? 0
  const rowsOf = (cells: Cells): StoredRow[] => {
    const rows = byParent.get(String(cells[systemSlots.Id])) ?? []
    return from === 0 && limit === undefined ? rows : rows.slice(from, limit === undefined ? undefined : from + limit)
  }
  return {
    name,
    parents: [],
    childRows: cells => rowsOf(cells).length,
    writer: (root, paging) => {
      const write = rowWriter(table.type, outputs, root)
      return cells => {
        const rows = rowsOf(cells)
        if (rows.length === 0) return 'null'
        if (paging) return paging.page({ type: table.type, outputs, rows })
        const records = rows.flatMap(row => (row.cells ? [write(row.cells)] : []))
        return `{"totalSize":${rows.length},"done":true,"records":[${records.join(',')}]}`
      }
    },
  }
}

/** The child object whose lookup calls its side of the relationship `name`. */
function findChildren({ org, access, soql, table }: Scope, name: string) {
  for (const child of org.tables) {
    if (!access.may('read', child.type)) continue
    const lookup = child.type.fields.find(field => isChildLookup(field, table, name) && access.canRead(field))
    if (lookup) return { lookup, table: child, name: lookup.definition.childRelationshipName ?? name }
  }
  throw noSuchChildren(soql, name)
}

const isChildLookup = ({ definition }: Field, { type }: Table, name: string): boolean =>
  definition.childRelationshipName?.toLowerCase() === name.toLowerCase() &&
  definition.referenceTo?.includes(type.name) === true
