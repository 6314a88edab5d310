import { eventTypes, type FieldDescribe, type ObjectDescribe, replyStatuses } from '../core/contract.ts'
import { kindOf } from './fields.ts'
import { avroName, namespaceOf } from './names.ts'
import type { AvroField, AvroRecordSchema, AvroSchema } from './schema.ts'

/**
 * Schemas derived from describe. All are FULL_TRANSITIVE-safe: what an org can add or remove (fields) is nullable with
 * default null, enums have a default symbol, logical types are there from the first version.
 */

/** What a command of one action may carry beside commandId and expiresAt. */
export interface CommandShape {
  readonly name: string
  readonly recordId: boolean
  readonly fields: 'none' | 'createable' | 'updateable' | 'writeable'
  readonly fieldsToNull: boolean
  readonly externalIdField: boolean
  readonly extra: readonly { readonly name: string; readonly type: 'boolean' | 'string'; readonly doc: string }[]
}

const instant: AvroSchema = { type: 'long', logicalType: 'timestamp-millis' }
const strings: AvroSchema = { type: 'array', items: 'string' }

const field = (name: string, type: AvroSchema, doc: string): AvroField => ({ name, type, doc })
const optional = (name: string, type: AvroSchema, doc: string, value: unknown): AvroField => ({
  name,
  type,
  doc,
  default: value,
})
const nullable = (name: string, type: AvroSchema, doc: string): AvroField => ({
  name,
  type: ['null', type],
  doc,
  default: null,
})

const isNamed = (type: AvroSchema): type is AvroRecordSchema =>
  typeof type === 'object' && 'type' in type && type.type === 'record'

/** The Avro fields of an object's fields, each nullable. A compound type is spelled out once and named after that. */
function objectFields(fields: readonly FieldDescribe[], docOf: (field: FieldDescribe) => string): AvroField[] {
  const defined = new Set<string>()
  return fields.flatMap(described => {
    const type = kindOf(described)?.avro
    if (type === undefined) return []
    const known = isNamed(type) && defined.has(type.name)
    if (isNamed(type)) defined.add(type.name)
    return [nullable(avroName(described.name), known ? type.name : type, docOf(described))]
  })
}

/** An object's row as Avro record `salesforce.<object>.Record`: all fields but base64, nullable, doc = label. */
export function recordSchema(describe: ObjectDescribe): AvroRecordSchema {
  const fields = objectFields(describe.fields, field => field.label)
  return {
    type: 'record',
    name: 'Record',
    namespace: namespaceOf(describe.name),
    doc: `A row of ${describe.name}.`,
    fields,
  }
}

/** The value of an object's events (core/contract.ts, EventValue). */
export function eventSchema(describe: ObjectDescribe): AvroRecordSchema {
  const type: AvroSchema = { type: 'enum', name: 'EventType', symbols: [...eventTypes], default: 'SNAPSHOT' }
  return {
    type: 'record',
    name: 'Event',
    namespace: namespaceOf(describe.name),
    doc: `A change of a row of ${describe.name}.`,
    fields: [
      field('eventId', 'string', 'The same for the same version of the row, however often it is read.'),
      field('type', type, 'What happened to the row.'),
      field('trigger', 'string', 'The trigger that fired.'),
      field('object', 'string', 'API name of the object.'),
      field('recordId', 'string', '18-character id of the row.'),
      field('orgId', 'string', '18-character id of the org.'),
      field('occurredAt', instant, 'When the row changed, by Salesforce.'),
      field('capturedAt', instant, 'When the connector read it.'),
      nullable('masterRecordId', 'string', 'The surviving row of a merge.'),
      optional('changedByConnector', 'boolean', 'True if the connector itself made the change.', false),
      nullable('record', recordSchema(describe), 'The row after the change; null if it can no longer be read.'),
    ],
  }
}

const replyError: AvroSchema = {
  type: 'record',
  name: 'ReplyError',
  fields: [
    field('code', 'string', "Salesforce's code, or one of the connector's (lower case, with a dot)."),
    optional('message', 'string', 'What is wrong.', ''),
    optional('fields', strings, 'The fields concerned.', []),
    optional('remedy', 'string', 'What to do about it.', ''),
  ],
}

