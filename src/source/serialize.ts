import { hash } from 'node:crypto'
import type { Codec } from '../avro/codec.ts'
import type { EventValue, Headers, OutgoingRecord } from '../core/contract.ts'
import { partitionFor } from '../kafka/partitioner.ts'

/** Where the events of an object go. */
export interface EventTopic {
  readonly topic: string
  readonly partitions: number
  readonly codec: Codec<EventValue>
  /** `ce_type` without its last part, e.g. salesforce.contact */
  readonly typePrefix: string
  readonly traceparent: () => string
}

// Key, headers' overhead and the batch's own header: what a record costs beside its value and headers.
const recordOverheadBytes = 512

/** The event as a record: Avro value, record id as key, CloudEvents headers in binary mode (CloudEvents Kafka binding). */
export function serialize(event: EventValue, to: EventTopic): OutgoingRecord {
  const key = Buffer.from(event.recordId)
  return {
    topic: to.topic,
    partition: partitionFor(key, to.partitions),
    key,
    value: to.codec.encode(event),
    headers: eventHeaders(event, to, key),
  }
}

const specVersion = Buffer.from('1.0')
const contentType = Buffer.from('application/avro')

// The few header values that most events share: the org, and a type of each topic.
const shared = new WeakMap<EventTopic, Map<string, Buffer>>()

function sharedValue(to: EventTopic, text: string): Buffer {
  const values = shared.get(to) ?? new Map<string, Buffer>()
  shared.set(to, values)
  const value = values.get(text) ?? Buffer.from(text)
  values.set(text, value)
  return value
}

const eventHeaders = (event: EventValue, to: EventTopic, recordId: Buffer): Headers => ({
  ce_id: Buffer.from(event.eventId),
  ce_source: sharedValue(to, `/salesforce/${event.orgId}`),
  ce_type: sharedValue(to, `${to.typePrefix}.${event.type.toLowerCase()}`),
  ce_specversion: specVersion,
  ce_time: Buffer.from(new Date(event.occurredAt).toISOString()),
  ce_subject: recordId,
  'content-type': contentType,
  traceparent: Buffer.from(to.traceparent()),
})

/** Whether the topic takes the record; one that does not fit must not reach a transaction (design 4.7). */
export function fits(record: OutgoingRecord, messageBytesMax: number): boolean {
  let bytes = recordOverheadBytes + (record.key?.length ?? 0) + (record.value?.length ?? 0)
  for (const [name, value] of Object.entries(record.headers ?? {})) bytes += name.length + 8 + (value as Buffer).length
  return bytes <= messageBytesMax
}

/** What stands on the dead letter topic for an event that cannot be written: the row's id and the reason, no content. */
export function stubOf(
  event: Pick<EventValue, 'recordId' | 'object' | 'type' | 'orgId'>,
  topic: string,
  reason: string,
): OutgoingRecord {
  const key = Buffer.from(event.recordId)
  const value = JSON.stringify({ ...event, id: hash('sha256', event.recordId + reason, 'hex').slice(0, 32), reason })
  return {
    topic,
    partition: 0,
    key,
    value: Buffer.from(value),
    headers: { 'content-type': Buffer.from('application/json'), '__connect.errors.stage': Buffer.from('serialize') },
  }
}
