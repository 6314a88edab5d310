import { sleep } from '../core/clock.ts'
import { isConnectorError } from '../core/errors.ts'
import { delayMs } from '../core/retry.ts'
import type { Assignment, ConsumedBatch } from '../kafka/consumer.ts'
import type { TransactionalWriter } from '../kafka/transaction.ts'
import { OwnedPartition } from './partition.ts'
import type { SinkParts } from './parts.ts'
import type { Route } from './topics.ts'

/** A partition in our hands. The writer is kept from one generation to the next; each begins with a fence. */
interface Held {
  readonly route: Route
  readonly partition: number
  readonly writer: TransactionalWriter
  owned: OwnedPartition | undefined
  generationId: number
  /** Fenced, or failed for good: nothing more in this generation (rule 7). */
  isDead: boolean
  failures: number
}

const backoff = { attemptsMax: 1_000, delayMsMin: 100, delayMsMax: 10_000 }
const deadPauseMs = 200
const recoverable = new Set(['retry-later', 'rewind', 'dead-letter'])

/** Holds the partitions this member is assigned, and decides what an error means for them. */
export class PartitionOwner {
  readonly #parts: SinkParts
  readonly #routes: ReadonlyMap<string, Route>
  readonly #rejoin: () => void
  readonly #onFatal: (error: unknown) => void
  readonly #held = new Map<string, Held>()
  #rejoinedFrom: number | undefined
  hasJoined = false

  constructor(
    parts: SinkParts,
    routes: ReadonlyMap<string, Route>,
    rejoin: () => void,
    onFatal: (error: unknown) => void,
  ) {
    this.#parts = parts
    this.#routes = routes
    this.#rejoin = rejoin
    this.#onFatal = onFatal
  }

  assign({ gained, lost }: Assignment): void {
    this.hasJoined = true
    for (const { topic, partition } of lost) {
      const key = `${topic}/${partition}`
      void this.#held.get(key)?.writer.close()
      this.#held.delete(key)
    }
    this.#parts.events.assigned({ half: 'sink', gained: gained.length, lost: lost.length })
    if (lost.length > 0) this.#parts.events.revoked({ half: 'sink', partitions: lost })
  }

  async take(batch: ConsumedBatch): Promise<void> {
    const held = this.#hold(batch)
    if (held.isDead) return sleep(deadPauseMs, batch.generation.signal).catch(() => undefined)
    const isFresh = held.owned === undefined
    held.owned ??= new OwnedPartition(this.#parts, held.route, held.partition, held.writer, batch.generation)
    try {
      if (isFresh) await held.owned.open()
      await held.owned.take(batch)
      held.failures = 0
    } catch (error) {
      const next = held.owned.next
      held.owned = undefined
      batch.rewind(next)
      await this.#failed(held, batch, error)
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#held.values()].map(held => held.writer.close()))
    this.#held.clear()
  }

  #hold({ topic, partition, generation }: ConsumedBatch): Held {
    const key = `${topic}/${partition}`
    const known = this.#held.get(key)
    if (known) {
      if (known.generationId !== generation.id) {
        known.generationId = generation.id
        known.owned = undefined
        known.isDead = false
      }
      return known
    }
    const { environment, connector } = this.#parts.config
    const writer = this.#parts.kafka.writer(`${environment}.${connector}.sink.${topic}.${partition}`)
    const route = this.#routes.get(topic)!
    const held: Held = {
      route,
      partition,
      writer,
      owned: undefined,
      generationId: generation.id,
      isDead: false,
      failures: 0,
    }
    this.#held.set(key, held)
    return held
  }

  async #failed(held: Held, { topic, partition, generation }: ConsumedBatch, error: unknown): Promise<void> {
    // The generation is over: whoever owns the partition now goes on from what was committed.
    if (isConnectorError(error) && (generation.signal.aborted || error.code === 'internal.stopped')) return
    if (isConnectorError(error, 'kafka.fenced')) {
      // Rule 7: a fenced task stops, and does not fence back in the same generation.
      held.isDead = true
      this.#parts.events.fenced({ transactionalId: held.writer.transactionalId })
      if (this.#rejoinedFrom !== generation.id) this.#rejoin()
      this.#rejoinedFrom = generation.id
      return
    }
    this.#parts.events.taskFailed({ task: `sink ${topic}/${partition}`, error, stage: 'transaction' })
    if (isConnectorError(error) && recoverable.has(error.consequence)) {
      const pauseMs = delayMs(backoff, Math.min(++held.failures, backoff.attemptsMax))
      return sleep(pauseMs, generation.signal).catch(() => undefined)
    }
    held.isDead = true
    this.#onFatal(error)
  }
}
