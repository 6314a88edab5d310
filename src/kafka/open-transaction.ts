import type { Transaction as KafkaTransaction, Message } from 'kafkajs'
import type { Offset, OutgoingRecord } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import { failpoint } from '../core/failpoint.ts'
import { retry } from '../core/retry.ts'
import { type BatchLimits, type PartitionBatches, splitIntoBatches } from './batches.ts'
import { brokerErrorOf } from './client.ts'

/** What can be done inside a transaction; dead as soon as `work` has returned. */
export interface Transaction {
  /** Writes records, any topics and partitions, any number: they are split into batches that brokers take. */
  send(records: readonly OutgoingRecord[]): Promise<void>
  /** Makes an offset part of the transaction. */
  sendOffset(commit: OffsetCommit): Promise<void>
}

/** `offset` is the next to be read; `metadata` takes at most 4,096 bytes by default (offset.metadata.max.bytes). */
export interface OffsetCommit {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
  readonly offset: Offset
  readonly metadata?: string
}

/** A transaction is refused until the last one's markers are written, 10-25 ms (kafka-facts 0.1); coordinators take longer to load. */
const offsetRetry = { attemptsMax: 300, delayMsMin: 20, delayMsMax: 40 }
/** Refusals of sendOffsets that kafkajs passes on at once although nothing was written (kafka-facts 0.2; B7). */
const offsetRefusals: ReadonlySet<string> = new Set([
  'CONCURRENT_TRANSACTIONS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
])
const isOffsetRefusal = (error: unknown): boolean => offsetRefusals.has(brokerErrorOf(error) ?? '')

/** The wire side of one transaction; remembers the first error of Kafka, also one that `work` swallowed. */
export class OpenTransaction implements Transaction {
  readonly kafka: KafkaTransaction
  readonly #label: string
  readonly #limits: BatchLimits
  readonly #within: <T>(operation: Promise<T>) => Promise<T>
  #failure: Error | undefined
  #running = 0
  #ended = false

  constructor(
    label: string,
    kafka: KafkaTransaction,
    limits: BatchLimits,
    within: <T>(operation: Promise<T>) => Promise<T>,
  ) {
    this.kafka = kafka
    this.#limits = limits
    this.#label = label
    this.#within = within
  }

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    if (records.length === 0) return
    await this.#run('send', async () => {
      // Partitions side by side, the batches of one partition in order: their sequence numbers follow each other.
      const outcomes = await Promise.allSettled(
        splitIntoBatches(records, this.#limits).map(group => this.#sendBatches(group)),
      )
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    })
  }

  async sendOffset(commit: OffsetCommit): Promise<void> {
    const { groupId, topic, partition, offset, metadata } = commit
    const topics = [{ topic, partitions: [{ partition, offset: String(offset), metadata: metadata ?? '' }] }]
    await this.#run('send-offsets', () =>
      retry(offsetRetry, () => this.kafka.sendOffsets({ consumerGroupId: groupId, topics }), isOffsetRefusal),
    )
  }

  /** No more calls from here on. Returns what forbids a commit: an error of Kafka, or a call that `work` did not wait for. */
  end(): Error | undefined {
    this.#ended = true
    if (this.#running > 0 && !this.#failure)
      this.#failure = new ConnectorError(
        'internal.bug',
        `the transaction ${this.#label} did not wait for its own writes`,
      )
    return this.#failure
  }

  async #run(step: string, operation: () => Promise<void>): Promise<void> {
    if (this.#ended) throw new ConnectorError('internal.bug', `the transaction ${this.#label} has ended`)
    if (this.#failure) throw this.#failure
    failpoint(`${this.#label}:before-${step}`)
    this.#running++
    try {
      await this.#within(operation())
    } catch (error) {
      this.#failure ??= error as Error
      throw error
    } finally {
      this.#running--
    }
    failpoint(`${this.#label}:after-${step}`)
  }

  async #sendBatches({ topic, partition, batches }: PartitionBatches): Promise<void> {
    for (const batch of batches) {
      // One topic and partition a send, and its answer checked (kafka-facts 2.1, rule 2).
      const answers = await this.kafka.send({ topic, acks: -1, messages: batch.map(toMessage) })
      const answer = answers[0]
      if (
        answers.length !== 1 ||
        answer?.topicName !== topic ||
        answer.partition !== partition ||
        answer.errorCode !== 0
      )
        throw new Error(`Kafka answered a send to ${topic}/${partition} with ${JSON.stringify(answers)}`)
    }
  }
}

function toMessage(record: OutgoingRecord): Message {
  const headers: Record<string, Buffer | Buffer[]> = Object.fromEntries(
    Object.entries(record.headers ?? {}).map(([name, value]) => [
      name,
      Array.isArray(value) ? [...(value as readonly Buffer[])] : (value as Buffer),
    ]),
  )
  return {
    partition: record.partition,
    key: record.key,
    value: record.value,
    headers,
    ...(record.timestampMs === undefined ? {} : { timestamp: String(record.timestampMs) }),
  }
}
