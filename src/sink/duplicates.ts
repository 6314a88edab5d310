import type { Format } from './command.ts'

/** A reply as it stands on the reply topic, kept for a command that comes again. */
export interface Remembered {
  readonly commandHash: string
  readonly value: Buffer
  readonly format: Format
  /** The reply says IN_DOUBT: a command that was parked meanwhile is executed when it is put back. */
  readonly inDoubt: boolean
}

export type Lookup =
  | { readonly kind: 'new' }
  | { readonly kind: 'same'; readonly reply: Remembered }
  /** The id was used before for something else. */
  | { readonly kind: 'other' }

export interface DuplicateLimits {
  readonly countMax: number
  readonly bytesMax: number
}

/**
 * The replies of one partition by commandId, newest last (design 4.3). Both bounds evict the oldest.
 * The reply topic is the memory; this is its tail, read at take-over and kept in step with each commit.
 */
export class Duplicates {
  readonly #limits: DuplicateLimits
  readonly #replies = new Map<string, Remembered>()
  #bytes = 0

  constructor(limits: DuplicateLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#replies.size
  }

  lookUp(commandId: string, commandHash: string): Lookup {
    const reply = this.#replies.get(commandId)
    if (reply === undefined) return { kind: 'new' }
    return reply.commandHash === commandHash ? { kind: 'same', reply } : { kind: 'other' }
  }

  remember(commandId: string, reply: Remembered): void {
    this.#forget(commandId)
    this.#replies.set(commandId, reply)
    this.#bytes += reply.value.length
    for (const oldest of this.#replies.keys()) {
      if (this.#replies.size <= this.#limits.countMax && this.#bytes <= this.#limits.bytesMax) break
      this.#forget(oldest)
    }
  }

  #forget(commandId: string): void {
    const reply = this.#replies.get(commandId)
    if (reply === undefined) return
    this.#replies.delete(commandId)
    this.#bytes -= reply.value.length
  }
}

/** Whether a reply answers its commandId for good. A retryable one does not: the command is executed when it comes again. */
export const isFinal = (reply: { status: string; retryable: boolean; duplicate: boolean }): boolean =>
  !reply.duplicate && !reply.retryable && reply.status !== 'REJECTED'
