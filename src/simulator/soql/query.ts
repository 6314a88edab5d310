import { type FieldType, type OrderByClause, parseQuery, type Query } from '@jetstreamapp/soql-parser-js'
import { requestError } from '../api-error.ts'
import type { Cells } from '../org/cell.ts'
import { systemSlots } from '../org/object-type.ts'
import type { Org } from '../org/org.ts'
import { isLive, type StoredRow, type Table } from '../org/table.ts'
import { readComparison } from './comparison.ts'
import { type Condition, compileCondition, readCondition } from './condition.ts'
import { type FieldPath, resolvePath } from './field-path.ts'
import { candidates } from './plan.ts'
import { ownPaths } from './row-writer.ts'
import { malformedQuery, noSuchObject, notSimulated, soqlError } from './soql-error.ts'

const soqlCharactersMax = 100_000
const offsetMax = 2000
/** FIELDS(ALL) and FIELDS(CUSTOM) need a LIMIT up to this (salesforce-facts 3.1). */
const fieldsRowsMax = 200

/** What a query found: the rows in order, and the fields to show. `count` is set for `SELECT COUNT()`. */
export interface QueryResult {
  readonly table: Table
  readonly paths: readonly FieldPath[]
  readonly rows: readonly StoredRow[]
  readonly countOnly: boolean
}

interface Sorting {
  readonly path: FieldPath
  readonly descending: boolean
  readonly nullsLast: boolean
}

/** Runs SOQL over the committed rows; `deleted` adds those in the recycle bin (queryAll). Throws ApiError as salesforce-facts 3.3 lists. */
export function runQuery(org: Org, soql: string, deleted: boolean): QueryResult {
  const query = parse(soql)
  refuseUnsupported(query)
  const table = org.table(query.sObject ?? '')
  if (!table) throw noSuchObject(soql, query.sObject ?? '')
  const resolve = (path: string) => resolvePath(org, table.type, path, query.sObjectAlias, soql)
  const countOnly = isCount(query.fields ?? [])
  const paths = countOnly ? [] : selectPaths(query, table, resolve, soql)
  const condition = query.where && readCondition(query.where, parsed => readComparison(parsed, resolve(parsed.field)))
  const sortings = [query.orderBy ?? []].flat().map(clause => readSorting(clause, resolve))
  if ((query.offset ?? 0) > offsetMax) {
    throw requestError(400, 'NUMBER_OUTSIDE_VALID_RANGE', `Maximum SOQL offset allowed is ${offsetMax}`)
  }
  const from = query.offset ?? 0
  const to = query.limit === undefined ? Number.POSITIVE_INFINITY : from + query.limit
  return { table, paths, countOnly, rows: find(table, condition, sortings, deleted, to).slice(from) }
}

function parse(soql: string): Query {
  if (soql.length > soqlCharactersMax) {
    throw malformedQuery(`SOQL statements can not be longer than ${soqlCharactersMax} characters`)
  }
  try {
    return parseQuery(soql)
  } catch (cause) {
    throw parseError(soql, cause instanceof Error ? cause.message : String(cause))
  }
}

/** The parser names the token it stumbled over; Salesforce does the same in its own words. */
function parseError(soql: string, message: string): Error {
  const skipped = /at offset: (\d+)/.exec(message)
  const found = /found --> '(.*?)' <--|found: (\S+)/s.exec(message)
  const token = found?.[1] ?? found?.[2] ?? ''
  if (skipped) {
    const at = Number(skipped[1])
    const character = soql.charAt(at)
    return soqlError(soql, character, 'MALFORMED_QUERY', `unexpected token: '${character}'`, at)
  }
  if (token === '') return malformedQuery("unexpected token: '<EOF>'")
  return soqlError(soql, token, 'MALFORMED_QUERY', `unexpected token: '${token}'`)
}

function refuseUnsupported(query: Query): void {
  if (query.groupBy || query.having) throw notSimulated('GROUP BY')
  if (query.withDataCategory) throw notSimulated('WITH DATA CATEGORY')
}

function isCount(fields: readonly FieldType[]): boolean {
  const [only] = fields
  if (fields.length !== 1 || only?.type !== 'FieldFunctionExpression') return false
  return only.functionName.toUpperCase() === 'COUNT' && only.parameters.length === 0
}

