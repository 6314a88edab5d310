import { type ApiError, requestError } from '../api-error.ts'
import type { FieldType } from '../objects/definition.ts'
import type { Cell } from '../org/cell.ts'
import { isDateText, parseDatetime } from '../org/field-value.ts'
import { toRecordId } from '../org/record-id.ts'
import { dateText, literalSpan, type Span } from './calendar.ts'
import type { Operand } from './operand.ts'

/** A value to compare with: a cell, or the first value in a span and the first after it. Text is in lower case, ids have 18 characters. */
export type Literal = Cell | { readonly from: string | number; readonly to: string | number }

interface Kind {
  readonly literals: readonly string[]
  readonly called: string
}
const number = (called: string): Kind => ({ literals: ['INTEGER', 'DECIMAL'], called })

/** What a literal must be, by type; text and ids are quoted strings. */
const kinds: Partial<Record<FieldType, Kind>> = {
  boolean: { literals: ['BOOLEAN'], called: 'boolean' },
  int: { literals: ['INTEGER'], called: 'int' },
  double: number('double'),
  currency: number('currency'),
  percent: number('percent'),
  date: { literals: ['DATE', 'DATE_LITERAL', 'DATE_N_LITERAL'], called: 'date' },
  datetime: { literals: ['DATETIME', 'DATE_LITERAL', 'DATE_N_LITERAL'], called: 'dateTime' },
  time: { literals: ['STRING'], called: 'time' },
}

const isIdType = (type: FieldType): boolean => type === 'id' || type === 'reference'
/** Compared without case, and with LIKE. */
export const isTextType = (type: FieldType): boolean => kinds[type] === undefined && !isIdType(type)

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

/** The text of a quoted literal; in LIKE the wildcards' escapes stay for the pattern (salesforce-facts 3.4). */
function unquote(literal: string, keepWildcards: boolean): string {
  return literal.slice(1, -1).replace(/\\(u[0-9a-fA-F]{4}|.)/gs, (whole, name: string) => {
    if (keepWildcards && (name === '_' || name === '%' || name === '\\')) return whole
    return name.length === 5 ? String.fromCharCode(Number.parseInt(name.slice(1), 16)) : (escapes[name] ?? name)
  })
}

function wrongType({ name, type }: Operand): ApiError {
  const called = kinds[type]?.called
  const should = called
    ? `of type ${called} and should not be enclosed in quotes`
    : 'of type string and should be enclosed in quotes'
  return requestError(400, 'INVALID_FIELD', `value of filter criterion for field '${name}' must be ${should}`)
}

const unreadable = (text: string): ApiError => requestError(400, 'MALFORMED_QUERY', `unexpected token: '${text}'`)

/** Reads one literal of a comparison with `operand`. Throws INVALID_FIELD for one of another type (salesforce-facts 3.3). */
export function readLiteral(
  operand: Operand,
  text: string,
  literalType: string,
  like: boolean,
  nowMs: number,
): Literal {
  if (literalType === 'NULL') return null
  const kind = kinds[operand.type]
  if (!kind) {
    if (literalType !== 'STRING') throw wrongType(operand)
    return isIdType(operand.type) ? readId(unquote(text, false)) : unquote(text, like).toLowerCase() || null
  }
  if (!kind.literals.includes(literalType)) throw wrongType(operand)
  if (literalType.endsWith('_LITERAL')) return spanLiteral(operand, literalSpan(text, nowMs), text)
  switch (operand.type) {
    case 'boolean':
      return text.toUpperCase() === 'TRUE'
    case 'date':
      if (!isDateText(text)) throw unreadable(text)
      return text
    case 'datetime':
      return readDatetime(text)
    case 'time':
      return readTime(operand, unquote(text, false))
    default:
      return Number(text)
  }
}

/** A literal with a fraction below the second cannot equal a stored stamp; it is compared as it stands. */
function readDatetime(text: string): number {
  const ms = parseDatetime(text)
  if (ms === undefined) throw unreadable(text)
  return ms
}

/** A time of day as it is stored, `10:30:00.000Z`; parse.ts marks it with a T. */
function readTime(operand: Operand, text: string): string {
  const [, time, fraction = ''] = /^T(\d\d:\d\d:\d\d)(?:\.(\d+))?Z$/.exec(text) ?? []
  if (time === undefined) throw wrongType(operand)
  return `${time}.${fraction.padEnd(3, '0')}Z`
}

function readId(value: string): Cell {
  if (value === '') return null
  const id = toRecordId(value)
  if (id === undefined) throw requestError(400, 'INVALID_QUERY_FILTER_OPERATOR', `invalid ID field: ${value}`)
  return id
}

/** What a Date can hold. */
const timeMsMax = 8.64e15

function spanLiteral({ type }: Operand, span: Span | undefined, text: string): Literal {
  if (!span || !(Math.abs(span.fromMs) <= timeMsMax) || !(Math.abs(span.toMs) <= timeMsMax)) throw unreadable(text)
  if (type === 'datetime') return { from: span.fromMs, to: span.toMs }
  return { from: dateText(span.fromMs), to: dateText(span.toMs) }
}
