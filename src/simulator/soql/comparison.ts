import { requestError } from '../api-error.ts'
import type { Cell, Cells } from '../org/cell.ts'
import { isTextType, type Literal, readLiteral } from './literal.ts'
import type { Operand } from './operand.ts'
import { soqlError } from './soql-error.ts'

/** A comparison as the parser gives it: literals as text, with quotes and escapes. */
export interface ParsedComparison {
  readonly operator: string
  readonly value: string | readonly string[]
  readonly literalType?: string | readonly string[]
}

/** A comparison with its operand found and its literals read. */
export interface Comparison {
  readonly operand: Operand
  readonly operator: string
  readonly values: readonly Literal[]
}

type Test = (cells: Cells) => boolean

/** Checks that the field may be filtered so and reads the literals. Throws as salesforce-facts 3.3 lists. */
export function readComparison(parsed: ParsedComparison, operand: Operand, soql: string, nowMs: number): Comparison {
  refuseFilter(operand)
  const operator = parsed.operator === '<>' ? '!=' : parsed.operator.toUpperCase().replace(/\s+/g, ' ')
  const texts = typeof parsed.value === 'string' ? [parsed.value] : parsed.value
  const types = parsed.literalType ?? 'STRING'
  const typeAt = (i: number): string => (typeof types === 'string' ? types : (types[i] ?? 'STRING'))
  const values = texts.map((text, i) => readLiteral(operand, text, typeAt(i), operator === 'LIKE', nowMs))
  if (!isAllowed(operand, operator, values)) {
    throw soqlError(soql, operand.name, 'INVALID_QUERY_FILTER_OPERATOR', `invalid operator on ${operand.type} field`)
  }
  return { operand, operator, values }
}

/** Throws if no WHERE may name the field. */
export function refuseFilter({ path, name }: Operand): void {
  if (path && !path.field.filterable) {
    throw requestError(400, 'INVALID_QUERY_FILTER_OPERATOR', `field '${name}' can not be filtered in a query call`)
  }
}

function isAllowed({ type }: Operand, operator: string, values: readonly Literal[]): boolean {
  const isOrdering = operator.startsWith('<') || operator.startsWith('>')
  if (isOrdering) return type !== 'boolean' && type !== 'multipicklist' && !values.includes(null)
  if (operator === 'INCLUDES' || operator === 'EXCLUDES') return type === 'multipicklist'
  if (operator === 'LIKE') return isTextType(type) && type !== 'multipicklist'
  return operator === 'IN' || operator === 'NOT IN' || type !== 'multipicklist' || operator === '=' || operator === '!='
}

/** A LIKE pattern: `%` any characters, `_` one, both escaped with a backslash (salesforce-facts 3.4). */
function likePattern(value: string): RegExp {
  const source = value.replace(/\\([_%\\])|([_%])|([.*+?^${}()|[\]\\])/gs, (_whole, escaped, wildcard, special) => {
    if (escaped) return escaped === '\\' ? '\\\\' : escaped
    if (wildcard) return wildcard === '%' ? '[^]*' : '[^]'
    return `\\${special}`
  })
  return new RegExp(`^${source}$`)
}

/** The value as it is compared: text without case, ids and everything else as stored (salesforce-facts 3.4). */
export function foldedReader({ type, read }: Operand): (cells: Cells) => Cell {
  if (!isTextType(type)) return read
  return cells => {
    const cell = read(cells)
    return typeof cell === 'string' ? cell.toLowerCase() : cell
  }
}

const isSpan = (value: Literal): value is Exclude<Literal, Cell> => typeof value === 'object' && value !== null

/** The comparison as a function of a row's cells. A null is unequal to every value, and neither below nor above one. */
export function compileComparison({ operand, operator, values }: Comparison): Test {
  const read = foldedReader(operand)
  const value = values[0] ?? null
  switch (operator) {
    case '=':
    case 'IN':
      return equalsAny(read, values)
    case '!=':
    case 'NOT IN':
      return not(equalsAny(read, values))
    case 'LIKE': {
      const pattern = likePattern(String(value ?? ''))
      return cells => {
        const cell = read(cells)
        return typeof cell === 'string' && pattern.test(cell)
      }
    }
    case 'INCLUDES':
      return includesAny(read, values)
    case 'EXCLUDES':
      return not(includesAny(read, values))
    default:
      return ordering(operator, read, value)
  }
}

const not =
  (test: Test): Test =>
  cells =>
    !test(cells)

function equalsAny(read: (cells: Cells) => Cell, values: readonly Literal[]): Test {
  const [value] = values
  if (values.length === 1 && value !== undefined && !isSpan(value)) return cells => read(cells) === value
  const spans = values.filter(isSpan)
  const set = new Set<Literal>(values)
  return cells => {
    const cell = read(cells)
    return set.has(cell) || (cell !== null && spans.some(span => cell >= span.from && cell < span.to))
  }
}

/** Each value is a list of picks that must all be there. */
function includesAny(read: (cells: Cells) => Cell, values: readonly Literal[]): Test {
  const wanted = values.map(value => String(value ?? '').split(';'))
  return cells => {
    const chosen = String(read(cells) ?? '').split(';')
    return wanted.some(parts => parts.every(part => chosen.includes(part)))
  }
}

/** Below a span is before its first value, above it from the first value after it on. */
function ordering(operator: string, read: (cells: Cells) => Cell, value: Literal): Test {
  const from = (isSpan(value) ? value.from : value) ?? 0
  const to = isSpan(value) ? value.to : undefined
  const compare = (holds: (cell: string | number) => boolean): Test => {
    return cells => {
      const cell = read(cells)
      return cell !== null && typeof cell !== 'boolean' && holds(cell)
    }
  }
  if (operator === '<') return compare(cell => cell < from)
  if (operator === '>=') return compare(cell => cell >= from)
  if (operator === '<=') return to === undefined ? compare(cell => cell <= from) : compare(cell => cell < to)
  return to === undefined ? compare(cell => cell > from) : compare(cell => cell >= to)
}
