import type { ObjectDescribe, Row, SchemaId } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { type Column, columnsOf, wantedOf } from './columns.ts'
import { readAvro } from './reader.ts'
import type { SchemaRegistry } from './registry.ts'
import { type AvroRecordSchema, fullnameOf, resolveSchema } from './schema.ts'
import { avroWriter, Misfit } from './writer.ts'

/** Writes values of one schema as registry-framed Avro: 0x00, the schema id as a big-endian int32, the value. */
export interface Codec<T> {
  readonly schemaId: SchemaId
  /** Throws ConnectorError 'internal.bug' that names the path that does not fit the schema, never its value. */
  encode(value: T): Buffer
}

/** A value as it stood on a topic. */
export interface Decoded {
  readonly schemaId: SchemaId
  /** `namespace.name` of the record. */
  readonly schemaName: string
  readonly schema: AvroRecordSchema
  /** Longs are numbers; dates and times are their plain numbers (days, milliseconds). */
  readonly value: Readonly<Record<string, unknown>>
}

const frameBytes = 5
const scratchKeptBytesMax = 1_048_576
const problemsMax = 10
const nameShownMax = 80

// Writing is synchronous, so all codecs share one buffer.
let scratch = Buffer.allocUnsafeSlow(65_536)

function bugIn(schema: AvroRecordSchema, { path, expected }: Misfit): ConnectorError {
  const place = path.join('.') || '(value)'
  return new ConnectorError('internal.bug', `cannot encode ${fullnameOf(schema)}: ${place} is no ${expected}`)
}

/** A codec of one schema under the registry's id. */
export function compileWriter<T>(schema: AvroRecordSchema, schemaId: SchemaId): Codec<T> {
  const write = avroWriter(resolveSchema(schema))
  const encode = (value: T): Buffer => {
    const out = { bytes: scratch, at: frameBytes }
    try {
      write(value, out)
    } catch (error) {
      throw error instanceof Misfit ? bugIn(schema, error) : error
    }
    if (out.bytes.length <= scratchKeptBytesMax) scratch = out.bytes
    out.bytes[0] = 0
    out.bytes.writeInt32BE(schemaId, 1)
    return Buffer.from(out.bytes.subarray(0, out.at))
  }
  return { schemaId, encode }
}

// A describe is used for very many rows until it is read anew.
const plain = new WeakMap<ObjectDescribe, readonly Column[]>()

/** The columns of recordSchema. */
function plainColumns(describe: ObjectDescribe): readonly Column[] {
  const known = plain.get(describe) ?? columnsOf(wantedOf(describe.fields))
  plain.set(describe, known)
  return known
}

const typeName = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)

/**
 * Turns a REST row into the Avro `record` that has these columns, by default those of recordSchema; a field the row lacks
 * becomes null, as do the `empty` ones, which have no column. Throws ConnectorError 'salesforce.bad_answer' that names a field of the wrong type, never its value.
 */
export function rowReader(
  describe: ObjectDescribe,
  columns: readonly Column[] = plainColumns(describe),
  empty: readonly string[] = [],
): (row: Row) => Record<string, unknown> {
  const places = columns.map(({ field, avroName, kind }) => ({ name: field.name, avroName, kind }))
  // V8 keeps an object parsed from JSON, and its copies, in one fast shape; one that grows by names from a variable it does not.
  const names = [...places.map(({ avroName }) => avroName), ...empty]
  const nulls = JSON.parse(JSON.stringify(Object.fromEntries(names.map(name => [name, null])))) as object
  return row => {
    const record: Record<string, unknown> = { ...nulls }
    for (const { name, avroName, kind } of places) {
      const given = row[name]
      if (given === null || given === undefined) continue
      const value = kind.fromRow(given)
      if (value === undefined) {
        const message = `${describe.name}.${name}: Salesforce sent no ${kind.expected.replace(/^an? /, '')} but a value of type ${typeName(given)}`
        throw new ConnectorError('salesforce.bad_answer', message, {
          remedy: 'See what the field is in Setup, Object Manager: its values are not of the type that describe tells.',
        })
      }
      record[avroName] = value
    }
    return record
  }
}

function invalid(problems: readonly string[]): ConnectorError {
  const more = problems.length > problemsMax ? `; and ${problems.length - problemsMax} more` : ''
  return new ConnectorError('command.invalid', `${problems.slice(0, problemsMax).join('; ')}${more}`, {
    remedy: 'Correct the fields named and send the command again.',
  })
}

