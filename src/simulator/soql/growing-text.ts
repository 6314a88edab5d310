/** Bytes of an answer that lie in memory which is to be used again: `release` is called when they have been sent. */
export interface HeldBytes {
  readonly bytes: Buffer
  release(): void
}

/** Room for what is put before the text. */
const headBytesMax = 512
const firstBytes = 16 * 1024

/** Text in UTF-8 that pieces are added to. Each piece is encoded while it is small and fresh, which is several times
 *  faster than joining a page of them and encoding that; and its memory serves one page after another, since the
 *  garbage collector would walk the whole org for every few dozen pages. */
export class GrowingText {
  #buffer = Buffer.allocUnsafeSlow(firstBytes)
  #end = headBytesMax

  /** How long it is by now. */
  get bytes(): number {
    return this.#end - headBytesMax
  }

  append(text: string): void {
    // No UTF-16 unit takes more than three bytes.
    const needed = this.#end + text.length * 3
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2))
      this.#buffer.copy(larger, 0, 0, this.#end)
      this.#buffer = larger
    }
    this.#end += this.#buffer.write(text, this.#end)
  }

  /** Its own memory, with `head` before the text, up to 512 bytes of ASCII. Nothing may be added until `clear`. */
  after(head: string): Buffer {
    const start = headBytesMax - head.length
    this.#buffer.write(head, start, 'latin1')
    return this.#buffer.subarray(start, this.#end)
  }

  clear(): void {
    this.#end = headBytesMax
  }
}
