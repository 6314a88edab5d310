import type { Consumer, ConsumerGroupJoinEvent, EachBatchPayload } from 'kafkajs'
import { sleep } from '../core/clock.ts'
import { offset } from '../core/contract.ts'
import {
  brokerErrorOf,
  createKafka,
  type KafkaLog,
  type KafkaSettings,
  messageOf,
  metadataAgeMsMax,
  patientRetry,
  unavailable,
} from './client.ts'
import type { ConsumedBatch, JoinOptions, TopicPartition } from './consumer.ts'
import { disconnectNow } from './deadline.ts'
import { detach } from './fetcher.ts'
import { LiveGeneration } from './generation.ts'
import type { FetchedMessage } from './kafkajs-internals.ts'
import { toIncoming } from './records.ts'

/** A partition whose batch was detached is not read again before the fetch that went on without it has ended. */
const fetchWaitMsMax = 200
/** A batch that takes longer no longer keeps other partitions from being read. */
const patienceMs = 250
/** Between two looks for the end of a generation in which nothing more is taken. */
const endingPauseMs = 100
/** Leaving takes one request; but a join that waits for other members cannot be called off, then the broker drops us later. */
const leaveWaitMsMax = 5_000
/** The member is out; its partitions may be another's already. */
const evictions: ReadonlySet<string> = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID'])
/** The coordinator is about to form a new generation, or moved; kafkajs joins again after either. */
const announcements: ReadonlySet<string> = new Set(['REBALANCE_IN_PROGRESS', 'NOT_COORDINATOR_FOR_GROUP'])

/** What outlives a session: how many generations were joined, and what the last one gave. */
export interface Membership {
  generations: number
  assigned: readonly TopicPartition[]
}

/** How a session ended: as asked, or with an error. */
export type SessionEnd = { readonly why: 'stop' | 'rejoin' } | { readonly why: 'crash'; readonly error: unknown }

/** The life of one kafkajs consumer: one member id, except that kafkajs takes a new one by itself after an eviction. */
export class Session {
  readonly #consumer: Consumer
  readonly #settings: KafkaSettings
  readonly #log: KafkaLog
  readonly #options: JoinOptions
  readonly #membership: Membership
  readonly #onCrash: (error: unknown) => void
  readonly #ended = Promise.withResolvers<SessionEnd>()
  readonly #left = Promise.withResolvers<void>()
  readonly #batches = new Set<Promise<void>>()
  /** Batches being handled, as kafkajs knows them: one a partition, each of them paused. */
  readonly #inWork = new Set<EachBatchPayload['batch']>()
  #hasEnded = false
  #generation: LiveGeneration | undefined
  #memberId: string | undefined

  /** Connects and subscribes; throws 'kafka.unavailable'. `onCrash` is told what no later session can mend. */
  static async open(
    settings: KafkaSettings,
    log: KafkaLog,
    options: JoinOptions,
    membership: Membership,
    onCrash: (error: unknown) => void,
  ): Promise<Session> {
    // A kafkajs client of its own: it keeps a map of offsets that would outlive the consumer (kafka-facts 1.2).
    const consumer = createKafka(settings, log, patientRetry).consumer({
      groupId: options.groupId,
      sessionTimeout: settings.sessionTimeoutMs,
      rebalanceTimeout: settings.rebalanceTimeoutMs,
      heartbeatInterval: settings.heartbeatIntervalMs,
      maxWaitTimeInMs: Math.min(fetchWaitMsMax, settings.heartbeatIntervalMs),
      metadataMaxAge: metadataAgeMsMax,
      allowAutoTopicCreation: false,
      // kafkajs would restart some crashes, and into the same object; a new session follows every crash instead (member.ts).
      retry: { ...patientRetry, restartOnFailure: async () => false },
    })
    try {
      await consumer.connect()
      // Without fromBeginning a lost offset would skip commands (kafka-facts 1.2).
      await consumer.subscribe({ topics: [...options.topics], fromBeginning: true })
    } catch (error) {
      void disconnectNow(consumer)
      throw unavailable(`could not join the group ${options.groupId}`, error)
    }
    return new Session(consumer, settings, log, options, membership, onCrash)
  }