function unknownField(object: string, name: string, known: Iterable<string>): string {
  const shown = name.slice(0, nameShownMax)
  const meant = nearest(shown, known)
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  return `fields: ${object} has no field ${JSON.stringify(shown)} that a command can carry${hint}`
}

type Direction = 'fromAvro' | 'fromJson'
type ByName = ReadonlyMap<string, Column>
// Commands of an object use one describe until it is read anew, so the lookup is made once for each.
const lookups: Record<Direction, WeakMap<ObjectDescribe, ByName>> = { fromAvro: new WeakMap(), fromJson: new WeakMap() }

function lookup(describe: ObjectDescribe, direction: Direction): ByName {
  const known = lookups[direction].get(describe)
  if (known !== undefined) return known
  const made = new Map(
    plainColumns(describe).map(column => [direction === 'fromAvro' ? column.avroName : column.field.name, column]),
  )
  lookups[direction].set(describe, made)
  return made
}

function convertFields(describe: ObjectDescribe, given: unknown, direction: Direction): Record<string, unknown> {
  if (typeName(given) !== 'object') throw invalid([`fields: expected an object, found ${typeName(given)}`])
  const byName = lookup(describe, direction)
  const fields: Record<string, unknown> = {}
  const problems: string[] = []
  for (const [name, value] of Object.entries(given as object)) {
    if (value === null || value === undefined) continue
    const column = byName.get(name)
    if (column === undefined) {
      // Names are compared for the problems shown only: a hostile command may hold very many.
      problems.push(problems.length < problemsMax ? unknownField(describe.name, name, byName.keys()) : name)
      continue
    }
    const converted = column.kind[direction](value)
    if (converted === undefined)
      problems.push(`fields.${column.field.name}: expected ${column.kind.expected}, found ${typeName(value)}`)
    else fields[column.field.name] = converted
  }
  if (problems.length > 0) throw invalid(problems)
  return fields
}

/**
 * The `fields` of an Avro command as REST takes them: nulls dropped ("leave alone"), dates and times as ISO strings,
 * multipicklists joined by `;`. Throws ConnectorError 'command.invalid' that names each field that does not fit describe.
 */
export const toSalesforceFields = (describe: ObjectDescribe, avroFields: unknown): Record<string, unknown> =>
  convertFields(describe, avroFields, 'fromAvro')

/**
 * The `fields` of a JSON command in the same form as toSalesforceFields gives them. Throws ConnectorError 'command.invalid'
 * that names each field, what was expected and what type was found, and the nearest name for an unknown one.
 */
export const jsonToSalesforceFields = (describe: ObjectDescribe, fields: unknown): Record<string, unknown> =>
  convertFields(describe, fields, 'fromJson')

function unreadable(message: string, cause?: unknown): ConnectorError {
  const options = {
    remedy: 'Write the value with the serializer of a schema registry: 0x00, the schema id, then Avro.',
  }
  return new ConnectorError('command.unreadable', message, cause === undefined ? options : { ...options, cause })
}

/**
 * Reads a framed value with the schema it was written with. Throws ConnectorError 'command.unreadable' if it is not a whole
 * framed Avro record or its schema is unknown, and 'registry.unavailable' if the registry cannot be asked.
 */
export async function decodeFramed(value: Buffer, registry: Pick<SchemaRegistry, 'schema'>): Promise<Decoded> {
  if (value.length < frameBytes)
    throw unreadable(`the value has ${value.length} bytes, less than a frame's ${frameBytes}`)
  if (value[0] !== 0) throw unreadable(`the value starts with byte ${value[0]} instead of 0`)
  const schemaId = value.readInt32BE(1) as SchemaId
  const schema = schemaId < 0 ? undefined : await registry.schema(schemaId)
  if (schema === undefined) throw unreadable(`the registry has no Avro schema with id ${schemaId}`)
  try {
    const type = resolveSchema(schema)
    if (type.kind !== 'record') throw new Error(`its schema is of type ${type.kind}, not record`)
    const read = readAvro(type, value.subarray(frameBytes)) as Readonly<Record<string, unknown>>
    return { schemaId, schemaName: type.fullname, schema: schema as AvroRecordSchema, value: read }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw unreadable(`the value does not fit schema ${schemaId}: ${reason}`, cause)
  }
}
