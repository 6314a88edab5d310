import type { OrderByClause } from '@jetstreamapp/soql-parser-js'
import { requestError } from '../api-error.ts'
import type { Cell, Cells } from '../org/cell.ts'
import { foldedReader } from './comparison.ts'
import type { Operand, ParsedFunction } from './operand.ts'

/** One item of ORDER BY. */
export interface Sorting {
  readonly operand: Operand
  readonly descending: boolean
  readonly nullsLast: boolean
}

/** Reads ORDER BY. Throws INVALID_FIELD for a field that cannot be sorted by. */
export function readSortings(
  clauses: OrderByClause | readonly OrderByClause[] | undefined,
  names: { field(text: string): Operand; function(parsed: ParsedFunction): Operand },
): Sorting[] {
  return [clauses ?? []].flat().map(clause => {
    const operand = 'field' in clause ? names.field(clause.field) : names.function(clause.fn)
    if (operand.path && !operand.path.field.sortable) {
      throw requestError(400, 'INVALID_FIELD', `field '${operand.name}' can not be sorted in a query call`)
    }
    return { operand, descending: clause.order === 'DESC', nullsLast: clause.nulls === 'LAST' }
  })
}

/** Sorts by the first item of ORDER BY, then the next: nulls first unless asked otherwise, text without case, ids by code unit (salesforce-facts 3.4). */
export function sortRows<T>(rows: readonly T[], cellsOf: (row: T) => Cells, sortings: readonly Sorting[]): T[] {
  // Each key is read once, not at every comparison.
  const reads = sortings.map(sorting => foldedReader(sorting.operand))
  const keyed = rows.map(row => {
    const cells = cellsOf(row)
    return { row, keys: reads.map(read => read(cells)) }
  })
  keyed.sort((a, b) => {
    for (let i = 0; i < sortings.length; i++) {
      const order = compareKeys(a.keys[i] ?? null, b.keys[i] ?? null, sortings[i]!)
      if (order !== 0) return order
    }
    return 0
  })
  return keyed.map(({ row }) => row)
}

function compareKeys(a: Cell, b: Cell, { descending, nullsLast }: Sorting): number {
  if (a === b) return 0
  if (a === null || b === null) return (a === null) === nullsLast ? 1 : -1
  return a < b === descending ? 1 : -1
}
