import type { ObjectDescribe } from '../core/contract.ts'
import {
  type Column,
  columnFields,
  columnsOf,
  formOf,
  isRecordSchema,
  type KnownField,
  spellOnce,
  type Wanted,
  wantedOf,
} from './columns.ts'
import { type CommandShape, commandSchema, eventSchema, replySchema } from './derive.ts'
import type { Numbers } from './fields.ts'
import { avroName, namespaceOf } from './names.ts'
import type { AvroField, AvroRecordSchema, AvroSchema } from './schema.ts'
import { markRequired, writtenBy } from './written.ts'

/** A schema after those that are registered under its subject, and where the values of the object's fields go. */
export interface Evolved {
  readonly schema: AvroRecordSchema
  readonly columns: readonly Column[]
  /** Avro names of the fields that no column fills. */
  readonly empty: readonly string[]
  /** API names of the fields that no registered schema has. */
  readonly added: readonly string[]
  /** Fields whose values go under a new name, since their own holds values of another type. */
  readonly renamed: readonly { readonly field: string; readonly avroName: string }[]
  /** API names of the fields that stay in the schema and read null: deleted, or hidden from the connector's user. */
  readonly lost: readonly string[]
}

/**
 * Pure. The schema of an object's events. `registered`: the schemas of the subject, oldest first. The result is
 * FULL_TRANSITIVE with all of them: fields are only ever added, nullable with default null, and a name never changes its
 * type. What the subject already says is taken over word for word, so that an object without changes leads to the latest
 * schema again.
 */
export function evolve(
  registered: readonly AvroSchema[],
  describe: ObjectDescribe,
  numbers: Numbers = 'double',
): Evolved {
  const known = knownFields(registered, 'record')
  const { fields, ...rest } = evolveFields(known, wantedOf(describe.fields, numbers))
  return { ...rest, schema: eventSchema(describe, rowOf(describe, fields)) }
}

/** Pure. The same for the schema of an object's replies. */
export function evolveReply(registered: readonly AvroSchema[], describe: ObjectDescribe): Evolved {
  const known = knownFields(registered, 'record')
  const { fields, ...rest } = evolveFields(known, wantedOf(describe.fields))
  return { ...rest, schema: replySchema(describe, rowOf(describe, fields)) }
}

/** Pure. The same for the schema of an action's commands; a field that is required, or no longer, is marked anew. */
export function evolveCommand(
  registered: readonly AvroSchema[],
  describe: ObjectDescribe,
  action: CommandShape,
): Evolved {
  const known = knownFields(registered, 'fields')
  const { fields, ...rest } = evolveFields(known, writtenBy(action, describe))
  return { ...rest, schema: commandSchema(describe, action, markRequired(fields, rest.columns, action)) }
}

const rowOf = (describe: ObjectDescribe, fields: readonly AvroField[]): AvroRecordSchema => ({
  type: 'record',
  name: 'Record',
  namespace: namespaceOf(describe.name),
  doc: `A row of ${describe.name}.`,
  fields,
})

function evolveFields(
  known: readonly KnownField[],
  wanted: readonly Wanted[],
): Omit<Evolved, 'schema'> & { readonly fields: readonly AvroField[] } {
  const columns = columnsOf(wanted, known)
  const names = new Set(known.map(({ field }) => field.name))
  const fresh = columns.filter(column => !names.has(column.avroName))
  const fields = spellOnce([...known.map(({ field }) => field), ...columnFields(fresh)], columns)
  const former = new Set(known.map(({ salesforceName }) => salesforceName.toLowerCase()))
  const present = new Set(columns.map(({ field }) => field.name.toLowerCase()))
  return {
    fields,
    columns,
    empty: [...names].filter(name => !columns.some(column => column.avroName === name)),
    added: fresh.map(({ field }) => field.name).filter(name => !former.has(name.toLowerCase())),
    renamed: fresh
      .filter(({ field, avroName: given }) => given !== avroName(field.name))
      .map(({ field, avroName: given }) => ({ field: field.name, avroName: given })),
    lost: [...new Set(known.map(each => each.salesforceName))].filter(name => !present.has(name.toLowerCase())),
  }
}

/** The fields of the record at `place` in the registered schemas: those of the latest in their order, then those only earlier ones have. */
function knownFields(registered: readonly AvroSchema[], place: Place): KnownField[] {
  const known = new Map<string, KnownField>()
  for (const schema of registered.toReversed()) {
    const spelled = new Map<string, AvroRecordSchema>()
    for (const field of recordFields(schema, place)) {
      const type = valueType(field)
      if (type === undefined) continue
      if (isRecordSchema(type)) spelled.set(type.name, type)
      const whole = typeof type === 'string' ? (spelled.get(type) ?? type) : type
      if (known.has(field.name)) continue
      known.set(field.name, {
        salesforceName: field.salesforceName ?? field.name,
        field: { ...field, type: ['null', whole] },
        form: formOf(whole),
      })
    }
  }
  return [...known.values()]
}

/** Where a schema holds the record that follows describe: the row of an event or a reply, what a command writes. */
type Place = 'record' | 'fields'

/** Empty for a schema that is not one of ours: whether it goes together with ours is for the registry to say. */
function recordFields(schema: AvroSchema, place: Place): readonly AvroField[] {
  if (!isRecordSchema(schema)) return []
  const record = schema.fields.find(({ name }) => name === place)
  const type = record && (valueType(record) ?? record.type)
  return type !== undefined && isRecordSchema(type) ? type.fields : []
}

/** What a nullable field holds when it is not null; undefined if it is not of the form that `nullable` makes. */
function valueType({ type, default: value }: AvroField): AvroSchema | undefined {
  if (!Array.isArray(type) || type.length !== 2 || type[0] !== 'null' || value !== null) return undefined
  return type[1] as AvroSchema
}
