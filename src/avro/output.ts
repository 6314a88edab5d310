/** The primitive types of Avro's binary encoding (Avro specification, Binary encoding). */

/** Bytes that are written one behind the other; the buffer grows as need be and is used again for the next value. */
export interface Output {
  bytes: Buffer
  at: number
}

/** A varint of 64 bits, and a double with room to spare. */
export const numberBytesMax = 10
/** Of UTF-8, for each UTF-16 unit. */
const unitBytesMax = 3
/** Up to here a loop is faster than a call of Node's own encoder, which crosses into C++. */
const shortTextMax = 48
const oneByteLengthMax = 63

/** Makes room for so many bytes behind `at`. */
export function reserve(out: Output, bytes: number): void {
  if (out.at + bytes <= out.bytes.length) return
  const grown = Buffer.allocUnsafeSlow(Math.max(out.bytes.length * 2, out.at + bytes))
  out.bytes.copy(grown, 0, 0, out.at)
  out.bytes = grown
}

/** A zigzag varint, exact for every safe integer: the sign is the lowest bit, so that nothing is doubled. */
export function writeLong(n: number, out: Output): void {
  reserve(out, numberBytesMax)
  const { bytes } = out
  let rest = n < 0 ? -n - 1 : n
  let group = (rest % 64) * 2 + (n < 0 ? 1 : 0)
  for (rest = Math.floor(rest / 64); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[out.at++] = group | 128
    group = rest % 128
  }
  bytes[out.at++] = group
}

/** UTF-8 behind its length. */
export function writeText(text: string, out: Output): void {
  const { length } = text
  reserve(out, numberBytesMax + length * unitBytesMax)
  if (length <= shortTextMax && writeAscii(text, length, out)) return
  const { bytes, at } = out
  // Most texts take as many bytes as characters: the length's own room is guessed from that.
  const room = length <= oneByteLengthMax ? 1 : sizeOf(length)
  const size = bytes.write(text, at + room)
  const needed = sizeOf(size)
  if (needed !== room) bytes.copyWithin(at + needed, at + room, at + room + size)
  writeLong(size, out)
  out.at += size
}

/** Whether the text was ASCII, and is written. */
function writeAscii(text: string, length: number, out: Output): boolean {
  const { bytes, at } = out
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 127) return false
    bytes[at + 1 + i] = unit
  }
  bytes[at] = length * 2
  out.at = at + 1 + length
  return true
}

/** The bytes of a length. */
function sizeOf(length: number): number {
  let size = 1
  for (let rest = Math.floor(length / 64); rest > 0; rest = Math.floor(rest / 128)) size++
  return size
}

/** Bytes behind their length. */
export function writeBytes(given: Uint8Array, out: Output): void {
  writeLong(given.length, out)
  writePlain(given, out)
}

/** Bytes as they are. */
export function writePlain(given: Uint8Array, out: Output): void {
  reserve(out, given.length)
  out.bytes.set(given, out.at)
  out.at += given.length
}
