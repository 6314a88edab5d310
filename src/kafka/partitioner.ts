import { ConnectorError } from '../core/errors.ts'

const seed = 0x9747b28c
const m = 0x5bd1e995
const r = 24

/** Signed 32-bit murmur2 of the bytes, as `org.apache.kafka.common.utils.Utils.murmur2` computes it. */
export function murmur2(bytes: Buffer): number {
  let h = seed ^ bytes.length
  const whole = bytes.length - (bytes.length % 4)
  for (let i = 0; i < whole; i += 4) {
    let k = Math.imul(bytes.readInt32LE(i), m)
    k ^= k >>> r
    h = Math.imul(h, m) ^ Math.imul(k, m)
  }
  const rest = bytes.subarray(whole)
  if (rest.length > 0) {
    for (let i = 0; i < rest.length; i++) h ^= rest[i]! << (8 * i)
    h = Math.imul(h, m)
  }
  h = Math.imul(h ^ (h >>> 13), m)
  return h ^ (h >>> 15)
}

/** The partition that a Java producer would choose for this key. A record without a key has no such partition: the caller decides, so this throws. */
export function partitionFor(key: Buffer | null, partitions: number): number {
  if (key === null) throw new ConnectorError('internal.bug', 'a record without a key has no partition of its own')
  if (!Number.isInteger(partitions) || partitions < 1)
    throw new ConnectorError('internal.bug', `a topic cannot have ${partitions} partitions`)
  return (murmur2(key) & 0x7fffffff) % partitions
}