  private constructor(
    consumer: Consumer,
    settings: KafkaSettings,
    log: KafkaLog,
    options: JoinOptions,
    membership: Membership,
    onCrash: (error: unknown) => void,
  ) {
    this.#consumer = consumer
    this.#settings = settings
    this.#log = log
    this.#options = options
    this.#membership = membership
    this.#onCrash = onCrash
    const { CRASH, GROUP_JOIN, HEARTBEAT, REBALANCING } = consumer.events
    consumer.on(CRASH, event => this.#ended.resolve({ why: 'crash', error: event.payload.error }))
    consumer.on(GROUP_JOIN, event => this.#joined(event.payload))
    consumer.on(HEARTBEAT, () => this.#generation?.beat())
    consumer.on(REBALANCING, () => this.#generation?.announceEnd())
  }

  /** Joins and consumes until the session is ended or crashes; resolves when it has drained and left. Never throws. */
  async run(): Promise<SessionEnd> {
    const started = this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: this.#options.partitionsConcurrentMax,
      eachBatch: payload => this.#consume(payload),
    })
    started.catch((error: unknown) => this.#ended.resolve({ why: 'crash', error }))
    const end = await this.#ended.promise
    this.#hasEnded = true
    this.#generation?.announceEnd()
    await Promise.all(this.#batches)
    this.#generation?.end(end.why)
    const left = started.catch(() => undefined).then(() => disconnectNow(this.#consumer))
    const hasLeft = new AbortController()
    await Promise.race([left.then(() => hasLeft.abort()), sleep(leaveWaitMsMax, hasLeft.signal).catch(() => undefined)])
    this.#left.resolve()
    return end
  }

  /** Asks the session to end; resolves when it has. */
  async end(end: SessionEnd): Promise<void> {
    this.#generation?.announceEnd()
    this.#ended.resolve(end)
    await this.#left.promise
  }

  #joined({ memberId, memberAssignment }: ConsumerGroupJoinEvent['payload']): void {
    if (this.#hasEnded) return // given up while it was joining; it leaves at once
    const former = this.#membership.assigned
    // A new member id means that the group went on without us: what we held may have been another's meanwhile.
    const kept = memberId === this.#memberId ? former : []
    const assigned = Object.entries(memberAssignment).flatMap(([topic, partitions]) =>
      partitions.map(partition => ({ topic, partition })),
    )
    this.#memberId = memberId
    this.#generation?.end('a new one was joined')
    const generation = new LiveGeneration(++this.#membership.generations)
    this.#generation = generation
    this.#membership.assigned = assigned
    // Before the first fetch: kafkajs starts fetching only after this event. Paused, it goes on with heartbeats.
    if (!this.#options.onBatch) this.#consumer.pause(this.#options.topics.map(topic => ({ topic })))
    try {
      this.#options.onAssignment?.({
        generation,
        gained: without(assigned, kept),
        lost: kept.length === 0 ? former : without(former, assigned),
        retained: without(kept, without(kept, assigned)),
      })
    } catch (error) {
      this.#onCrash(error)
    }
  }

  async #consume(payload: EachBatchPayload): Promise<void> {
    const generation = this.#generation
    const { onBatch } = this.#options
    // kafkajs still hands out what it had queued when a rebalance was announced; it is fetched again by whoever gets it.
    if (this.#hasEnded || !generation || !onBatch) return
    if (generation.isEnding()) return sleep(endingPauseMs, generation.signal).catch(() => undefined)
    const release = this.#hold(payload.batch)
    const handled = (async () => onBatch(this.#batchOf(payload, generation)))().catch(error => this.#onCrash(error))
    this.#batches.add(handled)
    // kafkajs sends heartbeats only between batches, and at most one each interval.
    const heart = setInterval(() => void this.#beat(payload, generation), this.#settings.heartbeatIntervalMs / 2)
    try {
      await handled
    } finally {
      clearInterval(heart)
      this.#batches.delete(handled)
      release()
    }
  }

  /** Keeps the partition from being read until it is released, and the batch from holding up the other partitions. */
  #hold(batch: EachBatchPayload['batch']): () => void {
    const partitions = [{ topic: batch.topic, partitions: [batch.partition] }]
    this.#consumer.pause(partitions)
    this.#inWork.add(batch)
    // Where nothing else could be read there is no reason to: the next fetch then has all that waits.
    const timer = setTimeout(() => {
      if (this.#inWork.size < this.#membership.assigned.length) detach(batch)
    }, patienceMs)
    return () => {
      clearTimeout(timer)
      this.#inWork.delete(batch)
      if (this.#hasEnded) return
      this.#consumer.resume(partitions)
      for (const other of this.#inWork) detach(other)
    }
  }

  /** A heartbeat inside a batch. A rebalance does not end the batch, an eviction does, an unreachable broker only ages the last one. */
  async #beat(payload: EachBatchPayload, generation: LiveGeneration): Promise<void> {
    try {
      await payload.heartbeat()
    } catch (error) {
      const type = brokerErrorOf(error) ?? ''
      if (announcements.has(type)) return generation.announceEnd()
      if (evictions.has(type)) return generation.end(type)
      const { groupId } = this.#options
      this.#log('warn', 'a heartbeat was not answered', { groupId, reason: messageOf(error) })
    }
  }

  #batchOf({ batch, resolveOffset }: EachBatchPayload, generation: LiveGeneration): ConsumedBatch {
    const { topic, partition } = batch
    const messages = batch.messages as unknown as readonly FetchedMessage[]
    return {
      topic,
      partition,
      records: messages.map(message => toIncoming(topic, partition, message)),
      highWatermark: offset(batch.highWatermark),
      generation,
      resolve: next => {
        if (!generation.signal.aborted) resolveOffset(String(next - 1n))
      },
      rewind: to => {
        if (!generation.signal.aborted) this.#consumer.seek({ topic, partition, offset: String(to) })
      },
    }
  }
}

const without = (all: readonly TopicPartition[], some: readonly TopicPartition[]): TopicPartition[] =>
  all.filter(a => !some.some(b => a.topic === b.topic && a.partition === b.partition))
