import { createHash } from 'node:crypto'
import { unpackedBytesMax } from './compression.ts'
import type { DecodeBatch, DecodeMessages, DecoderClass, FetchedMessage, FetchedMessages } from './kafkajs-internals.ts'

// Record batch, magic 2: base offset at 0 (int64), length of what follows at 8 (int32), magic at 16 (int8), attributes at 21
// (int16), last offset delta at 23 (int32), latest time at 35 (int64), producer at 43 (int64), number of records at 57 (int32).
const lengthEnd = 12
const headerBytes = 61
const magicOfBatches = 2
const isTransactional = 0x10
const isControl = 0x20

/** Of one batch, and of one fetch from a partition: each becomes an object many times its size on the wire. */
export const recordsMax = 100_000

/**
 * Reads what a fetch brought, batch by batch, as kafkajs does, except that
 * - it says where reading goes on, though compaction has left batches without records (Java: RecordBatch.nextOffset);
 * - a batch that cannot be read becomes one record that says so, where kafkajs would fetch it again for ever;
 * - a batch of very many records does not exceed the stack, as kafkajs's `push(...records)` does;
 * - a fetch of batches that unpack to many times their size is read in parts, so that memory stays bounded.
 */
export function repairDecodeMessages(
  original: DecodeMessages,
  decodeBatch: DecodeBatch,
  DecoderOf: DecoderClass,
): DecodeMessages {
  return async decoder => {
    const start = decoder.offset + 4
    const size = decoder.buffer.readInt32BE(decoder.offset)
    const bytes = decoder.buffer.subarray(start, start + Math.max(0, size))
    if (bytes.length >= headerBytes && bytes.readInt8(16) !== magicOfBatches) return original(decoder)
    decoder.forward(4 + bytes.length)
    const messages: FetchedMessages = []
    let unpackedBytes = 0
    for (let at = 0; at + headerBytes <= bytes.length; ) {
      const end = at + lengthEnd + bytes.readInt32BE(at + 8)
      // The end of what was fetched, not of what there is.
      if (end > bytes.length) break
      const batch = bytes.subarray(at, end)
      const isFull = unpackedBytes > unpackedBytesMax || messages.length + recordsIn(batch) > recordsMax
      if (isFull && messages.length > 0) break
      for (const message of await recordsOf(batch, decodeBatch, DecoderOf)) {
        unpackedBytes += (message.key?.length ?? 0) + (message.value?.length ?? 0)
        messages.push(message)
      }
      messages.nextOffset = String(lastOffsetOf(batch) + 1n)
      at = end
    }
    return messages
  }
}

const recordsIn = (batch: Buffer): number => batch.readInt32BE(57)
const lastOffsetOf = (batch: Buffer): bigint => batch.readBigInt64BE(0) + BigInt(batch.readInt32BE(23))

async function recordsOf(
  batch: Buffer,
  decode: DecodeBatch,
  DecoderOf: DecoderClass,
): Promise<readonly FetchedMessage[]> {
  try {
    if (recordsIn(batch) > recordsMax) throw new Error(`it has more than ${recordsMax} records`)
    return (await decode(new DecoderOf(batch))).records
  } catch (error) {
    // Without a marker there is no telling what was aborted; but brokers write and check those themselves.
    if ((batch.readInt16BE(21) & isControl) !== 0) throw error
    return [standIn(batch, error as Error)]
  }
}

/**
 * A record at the last offset of a batch that cannot be read: whoever commits it is past the batch. It belongs to the
 * producer's transaction, so that it is left out if that was aborted.
 */
function standIn(batch: Buffer, { message }: Error): FetchedMessage {
  const firstOffset = String(batch.readBigInt64BE(0))
  const sha256 = createHash('sha256').update(batch.subarray(headerBytes)).digest('hex')
  const inTransaction = (batch.readInt16BE(21) & isTransactional) !== 0
  return {
    offset: String(lastOffsetOf(batch)),
    timestamp: String(batch.readBigInt64BE(35)),
    key: null,
    value: null,
    headers: {},
    isControlRecord: false,
    batchContext: { producerId: String(batch.readBigInt64BE(43)), inTransaction },
    unreadable: { firstOffset, reason: message, sha256 },
  }
}
