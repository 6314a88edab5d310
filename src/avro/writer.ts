import { numberBytesMax, type Output, reserve, writeBytes, writeLong, writePlain, writeText } from './output.ts'
import type { AvroRecordType, AvroType } from './schema.ts'

/** Writes a value of one schema. Throws Misfit. */
export type Write = (value: unknown, out: Output) => void

/** A value that does not fit its schema: where, and what was expected there; never the value. */
export class Misfit extends Error {
  readonly path: string[] = []
  readonly expected: string

  constructor(expected: string) {
    super(`no ${expected}`)
    this.expected = expected
  }
}

/** A writer of values of one kind; `fits` tells them from those of a union's other branches. */
const of =
  <T>(expected: string, fits: (value: unknown) => value is T, write: (value: T, out: Output) => void): Write =>
  (value, out) => {
    if (!fits(value)) throw new Misfit(expected)
    write(value, out)
  }

const isNull = (value: unknown): value is null | undefined => value === null || value === undefined
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean'
const isInt = (value: unknown): value is number => typeof value === 'number' && value === (value | 0)
const isLong = (value: unknown): value is number => Number.isSafeInteger(value)
const isNumber = (value: unknown): value is number => typeof value === 'number'
const isText = (value: unknown): value is string => typeof value === 'string'
const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array
const isArray = (value: unknown): value is unknown[] => Array.isArray(value)
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isBytes(value)

/** Whether a value is meant for this branch of a union; what stands inside it is looked at as it is written. */
function suits(type: AvroType, value: unknown): boolean {
  switch (type.kind) {
    case 'null':
      return isNull(value)
    case 'boolean':
      return isBoolean(value)
    case 'int':
      return isInt(value)
    case 'long':
      return isLong(value)
    case 'float':
    case 'double':
      return isNumber(value)
    case 'string':
      return isText(value)
    case 'enum':
      return isText(value) && type.symbols.includes(value)
    case 'bytes':
      return isBytes(value)
    case 'fixed':
      return isBytes(value) && value.length === type.size
    case 'array':
      return isArray(value)
    case 'map':
    case 'record':
      return isObject(value)
    case 'union':
      return false // Avro has no union directly within a union
  }
}

const simple = {
  null: of('null', isNull, () => undefined),
  boolean: of('boolean', isBoolean, (value, out) => {
    reserve(out, 1)
    out.bytes[out.at++] = value ? 1 : 0
  }),
  int: of('int', isInt, writeLong),
  long: of('long', isLong, writeLong),
  float: of('float', isNumber, (value, out) => {
    reserve(out, numberBytesMax)
    out.at = out.bytes.writeFloatLE(value, out.at)
  }),
  double: of('double', isNumber, (value, out) => {
    reserve(out, numberBytesMax)
    out.at = out.bytes.writeDoubleLE(value, out.at)
  }),
  string: of('string', isText, writeText),
  bytes: of('bytes', isBytes, writeBytes),
} as const satisfies Record<string, Write>

type Known = Map<AvroType, Write>

function unionWriter(branches: readonly AvroType[], known: Known): Write {
  const writers = branches.map(branch => writerWithin(branch, known))
  const nullAt = branches.findIndex(({ kind }) => kind === 'null')
  const [only] = branches.length === 2 && nullAt >= 0 ? [1 - nullAt] : []
  const expected = branches.map(({ kind }) => kind).join(' or ')
  return (value, out) => {
    const isAbsent = isNull(value)
    const index = isAbsent ? nullAt : (only ?? branches.findIndex(branch => suits(branch, value)))
    if (index < 0) throw new Misfit(expected)
    writeLong(index, out)
    if (!isAbsent) writers[index]!(value, out)
  }
}

function recordWriter({ fields }: AvroRecordType, known: Known, type: AvroType): Write {
  const writers: { readonly name: string; readonly write: Write; readonly absent: unknown }[] = []
  const write = of('record', isObject, (value, out) => {
    let name = ''
    try {
      for (const field of writers) {
        name = field.name
        const given = value[name]
        field.write(given === undefined ? field.absent : given, out)
      }
    } catch (error) {
      throw within(error, name)
    }
  })
  known.set(type, write) // before its fields: one may be of this very record
  for (const { name, type: inner, default: absent } of fields)
    writers.push({ name, write: writerWithin(inner, known), absent })
  return write
}

function within(error: unknown, place: string): unknown {
  if (error instanceof Misfit) error.path.unshift(place)
  return error
}

/** Entries of an array or a map: one block, then the end. */
function writeBlock<T>(entries: readonly T[], out: Output, write: (entry: T) => void, placeOf: (at: number) => string) {
  if (entries.length > 0) writeLong(entries.length, out)
  for (const [at, entry] of entries.entries()) {
    try {
      write(entry)
    } catch (error) {
      throw within(error, placeOf(at))
    }
  }
  writeLong(0, out)
}

function arrayWriter(items: AvroType, known: Known): Write {
  const writeItem = writerWithin(items, known)
  return of('array', isArray, (value, out) => writeBlock(value, out, item => writeItem(item, out), String))
}

function mapWriter(values: AvroType, known: Known): Write {
  const writeValue = writerWithin(values, known)
  return of('map', isObject, (value, out) => {
    const entries = Object.entries(value)
    const writeEntry = ([key, item]: [string, unknown]): void => {
      writeText(key, out)
      writeValue(item, out)
    }
    writeBlock(entries, out, writeEntry, at => entries[at]![0])
  })
}

function enumWriter(symbols: readonly string[]): Write {
  const places = new Map(symbols.map((symbol, at) => [symbol, at]))
  return (value, out) => {
    const at = typeof value === 'string' ? places.get(value) : undefined
    if (at === undefined) throw new Misfit('enum')
    writeLong(at, out)
  }
}

function fixedWriter(size: number): Write {
  return of('fixed', (value): value is Uint8Array => isBytes(value) && value.length === size, writePlain)
}

function writerWithin(type: AvroType, known: Known): Write {
  switch (type.kind) {
    case 'record':
      return known.get(type) ?? recordWriter(type, known, type)
    case 'union':
      return unionWriter(type.branches, known)
    case 'array':
      return arrayWriter(type.items, known)
    case 'map':
      return mapWriter(type.values, known)
    case 'enum':
      return enumWriter(type.symbols)
    case 'fixed':
      return fixedWriter(type.size)
    default:
      return simple[type.kind]
  }
}

/**
 * A writer of Avro binary (Avro specification, Binary encoding): unions bare, longs as safe integers, logical types as
 * their plain numbers, a field that is absent as its default or null.
 */
export const avroWriter = (type: AvroType): Write => writerWithin(type, new Map())
