import { eventTypes, type ObjectDescribe, replyStatuses } from '../core/contract.ts'
import { columnsOf, freshFields, wantedOf } from './columns.ts'
import { namespaceOf } from './names.ts'
import type { AvroField, AvroRecordSchema, AvroSchema } from './schema.ts'
import { markRequired, writtenBy } from './written.ts'

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
  /** Takes autoAssign and allowSave. */
  readonly saveOptions?: boolean
  readonly extra: readonly {
    readonly name: string
    readonly type: 'boolean' | 'string'
    readonly doc: string
    readonly optional?: boolean
  }[]
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

/** An object's row as Avro record `salesforce.<object>.Record`: all fields but base64, nullable, doc = label. */
export function recordSchema(describe: ObjectDescribe): AvroRecordSchema {
  return {
    type: 'record',
    name: 'Record',
    namespace: namespaceOf(describe.name),
    doc: `A row of ${describe.name}.`,
    fields: freshFields(columnsOf(wantedOf(describe.fields))),
  }
}

/** The value of an object's events (core/contract.ts, EventValue); `record` is the type of its row. */
export function eventSchema(describe: ObjectDescribe, record = recordSchema(describe)): AvroRecordSchema {
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
      nullable('record', record, 'The row after the change; null if it can no longer be read.'),
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

/** The value of an object's replies (core/contract.ts, ReplyValue); `record` is the type of its row. */
export function replySchema(describe: ObjectDescribe, record = recordSchema(describe)): AvroRecordSchema {
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
      nullable('record', record, 'The row, for actions that read one.'),
      ...(describe.name === 'Lead' ? [leadStatuses] : []),
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

/** How an object's reply carries the answer of GetAllLeadStatuses (core/contract.ts, LeadStatus). */
const leadStatus: AvroSchema = {
  type: 'record',
  name: 'LeadStatus',
  fields: [
    field('id', 'string', '18-character id.'),
    field('label', 'string', 'As users see it.'),
    field('apiName', 'string', 'As commands write it.'),
    field('isDefault', 'boolean', 'True for the one that new leads get.'),
    field('isConverted', 'boolean', 'True if it is one of converted leads.'),
    field('sortOrder', 'int', 'Place in the list.'),
  ],
}

const leadStatuses = nullable(
  'leadStatuses',
  { type: 'array', items: leadStatus },
  'The lead statuses, for GetAllLeadStatuses.',
)

const saveOptions: readonly AvroField[] = [
  nullable('autoAssign', 'boolean', 'Whether assignment rules run; default: not if OwnerId is set.'),
  nullable('allowSave', 'boolean', 'true: the row is saved although a duplicate rule alerts.'),
]

/** The Avro fields of a command's `fields` before anything is registered. */
function commandFields(describe: ObjectDescribe, action: CommandShape): readonly AvroField[] {
  const columns = columnsOf(writtenBy(action, describe))
  return markRequired(freshFields(columns), columns, action)
}

/**
 * The value of an action's commands: `salesforce.<object>.<action>`. In `fields`, null means "leave alone"; `written` are
 * the fields of its record.
 */
export function commandSchema(
  describe: ObjectDescribe,
  action: CommandShape,
  written = commandFields(describe, action),
): AvroRecordSchema {
  const fields: AvroField[] = [
    field('commandId', 'string', "The caller's id of this command, a UUID; an id sent again is not executed again."),
  ]
  if (action.recordId) fields.push(nullable('recordId', 'string', 'Id of the row, 15 or 18 characters.'))
  if (action.externalIdField)
    fields.push(nullable('externalIdField', 'string', 'The external id field the row is found by.'))
  if (action.fields !== 'none') {
    const type: AvroRecordSchema = { type: 'record', name: `${action.name}Fields`, fields: written }
    fields.push(field('fields', type, 'The values to write; null leaves a field alone.'))
  }
  if (action.fieldsToNull) fields.push(optional('fieldsToNull', strings, 'API names of the fields to clear.', []))
  for (const extra of action.extra) fields.push((extra.optional ? nullable : field)(extra.name, extra.type, extra.doc))
  if (action.saveOptions) fields.push(...saveOptions)
  fields.push(nullable('expiresAt', instant, 'After this time the command is refused instead of executed.'))
  return {
    type: 'record',
    name: action.name,
    namespace: namespaceOf(describe.name),
    doc: `Command ${action.name}.`,
    fields,
  }
}
