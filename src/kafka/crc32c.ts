/** The reversed polynomial of CRC-32C (RFC 3720, appendix B.4). */
const polynomial = 0x82f63b78
const bytesAtOnce = 8

/** tables[n][b]: the checksum of the byte b followed by n zero bytes, so that eight bytes are looked up independently of each other. */
const tables: readonly Int32Array[] = makeTables()

function makeTables(): Int32Array[] {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
    return crc
  })
  const made = [first]
  while (made.length < bytesAtOnce) made.push(made.at(-1)!.map(crc => first[crc & 0xff]! ^ (crc >>> 8)))
  return made
}

/** The CRC-32C of the bytes from `from` to `to`, unsigned; eight bytes a step, a third of the time that one byte a step takes. */
export function crc32c(bytes: Uint8Array, from: number, to: number): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
  ]
  let crc = -1
  let at = from
  for (; at + bytesAtOnce <= to; at += bytesAtOnce) {
    const low = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
    crc =
      t7[low & 0xff]! ^
      t6[(low >>> 8) & 0xff]! ^
      t5[(low >>> 16) & 0xff]! ^
      t4[low >>> 24]! ^
      t3[bytes[at + 4]!]! ^
      t2[bytes[at + 5]!]! ^
      t1[bytes[at + 6]!]! ^
      t0[bytes[at + 7]!]!
  }
  for (; at < to; at++) crc = t0[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}
