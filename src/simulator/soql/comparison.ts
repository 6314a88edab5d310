import { requestError } from '../api-error.ts'
import type { Cell, Cells } from '../org/cell.ts'
import { isDateText, parseDatetime } from '../org/field-value.ts'
import type { Field } from '../org/object-type.ts'
import { toRecordId } from '../org/record-id.ts'
import type { FieldPath } from './field-path.ts'
import { notSimulated } from './soql-error.ts'

/** A comparison as the parser gives it: literals as text, with quotes and escapes. */
export interface ParsedComparison {
  readonly field: string
  readonly operator: string
  readonly value: string | readonly string[]
  readonly literalType?: string | readonly string[]
}

/** A comparison with its field found and its literals read; text is folded to lower case, ids are 18 characters. */
export interface Comparison {
  readonly path: FieldPath
  readonly operator: string
  readonly values: readonly Cell[]
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

function unquote(literal: string, keepWildcards: boolean): string {
  return literal.slice(1, -1).replace(/\\(u[0-9a-fA-F]{4}|.)/gs, (whole, name: string) => {
    if (keepWildcards && (name === '_' || name === '%')) return whole
    return name.length === 5 ? String.fromCharCode(Number.parseInt(name.slice(1), 16)) : (escapes[name] ?? name)
  })
}

const isIdField = (field: Field): boolean => field.type === 'id' || field.type === 'reference'
const isText = (field: Field): boolean => typeof literalKinds[field.type] === 'undefined'

/** What a literal must be, by the field's type; text and ids are quoted strings. */
const literalKinds: Partial<Record<Field['type'], { readonly literals: readonly string[]; readonly called: string }>> =
  {
    boolean: { literals: ['BOOLEAN'], called: 'boolean' },
    int: { literals: ['INTEGER'], called: 'int' },
    double: { literals: ['INTEGER', 'DECIMAL'], called: 'double' },
    currency: { literals: ['INTEGER', 'DECIMAL'], called: 'currency' },
    percent: { literals: ['INTEGER', 'DECIMAL'], called: 'percent' },
    date: { literals: ['DATE'], called: 'date' },
    datetime: { literals: ['DATETIME'], called: 'dateTime' },
  }

function wrongType(field: Field): Error {
  const called = literalKinds[field.type]?.called
  const should = called
    ? `of type ${called} and should not be enclosed in quotes`
    : 'of type string and should be enclosed in quotes'
  return requestError(400, 'INVALID_FIELD', `value of filter criterion for field '${field.name}' must be ${should}`)
}

function readLiteral(field: Field, text: string, literalType: string, like: boolean): Cell {
  if (literalType === 'NULL') return null
  if (literalType.startsWith('DATE_')) throw notSimulated(`the date literal ${text}`)
  const kind = literalKinds[field.type]
  if (!kind) {
    if (literalType !== 'STRING') throw wrongType(field)
    const value = unquote(text, like)
    if (!isIdField(field) || like) return value.toLowerCase()
    if (value === '') return null
    const id = toRecordId(value)
    if (id === undefined && field.type === 'id')
      throw requestError(400, 'INVALID_QUERY_FILTER_OPERATOR', `invalid ID field: ${value}`)
    return id ?? value
  }
  if (!kind.literals.includes(literalType)) throw wrongType(field)
  if (field.type === 'boolean') return text.toUpperCase() === 'TRUE'
  if (field.type === 'date') return isDateText(text) ? text : badLiteral(text)
  if (field.type === 'datetime') return parseDatetime(text) ?? badLiteral(text)
  return Number(text)
}

function badLiteral(text: string): never {
  throw requestError(400, 'MALFORMED_QUERY', `unexpected token: '${text}'`)
}

/** Checks that the field may be filtered and reads the literals. Throws as salesforce-facts 3.3 lists. */
export function readComparison(parsed: ParsedComparison, path: FieldPath): Comparison {
  const { field } = path
  if (!field.filterable) {
    const message = `field '${field.name}' can not be filtered in a query call`
    throw requestError(400, 'INVALID_QUERY_FILTER_OPERATOR', message)
  }
  const operator = parsed.operator.toUpperCase()
  const texts = typeof parsed.value === 'string' ? [parsed.value] : parsed.value
  const types = parsed.literalType ?? 'STRING'
  const typeAt = (i: number): string => (typeof types === 'string' ? types : (types[i] ?? 'STRING'))
  const like = operator === 'LIKE'
  if (like && !isText(field)) throw requestError(400, 'INVALID_FIELD', `invalid operator on ${field.name}: LIKE`)
  // A literal with a fraction below the second cannot equal a stored stamp; it is compared as it stands.
  return { path, operator, values: texts.map((text, i) => readLiteral(field, text, typeAt(i), like)) }
}

function likePattern(value: string): RegExp {
  const source = value.replace(/\\([_%])|([_%])|([.*+?^${}()|[\]\\])/gs, (_whole, escaped, wildcard, special) => {
    if (escaped) return escaped
    if (wildcard) return wildcard === '%' ? '[^]*' : '[^]'
    return `\\${special}`
  })
  return new RegExp(`^${source}$`)
}

/** The value as it is compared: text without case, ids and everything else as stored (salesforce-facts 3.4). */
function foldedReader({ field, read }: FieldPath): (cells: Cells) => Cell {
  if (isIdField(field) || !isText(field)) return read
  return cells => {
    const cell = read(cells)
    return typeof cell === 'string' ? cell.toLowerCase() : cell
  }
}

const orderings: Readonly<Record<string, (a: string | number, b: string | number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

/** The comparison as a function of a row's cells. A null is unequal to every value, and neither below nor above one. */
export function compileComparison({ path, operator, values }: Comparison): (cells: Cells) => boolean {
  const read = foldedReader(path)
  const value = values[0] ?? null
  const set = new Set(values)
  switch (operator) {
    case '=':
      return cells => read(cells) === value
    case '!=':
      return cells => read(cells) !== value
    case 'IN':
      return cells => set.has(read(cells))
    case 'NOT IN':
      return cells => !set.has(read(cells))
    case 'LIKE': {
      const pattern = likePattern(String(value ?? ''))
      return cells => {
        const cell = read(cells)
        return typeof cell === 'string' && pattern.test(cell.toLowerCase())
      }
    }
    case 'INCLUDES':
    case 'EXCLUDES': {
      const sets = values.map(each => String(each).split(';'))
      return cells => {
        const chosen = String(read(cells) ?? '').split(';')
        return sets.some(wanted => wanted.every(part => chosen.includes(part))) === (operator === 'INCLUDES')
      }
    }
    default:
      return compileOrdering(operator, read, value)
  }
}

function compileOrdering(operator: string, read: (cells: Cells) => Cell, value: Cell): (cells: Cells) => boolean {
  const holds = orderings[operator]
  if (!holds || value === null || typeof value === 'boolean')
    throw requestError(400, 'INVALID_FIELD', `invalid operator: ${operator}`)
  return cells => {
    const cell = read(cells)
    return cell !== null && typeof cell !== 'boolean' && holds(cell, value)
  }
}
