import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type Codec, decodeFramed, rowReader } from '../avro/codec.ts'
import { recordToJson } from '../avro/json.ts'
import type { SchemaRegistry } from '../avro/registry.ts'
import type { AvroRecordSchema } from '../avro/schema.ts'
import type {
  Headers,
  IncomingRecord,
  ObjectDescribe,
  OutgoingRecord,
  ReplyError,
  ReplyValue,
  Row,
} from '../core/contract.ts'
import { ConnectorError, isConnectorError } from '../core/errors.ts'
import { traceparent } from '../telemetry/trace.ts'
import type { Format } from './command.ts'
import type { Remembered } from './duplicates.ts'
import { failed, type Outcome } from './outcome.ts'
import { sizeOf } from './record-size.ts'

/** How replies to one object's commands are written. */
export interface ReplyWriter {
  readonly topic: string
  readonly slug: string
  readonly orgId: string
  readonly describe: ObjectDescribe
  /** Of replies in JSON: fields go by their own names, whatever the registry knows of them. */
  readonly schema: AvroRecordSchema
  /** Of replies in Avro; undefined until their schema is registered. */
  readonly codec: Codec<ReplyValue> | undefined
  /** A row as the codec's schema has it; by default as `schema` has it. */
  readonly toRecord?: (row: Row) => Record<string, unknown>
  /** `max.message.bytes` of the reply topic. */
  readonly messageBytesMax: number
}

/** What is answered: the command's own words, as far as they could be read. */
export interface Asked {
  readonly record: IncomingRecord
  readonly format: Format
  readonly commandId: string
  /** '' if what it asks for could not be read. */
  readonly hash: string
  readonly action: string
}

export interface Times {
  readonly attempts: number
  readonly startedAt: number
  readonly finishedAt: number
}

/** How rows stand in replies of each format. */
export type RowForms = Pick<ReplyWriter, 'describe' | 'toRecord'>

/** The row as it stands in a reply of the format. Throws 'salesforce.bad_answer' if it does not fit what describe says. */
export const recordOf = (row: Row, format: Format, { describe, toRecord }: RowForms): Record<string, unknown> =>
  (format === 'avro' && toRecord ? toRecord : rowReader(describe))(row)

const placeOf = ({ topic, partition, offset }: IncomingRecord): ReplyValue['command'] => ({
  topic,
  partition,
  offset: Number(offset),
})

/** The value of a reply; a row that does not fit its describe is answered as a failure, since it was only read. */
export function replyValue(asked: Asked, outcome: Outcome, times: Times, forms: RowForms): ReplyValue {
  try {
    const { row, ...rest } = outcome
    return {
      ...rest,
      commandId: asked.commandId,
      commandHash: asked.hash,
      action: asked.action,
      record: row && recordOf(row, asked.format, forms),
      duplicate: false,
      command: placeOf(asked.record),
      ...times,
    }
  } catch (error) {
    if (!isConnectorError(error, 'salesforce.bad_answer')) throw error
    return replyValue(asked, failed(outcome.recordId, error), times, forms)
  }
}

/** The former reply, given again to a repeated command: marked as a duplicate, and pointing at the command it answers. */
export async function repeatReply(
  former: Remembered,
  asked: Asked,
  forms: RowForms,
  registry: SchemaRegistry,
): Promise<ReplyValue> {
  const value = await decodeReply(former.value, former.format, registry)
  const repeated = { ...value, duplicate: true, command: placeOf(asked.record) }
  if (former.format === asked.format || value.record === null) return repeated
  if (former.format === 'avro') return { ...repeated, record: await recordAsJson(former.value, registry) }
  return { ...repeated, ...recordFromJson(value, forms) }
}

/** Reads a reply back, whichever way it was written, its row as it stands there; throws 'command.unreadable' if it is none. */
export async function decodeReply(value: Buffer, format: Format, registry: SchemaRegistry): Promise<ReplyValue> {
  if (format === 'avro') return (await decodeFramed(value, registry)).value as unknown as ReplyValue
  const json = parseObject(value)
  return {
    ...(json as unknown as ReplyValue),
    startedAt: Date.parse(String(json.startedAt)),
    finishedAt: Date.parse(String(json.finishedAt)),
  }
}

async function recordAsJson(value: Buffer, registry: SchemaRegistry): Promise<ReplyValue['record']> {
  const decoded = await decodeFramed(value, registry)
  return recordToJson(decoded.schema, decoded.value).record as ReplyValue['record']
}

const outgrown = 'The row that was read is left out: its fields have changed since.'

function recordFromJson(value: ReplyValue, forms: RowForms): Pick<ReplyValue, 'record' | 'warnings'> {
  try {
    return { record: recordOf(asRow(value.record ?? {}), 'avro', forms), warnings: value.warnings }
  } catch (error) {
    if (!isConnectorError(error, 'salesforce.bad_answer')) throw error
    return { record: null, warnings: [...value.warnings, outgrown] }
  }
}

