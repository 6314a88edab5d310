import type { GovernorClock } from '../../src/salesforce/waiting-line.ts'

interface Timer {
  readonly atMs: number
  readonly order: number
  readonly act: () => void
}

/** Time that passes only when it is told to; whoever waits for promises between two timers is waited for. */
export class VirtualClock implements GovernorClock {
  #nowMs = 0
  #order = 0
  readonly #timers = new Set<Timer>()

  nowMs(): number {
    return this.#nowMs
  }

  after(ms: number, act: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, order: ++this.#order, act }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  get waiting(): number {
    return this.#timers.size
  }

  /** Lets time pass, timer by timer; `actsMax` guards against timers that never end. Answers how many acted. */
  async pass(ms: number, actsMax = 1_000_000): Promise<number> {
    const endMs = this.#nowMs + ms
    await settled()
    for (let acts = 0; ; acts++) {
      const next = this.#next()
      if (!next || next.atMs > endMs) {
        this.#nowMs = endMs
        return acts
      }
      if (acts === actsMax)
        throw new Error(`more than ${actsMax} timers within ${ms} ms: something waits in a busy loop`)
      this.#timers.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.act()
      await settled()
    }
  }

  #next(): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers)
      if (!first || timer.atMs < first.atMs || (timer.atMs === first.atMs && timer.order < first.order)) first = timer
    return first
  }
}

/** Long enough for the promises that a timer sets going. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await Promise.resolve()
}
