import type { GroupByClause, Query, FieldType as Selected } from '@jetstreamapp/soql-parser-js'
import { requestError } from '../api-error.ts'
import { type Cell, type Cells, jsonWriterOf } from '../org/cell.ts'
import { aggregate, aggregateNames, type Tally } from './aggregate.ts'
import { compileCondition, readCondition } from './condition.ts'
import { findRows } from './find.ts'
import { fieldOperand, functionOperand, type Operand, type ParsedFunction } from './operand.ts'
import { readSortings, sortRows } from './order.ts'
import type { Scope } from './scope.ts'
import { selectedText } from './select.ts'
import { malformedQuery, notSimulated, soqlError } from './soql-error.ts'

/** Groups that one answer may have: they are not paged (SOQL reference, GROUP BY). */
const groupsMax = 2000

/** A value of each group: what is grouped by, or an aggregate; kept in the group's cells at `slot`. */
interface Column {
  readonly operand: Operand
  readonly slot: number
}

interface Grouping {
  readonly scope: Scope
  readonly keys: readonly Operand[]
  /** Which keys make a group; more than one with ROLLUP and CUBE, where the others are null. */
  readonly sets: readonly (readonly boolean[])[]
  /** Aggregates found so far in SELECT, HAVING and ORDER BY, by what they mean. */
  readonly aggregates: Map<string, { readonly operand: Operand; readonly slot: number; readonly tally: () => Tally }>
}

/** Whether the query asks for groups, or for aggregates over all rows. */
export function isGrouped({ groupBy, fields = [] }: Query): boolean {
  return groupBy !== undefined || fields.some(field => isAggregate(field))
}

const isAggregate = (field: Selected): boolean =>
  field.type === 'FieldFunctionExpression' && aggregateNames.has(field.functionName.toUpperCase())

/** The groups as JSON texts of type AggregateResult, without url (salesforce-facts 3.1). Throws MALFORMED_QUERY. */
export function runGroups(scope: Scope, query: Query): string[] {
  const grouping: Grouping = { scope, ...readGroupBy(scope, query.groupBy), aggregates: new Map() }
  const shown = readSelect(grouping, query.fields ?? [])
  const names = {
    field: (text: string) => grouped(grouping, fieldOperand(scope, text), text, 'Ordered field').operand,
    function: (parsed: ParsedFunction) => valueColumn(grouping, parsed).operand,
  }
  const having = query.having && readCondition(scope, query.having, { ...names, values: () => refuseSemiJoin() })
  const sortings = readSortings(query.orderBy, names)
  const { where, limit, offset = 0 } = query
  const groups = collect(
    grouping,
    findRows(scope, where ? { where } : {}).map(row => row.cells ?? []),
  )
  const kept = having ? groups.filter(compileCondition(having)) : groups
  const rows = sortRows(kept, group => group, sortings).slice(offset, limit === undefined ? undefined : offset + limit)
  if (rows.length > groupsMax) {
    const message = 'Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch'
    throw requestError(400, 'EXCEEDED_ID_LIMIT', message)
  }
  return rows.map(group => {
    const members = shown.map(({ key, json }) => `,"${key}":${json(group)}`)
    return `{"attributes":{"type":"AggregateResult"}${members.join('')}}`
  })
}

function refuseSemiJoin(): never {
  throw malformedQuery('Semi join sub-selects are only supported in WHERE clauses')
}

function readGroupBy(scope: Scope, clause: Query['groupBy']): Pick<Grouping, 'keys' | 'sets'> {
  const clauses: readonly GroupByClause[] = [clause ?? []].flat()
  const [first] = clauses
  const fn = first && 'fn' in first ? first.fn : undefined
  const kind = fn?.functionName?.toUpperCase()
  if (kind === 'ROLLUP' || kind === 'CUBE') {
    const keys = (fn?.parameters ?? []).map(each =>
      typeof each === 'string' ? keyOperand(scope, { field: each }) : keyOperand(scope, { fn: each }),
    )
    return { keys, sets: kind === 'ROLLUP' ? rollup(keys.length) : cube(keys.length) }
  }
  const keys = clauses.map(each => keyOperand(scope, each))
  return { keys, sets: [keys.map(() => true)] }
}

const rollup = (keys: number): boolean[][] =>
  Array.from({ length: keys + 1 }, (_, dropped) => Array.from({ length: keys }, (_key, i) => i < keys - dropped))

const cube = (keys: number): boolean[][] =>
  Array.from({ length: 2 ** keys }, (_, mask) => Array.from({ length: keys }, (_key, i) => (mask & (1 << i)) === 0))

function keyOperand(scope: Scope, clause: { readonly field: string } | { readonly fn: ParsedFunction }): Operand {
  if ('fn' in clause) return functionOperand(scope, clause.fn)
  const operand = fieldOperand(scope, clause.field)
  if (!operand.path?.field.groupable) {
    const from = Math.max(0, scope.soql.search(/\bgroup\s+by\b/i))
    const message = `field '${operand.name}' can not be grouped in a query call`
    throw soqlError(scope.soql, clause.field, 'MALFORMED_QUERY', message, from)
  }
  return operand
}