const commandPosition: AvroSchema = {
  type: 'record',
  name: 'CommandPosition',
  fields: [
    field('topic', 'string', 'Topic of the command.'),
    field('partition', 'int', 'Its partition.'),
    field('offset', 'long', 'Its offset.'),
  ],
}

/** The value of an object's replies (core/contract.ts, ReplyValue). */
export function replySchema(describe: ObjectDescribe): AvroRecordSchema {
  const status: AvroSchema = { type: 'enum', name: 'ReplyStatus', symbols: [...replyStatuses], default: 'IN_DOUBT' }
  return {
    type: 'record',
    name: 'Reply',
    namespace: namespaceOf(describe.name),
    doc: `The answer to a command for ${describe.name}.`,
    fields: [
      field('commandId', 'string', "The command's commandId."),
      optional('commandHash', 'string', "SHA-256 of the command's content.", ''),
      field('action', 'string', 'The action asked for.'),
      field('status', status, 'IN_DOUBT: it was sent and no answer came; it may have been executed.'),
      nullable('recordId', 'string', '18-character id of the row.'),
      nullable('created', 'boolean', 'True if the row is new.'),
      nullable('record', recordSchema(describe), 'The row, for actions that read one.'),
      optional('errors', { type: 'array', items: replyError }, 'Why it failed.', []),
      optional('warnings', strings, 'What was done differently from what was asked.', []),
      optional('retryable', 'boolean', 'True if sending the same command again may succeed.', false),
      optional('attempts', 'int', 'How often it was sent to Salesforce.', 0),
      optional('duplicate', 'boolean', 'True if this repeats an earlier reply to the same commandId.', false),
      optional('candidates', strings, 'In doubt: ids of the rows that may be its effect.', []),
      field('command', commandPosition, 'Where the command stands.'),
      field('startedAt', instant, 'When its execution began.'),
      field('finishedAt', instant, 'When its result was known.'),
    ],
  }
}

const isWritten: Readonly<Record<CommandShape['fields'], (field: FieldDescribe) => boolean>> = {
  none: () => false,
  createable: field => field.createable,
  updateable: field => field.updateable,
  writeable: field => field.createable || field.updateable,
}

/** Required on create as far as describe can tell (salesforce-facts 2.5). */
const isRequired = (field: FieldDescribe): boolean => field.createable && !field.nillable && !field.defaultedOnCreate

/** The value of an action's commands: `salesforce.<object>.<action>`. In `fields`, null means "leave alone". */
export function commandSchema(describe: ObjectDescribe, action: CommandShape): AvroRecordSchema {
  const creates = action.fields === 'createable' || action.fields === 'writeable'
  const fields: AvroField[] = [
    field('commandId', 'string', "The caller's id of this command, a UUID; an id sent again is not executed again."),
  ]
  if (action.recordId) fields.push(nullable('recordId', 'string', 'Id of the row, 15 or 18 characters.'))
  if (action.externalIdField)
    fields.push(nullable('externalIdField', 'string', 'The external id field the row is found by.'))
  if (action.fields !== 'none') {
    const written = describe.fields.filter(isWritten[action.fields])
    const type: AvroRecordSchema = {
      type: 'record',
      name: `${action.name}Fields`,
      fields: objectFields(written, field =>
        creates && isRequired(field) ? `${field.label} (required)` : field.label,
      ),
    }
    fields.push(field('fields', type, 'The values to write; null leaves a field alone.'))
  }
  if (action.fieldsToNull) fields.push(optional('fieldsToNull', strings, 'API names of the fields to clear.', []))
  for (const extra of action.extra) fields.push(field(extra.name, extra.type, extra.doc))
  fields.push(nullable('expiresAt', instant, 'After this time the command is refused instead of executed.'))
  return {
    type: 'record',
    name: action.name,
    namespace: namespaceOf(describe.name),
    doc: `Command ${action.name}.`,
    fields,
  }
}
