import type { FieldDescribe, ObjectDescribe } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import { kindOf } from './fields.ts'
import { avroName } from './names.ts'
import { type AvroRecordSchema, type AvroType, resolveSchema } from './schema.ts'

/** How one field of a command stood in the schema that it was written with. */
interface SentField {
  /** API name of the Salesforce field, as far as the schema says it. */
  readonly name: string
  /** Its type, in a word. */
  readonly type: string
  /** The logical type of its number; '' for a plain number, undefined for what is no number. */
  readonly logical: string | undefined
}

// Keyed by the schema's identity: the registry's bounded cache decides how long an entry lives.
const known = new WeakMap<AvroRecordSchema, ReadonlyMap<string, SentField>>()

function sentFields(schema: AvroRecordSchema): ReadonlyMap<string, SentField> {
  const before = known.get(schema)
  if (before) return before
  const command = resolveSchema(schema)
  const fields = command.kind === 'record' ? command.fields.find(({ name }) => name === 'fields')?.type : undefined
  const record = fields && behindNull(fields)
  const names = salesforceNames(schema)
  const found = new Map(
    (record?.kind === 'record' ? record.fields : []).map(({ name, type }) => {
      const { kind, ...rest } = behindNull(type)
      const logical = 'logical' in rest ? (rest.logical ?? '') : ''
      return [
        name,
        { name: names.get(name) ?? name, type: logical || kind, logical: numbers.has(kind) ? logical : undefined },
      ]
    }),
  )
  known.set(schema, found)
  return found
}

const numbers: ReadonlySet<string> = new Set(['int', 'long', 'float', 'double'])

const behindNull = (type: AvroType): AvroType =>
  type.kind === 'union' ? (type.branches.find(branch => branch.kind !== 'null') ?? type) : type

/** The attribute `salesforceName` of the fields (columns.ts); a stranger's schema may have anything in its place. */
function salesforceNames(schema: AvroRecordSchema): Map<string, string> {
  const list = (value: unknown): Json[] => (Array.isArray(value) ? (value as unknown[]).filter(isJson) : [])
  const { type } = list(schema.fields).find(({ name }) => name === 'fields') ?? {}
  const record = [type].flat().find(each => isJson(each) && each.type === 'record')
  return new Map(
    list(isJson(record) ? record.fields : undefined).flatMap(({ name, salesforceName }) =>
      typeof name === 'string' && typeof salesforceName === 'string' ? [[name, salesforceName]] : [],
    ),
  )
}

type Json = Readonly<Record<string, unknown>>
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null

/** What the schema's number must be called to mean a value of the field; undefined if the field holds no number. */
function logicalOf(field: FieldDescribe): string | undefined {
  const avro = kindOf(field)?.avro
  if (avro === 'int' || avro === 'long' || avro === 'double') return ''
  const { type, logicalType } = (isJson(avro) ? avro : {}) as Json
  return type === 'int' || type === 'long' ? String(logicalType) : undefined
}

/**
 * The `fields` of an Avro command by the API names of the object's fields, whatever version of its schema it was written
 * with; nulls ("leave alone") are dropped. Throws ConnectorError 'command.invalid' for a number that meant something else
 * when its schema was registered (a date is not a count of days), and for a field that is given twice.
 */
export function sentByName(describe: ObjectDescribe, schema: AvroRecordSchema, fields: Json): Record<string, unknown> {
  const sent = sentFields(schema)
  // Salesforce's names know no case (salesforce-facts 2.1): a field that changed its own keeps its column.
  const byName = new Map(
    describe.fields.flatMap(
      field =>
        [
          [avroName(field.name).toLowerCase(), field],
          [field.name.toLowerCase(), field],
        ] as const,
    ),
  )
  const named: Record<string, unknown> = Object.create(null)
  for (const [key, value] of Object.entries(fields)) {
    if (value === null || value === undefined) continue
    const { name = key, logical, type } = sent.get(key) ?? {}
    const field = byName.get(name.toLowerCase())
    if (field && logical !== undefined && logical !== (logicalOf(field) ?? logical)) throw changed(field, key, type)
    const apiName = field?.name ?? name
    if (apiName in named) throw invalid(`fields holds ${apiName} twice`, `Set one of the fields that hold ${apiName}.`)
    named[apiName] = value
  }
  return named
}

const changed = (field: FieldDescribe, key: string, type = 'number'): ConnectorError =>
  invalid(
    `fields.${key} was written as a ${type}; ${field.name} takes ${kindOf(field)?.expected ?? 'nothing'} now`,
    `Write the command with the latest schema of its subject, and ${field.name} in the field that it has for this type.`,
  )

const invalid = (message: string, remedy: string): ConnectorError =>
  new ConnectorError('command.invalid', message, { remedy })
