import { PackedBytes, UnpackedBytes } from './unpacking.ts'

// xerial's stream (snappy-java, SnappyCodec): this magic, two int32 of versions, then blocks, each behind its int32 length.
const xerialMagic = Buffer.from('\x82SNAPPY\0', 'latin1')
const xerialVersionsBytes = 8
const lengthBytes = 4
const lengthVarintBytesMax = 5

/** Unpacks snappy as Java producers write it, in xerial's stream, or as one bare block. Throws an Error if it is corrupt. */
export function unpackSnappy(bytes: Buffer, bytesMax: number): Buffer {
  const packed = new PackedBytes(bytes)
  const unpacked = new UnpackedBytes(bytesMax)
  if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) unpackBlock(packed, unpacked)
  else {
    packed.take(xerialMagic.length + xerialVersionsBytes)
    do unpackBlock(new PackedBytes(packed.take(packed.take(lengthBytes).readUInt32BE())), unpacked)
    while (packed.left > 0)
  }
  return unpacked.bytes
}

/** A block is its unpacked length, then literals and copies (snappy, format_description.txt). */
function unpackBlock(block: PackedBytes, unpacked: UnpackedBytes): void {
  const end = unpacked.length + unpackedLength(block)
  while (block.left > 0) {
    const tag = block.byte()
    const high = tag >> 2
    const kind = tag & 3
    if (kind === 0) unpacked.append(block.take(1 + (high < 60 ? high : block.number(high - 59))))
    else if (kind === 1) unpacked.repeat(((tag >> 5) << 8) | block.byte(), 4 + (high & 7))
    else unpacked.repeat(block.number(kind === 2 ? 2 : 4), 1 + high)
  }
  if (unpacked.length !== end) throw new Error('it has not the length that it says')
}

function unpackedLength(block: PackedBytes): number {
  let length = 0
  for (let i = 0; i < lengthVarintBytesMax; i++) {
    const byte = block.byte()
    length += (byte & 127) * 2 ** (7 * i)
    if (byte < 128) return length
  }
  throw new Error('its length is not a number')
}
