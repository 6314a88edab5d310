import type { FieldDescribe } from '../core/contract.ts'
import { decimalBytes, decimalDigitsMax, plainText, unscaledOf } from './decimals.ts'
import type { AvroField, AvroRecordSchema, AvroSchema } from './schema.ts'
import { formatDate, formatDateTime, formatTime, parseDate, parseDateTime, parseTime } from './times.ts'

type Convert = (value: unknown) => unknown

/**
 * How the values of one Salesforce field type travel (salesforce-facts 10.2). Each conversion takes a value that is not
 * null and answers undefined if it is of the wrong type. `fromAvro` and `fromJson` lead to the same form, the one REST is
 * sent, so that a command means the same, and hashes alike, in both formats.
 */
export interface FieldKind {
  readonly avro: AvroSchema | AvroRecordSchema
  /** What a JSON value must be, in words for an error. */
  readonly expected: string
  /** A value of a REST row to Avro. */
  readonly fromRow: Convert
  /** A value of an Avro command to REST. */
  readonly fromAvro: Convert
  /** A value of a JSON command to REST. */
  readonly fromJson: Convert
}

const textMax = 30
/** A number in any of its JSON spellings: 3, 3.0, "3", 1.39E8. */
const numeric = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/

const numberOf: Convert = value =>
  typeof value === 'string' && value.length <= textMax && numeric.test(value) ? Number(value) : value
const finite: Convert = value => (Number.isFinite(value) ? value : undefined)
const int: Convert = value => (Number.isInteger(value) && value === (Number(value) | 0) ? Number(value) : undefined)
// Beyond it other clients in JavaScript take a long for another number: the zigzag of avsc 5.7.9 is a double.
const longMax = 2 ** 52
const long: Convert = value => (Number.isInteger(value) && Math.abs(Number(value)) <= longMax ? value : undefined)
const bool: Convert = value => (typeof value === 'boolean' ? value : undefined)
// A lone surrogate has no UTF-8 form; two encoders would write two different things.
const text: Convert = value => (typeof value === 'string' ? value.toWellFormed() : undefined)
const never: Convert = () => undefined

function same(avro: AvroSchema, expected: string, convert: Convert, fromRow: Convert = convert): FieldKind {
  return { avro, expected, fromRow, fromAvro: convert, fromJson: convert }
}

const parsed =
  (parse: (text: string) => number): Convert =>
  value => {
    const n = typeof value === 'string' ? parse(value) : Number.NaN
    return Number.isNaN(n) ? undefined : n
  }

function temporal(
  type: 'int' | 'long',
  logicalType: string,
  expected: string,
  parse: (text: string) => number,
  format: (n: unknown) => string | undefined,
): FieldKind {
  const read = parsed(parse)
  return {
    avro: { type, logicalType },
    expected,
    fromRow: read,
    fromAvro: format,
    fromJson: value => format(read(value)),
  }
}

const joined: Convert = value =>
  Array.isArray(value) && value.every(item => typeof item === 'string' && item !== '' && !item.includes(';'))
    ? value.map(item => (item as string).toWellFormed()).join(';')
    : undefined

const multipicklist: FieldKind = {
  avro: { type: 'array', items: 'string' },
  expected: 'an array of strings without ";", or one string "a;b"',
  fromRow: value => (typeof value === 'string' ? value.toWellFormed().split(';') : undefined),
  fromAvro: joined,
  fromJson: value => (typeof value === 'string' ? text(value) : joined(value)),
}

/** A compound field: read as a record; written only by its parts. */
function compound(name: string, parts: readonly (readonly [name: string, kind: FieldKind])[]): FieldKind {
  const fields: AvroField[] = parts.map(([name, kind]) => ({ name, type: ['null', kind.avro], default: null }))
  const fromRow: Convert = value => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    const record: Record<string, unknown> = {}
    for (const [part, kind] of parts) {
      const given = (value as Readonly<Record<string, unknown>>)[part] ?? null
      const converted = given === null ? null : kind.fromRow(given)
      if (converted === undefined) return undefined
      record[part] = converted
    }
    return record
  }
  const avro: AvroRecordSchema = { type: 'record', name, fields }
  return { avro, expected: 'nothing: it is written by its parts', fromRow, fromAvro: never, fromJson: never }
}

const string = same('string', 'a string', text)
const double = same('double', 'a number', finite, value => finite(numberOf(value)))
const whole = same('int', 'a whole number of 32 bits', int, value => int(numberOf(value)))
const coordinates = [
  ['latitude', double],
  ['longitude', double],
] as const
const addressTexts = ['street', 'city', 'state', 'postalCode', 'country', 'stateCode', 'countryCode'] as const

/** anyType and complexvalue hold values of changing types: text stays, the rest becomes its JSON. */
const anything = same('string', 'a string', text, value =>
  typeof value === 'string' ? text(value) : JSON.stringify(value),
)

const kinds: Readonly<Record<string, FieldKind>> = {
  boolean: same('boolean', 'true or false', bool),
  int: whole,
  long: same('long', 'a whole number within 2^52', long, value => long(numberOf(value))),
  double,
  currency: double,
  percent: double,
  date: temporal('int', 'date', 'a date "yyyy-MM-dd"', parseDate, formatDate),
  datetime: temporal('long', 'timestamp-millis', 'a time "yyyy-MM-ddTHH:mm:ss.SSSZ"', parseDateTime, formatDateTime),
  time: temporal('int', 'time-millis', 'a time of day "HH:mm:ss.SSSZ"', parseTime, formatTime),
  multipicklist,
  anyType: anything,
  complexvalue: anything,
  address: compound('Address', [
    ...addressTexts.map(name => [name, string] as const),
    ...coordinates,
    ['geocodeAccuracy', string],
  ]),
  location: compound('Location', coordinates),
}

/** How events carry fields of type double, currency and percent. */
export type Numbers = 'double' | 'decimal' | 'string'

const measured: ReadonlySet<string> = new Set(['double', 'currency', 'percent'])

/** Rounded to the digits that Setup gives the field: a formula may have more. Only rows are read so. */
function decimal(scale: number): FieldKind {
  const fromRow: Convert = value => {
    const n = finite(numberOf(value))
    const unscaled = n === undefined ? undefined : unscaledOf(n as number, scale)
    return unscaled === undefined ? undefined : decimalBytes(unscaled)
  }
  const avro = { type: 'bytes', logicalType: 'decimal', precision: decimalDigitsMax, scale }
  return { avro, expected: 'a number of 38 digits at most', fromRow, fromAvro: never, fromJson: never }
}

const decimalText: FieldKind = {
  avro: 'string',
  expected: 'a number',
  fromRow: value => {
    const n = finite(numberOf(value))
    return n === undefined ? undefined : plainText(n as number)
  },
  fromAvro: never,
  fromJson: never,
}

/** How a field's values travel; undefined for base64, which is left out: REST answers it with a URL, not with the bytes. */
export function kindOf(field: FieldDescribe, numbers: Numbers = 'double'): FieldKind | undefined {
  if (field.type === 'base64') return undefined
  if (numbers !== 'double' && measured.has(field.type))
    return numbers === 'string' ? decimalText : decimal(Math.min(Math.max(field.scale, 0), decimalDigitsMax))
  return Object.hasOwn(kinds, field.type) ? kinds[field.type] : string
}
