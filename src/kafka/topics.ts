import type { Admin } from 'kafkajs'
import { sleep } from '../core/clock.ts'
import { ConnectorError } from '../core/errors.ts'
import { brokerErrorOf, isPassing, messageOf, unavailable } from './client.ts'
import { kafkajs } from './kafkajs-repairs.ts'

/** A topic as we want it; `config` holds topic options by Kafka's names (`cleanup.policy`, `max.message.bytes`, …). */
export interface TopicSpec {
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly config: Readonly<Record<string, string>>
}

export interface TopicDescription {
  readonly partitions: number
  /** `max.message.bytes`: the largest record batch the topic takes. */
  readonly messageBytesMax: number
  readonly cleanupPolicy: string
}

const readyWaitMsMax = 30_000
const readyPollMs = 50
const createTimeoutMs = 15_000

interface PartitionCount {
  readonly known: number
  readonly led: number
}

/** How many partitions the topic has, and how many of them have a leader; undefined if it does not exist. */
async function countPartitions(admin: Admin, topic: string): Promise<PartitionCount | undefined> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const partitions = topics.find(found => found.name === topic)?.partitions ?? []
    return { known: partitions.length, led: partitions.filter(partition => partition.leader >= 0).length }
  } catch (error) {
    const type = brokerErrorOf(error)
    if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined
    // kafkajs throws when any partition of the answer is without a leader, so the number is not known.
    if (type === 'LEADER_NOT_AVAILABLE') return { known: Number.POSITIVE_INFINITY, led: 0 }
    throw unavailable(`Kafka did not describe the topic ${topic}`, error)
  }
}

async function create(admin: Admin, spec: TopicSpec): Promise<void> {
  try {
    await admin.createTopics({
      timeout: createTimeoutMs,
      waitForLeaders: false,
      topics: [
        {
          topic: spec.topic,
          numPartitions: spec.partitions,
          replicationFactor: spec.replicationFactor,
          configEntries: Object.entries(spec.config).map(([name, value]) => ({ name, value })),
        },
      ],
    })
  } catch (error) {
    // Another instance may have been first.
    if (brokerErrorOf(error) === 'TOPIC_ALREADY_EXISTS') return
    if (isPassing(error)) throw unavailable(`Kafka did not create the topic ${spec.topic}`, error)
    throw new ConnectorError('kafka.topic_invalid', `Kafka refused the topic ${spec.topic}: ${messageOf(error)}`, {
      cause: error,
      remedy:
        brokerErrorOf(error) === 'INVALID_REPLICATION_FACTOR'
          ? 'Set kafka.replication_factor to at most the number of brokers.'
          : 'Create the topic beforehand, or grant this user create on the cluster.',
    })
  }
}

async function waitUntilReady(admin: Admin, spec: TopicSpec): Promise<void> {
  const deadline = Date.now() + readyWaitMsMax
  for (;;) {
    const count = await countPartitions(admin, spec.topic)
    if (count !== undefined && count.led >= spec.partitions) return
    if (count !== undefined && count.known < spec.partitions)
      throw new ConnectorError(
        'kafka.topic_invalid',
        `the topic ${spec.topic} has ${count.known} partitions, ${spec.partitions} are needed`,
        { remedy: `Add partitions to ${spec.topic}, or configure fewer; existing topics are never altered.` },
      )
    if (Date.now() >= deadline)
      throw new ConnectorError(
        'kafka.unavailable',
        `the topic ${spec.topic} has no leaders after ${readyWaitMsMax} ms`,
        {
          remedy: 'Check that enough brokers are up.',
        },
      )
    await sleep(readyPollMs)
  }
}

/** Creates the topics that are missing, and waits until all have leaders. Throws 'kafka.topic_invalid' if one has too few partitions. */
export async function ensureTopics(admin: Admin, specs: readonly TopicSpec[]): Promise<void> {
  for (const spec of specs) {
    if ((await countPartitions(admin, spec.topic)) === undefined) await create(admin, spec)
    await waitUntilReady(admin, spec)
  }
}

/** The topic as the brokers have it, or undefined if it does not exist. */
export async function describeTopic(admin: Admin, topic: string): Promise<TopicDescription | undefined> {
  const count = await countPartitions(admin, topic)
  if (count === undefined) return undefined
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: topic,
          configNames: ['max.message.bytes', 'cleanup.policy'],
        },
      ],
    })
    const config = new Map(resources[0]?.configEntries.map(entry => [entry.configName, entry.configValue]))
    return {
      partitions: count.known,
      messageBytesMax: Number(config.get('max.message.bytes')),
      cleanupPolicy: config.get('cleanup.policy') ?? '',
    }
  } catch (error) {
    throw unavailable(`Kafka did not describe the topic ${topic}`, error)
  }
}

/** Raises the topic's number of partitions to `count`, and waits until they have leaders; does nothing if it has that many. */
export async function createPartitions(admin: Admin, topic: string, count: number): Promise<void> {
  const before = await countPartitions(admin, topic)
  if (before !== undefined && before.known >= count) return
  try {
    await admin.createPartitions({ timeout: createTimeoutMs, topicPartitions: [{ topic, count }] })
  } catch (error) {
    // Another instance may have been first.
    if (brokerErrorOf(error) !== 'INVALID_PARTITIONS')
      throw unavailable(`Kafka did not add partitions to ${topic}`, error)
  }
  const deadline = Date.now() + readyWaitMsMax
  while (((await countPartitions(admin, topic))?.led ?? 0) < count) {
    if (Date.now() >= deadline)
      throw new ConnectorError('kafka.unavailable', `the topic ${topic} has not got its ${count} partitions yet`, {
        remedy: 'Check that enough brokers are up.',
      })
    await sleep(readyPollMs)
  }
}
