import type { OpenTransaction } from '../org/handle.ts'

const heldMax = 1000

/** The transactions that the control endpoint holds open, by a number. */
export class HeldTransactions {
  readonly #open = new Map<string, OpenTransaction>()
  #last = 0

  get names(): readonly string[] {
    return [...this.#open.keys()]
  }

  /** Returns the name by which it is written to and ended. Throws RangeError if too many are open. */
  hold(transaction: OpenTransaction): string {
    if (this.#open.size >= heldMax) throw new RangeError(`at most ${heldMax} transactions can be held open`)
    const name = String(++this.#last)
    this.#open.set(name, transaction)
    return name
  }

  /** Throws RangeError if there is none of that name. */
  find(name: string): OpenTransaction {
    const found = this.#open.get(name)
    if (!found) throw new RangeError(`no transaction ${name} is open; open are ${this.names.join(', ') || 'none'}`)
    return found
  }

  /** The transaction, which is then no longer held. Throws RangeError. */
  release(name: string): OpenTransaction {
    const found = this.find(name)
    this.#open.delete(name)
    return found
  }
}
