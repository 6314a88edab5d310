import { sleep } from '../core/clock.ts'

type Value = Readonly<Record<string, unknown>>

/** The events and replies consumed so far, and whoever waits for one. */
export class Seen {
  readonly #values: Value[] = []
  #wake: (() => void)[] = []

  add(value: Value): void {
    this.#values.push(value)
    for (const wake of this.#wake.splice(0)) wake()
  }

  /** The event of that type about that row. Throws if it does not come within `waitMs`. */
  event(recordId: string, type: string, waitMs: number): Promise<Value> {
    return this.#find(
      value => value.recordId === recordId && value.type === type,
      `${type} event of ${recordId}`,
      waitMs,
    )
  }

  /** The reply to that command. Throws if it does not come within `waitMs`. */
  reply(commandId: string, waitMs: number): Promise<Value> {
    return this.#find(value => value.commandId === commandId, `reply to ${commandId}`, waitMs)
  }

  async #find(wanted: (value: Value) => boolean, name: string, waitMs: number): Promise<Value> {
    const late = AbortSignal.timeout(waitMs)
    for (let from = 0; ; ) {
      const found = this.#values.slice(from).find(wanted)
      if (found) return found
      from = this.#values.length
      const added = new Promise<void>(resolve => this.#wake.push(resolve))
      await Promise.race([added, sleep(waitMs, late).catch(() => undefined)])
      if (late.aborted) throw new Error(`no ${name} within ${waitMs / 1_000} s`)
    }
  }
}
