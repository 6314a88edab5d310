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

/** Writes values of one kind; `fits` tells them from those of a union's other branches, what stands inside is not looked at. */
interface Writer {
  readonly fits: (value: unknown) => boolean
  readonly write: Write
}

const of = <T>(
  expected: string,
  fits: (value: unknown) => value is T,
  write: (value: T, out: Output) => void,
): Writer => ({
  fits,
  write: (value, out) => {
    if (!fits(value)) throw new Misfit(expected)
    write(value, out)
  },
})

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
} as const satisfies Record<string, Writer>

type Known = Map<AvroType, Writer>

function unionWriter(branches: readonly AvroType[], known: Known): Writer {
  const writers = branches.map(branch => writerWithin(branch, known))
  const nullAt = branches.findIndex(({ kind }) => kind === 'null')
  const [only] = branches.length === 2 && nullAt >= 0 ? [1 - nullAt] : []
  const expected = branches.map(({ kind }) => kind).join(' or ')
  const write: Write = (value, out) => {
    const isAbsent = isNull(value)
    const index = isAbsent ? nullAt : (only ?? writers.findIndex(({ fits }) => fits(value)))
    if (index < 0) throw new Misfit(expected)
    writeLong(index, out)
    if (!isAbsent) writers[index]!.write(value, out)
  }
  return { fits: value => writers.some(({ fits }) => fits(value)), write }
}

function recordWriter(type: AvroRecordType, known: Known): Writer {
  const fields: { readonly name: string; readonly write: Write; readonly absent: unknown }[] = []
  const writer = of('record', isObject, (value, out) => {
    let name = ''
    try {
      for (const field of fields) {
        name = field.name
        const given = value[name]
        field.write(given === undefined ? field.absent : given, out)
      }
    } catch (error) {
      throw within(error, name)
    }
  })
  known.set(type, writer) // before its fields: one may be of this very record
  for (const { name, type: inner, default: absent } of type.fields)
    fields.push({ name, write: writerWithin(inner, known).write, absent })
  return writer
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

function arrayWriter(items: AvroType, known: Known): Writer {
  const { write } = writerWithin(items, known)
  return of('array', isArray, (value, out) => writeBlock(value, out, item => write(item, out), String))
}

function mapWriter(values: AvroType, known: Known): Writer {
  const { write } = writerWithin(values, known)
  return of('map', isObject, (value, out) => {
    const entries = Object.entries(value)
    const writeEntry = ([key, item]: [string, unknown]): void => {
      writeText(key, out)
      write(item, out)
    }
    writeBlock(entries, out, writeEntry, at => entries[at]![0])
  })
}

function enumWriter(symbols: readonly string[]): Writer {
  const places = new Map<unknown, number>(symbols.map((symbol, at) => [symbol, at]))
  const isSymbol = (value: unknown): value is string => places.has(value)
  return of('enum', isSymbol, (value, out) => writeLong(places.get(value)!, out))
}

function fixedWriter(size: number): Writer {
  return of('fixed', (value): value is Uint8Array => isBytes(value) && value.length === size, writePlain)
}

function writerWithin(type: AvroType, known: Known): Writer {
  switch (type.kind) {
    case 'record':
      return known.get(type) ?? recordWriter(type, known)
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
export const avroWriter = (type: AvroType): Write => writerWithin(type, new Map()).write
