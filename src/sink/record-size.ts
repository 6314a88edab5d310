import type { OutgoingRecord } from '../core/contract.ts'

// The batch's header (61 bytes), the record's varints, and a reserve for the versions of the format.
const overheadBytes = 256
const headerOverheadBytes = 12

/** The most bytes a record can take in a batch of its own, uncompressed: what `max.message.bytes` is compared with. */
export function sizeOf(record: OutgoingRecord): number {
  let bytes = overheadBytes + (record.key?.length ?? 0) + (record.value?.length ?? 0)
  for (const [name, value] of Object.entries(record.headers ?? {}))
    for (const each of Array.isArray(value) ? value : [value])
      bytes += Buffer.byteLength(name) + each.length + headerOverheadBytes
  return bytes
}
