import { createHash } from 'node:crypto'
import { type Codec, decodeFramed, rowReader } from '../avro/codec.ts'
import { recordToJson } from '../avro/json.ts'
import type { SchemaRegistry } from '../avro/registry.ts'
import type { AvroRecordSchema } from '../avro/schema.ts'
import type { Headers, IncomingRecord, ObjectDescribe, OutgoingRecord, ReplyValue } from '../core/contract.ts'
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
  readonly schema: AvroRecordSchema
  readonly codec: Codec<ReplyValue>
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

const placeOf = ({ topic, partition, offset }: IncomingRecord): ReplyValue['command'] => ({
  topic,
  partition,
  offset: Number(offset),
})

/** The value of a reply; a row that does not fit its describe is answered as a failure, since it was only read. */
export function replyValue(asked: Asked, outcome: Outcome, times: Times, describe: ObjectDescribe): ReplyValue {
  try {
    const { row, ...rest } = outcome
    return {
      ...rest,
      commandId: asked.commandId,
      commandHash: asked.hash,
      action: asked.action,
      record: row && rowReader(describe)(row),
      duplicate: false,
      command: placeOf(asked.record),
      ...times,
    }
  } catch (error) {
    if (!isConnectorError(error, 'salesforce.bad_answer')) throw error
    return replyValue(asked, failed(outcome.recordId, error), times, describe)
  }
}

/** The former reply, given again to a repeated command: marked as a duplicate, and pointing at the command it answers. */
export async function repeatReply(
  former: Remembered,
  asked: Asked,
  describe: ObjectDescribe,
  registry: SchemaRegistry,
): Promise<ReplyValue> {
  const value = await decodeReply(former.value, former.format, describe, registry)
  return { ...value, duplicate: true, command: placeOf(asked.record) }
}

/** Reads a reply back, whichever way it was written; throws 'command.unreadable' if it is none. */
export async function decodeReply(
  value: Buffer,
  format: Format,
  describe: ObjectDescribe,
  registry: SchemaRegistry,
): Promise<ReplyValue> {
  if (format === 'avro') return (await decodeFramed(value, registry)).value as unknown as ReplyValue
  const json = parseObject(value)
  const record = json.record as Readonly<Record<string, unknown>> | null
  return {
    ...(json as unknown as ReplyValue),
    record: record && rowReader(describe)(asRow(record)),
    startedAt: Date.parse(String(json.startedAt)),
    finishedAt: Date.parse(String(json.finishedAt)),
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
  return format === 'avro'
    ? writer.codec.encode(value)
    : Buffer.from(JSON.stringify(recordToJson(writer.schema, value)))
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
 * a shorter one that says so (design 4.7); the last form holds nothing of the caller's but the commandId.
 */
export function replyRecord(value: ReplyValue, asked: Asked, writer: ReplyWriter): OutgoingRecord {
  const { key, partition } = asked.record
  const record = { topic: writer.topic, partition, key, timestampMs: value.finishedAt }
  const full = {
    ...record,
    value: encodeReply(value, asked.format, writer),
    headers: replyHeaders(value, asked, writer),
  }
  if (sizeOf(full) <= writer.messageBytesMax) return full
  const short = shortened(value)
  const stub = { ...full, value: encodeReply(short, asked.format, writer) }
  if (sizeOf(stub) <= writer.messageBytesMax) return stub
  const bare = { ...asked, record: { ...asked.record, headers: {} } }
  return { ...stub, key: null, headers: replyHeaders(short, bare, writer) }
}

const shortened = (value: ReplyValue): ReplyValue => ({
  ...value,
  // What was read did not arrive; what was written stays written.
  status: value.record === null ? value.status : 'FAILED',
  record: null,
  candidates: [],
  warnings: ['The full reply is larger than the reply topic takes; what did not fit was left out.'],
  errors: [
    {
      code: 'record.too_large',
      message: 'the full reply is larger than the reply topic takes',
      fields: [],
      remedy: 'Raise max.message.bytes of the reply topic.',
    },
  ],
})
