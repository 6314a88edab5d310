import { decimalText } from './decimals.ts'
import { type AvroRecordSchema, type AvroType, resolveSchema } from './schema.ts'
import { formatDate, formatDateTime, formatTime } from './times.ts'

const formats: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  date: formatDate,
  'timestamp-millis': formatDateTime,
  'time-millis': formatTime,
}

function toJson(type: AvroType, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (Buffer.isBuffer(value) && type.kind !== 'union')
    return type.kind === 'bytes' && type.logical === 'decimal'
      ? decimalText(value, scaleOf(type.scale))
      : value.toString('base64')
  switch (type.kind) {
    case 'int':
    case 'long':
      return (type.logical === undefined ? undefined : formats[type.logical]?.(value)) ?? value
    case 'array':
      return Array.isArray(value) ? value.map(item => toJson(type.items, item)) : value
    case 'map':
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(type.values, item)]))
    case 'record': {
      const fields = value as Readonly<Record<string, unknown>>
      return Object.fromEntries(type.fields.map(({ name, type }) => [name, toJson(type, fields[name])]))
    }
    case 'union': {
      // Bare unions do not say which branch was taken; ours are all "null or this". Others stay as they were read.
      const [only, ...others] = type.branches.filter(branch => branch.kind !== 'null')
      if (only !== undefined && others.length === 0) return toJson(only, value)
      return Buffer.isBuffer(value) ? value.toString('base64') : value
    }
    default:
      return value
  }
}

/** A stranger's schema may hold any number there. */
const scaleOf = (scale = 0): number => (Number.isInteger(scale) && scale >= 0 && scale <= 1_000 ? scale : 0)

/** A decoded value as JSON has it: dates and times as ISO strings, decimals as text, other bytes as base64, a missing field as null. For tail and JSON replies. */
export const recordToJson = (schema: AvroRecordSchema, value: unknown): Record<string, unknown> =>
  toJson(resolveSchema(schema), value) as Record<string, unknown>
