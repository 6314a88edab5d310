import { type Offset, offset } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import { retry } from '../core/retry.ts'
import { brokerErrorOf, isPassing, unavailable } from './client.ts'
import { disconnectNow } from './deadline.ts'
import type { RawCluster } from './kafkajs-internals.ts'

/** What a group has committed for a partition; no offset means it never did. */
export interface CommittedOffset {
  readonly offset: Offset | undefined
  readonly metadata: string
}

const lookupRetry = { attemptsMax: 12, delayMsMin: 50, delayMsMax: 2_000 }
type Moment = { readonly fromBeginning: boolean } | { readonly fromTimestamp: number }

/** Asks brokers for offsets. Holds one cluster, and takes a new one after any failure: a stale one may never recover. */
export class OffsetLookup {
  readonly #openCluster: () => RawCluster
  #cluster: RawCluster | undefined

  constructor(openCluster: () => RawCluster) {
    this.#openCluster = openCluster
  }

  /** Reads what the group committed (OffsetFetch). Stable once the partition's writer was fenced (kafka-facts 0.10). */
  async committed(groupId: string, topic: string, partition: number): Promise<CommittedOffset> {
    const found = await this.#ask(`the offset of ${groupId} in ${topic}/${partition}`, async cluster => {
      const coordinator = await cluster.findGroupCoordinator({ groupId })
      const { responses } = await coordinator.offsetFetch({ groupId, topics: [{ topic, partitions: [{ partition }] }] })
      return responses[0]?.partitions[0]
    })
    const isCommitted = found !== undefined && !found.offset.startsWith('-')
    return { offset: isCommitted ? offset(found.offset) : undefined, metadata: found?.metadata ?? '' }
  }

  /** The offset of the moment, or undefined if no record is that late. */
  async at(topic: string, partition: number, moment: Moment): Promise<Offset | undefined> {
    const found = await this.#ask(`the offsets of ${topic}/${partition}`, async cluster => {
      await cluster.addTargetTopic(topic)
      // The partition may be younger than what is known of the topic.
      const isKnown = Object.keys(cluster.findLeaderForPartitions(topic, [partition])).length > 0
      if (!isKnown) await cluster.refreshMetadata()
      const answers = await cluster.fetchTopicsOffset([{ topic, partitions: [{ partition }], ...moment }])
      return answers[0]?.partitions[0]?.offset
    })
    if (found === undefined)
      throw new ConnectorError('kafka.topic_invalid', `the topic ${topic} has no partition ${partition}`, {
        remedy: 'Check the number of partitions of the topic.',
      })
    return found.startsWith('-') ? undefined : offset(found)
  }

  async close(): Promise<void> {
    const cluster = this.#cluster
    this.#cluster = undefined
    if (cluster) await disconnectNow(cluster)
  }

  async #ask<T>(what: string, question: (cluster: RawCluster) => Promise<T>): Promise<T> {
    const attempt = async (): Promise<T> => {
      this.#cluster ??= this.#openCluster()
      const cluster = this.#cluster
      try {
        await cluster.connect()
        await cluster.refreshMetadataIfNecessary()
        return await question(cluster)
      } catch (error) {
        if (this.#cluster === cluster) this.#cluster = undefined
        void disconnectNow(cluster)
        throw error
      }
    }
    const mayRepeat = (error: unknown): boolean =>
      isPassing(error) || brokerErrorOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION' || error instanceof TypeError
    try {
      return await retry(lookupRetry, attempt, mayRepeat)
    } catch (error) {
      throw unavailable(`could not read ${what}`, error)
    }
  }
}
