import type { IncomingRecord, Offset } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import type { BatchLimits } from './batches.ts'
import {
  createCluster,
  createKafka,
  type KafkaLog,
  type KafkaSettings,
  patientRetry,
  promptRetry,
  unavailable,
} from './client.ts'
import type { GroupMember, JoinOptions } from './consumer.ts'
import { disconnectNow } from './deadline.ts'
import { joinGroup } from './member.ts'
import { type CommittedOffset, OffsetLookup } from './offsets.ts'
import { type ReadOptions, readPartition } from './read-partition.ts'
import { createPartitions, describeTopic, ensureTopics, type TopicDescription, type TopicSpec } from './topics.ts'
import { createWriter, type TransactionalWriter } from './transaction.ts'

export type { KafkaLog, KafkaSettings } from './client.ts'

/** Everything the product does with Kafka. Its methods throw ConnectorError; unless said otherwise 'kafka.unavailable' after bounded retries. */
export interface KafkaConnection {
  /**
   * Creates the topics that are missing and waits until all have leaders. Never alters an existing topic; throws
   * 'kafka.topic_invalid' if one has fewer partitions than asked, or if the brokers refuse it.
   */
  ensureTopics(specs: readonly TopicSpec[]): Promise<void>
  /** The topic as the brokers have it, or undefined if it does not exist. */
  describeTopic(topic: string): Promise<TopicDescription | undefined>
  /** Raises the number of partitions to `count`; does nothing if the topic has that many. */
  createPartitions(topic: string, count: number): Promise<void>
  /** A writer under this transactional id; nothing goes over the wire before its fence(). */
  writer(transactionalId: string): TransactionalWriter
  /** Becomes a member of a consumer group, and stays one until told to stop. */
  joinGroup(options: JoinOptions): Promise<GroupMember>
  /** Reads a partition without a group: only committed records, in lists that are never empty. Each call has its own connection. */
  readPartition(options: ReadOptions): AsyncIterable<IncomingRecord[]>
  /** What the group committed. Final only after the partition's writer was fenced (kafka-facts 0.10). */
  committed(groupId: string, topic: string, partition: number): Promise<CommittedOffset>
  /**
   * The high watermark. A reading until it sees all that was committed by now: it waits for transactions that are still open,
   * or whose markers are still to be written, as they are for some milliseconds after a commit was answered.
   */
  endOffset(topic: string, partition: number): Promise<Offset>
  /** The first offset the partition still has. */
  startOffset(topic: string, partition: number): Promise<Offset>
  /** The first offset of a record of that time (epoch ms) or later; undefined if there is none. */
  offsetAt(topic: string, partition: number, timestampMs: number): Promise<Offset | undefined>
  /** Closes its own connections; writers and members are closed by whoever made them. */
  close(): Promise<void>
}

/** Connects to the brokers; throws 'kafka.unavailable' if none can be reached or they refuse the credentials. */
export async function connectKafka(settings: KafkaSettings, log: KafkaLog): Promise<KafkaConnection> {
  const admin = createKafka(settings, log, patientRetry).admin()
  // Not the client of any consumer: kafkajs shares a map of offsets between a client's producers and consumers.
  const writers = createKafka(settings, log, promptRetry)
  const openCluster = () => createCluster(settings, log)
  const offsets = new OffsetLookup(openCluster)
  // Learnt from describeTopic, which both halves call for every topic they write to.
  const batchBytes = new Map<string, number>()
  const batchLimits: BatchLimits = topic => batchBytes.get(topic)
  try {
    await admin.connect()
  } catch (error) {
    await disconnectNow(admin)
    throw unavailable(`could not connect to Kafka at ${settings.brokers.join(', ')}`, error)
  }
  const existing = async (topic: string, partition: number, fromBeginning: boolean): Promise<Offset> => {
    const found = await offsets.at(topic, partition, { fromBeginning })
    if (found === undefined) throw new ConnectorError('internal.bug', `${topic}/${partition} has no offsets`)
    return found
  }
  return {
    ensureTopics: specs => ensureTopics(admin, specs),
    describeTopic: async topic => {
      const found = await describeTopic(admin, topic)
      if (found) batchBytes.set(topic, found.messageBytesMax)
      return found
    },
    createPartitions: (topic, count) => createPartitions(admin, topic, count),
    writer: transactionalId =>
      createWriter(writers, { transactionalId, transactionTimeoutMs: settings.transactionTimeoutMs, batchLimits }),
    joinGroup: options => joinGroup(settings, log, options),
    readPartition: options => readPartition(openCluster, options),
    committed: (groupId, topic, partition) => offsets.committed(groupId, topic, partition),
    endOffset: (topic, partition) => existing(topic, partition, false),
    startOffset: (topic, partition) => existing(topic, partition, true),
    offsetAt: (topic, partition, timestampMs) => offsets.at(topic, partition, { fromTimestamp: timestampMs }),
    close: async () => {
      await offsets.close()
      await disconnectNow(admin)
    },
  }
}
