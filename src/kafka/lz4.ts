import { PackedBytes, UnpackedBytes } from './unpacking.ts'

// LZ4 Frame Format 1.6: magic, flags, block sizes, perhaps the content's size, a header checksum, blocks, an end mark.
const magic = 0x184d2204
const version = 1
const contentSizeBytes = 8
const checksumBytes = 4
const isStored = 0x8000_0000

/**
 * Unpacks one LZ4 frame, as all producers write with record batches. Throws an Error if it is corrupt. The frame's own
 * checksums are not looked at: the batch has one, which the broker has checked.
 */
export function unpackLz4(bytes: Buffer, bytesMax: number): Buffer {
  const packed = new PackedBytes(bytes)
  const unpacked = new UnpackedBytes(bytesMax)
  const hasBlockChecksums = readHeader(packed)
  for (let size = packed.number(4); size !== 0; size = packed.number(4)) {
    const block = packed.take(size & ~isStored)
    if (size >= isStored) unpacked.append(block)
    else unpackBlock(new PackedBytes(block), unpacked)
    if (hasBlockChecksums) packed.take(checksumBytes)
  }
  return unpacked.bytes
}

function readHeader(packed: PackedBytes): boolean {
  if (packed.number(4) !== magic) throw new Error('it is no LZ4 frame')
  const flags = packed.byte()
  if (flags >> 6 !== version) throw new Error(`its frame is of version ${flags >> 6}`)
  if (flags & 0b0000_0001) throw new Error('it needs a dictionary')
  packed.byte()
  if (flags & 0b0000_1000) packed.take(contentSizeBytes)
  packed.byte()
  return (flags & 0b0001_0000) !== 0
}

const lengthInTokenMax = 15
const repeatMin = 4

/** A block is literals and repeats in turn, and ends with literals (LZ4 Block Format). */
function unpackBlock(block: PackedBytes, unpacked: UnpackedBytes): void {
  for (;;) {
    const token = block.byte()
    unpacked.append(block.take(fullLength(block, token >> 4)))
    if (block.left === 0) return
    const distance = block.number(2)
    unpacked.repeat(distance, repeatMin + fullLength(block, token & lengthInTokenMax))
  }
}

function fullLength(block: PackedBytes, inToken: number): number {
  let length = inToken
  if (inToken < lengthInTokenMax) return length
  for (;;) {
    const more = block.byte()
    length += more
    if (more < 255) return length
  }
}
