import type { Headers, OutgoingRecord } from '../core/contract.ts'
import { isConnectorError } from '../core/errors.ts'
import { partitionFor } from '../kafka/partitioner.ts'
import type { TopicDescription } from '../kafka/topics.ts'
import { sizeOf } from './record-size.ts'
import { firstOf } from './reply.ts'

/** What is known of the topics that commands may name in `kafka_replyTopic`. */
export interface ReplyTopics {
  /** The topic if it is on the allow-list and exists; a sentence saying why not otherwise. */
  find(topic: string): Promise<TopicDescription | string>
}

export type Copy =
  | { readonly kind: 'none' }
  | { readonly kind: 'to'; readonly topic: string; readonly partition: number; readonly found: TopicDescription }
  | { readonly kind: 'refused'; readonly warning: string }

const refused = (reason: string): Copy => ({
  kind: 'refused',
  warning: `No copy was sent to kafka_replyTopic: ${reason}`,
})
const topicPattern = /^[a-zA-Z0-9._-]{1,249}$/

/** Where a copy of the reply goes by the command's headers (kafka-facts 4), if anywhere. */
export async function copyOf(headers: Headers, key: Buffer | null, topics: ReplyTopics): Promise<Copy> {
  const topic = firstOf(headers, 'kafka_replyTopic')?.toString('utf8')
  if (topic === undefined) return { kind: 'none' }
  if (!topicPattern.test(topic)) return refused('it names no topic.')
  const found = await topics.find(topic)
  if (typeof found === 'string') return refused(found)
  // Kafka refuses a record without a key on a compacted topic, which would fail the whole transaction.
  if (key === null && found.cleanupPolicy.includes('compact'))
    return refused('it is compacted, and the command has no key.')
  const asked = firstOf(headers, 'kafka_replyPartition')
  if (asked === undefined)
    return { kind: 'to', topic, found, partition: key === null ? 0 : partitionFor(key, found.partitions) }
  const partition = partitionOf(asked, found.partitions)
  return partition === undefined ? refused('it has no such partition.') : { kind: 'to', topic, partition, found }
}

/** A partition as Spring writes it (4 bytes, big-endian) or in digits; undefined if the topic has none such. */
export function partitionOf(header: Buffer, partitions: number): number | undefined {
  if (header.length === 4 && header.readInt32BE() >= 0 && header.readInt32BE() < partitions) return header.readInt32BE()
  const text = header.toString('latin1')
  return /^\d{1,9}$/.test(text) && Number(text) < partitions ? Number(text) : undefined
}

export const fitsCopy = (record: OutgoingRecord, copy: Copy & { kind: 'to' }): boolean =>
  sizeOf(record) <= copy.found.messageBytesMax

interface Entry {
  readonly at: number
  readonly found: Promise<TopicDescription | string>
}

const knownMs = 30_000

/** Looks allowed topics up in Kafka's metadata, which is asked again after 30 s; holds at most the allow-list. */
export function allowedTopics(
  allowed: readonly string[],
  describeTopic: (topic: string) => Promise<TopicDescription | undefined>,
): ReplyTopics {
  const cache = new Map<string, Entry>()
  const look = async (topic: string): Promise<TopicDescription | string> => {
    try {
      return (await describeTopic(topic)) ?? 'it does not exist.'
    } catch (error) {
      if (!isConnectorError(error)) throw error
      cache.delete(topic)
      return 'Kafka did not describe it.'
    }
  }
  return {
    find(topic) {
      if (!allowed.includes(topic)) return Promise.resolve('it is not in sink.reply_topics.')
      const known = cache.get(topic)
      if (known && performance.now() - known.at < knownMs) return known.found
      const found = look(topic)
      cache.set(topic, { at: performance.now(), found })
      return found
    },
  }
}