function selectPaths(query: Query, table: Table, resolve: (path: string) => FieldPath, soql: string): FieldPath[] {
  const paths = (query.fields ?? []).flatMap(field => {
    if (field.type === 'Field') return [resolve(field.field)]
    if (field.type === 'FieldRelationship') return [resolve([...field.relationships, field.field].join('.'))]
    if (field.type === 'FieldSubquery') throw notSimulated('sub-queries')
    if (field.type !== 'FieldFunctionExpression') throw notSimulated('TYPEOF')
    if (field.functionName.toUpperCase() !== 'FIELDS') throw notSimulated(field.functionName)
    return fieldsOf(String(field.parameters[0]).toUpperCase(), table, query.limit)
  })
  const seen = new Set<string>()
  for (const { field, parents } of paths) {
    const name = [...parents.map(step => step.name), field.name].join('.')
    if (seen.has(name)) throw soqlError(soql, name, 'INVALID_FIELD', `duplicate field selected: ${name}`)
    seen.add(name)
  }
  return paths
}

function fieldsOf(which: string, table: Table, limit: number | undefined): FieldPath[] {
  if (which !== 'STANDARD' && (limit ?? Number.POSITIVE_INFINITY) > fieldsRowsMax) {
    throw malformedQuery(`The SOQL FIELDS function must have a LIMIT of at most ${fieldsRowsMax}`)
  }
  return ownPaths(table.type.fields.filter(field => which === 'ALL' || field.custom === (which === 'CUSTOM')))
}

function readSorting(clause: OrderByClause, resolve: (path: string) => FieldPath): Sorting {
  if (!('field' in clause)) throw notSimulated('functions in ORDER BY')
  const path = resolve(clause.field)
  if (!path.field.sortable) {
    throw requestError(400, 'INVALID_FIELD', `field '${path.field.name}' can not be sorted in a query call`)
  }
  return { path, descending: clause.order === 'DESC', nullsLast: clause.nulls === 'LAST' }
}

/** The index gives (SystemModstamp, Id); such a query, or one by SystemModstamp alone, needs no sort. */
function isStampOrder(sortings: readonly Sorting[]): boolean {
  const order = [systemSlots.SystemModstamp, systemSlots.Id]
  if (sortings.length === 0 || sortings.length > order.length) return false
  return sortings.every(({ path, descending }, i) => {
    return !descending && path.parents.length === 0 && path.field.slot === order[i]
  })
}

function find(
  table: Table,
  condition: Condition | undefined,
  sortings: readonly Sorting[],
  deleted: boolean,
  rowsMax: number,
): StoredRow[] {
  const holds = condition ? compileCondition(condition) : () => true
  const { rows, inStampOrder } = candidates(table, condition, isStampOrder(sortings))
  const sorted = sortings.length === 0 || (inStampOrder && isStampOrder(sortings))
  const found: StoredRow[] = []
  if (rowsMax === 0) return found
  for (const row of rows) {
    const { cells } = row
    if (!cells || !(deleted || isLive(cells)) || !holds(cells)) continue
    found.push(row)
    if (sorted && found.length >= rowsMax) break
  }
  return sorted ? found : found.sort(comparatorOf(sortings)).slice(0, rowsMax)
}

function comparatorOf(sortings: readonly Sorting[]): (a: StoredRow, b: StoredRow) => number {
  const compares = sortings.map(compareBy)
  return (a, b) => {
    for (const compare of compares) {
      const order = compare(a.cells ?? [], b.cells ?? [])
      if (order !== 0) return order
    }
    return 0
  }
}

/** Nulls first unless asked otherwise, text without case, ids by code unit (salesforce-facts 3.4). */
function compareBy({ path, descending, nullsLast }: Sorting): (a: Cells, b: Cells) => number {
  const exact = path.field.type === 'id' || path.field.type === 'reference'
  const key = (cells: Cells) => {
    const cell = path.read(cells)
    return typeof cell === 'string' && !exact ? cell.toLowerCase() : cell
  }
  return (left, right) => {
    const a = key(left)
    const b = key(right)
    if (a === b) return 0
    if (a === null || b === null) return (a === null) === nullsLast ? 1 : -1
    return a < b === descending ? 1 : -1
  }
}
