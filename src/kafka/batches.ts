import type { OutgoingRecord } from '../core/contract.ts'

/** Below the brokers' default of 1 MiB for a batch (kafka-facts 0.6), so that the frame around the records fits as well. */
export const batchBytesMax = 900 * 1_024
/** kafkajs copies a send's records once for each record, so a send must not hold too many. */
export const batchRecordsMax = 2_000

// At most this much around a record (record format v2): length, attributes, time, offset, lengths of key and value, header count.
const recordFrameBytesMax = 32
const headerFrameBytesMax = 10
// The header of a batch itself (record batch format v2), which counts against the topic's limit as well.
const batchFrameBytes = 61

/** The largest batch each topic takes, bytes (max.message.bytes); undefined if that is not known. */
export type BatchLimits = (topic: string) => number | undefined

/** The most bytes the record can take in a batch, uncompressed: key, value, headers and the frame around them. */
export function recordBytes(record: OutgoingRecord): number {
  let bytes = recordFrameBytesMax + (record.key?.length ?? 0) + (record.value?.length ?? 0)
  for (const [name, value] of Object.entries(record.headers ?? {}))
    for (const one of Array.isArray(value) ? (value as readonly Buffer[]) : [value as Buffer])
      bytes += headerFrameBytesMax + Buffer.byteLength(name) + one.length
  return bytes
}

/** Records of one partition, in the order given, as batches that each fit into one send. */
export interface PartitionBatches {
  readonly topic: string
  readonly partition: number
  readonly batches: OutgoingRecord[][]
}

/** Groups records by partition and splits each group by bytes and count; a record larger than a batch gets one of its own. */
export function splitIntoBatches(
  records: readonly OutgoingRecord[],
  limits: BatchLimits = () => undefined,
): PartitionBatches[] {
  const groups = new Map<string, PartitionBatches & { bytes: number; readonly bytesMax: number }>()
  for (const record of records) {
    const name = `${record.partition}/${record.topic}`
    let group = groups.get(name)
    if (!group) {
      const bytesMax = Math.min(batchBytesMax, (limits(record.topic) ?? Number.POSITIVE_INFINITY) - batchFrameBytes)
      group = { topic: record.topic, partition: record.partition, batches: [[]], bytes: 0, bytesMax }
      groups.set(name, group)
    }
    const bytes = recordBytes(record)
    let batch = group.batches.at(-1)!
    if (batch.length > 0 && (batch.length >= batchRecordsMax || group.bytes + bytes > group.bytesMax)) {
      batch = []
      group.batches.push(batch)
      group.bytes = 0
    }
    batch.push(record)
    group.bytes += bytes
  }
  return [...groups.values()]
}
