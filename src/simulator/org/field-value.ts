import { requestError, rowError } from '../api-error.ts'
import type { FieldType } from '../objects/definition.ts'
import type { Cell } from './cell.ts'
import type { Field } from './object-type.ts'
import { toRecordId } from './record-id.ts'

const multipicklistValuesMax = 100

/** What Jackson calls the JSON token, as it stands in Salesforce's parser errors. */
function tokenOf(value: unknown): string {
  if (typeof value === 'string') return `VALUE_STRING value ${value}`
  if (typeof value === 'number')
    return `${Number.isInteger(value) ? 'VALUE_NUMBER_INT' : 'VALUE_NUMBER_FLOAT'} value ${value}`
  if (typeof value === 'boolean') return value ? 'VALUE_TRUE value true' : 'VALUE_FALSE value false'
  return Array.isArray(value) ? 'START_ARRAY value [' : 'START_OBJECT value {'
}

function unreadable(field: Field, value: unknown, text: string): never {
  const column = Math.max(0, text.indexOf(`"${field.name}"`)) + 1
  const where = `[line:1, column:${column}]`
  const message = `Cannot deserialize instance of ${field.type} from ${tokenOf(value)} or request may be missing a required field at ${where}`
  throw requestError(400, 'JSON_PARSER_ERROR', message)
}

/** `yyyy-MM-dd` that is a day of the calendar. */
export const isDateText = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) && Number.isFinite(Date.parse(`${text}T00:00:00Z`)) && !rollsOver(text)

function rollsOver(dateText: string): boolean {
  return new Date(`${dateText}T00:00:00Z`).toISOString().slice(0, 10) !== dateText
}

/** Epoch milliseconds at whole seconds; undefined unless it is `yyyy-MM-ddTHH:mm:ss[.SSS]` with Z or an offset (salesforce-facts 10.2, 3.4).
 *  An offset without a colon is read only after milliseconds, the form Salesforce itself writes. */
export function parseDatetime(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d|[+-]\d{4})$/.exec(text)
  if (!match) return undefined
  const [, day = '', time = '', fraction, zone = ''] = match
  const bare = /^[+-]\d{4}$/.test(zone)
  if (!isDateText(day) || (bare && fraction === undefined)) return undefined
  const ms = Date.parse(`${day}T${time}${bare ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone}`)
  return Number.isFinite(ms) ? ms : undefined
}

function parseNumber(field: Field, value: unknown, text: string): Cell {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number)) return unreadable(field, value, text)
  if (field.type === 'int') return Number.isInteger(number) ? number : unreadable(field, value, text)
  return dropDigits(number, field.definition.scale ?? 0)
}

/** Digits beyond the field's scale are dropped (salesforce-facts 10.2); worked on the decimal text, since 1.15 is not exact in binary. */
function dropDigits(number: number, scale: number): number {
  const decimal = String(number)
  const dot = decimal.indexOf('.')
  return dot < 0 || decimal.includes('e') ? number : Number(decimal.slice(0, dot + 1 + scale))
}

function parseText(field: Field, value: unknown, text: string): Cell {
  if (typeof value !== 'string') return unreadable(field, value, text)
  const trimmed = field.switches.textTrimmed ? value.trim() : value
  if (trimmed === '') return null
  if (field.type === 'multipicklist') return inDefinitionOrder(field, trimmed)
  return field.type === 'reference' ? (toRecordId(trimmed) ?? trimmed) : trimmed
}

function inDefinitionOrder(field: Field, value: string): Cell {
  const order = field.definition.values ?? []
  const rank = (part: string) => (order.includes(part) ? order.indexOf(part) : order.length)
  const parts = [...new Set(value.split(';').map(part => part.trim()))].filter(part => part !== '')
  return parts.toSorted((a, b) => rank(a) - rank(b)).join(';') || null
}

