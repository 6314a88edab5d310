import { systemSlots } from '../org/object-type.ts'
import type { StoredRow, Table } from '../org/table.ts'
import type { Comparison } from './comparison.ts'
import type { Condition } from './condition.ts'

interface Range {
  readonly fromMs: number
  readonly toMs: number
}
const everything: Range = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY }

function comparisonRange({ path, operator, values }: Comparison): Range {
  const value = values[0]
  if (path.parents.length > 0 || path.field.slot !== systemSlots.SystemModstamp || typeof value !== 'number')
    return everything
  if (operator === '=') return { fromMs: value, toMs: value }
  // Bounds may be too wide by their own second: the condition is tested on every row all the same.
  if (operator === '>' || operator === '>=') return { ...everything, fromMs: value }
  return operator === '<' || operator === '<=' ? { ...everything, toMs: value } : everything
}

/** The stamps a row can have if the condition holds for it. */
export function stampRange(condition: Condition | undefined): Range {
  if (!condition || condition.kind === 'not') return everything
  if (condition.kind === 'comparison') return comparisonRange(condition)
  const ranges = condition.items.map(stampRange)
  const from = ranges.map(range => range.fromMs)
  const to = ranges.map(range => range.toMs)
  return condition.kind === 'and'
    ? { fromMs: Math.max(...from), toMs: Math.min(...to) }
    : { fromMs: Math.min(...from), toMs: Math.max(...to) }
}

/** The few rows that can satisfy the condition because it fixes their id or an external id; undefined if it does not. */
function keyedRows(table: Table, condition: Condition | undefined): StoredRow[] | undefined {
  if (condition?.kind === 'and') {
    for (const item of condition.items) {
      const found = keyedRows(table, item)
      if (found) return found
    }
  }
  if (condition?.kind !== 'comparison') return undefined
  const { path, operator, values } = condition
  if (path.parents.length > 0 || (operator !== '=' && operator !== 'IN') || values.includes(null)) return undefined
  if (path.field.type !== 'id') {
    if (!path.field.externalId) return undefined
    return [...new Set(values.flatMap(value => table.lookup(path.field, value) ?? []))]
  }
  const rows = [...new Set(values)].map(value => table.rows.get(String(value)))
  return rows.filter(row => row !== undefined)
}

/** The rows to test, and whether they come in the order (SystemModstamp, Id). */
export function candidates(
  table: Table,
  condition: Condition | undefined,
  wantsStampOrder: boolean,
): { readonly rows: Iterable<StoredRow>; readonly inStampOrder: boolean } {
  const keyed = keyedRows(table, condition)
  if (keyed) return { rows: keyed, inStampOrder: false }
  const range = stampRange(condition)
  if (wantsStampOrder || range.fromMs > everything.fromMs || range.toMs < everything.toMs) {
    return { rows: table.byStamp.walk(range.fromMs, range.toMs), inStampOrder: true }
  }
  return { rows: table.rows.values(), inStampOrder: false }
}
