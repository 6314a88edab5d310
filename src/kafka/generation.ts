import { ConnectorError } from '../core/errors.ts'

/** One generation of a consumer group, as this member lives it. */
export interface Generation {
  /** Counts the generations this member has joined, from 1. */
  readonly id: number
  /** Aborted when it is over: a new one was joined, the member was evicted, or it has drained and leaves the group. */
  readonly signal: AbortSignal
  /** True once a rebalance was announced or the member was asked to stop: finish what is open, take nothing new. */
  isEnding(): boolean
  /** Milliseconds since the broker last answered a heartbeat, or the join. */
  heartbeatAgeMs(): number
}

/** A generation with the moves that its member makes. */
export class LiveGeneration implements Generation {
  readonly id: number
  readonly #over = new AbortController()
  #isEnding = false
  #beatAt = now()

  constructor(id: number) {
    this.id = id
  }

  get signal(): AbortSignal {
    return this.#over.signal
  }

  isEnding(): boolean {
    return this.#isEnding
  }

  heartbeatAgeMs(): number {
    const at = now()
    // The steady clock stands still while a machine is suspended, the wall clock may be set back: the larger age is the safe one.
    return Math.max(at.steadyMs - this.#beatAt.steadyMs, at.wallMs - this.#beatAt.wallMs)
  }

  beat(): void {
    this.#beatAt = now()
  }

  announceEnd(): void {
    this.#isEnding = true
  }

  end(why: string): void {
    this.#isEnding = true
    if (!this.signal.aborted) this.#over.abort(new ConnectorError('internal.stopped', `the generation is over: ${why}`))
  }
}

const now = () => ({ steadyMs: performance.now(), wallMs: Date.now() })
