import { sleep } from '../core/clock.ts'
import type { Offset, OutgoingRecord } from '../core/contract.ts'
import { ConnectorError, isConnectorError } from '../core/errors.ts'
import { delayMs } from '../core/retry.ts'
import type { KafkaConnection } from '../kafka/connection.ts'
import type { TransactionalWriter } from '../kafka/transaction.ts'
import type { Events } from '../telemetry/events.ts'

/** What the group has on record for a partition. `offset` undefined: nothing was ever committed. */
export interface Position {
  readonly offset: Offset | undefined
  readonly metadata: string
}

export interface Place {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
}

/** What a commit is made of, asked for anew for each try: `tries` counts from 1, `last` is what the former one failed with. */
export type Contents = (tries: number, last: ConnectorError | undefined) => Promise<readonly OutgoingRecord[]>

/** About five minutes: longer than a broker takes to come back, shorter than anybody's patience. */
const limits = { attemptsMax: 60, delayMsMin: 100, delayMsMax: 5_000 }
const repeatable = new Set(['kafka.transaction_failed', 'kafka.unavailable', 'record.too_large', 'record.refused'])

/**
 * The commits of one partition by its owner in one generation. Every commit moves the position from what is known to be
 * on record to something else; after an error it is re-read behind a fence, so a commit is never made twice (design 4.1).
 */
export class PartitionCommits {
  readonly #kafka: KafkaConnection
  readonly #writer: TransactionalWriter
  readonly #place: Place
  readonly #events: Events
  #position: Position = { offset: undefined, metadata: '' }

  constructor(kafka: KafkaConnection, writer: TransactionalWriter, place: Place, events: Events) {
    this.#kafka = kafka
    this.#writer = writer
    this.#place = place
    this.#events = events
  }

  get position(): Position {
    return this.#position
  }

  /** Takes the partition over: fences its former owner, then reads what that one committed (kafka-facts 2.1, rule 5). */
  async takeOver(): Promise<Position> {
    this.#position = await this.#reread()
    return this.#position
  }

  /**
   * Commits the records and the new position together (rule 2). Throws 'kafka.fenced' if another owner has taken over,
   * and 'internal.stopped' once the signal aborts (rule 7): nothing is committed any more then.
   */
  async commit(
    label: string,
    to: Position & { offset: Offset },
    contents: Contents,
    signal: AbortSignal,
  ): Promise<void> {
    let failure: ConnectorError | undefined
    for (let tries = 1; ; tries++) {
      if (signal.aborted)
        throw new ConnectorError('internal.stopped', 'the generation ended before the commit', { cause: failure })
      try {
        // The owner's own error: only what is on record says whether the last try was committed.
        if (failure !== undefined && (await this.#isOnRecord(to))) return
        await this.#transact(label, to, await contents(tries, failure))
        this.#position = to
        return
      } catch (error) {
        if (!isConnectorError(error) || !repeatable.has(error.code) || tries >= limits.attemptsMax) throw error
        this.#events.transactionFailed({ half: 'sink', error })
        failure = error
      }
      await sleep(delayMs(limits, tries), signal).catch(() => undefined)
    }
  }

  async #transact(label: string, to: Position & { offset: Offset }, records: readonly OutgoingRecord[]): Promise<void> {
    const begun = performance.now()
    await this.#writer.transact(label, async tx => {
      if (records.length > 0) await tx.send(records)
      await tx.sendOffset({ ...this.#place, ...to })
    })
    this.#events.transactionDone({ half: 'sink', seconds: (performance.now() - begun) / 1_000 })
  }

  async #isOnRecord(to: Position): Promise<boolean> {
    const found = await this.#reread()
    if (isSame(found, to)) {
      this.#position = to
      return true
    }
    if (isSame(found, this.#position)) return false
    throw new ConnectorError(
      'kafka.fenced',
      `another owner moved the position of ${this.#place.topic}/${this.#place.partition}`,
    )
  }

  async #reread(): Promise<Position> {
    await this.#writer.fence()
    const { groupId, topic, partition } = this.#place
    return this.#kafka.committed(groupId, topic, partition)
  }
}

const isSame = (a: Position, b: Position): boolean => a.offset === b.offset && a.metadata === b.metadata