/** The group's value that an operand of the rows stands for. */
function grouped({ scope, keys }: Grouping, operand: Operand, text: string, what = 'Field'): Column {
  const slot = keys.findIndex(key => key.key === operand.key)
  if (slot < 0)
    throw soqlError(scope.soql, text, 'MALFORMED_QUERY', `${what} must be grouped or aggregated: ${operand.name}`)
  const { path: _path, ...rest } = operand
  return { slot, operand: { ...rest, read: cells => cells[slot] ?? null } }
}

/** The value of a function in a group: an aggregate, GROUPING(), or a date function that is grouped by. */
function valueColumn(grouping: Grouping, parsed: ParsedFunction): Column {
  const { scope, keys, aggregates } = grouping
  const name = parsed.functionName?.toUpperCase() ?? ''
  const [parameter] = parsed.parameters ?? []
  if (name === 'GROUPING' && typeof parameter === 'string') {
    const { slot, operand } = grouped(grouping, fieldOperand(scope, parameter), parameter)
    const read = (cells: Cells): Cell => cells[keys.length + slot] ?? null
    return { slot: -1, operand: { name: operand.name, type: 'int', key: `GROUPING(${operand.key})`, read } }
  }
  if (!aggregateNames.has(name)) return grouped(grouping, functionOperand(scope, parsed), parsed.rawValue ?? name)
  if (parameter !== undefined && typeof parameter !== 'string') throw notSimulated(`${name}() of a function`)
  const of = parameter === undefined ? undefined : fieldOperand(scope, parameter)
  const { type, tally } = aggregate(scope, name, of, parsed.rawValue ?? name)
  const key = `${name}(${of?.key ?? ''})`
  const known = aggregates.get(key)
  if (known) return known
  const slot = 2 * keys.length + aggregates.size
  const operand: Operand = { name: parsed.rawValue ?? key, type, key, read: cells => cells[slot] ?? null }
  const column = { slot, operand, tally }
  aggregates.set(key, column)
  return column
}

interface Shown {
  readonly key: string
  json(group: Cells): string
}

/** The members of each result: aggregates without an alias are called expr0, expr1 and so on. */
function readSelect(grouping: Grouping, fields: readonly Selected[]): Shown[] {
  const { scope } = grouping
  const jsonOf = ({ type, read }: Operand) => jsonWriterOf(type, read, scope.org.switches)
  let unnamed = 0
  const shown = fields.map((field): Shown => {
    if (field.type === 'FieldFunctionExpression') {
      if (field.functionName.toUpperCase() === 'COUNT' && field.parameters.length === 0)
        throw malformedQuery('COUNT() must be the only element in the SELECT list')
      const { operand } = valueColumn(grouping, field)
      return { key: field.alias ?? `expr${unnamed++}`, json: jsonOf(operand) }
    }
    const text = selectedText(field)
    if (text === '') throw malformedQuery('Sub-queries and TYPEOF are not allowed in an aggregate query')
    const { operand } = grouped(grouping, fieldOperand(scope, text), text)
    const alias = field.type === 'Field' && !('objectPrefix' in field) ? field.alias : undefined
    return { key: alias ?? operand.name, json: jsonOf(operand) }
  })
  const repeated = shown.find(({ key }, i) => shown.findIndex(other => other.key === key) < i)
  if (repeated) throw soqlError(scope.soql, repeated.key, 'MALFORMED_QUERY', `duplicate alias: ${repeated.key}`)
  return shown
}

/** The groups' cells: the keys, for each key whether ROLLUP or CUBE left it out, and the aggregates. */
function collect({ keys, sets, aggregates }: Grouping, rows: readonly Cells[]): Cells[] {
  const groups = new Map<string, { readonly cells: Cell[]; readonly tallies: readonly Tally[] }>()
  const tallyMakers = [...aggregates.values()].map(({ tally }) => tally)
  const open = (set: readonly boolean[], values: readonly Cell[]) => ({
    cells: [...values, ...set.map(kept => (kept ? 0 : 1))],
    tallies: tallyMakers.map(make => make()),
  })
  for (const row of rows) {
    const all = keys.map(key => key.read(row))
    for (const [i, set] of sets.entries()) {
      const values = all.map((value, k) => (set[k] ? value : null))
      const id = JSON.stringify([i, values.map(value => (typeof value === 'string' ? value.toLowerCase() : value))])
      const group = groups.get(id) ?? open(set, values)
      groups.set(id, group)
      for (const tally of group.tallies) tally.add(row)
    }
  }
  // Aggregates over no rows at all are one result still.
  if (keys.length === 0 && groups.size === 0) groups.set('', open([], []))
  return [...groups.values()].map(({ cells, tallies }) => [...cells, ...tallies.map(tally => tally.result())])
}
