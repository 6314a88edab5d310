import { isUtf8 } from 'node:buffer'
import { decodeFramed } from '../avro/codec.ts'
import { namespaceOf } from '../avro/names.ts'
import type { SchemaRegistry } from '../avro/registry.ts'
import type { AvroRecordSchema } from '../avro/schema.ts'
import { sentByName } from '../avro/sent-fields.ts'
import type { IncomingRecord, Offset, UnreadableBatch } from '../core/contract.ts'
import { ConnectorError, isConnectorError } from '../core/errors.ts'
import type { Command, Format, SinkObject } from './command.ts'
import { type Envelope, toCommand } from './envelope.ts'

/** A record that can be answered, but not executed: it has a commandId, and something else in it is wrong. */
export interface Invalid {
  readonly kind: 'invalid'
  readonly record: IncomingRecord
  readonly format: Format
  readonly commandId: string
  readonly action: string
  readonly error: ConnectorError
}

/** A record that cannot be read at all, hence not answered (rule 5); or one that is parked beside its answer. */
export interface DeadLetter {
  readonly kind: 'dead-letter'
  readonly record: IncomingRecord
  readonly error: ConnectorError
  /** 'execute': parked, because it may have been executed (design 4.2). */
  readonly stage?: 'execute'
}

export type Deserialized = { readonly kind: 'command'; readonly command: Command } | Invalid | DeadLetter

/** Printable ASCII without blanks: it goes into headers, and Salesforce trims what it keeps in a field. */
const commandIdPattern = /^[!-~]{1,255}$/
const actionCharsMax = 100
const openingBrace = 0x7b
const refusals: ReadonlySet<string> = new Set(['command.invalid', 'command.not_allowed'])
const frameMagic = 0

/**
 * Reads a record of a command topic. Throws only 'registry.unavailable', which says nothing of the record, and bugs;
 * everything that is wrong with the record itself is a result.
 */
export async function deserialize(
  record: IncomingRecord,
  object: SinkObject,
  registry: SchemaRegistry,
): Promise<Deserialized> {
  try {
    const { format, envelope, schema } = await open(record, object, registry)
    const { commandId, action } = envelope
    try {
      return { kind: 'command', command: toCommand(record, format, byName(envelope, schema, object), object) }
    } catch (error) {
      if (!isConnectorError(error) || !refusals.has(error.code)) throw error
      return { kind: 'invalid', record, format, commandId, action: action.slice(0, actionCharsMax), error }
    }
  } catch (error) {
    if (isConnectorError(error, 'command.unreadable')) return { kind: 'dead-letter', record, error }
    throw error
  }
}

interface Opened {
  readonly format: Format
  readonly envelope: Envelope
  /** Of Avro: what it was written with. */
  readonly schema?: AvroRecordSchema
}

async function open(record: IncomingRecord, object: SinkObject, registry: SchemaRegistry): Promise<Opened> {
  const { value, unreadable: batch } = record
  if (batch) throw unreadableBatch(batch, record.offset)
  if (value === null || value.length === 0) throw unreadable('the record has no value')
  if (value[0] === frameMagic) return openAvro(value, object, registry)
  if (value[0] === openingBrace || isJson(record)) return { format: 'json', envelope: openJson(value) }
  throw unreadable('the value is neither Avro (a 0 byte and a schema id) nor JSON')
}

const isJson = ({ headers }: IncomingRecord): boolean =>
  [headers['content-type']].flat().some(type => type?.toString('latin1').startsWith('application/json'))

async function openAvro(value: Buffer, object: SinkObject, registry: SchemaRegistry): Promise<Opened> {
  const decoded = await decodeFramed(value, registry)
  const content = asObject(decoded.value)
  if (!content) throw unreadable(`the value is a ${decoded.schemaName}, which is no record`)
  const prefix = `${namespaceOf(object.describe.name)}.`
  const { schema, schemaName } = decoded
  const action = schemaName.startsWith(prefix) ? schemaName.slice(prefix.length) : schemaName
  return { format: 'avro', envelope: { commandId: commandIdOf(content), action, content }, schema }
}

/** What was written with an older schema, or goes under another name since a field was retyped, by the names of the fields. */
function byName(envelope: Envelope, schema: AvroRecordSchema | undefined, { describe }: SinkObject): Envelope {
  const fields = asObject(envelope.content.fields)
  if (!schema || !fields) return envelope
  return { ...envelope, content: { ...envelope.content, fields: sentByName(describe, schema, fields) } }
}

function openJson(value: Buffer): Envelope {
  if (!isUtf8(value)) throw unreadable('the value is not UTF-8')
  const content = asObject(parse(value.toString('utf8')))
  if (!content) throw unreadable('the value is JSON, but no object')
  const { action, ...rest } = content
  return { commandId: commandIdOf(rest), action: typeof action === 'string' ? action : '', content: rest }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    // The parser's own message quotes the value, which may be anybody's data.
    throw unreadable('the value is not JSON', cause)
  }
}

function commandIdOf(content: Readonly<Record<string, unknown>>): string {
  const { commandId } = content
  if (typeof commandId !== 'string' || !commandIdPattern.test(commandId))
    throw unreadable('the command has no usable commandId')
  return commandId
}

const asObject = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined

const unreadableBatch = ({ firstOffset, reason }: UnreadableBatch, last: Offset): ConnectorError =>
  new ConnectorError(
    'command.unreadable',
    `the record batch with the offsets ${firstOffset} to ${last} cannot be read: ${reason}`,
    { remedy: 'Look at the batch with kafka-dump-log while its topic keeps it, and at the producer that wrote it.' },
  )

const unreadable = (message: string, cause?: unknown): ConnectorError =>
  new ConnectorError('command.unreadable', message, {
    cause,
    remedy: 'Send Avro with the schema id of a registered command, or a JSON object, with a commandId (a UUID).',
  })
