import type { AvroType } from '../avro/schema.ts'
import { parseDate, parseDateTime, parseTime } from '../avro/times.ts'

type Fields = Readonly<Record<string, unknown>>

const parsers: Readonly<Record<string, (text: string) => number>> = {
  date: parseDate,
  'timestamp-millis': parseDateTime,
  'time-millis': parseTime,
}

/** The type behind "null or this", which is how every optional field is declared. */
const behindNull = (type: AvroType): AvroType =>
  type.kind === 'union' ? (type.branches.find(branch => branch.kind !== 'null') ?? type) : type

/** The type of a record's field; undefined if it has none of that name. */
export function fieldType(type: AvroType | undefined, name: string): AvroType | undefined {
  const record = type && behindNull(type)
  return record?.kind === 'record' ? record.fields.find(field => field.name === name)?.type : undefined
}

/** Text of the command line as the JSON value of its type. Text that does not fit stays text: the reply says what is wrong with it. */
export function fromText(declared: AvroType | undefined, text: string): unknown {
  const type = declared && behindNull(declared)
  switch (type?.kind) {
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'int':
    case 'long':
    case 'double':
      return type.kind !== 'double' && 'logical' in type ? text : numberOf(text)
    case 'array':
      return text.split(';')
    case 'record':
    case 'map':
      return text.startsWith('{') ? (JSON.parse(text) as unknown) : text
    default:
      return text
  }
}

const numberOf = (text: string): number | string =>
  text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text

/** A JSON value as Avro takes it: ISO dates and times as numbers, `a;b` as an array, what is absent as null or empty. */
export function toAvro(declared: AvroType, value: unknown): unknown {
  const type = behindNull(declared)
  if (value === undefined || value === null) return declared.kind === 'union' ? null : emptyOf(type)
  switch (type.kind) {
    case 'record':
      return typeof value === 'object'
        ? Object.fromEntries(type.fields.map(field => [field.name, toAvro(field.type, (value as Fields)[field.name])]))
        : value
    case 'array':
      return (typeof value === 'string' ? value.split(';') : value) as unknown
    case 'int':
    case 'long': {
      const parse = type.logical === undefined ? undefined : parsers[type.logical]
      return parse && typeof value === 'string' ? parse(value) : value
    }
    default:
      return value
  }
}

/** What a field that may not be null holds if it is not given: no entries, or a record of fields that are not given either. */
function emptyOf(type: AvroType): unknown {
  if (type.kind === 'array') return []
  return type.kind === 'record' ? toAvro(type, {}) : null
}