/** `HH:mm:ss.SSSZ` from a time with or without milliseconds and Z; undefined unless it is a time of day (salesforce-facts 10.2). */
export function parseTime(text: string): string | undefined {
  const match = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,3}))?Z?$/.exec(text)
  if (!match) return undefined
  const [, hours, minutes, seconds, fraction = ''] = match
  return `${hours}:${minutes}:${seconds}.${fraction.padEnd(3, '0')}Z`
}

const isBase64 = (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)

const parsers: Partial<Record<FieldType, (field: Field, value: unknown, text: string) => Cell>> = {
  boolean: (field, value, text) => (typeof value === 'boolean' ? value : unreadable(field, value, text)),
  int: parseNumber,
  double: parseNumber,
  currency: parseNumber,
  percent: parseNumber,
  date: (field, value, text) =>
    typeof value === 'string' && isDateText(value) ? value : unreadable(field, value, text),
  datetime: (field, value, text) => {
    const ms = typeof value === 'string' ? parseDatetime(value) : undefined
    return ms === undefined ? unreadable(field, value, text) : Math.floor(ms / 1000) * 1000
  },
  time: (field, value, text) =>
    (typeof value === 'string' ? parseTime(value) : undefined) ?? unreadable(field, value, text),
  base64: (field, value, text) =>
    typeof value === 'string' && isBase64(value) ? value || null : unreadable(field, value, text),
  // Compound fields are not writable, whatever the value: the field is what is refused (salesforce-facts 10.2).
  address: () => null,
  location: () => null,
}

/** The cell a JSON value is stored as: `""` is null, text is trimmed, a multipicklist is put in definition order (salesforce-facts 10.2).
 *  Throws JSON_PARSER_ERROR for a value of another JSON type; `text` is the request, to name the column. */
export function parseValue(field: Field, value: unknown, text: string): Cell {
  if (value === null || value === undefined) return null
  return (parsers[field.type] ?? parseText)(field, value, text)
}

/** Throws the row's error if the value breaks the field's own rules (salesforce-facts 2.10). */
export function checkValue(field: Field, cell: Cell): void {
  const refuse = (code: string, text: string) => rowError(code, `${field.label}: ${text}`, [field.name])
  if (cell === null) {
    if (field.type === 'boolean') throw refuse('INVALID_TYPE_ON_FIELD_IN_RECORD', 'value not of required type: null')
    return
  }
  if (typeof cell === 'number') {
    if (field.type !== 'datetime' && isOutside(field, cell))
      throw refuse('NUMBER_OUTSIDE_VALID_RANGE', `value outside of valid range on numeric field: ${cell}`)
    return
  }
  if (typeof cell !== 'string' || field.type === 'date') return
  if (field.length > 0 && cell.length > field.length) {
    throw refuse('STRING_TOO_LONG', `data value too large: ${cell} (max length=${field.length})`)
  }
  if (field.type === 'email' && !/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(cell)) {
    throw refuse('INVALID_EMAIL_ADDRESS', `invalid email address: ${cell}`)
  }
  checkPicklist(field, cell, refuse)
}

/** Beyond the field's digits, an int of 32 bits, the poles or the date line. */
function isOutside({ name, type, definition }: Field, cell: number): boolean {
  const size = Math.abs(cell)
  if (/Latitude(__s)?$/.test(name)) return size > 90
  if (/Longitude(__s)?$/.test(name)) return size > 180
  if (type === 'int') return size > 2_147_483_647
  const { precision, scale = 0 } = definition
  return precision !== undefined && size >= 10 ** (precision - scale)
}

function checkPicklist(field: Field, cell: string, refuse: (code: string, text: string) => Error): void {
  const parts = field.type === 'multipicklist' ? cell.split(';') : [cell]
  if (parts.length > multipicklistValuesMax) throw refuse('TOO_MANY_ENUM_VALUE', `too many values: ${parts.length}`)
  if (!field.restricted) return
  const bad = parts.find(part => !field.definition.values?.includes(part))
  if (bad !== undefined) {
    throw refuse('INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', `bad value for restricted picklist field: ${bad}`)
  }
}
