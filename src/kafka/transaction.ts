import type { Kafka, Producer } from 'kafkajs'
import { ConnectorError, isConnectorError } from '../core/errors.ts'
import { failpoint } from '../core/failpoint.ts'
import { retry } from '../core/retry.ts'
import type { BatchLimits } from './batches.ts'
import { brokerErrorOf, isPassing, messageOf, promptRetry, unavailable } from './client.ts'
import { beforeDeadline, disconnectAfter, disconnectNow } from './deadline.ts'
import { OpenTransaction, type Transaction } from './open-transaction.ts'

export type { OffsetCommit, Transaction } from './open-transaction.ts'

/** Writes under one transactional id. Every record it writes is part of a transaction. */
export interface TransactionalWriter {
  readonly transactionalId: string
  /**
   * Becomes the owner of the id: InitProducerId refuses former owners from now on and ends their open transaction
   * (kafka-facts 2.1, rule 3). Legal at the start, after any error, and in a new generation; after 'kafka.fenced' only in
   * a new generation. Throws 'kafka.fenced' if another owner does the same at this moment, 'kafka.unavailable', or
   * 'config.invalid' if the brokers refuse the id or its timeout.
   */
  fence(): Promise<void>
  /**
   * One atomic commit of what `work` writes. `label` names its failpoints: `<label>:before-send`, `after-send`,
   * `before-send-offsets`, `after-send-offsets`, `before-commit`, `after-commit` (EndTxn was answered, nobody has learnt of it yet).
   * If `work` itself throws, the transaction is aborted and that error is thrown on. Any error of Kafka discards the
   * producer, the outcome is then unknown: fence() and read again. Throws 'kafka.fenced' (another owner),
   * 'record.too_large' or 'record.refused' (nothing was committed), 'kafka.transaction_failed', or 'internal.bug' for a call out of turn.
   */
  transact(label: string, work: (tx: Transaction) => Promise<void>): Promise<void>
  /** Gives the producer back; an open transaction is left to the next owner's fence. Idempotent. */
  close(): Promise<void>
}

type State = 'new' | 'ready' | 'open' | 'committing' | 'aborting' | 'broken' | 'fenced' | 'closed'
const moves = {
  new: ['ready', 'broken', 'fenced', 'closed'],
  ready: ['ready', 'open', 'broken', 'fenced', 'closed'],
  open: ['committing', 'aborting', 'broken', 'fenced', 'closed'],
  committing: ['ready', 'broken', 'fenced', 'closed'],
  aborting: ['ready', 'broken', 'fenced', 'closed'],
  broken: ['ready', 'broken', 'fenced', 'closed'],
  fenced: ['ready', 'broken', 'fenced', 'closed'],
  closed: [],
} as const satisfies Record<State, readonly State[]>

const fencingStates: readonly State[] = ['new', 'ready', 'broken', 'fenced']
const fenceRetry = { attemptsMax: 6, delayMsMin: 100, delayMsMax: 2_000 }
const fenceTimeoutMs = 30_000
const fencedErrors: ReadonlySet<string> = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'])
const tooLargeErrors: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])

export interface WriterOptions {
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
  readonly batchLimits: BatchLimits
}

/** A writer that touches the wire at its first fence(). `kafka` must not be the client of a consumer (kafka-facts 1.2). */
export function createWriter(kafka: Kafka, options: WriterOptions): TransactionalWriter {
  return new Writer(kafka, options)
}

const fenced = (transactionalId: string, cause: unknown): ConnectorError =>
  new ConnectorError('kafka.fenced', `another owner writes under the transactional id ${transactionalId}`, {
    cause,
    remedy: 'Nothing, if another instance has taken over; otherwise give each connector a name of its own.',
  })

/** `work` threw while writes were still running: its own error says more than that. */
const whatCameFirst = (failure: ConnectorError, thrown: unknown): unknown =>
  failure.code === 'internal.bug' ? thrown : failure

type Within = <T>(operation: Promise<T>) => Promise<T>

class Writer implements TransactionalWriter {
  readonly transactionalId: string
  readonly #kafka: Kafka
  readonly #timeoutMs: number
  readonly #batchLimits: BatchLimits
  #state: State = 'new'
  #producer: Producer | undefined

  constructor(kafka: Kafka, options: WriterOptions) {
    this.#kafka = kafka
    this.transactionalId = options.transactionalId
    this.#timeoutMs = options.transactionTimeoutMs
    this.#batchLimits = options.batchLimits
  }

