import type { FetchedMessage } from './kafkajs-internals.ts'

/** What kafkajs reads a record from (src/protocol/decoder.js). */
export interface RecordBytes {
  readInt8(): number
  readVarInt(): number
  readVarLong(): { toString(): string }
  readVarIntBytes(): Buffer | null
  readVarIntString(): string | null
}

/** What the batch says of its records. */
export interface BatchContext {
  readonly firstOffset: string
  readonly firstTimestamp: string
  readonly maxTimestamp: string
  readonly timestampType: number
  readonly isControlBatch?: boolean
  readonly magicByte: number
  readonly producerId: string
  readonly inTransaction: boolean
}

const logAppendTime = 1
type HeaderValue = Buffer | null | (Buffer | null)[]

/**
 * Reads a record as kafkajs does (record format v2), except for two things by which one record could stop a consumer for
 * good: its time grew with the square of the number of headers, and a header named as something every object has
 * (`constructor`) came out as a function.
 */
export function decodeRecord(bytes: RecordBytes, batchContext: BatchContext) {
  const { firstOffset, firstTimestamp, maxTimestamp, timestampType, magicByte, isControlBatch = false } = batchContext
  const attributes = bytes.readInt8()
  const timestampDelta = String(bytes.readVarLong())
  const isAppendTime = timestampType === logAppendTime && Boolean(maxTimestamp)
  const timestamp = isAppendTime ? maxTimestamp : String(BigInt(firstTimestamp) + BigInt(timestampDelta))
  const offset = String(BigInt(firstOffset) + BigInt(bytes.readVarInt()))
  const key = bytes.readVarIntBytes()
  const value = bytes.readVarIntBytes()
  const headers = readHeaders(bytes)
  const record = { timestamp, offset, key, value, headers, isControlRecord: isControlBatch, batchContext }
  return { magicByte, attributes, ...record } satisfies FetchedMessage & Record<string, unknown>
}

function readHeaders(bytes: RecordBytes): Record<string, HeaderValue> {
  const headers = new Map<string, HeaderValue>()
  for (let left = bytes.readVarInt(); left > 0; left--) {
    const name = bytes.readVarIntString() ?? ''
    const value = bytes.readVarIntBytes()
    const known = headers.get(name)
    if (known === undefined) headers.set(name, value)
    else if (Array.isArray(known)) known.push(value)
    else headers.set(name, [known, value])
  }
  return Object.fromEntries(headers)
}
