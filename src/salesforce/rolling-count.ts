/** Counts what happened within the last `spanMs`, in `parts` buckets: the oldest bucket leaves as a whole. */
export class RollingCount {
  readonly #counts: number[]
  readonly #bucketMs: number
  /** Number of the newest bucket. */
  #newest = 0

  constructor(spanMs: number, parts: number) {
    this.#bucketMs = spanMs / parts
    this.#counts = Array(parts).fill(0)
  }

  add(nowMs: number): void {
    this.#forget(nowMs)
    const at = this.#newest % this.#counts.length
    this.#counts[at] = this.#counts[at]! + 1
  }

  /** What was counted within the newest `spanMs`, by default all; a bucket begun counts as a whole. */
  total(nowMs: number, spanMs: number = this.#bucketMs * this.#counts.length): number {
    this.#forget(nowMs)
    const buckets = Math.min(this.#counts.length, Math.ceil(spanMs / this.#bucketMs))
    let sum = 0
    for (let back = 0; back < buckets && back <= this.#newest; back++)
      sum += this.#counts[(this.#newest - back) % this.#counts.length]!
    return sum
  }

  /** The time that `total` of this span looks back over, as its newest bucket is not yet over. */
  coveredMs(nowMs: number, spanMs: number): number {
    return spanMs - this.#bucketMs + (nowMs % this.#bucketMs)
  }

  #forget(nowMs: number): void {
    const bucket = Math.floor(nowMs / this.#bucketMs)
    const passed = Math.min(this.#counts.length, bucket - this.#newest)
    for (let n = 1; n <= passed; n++) this.#counts[(bucket - passed + n) % this.#counts.length] = 0
    this.#newest = Math.max(this.#newest, bucket)
  }
}
