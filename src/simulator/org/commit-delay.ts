import { randomFrom } from '../random.ts'

/** How long rows stay unseen after they were stamped, in milliseconds (salesforce-facts 3.6): a fixed time, and a random one from 0 to
 *  `randomMs`, so that transactions commit in another order than they began. */
export class CommitDelay {
  fixedMs = 0
  randomMs = 0
  readonly #random: () => number

  /** The same seed draws the same delays. */
  constructor(seed: number) {
    this.#random = randomFrom(seed)
  }

  /** The delay of the next transaction. */
  nextMs(): number {
    return this.randomMs > 0 ? this.fixedMs + this.#random() * this.randomMs : this.fixedMs
  }
}