function parseObject(value: Buffer): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(value.toString('utf8'))
    if (typeof json === 'object' && json !== null && 'commandId' in json) return json as Record<string, unknown>
  } catch (cause) {
    throw new ConnectorError('command.unreadable', 'the reply is not JSON', { cause })
  }
  throw new ConnectorError('command.unreadable', 'the reply is JSON, but no reply')
}

/** Replies write a multipicklist as an array, REST as `a;b`. */
const asRow = (record: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, Array.isArray(value) ? value.join(';') : value]),
  )

/** The bytes of a reply; in JSON, times are ISO strings. */
function encodeReply(value: ReplyValue, format: Format, writer: ReplyWriter): Buffer {
  if (format === 'json') return Buffer.from(JSON.stringify(recordToJson(writer.schema, value)))
  assert.ok(writer.codec, 'a command in Avro is executed once its reply can be written')
  return writer.codec.encode(value)
}

const echoed = ['kafka_correlationId']
const contentTypes = { avro: Buffer.from('application/avro'), json: Buffer.from('application/json') }

/** CloudEvents in binary mode, with the correlation extension; what the caller uses to find its reply is echoed byte for byte. */
export function replyHeaders(value: ReplyValue, asked: Asked, writer: ReplyWriter): Headers {
  const { headers, topic, partition, offset } = asked.record
  const commandId = Buffer.from(asked.commandId)
  const place = `${topic}/${partition}/${offset}`
  return {
    ce_specversion: Buffer.from('1.0'),
    ce_id: Buffer.from(createHash('sha256').update(place).digest('hex').slice(0, 32)),
    ce_source: Buffer.from(`/salesforce/${writer.orgId}`),
    ce_type: Buffer.from(`salesforce.${writer.slug}.reply`),
    ce_time: Buffer.from(new Date(value.finishedAt).toISOString()),
    ...(value.recordId === null ? {} : { ce_subject: Buffer.from(value.recordId) }),
    ce_causationid: firstOf(headers, 'ce_id') ?? commandId,
    ce_correlationid: firstOf(headers, 'ce_correlationid') ?? commandId,
    'content-type': contentTypes[asked.format],
    traceparent: Buffer.from(traceparent(firstOf(headers, 'traceparent'))),
    ...Object.fromEntries(echoed.flatMap(name => (headers[name] === undefined ? [] : [[name, headers[name]]]))),
  }
}

/** The first value of a header, or undefined. */
export function firstOf(headers: Headers, name: string): Buffer | undefined {
  const value = headers[name]
  return Buffer.isBuffer(value) ? value : value?.[0]
}

/**
 * The reply as a record: the command's key, in the command's partition number. One that the topic would refuse becomes
 * shorter until it fits, and says so (design 4.7): first without what was read, then with fewer and shorter errors; the
 * last form holds nothing of the caller's but the commandId.
 */
export function replyRecord(value: ReplyValue, asked: Asked, writer: ReplyWriter): OutgoingRecord {
  const { key, partition } = asked.record
  const written = (form: ReplyValue, by: Asked, ownKey: Buffer | null): OutgoingRecord => ({
    topic: writer.topic,
    partition,
    key: ownKey,
    value: encodeReply(form, asked.format, writer),
    headers: replyHeaders(form, by, writer),
  })
  for (const form of [value, withoutContent(value), withShortErrors(value)]) {
    const record = written(form, asked, key)
    if (sizeOf(record) <= writer.messageBytesMax) return record
  }
  const bare = { ...asked, record: { ...asked.record, headers: {} } }
  return written(withShortErrors(value), bare, null)
}

const tooLarge: ReplyError = {
  code: 'record.too_large',
  message: 'the full reply is larger than the reply topic takes',
  fields: [],
  remedy: 'Raise max.message.bytes of the reply topic.',
}
const cutNote = 'The full reply is larger than the reply topic takes; what did not fit was left out.'
const errorsKeptMax = 3
const errorCharsMax = 200

/** Without the row that was read and the statuses: what was read did not arrive, what was written stays written. */
function withoutContent(value: ReplyValue): ReplyValue {
  const wasRead = value.record !== null || (value.leadStatuses ?? null) !== null
  return {
    ...value,
    status: wasRead ? 'FAILED' : value.status,
    record: null,
    ...(value.leadStatuses === undefined ? {} : { leadStatuses: null }),
    errors: wasRead ? [...value.errors, tooLarge] : value.errors,
    warnings: [...value.warnings, cutNote],
  }
}

function withShortErrors(value: ReplyValue): ReplyValue {
  const short = withoutContent(value)
  const cut = (text: string): string => (text.length > errorCharsMax ? `${text.slice(0, errorCharsMax)}…` : text)
  const errors = short.errors.filter(error => error !== tooLarge).slice(0, errorsKeptMax - 1)
  return {
    ...short,
    candidates: [],
    warnings: [cutNote],
    errors: [
      ...errors.map(({ code, message, remedy }) => ({
        code: cut(code),
        message: cut(message),
        fields: [],
        remedy: cut(remedy),
      })),
      tooLarge,
    ],
  }
}