  async fence(): Promise<void> {
    if (!fencingStates.includes(this.#state)) throw this.#outOfTurn('fence()')
    void this.#discard()
    try {
      const mayRepeat = (error: unknown): boolean => this.#state !== 'closed' && isPassing(error)
      this.#producer = await retry(fenceRetry, () => this.#initialise(), mayRepeat)
    } catch (error) {
      throw this.#fenceFailed(error)
    }
    this.#move('ready')
  }

  async transact(label: string, work: (tx: Transaction) => Promise<void>): Promise<void> {
    if (this.#state !== 'ready') throw this.#outOfTurn('transact()')
    this.#move('open')
    const producer = this.#producer!
    // The broker aborts a transaction of that age, so waiting longer serves nothing.
    const deadlineMs = Date.now() + this.#timeoutMs
    const within: Within = operation =>
      beforeDeadline(operation, deadlineMs, () => disconnectAfter(producer, operation))
    const open = new OpenTransaction(label, await this.#step(producer.transaction()), this.#batchLimits, within)
    try {
      await work(open)
    } catch (error) {
      const failure = open.end()
      if (failure) throw whatCameFirst(this.#failed(failure), error)
      await this.#abort(open, within)
      throw error
    }
    const failure = open.end()
    if (failure) throw this.#failed(failure)
    failpoint(`${label}:before-commit`)
    this.#move('committing')
    await this.#step(within(open.kafka.commit()))
    failpoint(`${label}:after-commit`)
    this.#move('ready')
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return
    this.#move('closed')
    await this.#discard()
  }

  async #initialise(): Promise<Producer> {
    const producer = this.#kafka.producer({
      transactionalId: this.transactionalId,
      transactionTimeout: this.#timeoutMs,
      allowAutoTopicCreation: false,
      retry: promptRetry,
      // Partitions are always ours to choose (kafka-facts 2.1, rule 2).
      createPartitioner: () => input => input.message.partition!,
    })
    const initialised = (async () => {
      await producer.connect()
      // The only way to InitProducerId: the first transaction of a producer; ended empty, it sends nothing more.
      await (await producer.transaction()).abort()
    })()
    try {
      await beforeDeadline(initialised, Date.now() + fenceTimeoutMs, () => disconnectAfter(producer, initialised))
      return producer
    } catch (error) {
      void disconnectNow(producer)
      throw error
    }
  }

  #fenceFailed(error: unknown): ConnectorError {
    const type = brokerErrorOf(error)
    if (type !== undefined && fencedErrors.has(type)) {
      this.#move('fenced')
      return fenced(this.transactionalId, error)
    }
    if (this.#state !== 'closed') this.#move('broken')
    const failure = unavailable(`could not take over the transactional id ${this.transactionalId}`, error)
    if (isPassing(error) || type === undefined) return failure
    return new ConnectorError('config.invalid', failure.message, { cause: error, remedy: failure.remedy })
  }

  /** `work` failed, Kafka did not: nothing of it may stay. Only an answered abort leaves the producer usable. */
  async #abort(open: OpenTransaction, within: Within): Promise<void> {
    this.#move('aborting')
    try {
      await within(open.kafka.abort())
      this.#move('ready')
    } catch (error) {
      this.#failed(error)
    }
  }

  async #step<T>(operation: Promise<T>): Promise<T> {
    try {
      return await operation
    } catch (error) {
      throw this.#failed(error)
    }
  }

  /** Any error of Kafka: the producer cannot be used again (kafka-facts B4, B6). The result says what it means to the caller. */
  #failed(error: unknown): ConnectorError {
    const failure = this.#judge(error)
    if (this.#state !== 'closed') this.#move(failure.code === 'kafka.fenced' ? 'fenced' : 'broken')
    void this.#discard()
    return failure
  }

  #judge(error: unknown): ConnectorError {
    if (isConnectorError(error, 'internal.bug')) return error
    const type = brokerErrorOf(error) ?? ''
    if (fencedErrors.has(type)) return fenced(this.transactionalId, error)
    if (tooLargeErrors.has(type))
      return new ConnectorError('record.too_large', `a record is larger than its topic takes: ${messageOf(error)}`, {
        cause: error,
        remedy: "Raise the topic's max.message.bytes, or select fewer fields.",
      })
    if (type === 'INVALID_RECORD')
      return new ConnectorError('record.refused', `the brokers refuse a record: ${messageOf(error)}`, {
        cause: error,
        remedy: "See the broker's log: the topic's settings, or a check of the brokers, do not allow it.",
      })
    return new ConnectorError(
      'kafka.transaction_failed',
      `the transaction of ${this.transactionalId} failed, its outcome is unknown: ${messageOf(error)}`,
      {
        cause: error,
        remedy: 'The position is read again and the work repeated; if this goes on, look at the brokers.',
      },
    )
  }

  async #discard(): Promise<void> {
    const producer = this.#producer
    this.#producer = undefined
    if (producer) await disconnectNow(producer)
  }

  #move(to: State): void {
    if (!(moves[this.#state] as readonly State[]).includes(to)) throw this.#outOfTurn(`the move to ${to}`)
    this.#state = to
  }

  #outOfTurn(what: string): ConnectorError {
    return new ConnectorError('internal.bug', `${what} of ${this.transactionalId} is illegal in state ${this.#state}`)
  }
}
