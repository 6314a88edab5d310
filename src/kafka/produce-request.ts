import { crc32c } from './crc32c.ts'
import { recordSize, sizeOf, type UnencodedRecord, writeRecord } from './record-encoder.ts'

/** A record as kafkajs hands it to a produce request; the timestamp is epoch ms in digits. */
export type ProducedRecord = Pick<UnencodedRecord, 'key' | 'value' | 'headers'> & {
  readonly timestamp?: string | number | null
}

/** What kafkajs writes as a produce request of version 3 to 7 (src/protocol/requests/produce/v3/request.js). */
export interface ProduceRequest {
  readonly acks: number
  readonly timeout: number
  readonly transactionalId?: string | null
  /** Digits, or kafkajs's own long. */
  readonly producerId?: { toString(): string }
  readonly producerEpoch?: number
  /** 0 is none. */
  readonly compression?: number
  readonly topicData: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly firstSequence?: number
      readonly messages: readonly ProducedRecord[]
    }[]
  }[]
}

/** What kafkajs takes from an encoder: the bytes, twice, and their number. */
export interface Encoded {
  readonly buf: Buffer
  readonly buffer: Buffer
  size(): number
}

// Record batch, magic 2 (Kafka's protocol guide): what is checked begins at its attributes.
const attributesAt = 21
const batchHeaderBytes = 61
const lengthEnd = 12
const crcAt = 17
const magic = 2
const transactional = 16

interface Batch {
  readonly records: readonly UnencodedRecord[]
  readonly sizes: readonly number[]
  readonly bytes: number
  readonly firstTimestamp: number
  readonly maxTimestamp: number
}

/**
 * Writes a produce request without compression into one buffer of its size: the same bytes as kafkajs writes, which copies
 * every record through eight growing buffers, each zeroed first.
 */
export function encodeProduce(request: ProduceRequest): Encoded {
  const { acks, timeout, transactionalId = null, topicData } = request
  const nowMs = Date.now()
  const topics = topicData.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(each => ({ ...each, batch: batchOf(each.messages, nowMs) })),
  }))
  let size = stringSize(transactionalId) + 2 + 4 + 4
  for (const { topic, partitions } of topics) {
    size += stringSize(topic) + 4
    for (const { batch } of partitions) size += 4 + 4 + batch.bytes
  }
  const into = Buffer.allocUnsafe(size)
  let at = writeString(into, 0, transactionalId)
  at = into.writeInt32BE(timeout, into.writeInt16BE(acks, at))
  at = into.writeInt32BE(topics.length, at)
  for (const { topic, partitions } of topics) {
    at = into.writeInt32BE(partitions.length, writeString(into, at, topic))
    for (const { partition, firstSequence = 0, batch } of partitions) {
      at = into.writeInt32BE(batch.bytes, into.writeInt32BE(partition, at))
      at = writeBatch(into, at, batch, request, firstSequence)
    }
  }
  return encoded(into)
}

type Produce = (request: ProduceRequest) => { readonly encode: () => Promise<Encoded> }

/** kafkajs's produce request with `encodeProduce` in the place of its encoder, unless it is to be compressed. */
export const quickenProduce =
  (original: Produce): Produce =>
  request =>
    request.compression ? original(request) : { ...original(request), encode: async () => encodeProduce(request) }

/** Puts a request's header before its body: the same bytes as kafkajs's own (src/protocol/request.js). */
export async function createRequest(input: {
  readonly correlationId: number
  readonly clientId: string | null
  readonly request: { readonly apiKey: number; readonly apiVersion: number; encode(): Promise<Pick<Encoded, 'buffer'>> }
}): Promise<Encoded> {
  const { correlationId, clientId, request } = input
  const body = (await request.encode()).buffer
  const size = 2 + 2 + 4 + stringSize(clientId) + body.length
  const into = Buffer.allocUnsafe(4 + size)
  let at = into.writeInt32BE(size, 0)
  at = into.writeInt16BE(request.apiVersion, into.writeInt16BE(request.apiKey, at))
  at = writeString(into, into.writeInt32BE(correlationId, at), clientId)
  body.copy(into, at)
  return encoded(into)
}

const encoded = (bytes: Buffer): Encoded => ({ buf: bytes, buffer: bytes, size: () => bytes.length })

function batchOf(messages: readonly ProducedRecord[], nowMs: number): Batch {
  const times = messages.map(({ timestamp }) => (timestamp ? Number(timestamp) : undefined))
  let firstTimestamp = Number.POSITIVE_INFINITY
  let maxTimestamp = Number.NEGATIVE_INFINITY
  for (const ms of times) {
    if (ms === undefined) continue
    firstTimestamp = Math.min(firstTimestamp, ms)
    maxTimestamp = Math.max(maxTimestamp, ms)
  }
  if (firstTimestamp > maxTimestamp) firstTimestamp = maxTimestamp = nowMs
  let bytes = batchHeaderBytes
  const sizes: number[] = []
  const records = messages.map(({ key, value, headers = {} }, offsetDelta) => {
    const record = { key, value, headers, offsetDelta, timestampDelta: (times[offsetDelta] ?? nowMs) - firstTimestamp }
    const size = recordSize(record)
    sizes.push(size)
    bytes += sizeOf(size) + size
    return record
  })
  return { records, sizes, bytes, firstTimestamp, maxTimestamp }
}

function writeBatch(
  into: Buffer,
  start: number,
  { records, sizes, bytes, firstTimestamp, maxTimestamp }: Batch,
  { transactionalId, producerId = '-1', producerEpoch = 0 }: ProduceRequest,
  firstSequence: number,
): number {
  let at = into.writeBigInt64BE(0n, start) // the broker gives the offsets
  at = into.writeInt32BE(bytes - lengthEnd, at)
  at = into.writeInt8(magic, into.writeInt32BE(0, at)) + 4 // the leader's epoch, then the checksum, which comes last
  at = into.writeInt16BE(transactionalId ? transactional : 0, at)
  at = into.writeInt32BE(records.length - 1, at)
  at = into.writeBigInt64BE(BigInt(maxTimestamp), into.writeBigInt64BE(BigInt(firstTimestamp), at))
  at = into.writeInt16BE(producerEpoch, into.writeBigInt64BE(BigInt(producerId.toString()), at))
  at = into.writeInt32BE(records.length, into.writeInt32BE(firstSequence, at))
  for (const [index, record] of records.entries()) at = writeRecord(into, at, record, sizes[index]!)
  into.writeUInt32BE(crc32c(into, start + attributesAt, at), start + crcAt)
  return at
}

const stringSize = (text: string | null): number => 2 + (text === null ? 0 : Buffer.byteLength(text))

/** A nullable string behind its length. */
function writeString(into: Buffer, start: number, text: string | null): number {
  const at = into.writeInt16BE(text === null ? -1 : Buffer.byteLength(text), start)
  return text === null ? at : at + into.write(text, at)
}
