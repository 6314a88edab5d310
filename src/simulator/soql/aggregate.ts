import type { FieldType } from '../objects/definition.ts'
import type { Cell, Cells } from '../org/cell.ts'
import { isTextType } from './literal.ts'
import type { Operand } from './operand.ts'
import type { Scope } from './scope.ts'
import { malformedQuery, soqlError } from './soql-error.ts'

/** One aggregate of one group, while the rows go by. */
export interface Tally {
  add(row: Cells): void
  result(): Cell
}

/** The aggregate functions of SOQL. */
export const aggregateNames: ReadonlySet<string> = new Set(['COUNT', 'COUNT_DISTINCT', 'SUM', 'AVG', 'MIN', 'MAX'])

const numberTypes: ReadonlySet<FieldType> = new Set(['int', 'double', 'currency', 'percent'])
const unorderedTypes: ReadonlySet<FieldType> = new Set(['boolean', 'multipicklist', 'address', 'location', 'base64'])

/** An aggregate's type and how it is counted; nulls count for none of them. Throws MALFORMED_QUERY if the field does not allow it. */
export function aggregate(
  { soql }: Scope,
  name: string,
  of: Operand | undefined,
  text: string,
): { readonly type: FieldType; readonly tally: () => Tally } {
  if (!of) throw malformedQuery(`${name}() must be the only element in the SELECT list`)
  const isAllowed =
    name === 'SUM' || name === 'AVG' ? numberTypes.has(of.type) : !name.startsWith('M') || !unorderedTypes.has(of.type)
  if (!isAllowed || of.path?.field.filterable === false) {
    throw soqlError(soql, text, 'MALFORMED_QUERY', `field ${of.name} does not support aggregate operator ${name}`)
  }
  switch (name) {
    case 'COUNT':
      return { type: 'int', tally: () => count(of) }
    case 'COUNT_DISTINCT':
      return { type: 'int', tally: () => countDistinct(of) }
    case 'SUM':
      return { type: of.type === 'int' ? 'int' : of.type, tally: () => sum(of, false) }
    case 'AVG':
      return { type: 'double', tally: () => sum(of, true) }
    default:
      return { type: of.type, tally: () => best(of, name === 'MAX') }
  }
}

function count({ read }: Operand): Tally {
  let n = 0
  return {
    add: row => {
      if (read(row) !== null) n++
    },
    result: () => n,
  }
}

/** Text that differs in case alone is the same (salesforce-facts 3.4). */
function countDistinct({ read, type }: Operand): Tally {
  const seen = new Set<Cell>()
  const folds = isTextType(type)
  return {
    add: row => {
      const cell = read(row)
      if (cell !== null) seen.add(folds && typeof cell === 'string' ? cell.toLowerCase() : cell)
    },
    result: () => seen.size,
  }
}

function sum({ read }: Operand, average: boolean): Tally {
  let total = 0
  let n = 0
  return {
    add: row => {
      const cell = read(row)
      if (typeof cell !== 'number') return
      total += cell
      n++
    },
    result: () => (n === 0 ? null : average ? total / n : Number(total.toPrecision(15))),
  }
}

function best({ read, type }: Operand, greatest: boolean): Tally {
  let chosen: Cell = null
  const folds = isTextType(type)
  const key = (cell: Cell) => (folds && typeof cell === 'string' ? cell.toLowerCase() : (cell ?? ''))
  return {
    add: row => {
      const cell = read(row)
      if (cell !== null && (chosen === null || key(cell) > key(chosen) === greatest)) chosen = cell
    },
    result: () => chosen,
  }
}
