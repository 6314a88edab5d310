import { createHash } from 'node:crypto'
import { requestError } from './api-error.ts'
import type { Answer } from './router.ts'

/** A key and its answer are kept this long (UI API guide, Idempotent Record Writes). */
const keptMsMax = 30 * 24 * 60 * 60 * 1000
/** A larger answer is not kept, and a repeat is then executed again. */
const answerCharactersMax = 9 * 1024 * 1024
/** Answers that are held at most; the oldest go first. */
const answersMax = 100_000

interface Kept {
  readonly requestHash: string
  readonly answer: Answer
  readonly atMs: number
}

/** The answers to writes that named an `Idempotency-Key`, by user and key. */
export class IdempotentAnswers {
  readonly #now: () => number
  readonly #kept = new Map<string, Kept>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** The first answer to this key, or what `execute` gives now. Throws 400 unless the key is a UUID, and for another request under the same key.
   *  The codes are not proven. Only a success is kept: a refused write left nothing that a repeat could double. */
  once(userId: string, key: string, request: string, execute: () => Answer): Answer {
    if (!/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.test(key))
      throw requestError(400, 'INVALID_IDEMPOTENCY_KEY', 'The Idempotency-Key header must be a UUID of version 4')
    const place = `${userId} ${key.toLowerCase()}`
    const requestHash = createHash('sha256').update(request).digest('base64')
    const kept = this.#kept.get(place)
    if (kept && kept.atMs > this.#now() - keptMsMax) {
      if (kept.requestHash === requestHash) return kept.answer
      throw requestError(400, 'IDEMPOTENCY_KEY_REUSED', 'The Idempotency-Key was used for another request')
    }
    const answer = execute()
    if ((answer.text?.length ?? 0) <= answerCharactersMax) {
      this.#kept.delete(place)
      this.#kept.set(place, { requestHash, answer, atMs: this.#now() })
      if (this.#kept.size > answersMax) this.#kept.delete(this.#kept.keys().next().value ?? '')
    }
    return answer
  }
}
