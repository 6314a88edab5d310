import { Gauge, type Registry } from 'prom-client'

/** Ages by object, in seconds, that grow from one setting to the next: what is not heard of gets older. */
export class AgeingGauge {
  readonly #known = new Map<string, { readonly seconds: number; readonly atMs: number }>()
  readonly #nowMs: () => number
  readonly #gauge: Gauge<'object'>

  /** `nowMs`: any clock that only moves forward. */
  constructor(name: string, help: string, registry: Registry, nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
    const collect = (): void => this.#collect()
    this.#gauge = new Gauge({ name, help, labelNames: ['object'], registers: [registry], collect })
  }

  set({ object }: { readonly object: string }, seconds: number): void {
    this.#known.set(object, { seconds, atMs: this.#nowMs() })
  }

  remove(object: string): void {
    this.#known.delete(object)
    this.#gauge.remove(object)
  }

  #collect(): void {
    for (const [object, { seconds, atMs }] of this.#known)
      this.#gauge.set({ object }, seconds + (this.#nowMs() - atMs) / 1_000)
  }
}
