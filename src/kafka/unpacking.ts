/** What the snappy and LZ4 decoders read from and write to; both throw a plain Error instead of leaving their bounds. */

/** Said by every codec of a batch that is larger than we are willing to hold. */
export const tooLarge = (bytesMax: number): Error => new Error(`unpacked it has more than ${bytesMax} bytes`)

/** Packed bytes, read from front to back. */
export class PackedBytes {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  /** The next bytes, not copied. */
  take(length: number): Buffer {
    if (length > this.left) throw new Error('it ends too early')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  byte(): number {
    return this.take(1)[0]!
  }

  /** An unsigned number of one to four bytes, the lowest first. */
  number(bytes: number): number {
    return this.take(bytes).readUIntLE(0, bytes)
  }
}

const bytesAtFirst = 65_536

/** The bytes unpacked so far. It grows with what is really written, not with what a header promises. */
export class UnpackedBytes {
  readonly #bytesMax: number
  #bytes: Buffer
  #length = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
    this.#bytes = Buffer.allocUnsafe(Math.min(bytesAtFirst, bytesMax))
  }

  get length(): number {
    return this.#length
  }

  /** All of it, not copied. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  append(bytes: Buffer): void {
    this.#makeRoom(bytes.length)
    bytes.copy(this.#bytes, this.#length)
    this.#length += bytes.length
  }

  /** Appends `length` bytes that begin `distance` bytes before the end; with a short distance they repeat. */
  repeat(distance: number, length: number): void {
    const from = this.#length - distance
    if (distance === 0 || from < 0) throw new Error('it refers to bytes outside of itself')
    this.#makeRoom(length)
    const end = this.#length + length
    // What lies between `from` and the end is a whole number of repetitions, and more of them after every round.
    while (this.#length < end) {
      const bytes = Math.min(end, 2 * this.#length - from) - this.#length
      this.#bytes.copyWithin(this.#length, from, from + bytes)
      this.#length += bytes
    }
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes
    if (needed > this.#bytesMax) throw tooLarge(this.#bytesMax)
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.min(this.#bytesMax, Math.max(needed, 2 * this.#bytes.length)))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}
