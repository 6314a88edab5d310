import { type Field, systemSlots } from '../org/object-type.ts'
import type { StoredRow, Table } from '../org/table.ts'
import type { Comparison } from './comparison.ts'
import type { Condition } from './condition.ts'
import type { Sorting } from './order.ts'

type Key = string | number

/** The values of one field between which the rows must be, both included; undefined: open. */
export interface Range {
  readonly from: Key | undefined
  readonly to: Key | undefined
}
const everything: Range = { from: undefined, to: undefined }

/** The fields whose order is kept, best first (salesforce-facts 3.5: which fields Salesforce indexes). */
const orderedNames = ['SystemModstamp', 'Id', 'CreatedDate'] as const

const ownField = ({ operand: { path } }: { operand: Comparison['operand'] }): Field | undefined =>
  path?.parents.length === 0 ? path.field : undefined

function comparisonRange(comparison: Comparison, slot: number): Range {
  const [value] = comparison.values
  if (ownField(comparison)?.slot !== slot || value === null || value === undefined || typeof value === 'boolean')
    return everything
  const [from, to] = typeof value === 'object' ? [value.from, value.to] : [value, value]
  // Bounds may be too wide by their own value: the condition is tested on every row all the same.
  switch (comparison.operator) {
    case '=':
      return { from, to }
    case '>':
    case '>=':
      return { from, to: undefined }
    case '<':
    case '<=':
      return { from: undefined, to }
    default:
      return everything
  }
}

/** The values that the field in `slot` can have in rows for which the condition holds. */
export function rangeOf(condition: Condition | undefined, slot: number): Range {
  if (!condition || condition.kind === 'not') return everything
  if (condition.kind === 'comparison') return comparisonRange(condition, slot)
  const ranges = condition.items.map(item => rangeOf(item, slot))
  const from = ranges.map(range => range.from)
  const to = ranges.map(range => range.to)
  return condition.kind === 'and'
    ? { from: extreme(from, true), to: extreme(to, false) }
    : { from: outer(from, false), to: outer(to, true) }
}

/** The greatest or least of those that are there. */
function extreme(keys: readonly (Key | undefined)[], greatest: boolean): Key | undefined {
  const known = keys.filter(key => key !== undefined)
  return known.length === 0 ? undefined : known.reduce((best, key) => (key > best === greatest ? key : best))
}

/** The same, open as soon as one is. */
const outer = (keys: readonly (Key | undefined)[], greatest: boolean): Key | undefined =>
  keys.includes(undefined) ? undefined : extreme(keys, greatest)

/** The few rows that can satisfy the condition because it fixes their id, an external id or a lookup; undefined if it does not. */
function keyedRows(table: Table, condition: Condition | undefined): Iterable<StoredRow> | undefined {
  if (condition?.kind === 'and') {
    for (const item of condition.items) {
      const found = keyedRows(table, item)
      if (found) return found
    }
  }
  if (condition?.kind !== 'comparison') return undefined
  const field = ownField(condition)
  const { operator, values } = condition
  if (!field || field.slot < 0 || (operator !== '=' && operator !== 'IN') || values.includes(null)) return undefined
  if (field.type === 'id') {
    return [...new Set(values)].map(value => table.rows.get(String(value))).filter(row => row !== undefined)
  }
  if (field.type !== 'reference' && !field.externalId && !field.unique) return undefined
  return new Set(values.flatMap(value => table.matching(field, value)))
}

/** The rows to test, and whether they come in the order that `sortings` ask for. */
export interface Candidates {
  readonly rows: Iterable<StoredRow>
  readonly sorted: boolean
}

/** Chooses how the rows are found: by key, by walking an index between the bounds that the condition sets, or all of them. */
export function candidates(table: Table, condition: Condition | undefined, sortings: readonly Sorting[]): Candidates {
  const keyed = keyedRows(table, condition)
  if (keyed) return { rows: keyed, sorted: sortings.length === 0 }
  const orders = orderedNames.flatMap(name => {
    const field = table.type.field(name)
    return field ? [{ field, range: rangeOf(condition, field.slot), direction: directionOf(field, sortings) }] : []
  })
  const bounded = orders.filter(({ range }) => range.from !== undefined || range.to !== undefined)
  const chosen =
    bounded.find(order => order.direction) ?? bounded[0] ?? orders.find(order => order.direction !== undefined)
  if (!chosen) return { rows: table.rows.values(), sorted: sortings.length === 0 }
  const rows = walk(table, chosen.field, chosen.range, chosen.direction === 'down')
  return { rows, sorted: sortings.length === 0 || chosen.direction !== undefined }
}

function walk(table: Table, field: Field, { from, to }: Range, down: boolean): Iterable<StoredRow> {
  const order = table.orderedBy(field)
  const bounds: Parameters<typeof order.walk> =
    field.type === 'id'
      ? [0, 0, from as string | undefined, to as string | undefined]
      : [Number(from ?? Number.NEGATIVE_INFINITY), Number(to ?? Number.POSITIVE_INFINITY)]
  return down ? order.walkBack(...bounds) : order.walk(...bounds)
}

/** Which way the index of a field must be walked for ORDER BY the field, or the field and Id; undefined if it is no help. */
function directionOf(field: Field, sortings: readonly Sorting[]): 'up' | 'down' | undefined {
  const order = field.type === 'id' ? [field.slot] : [field.slot, systemSlots.Id]
  if (sortings.length === 0 || sortings.length > order.length) return undefined
  if (!sortings.every((sorting, i) => ownField(sorting)?.slot === order[i])) return undefined
  if (sortings.every(({ descending }) => !descending)) return 'up'
  return sortings.every(({ descending }) => descending) ? 'down' : undefined
}
