import type { SendMessages } from '../../src/kafka/kafkajs-internals.ts'
import { internal } from './unrepaired.ts'

/** What a broker appended: the partition, the sequence number, the values. */
export interface Appended {
  readonly partition: number
  readonly sequence: number
  readonly values: readonly string[]
}

interface ProduceRequest {
  topicData: { partitions: { partition: number; firstSequence: number; messages: { value: string }[] }[] }[]
}

export interface Cluster {
  /** Leader of each partition, by node id; a fault may move it. */
  readonly leaders: Record<number, number>
  readonly appended: Appended[]
  readonly send: SendMessages
}

export type Answer = (cluster: Cluster, node: number, partitions: number[]) => Promise<Error | undefined>

const { createErrorFromCode } = internal<{ createErrorFromCode: (code: number) => Error }>('src/protocol/error.js')
const createRetry = internal<(options: object) => unknown>('src/retry/index.js')
export const notLeader = (): Error => createErrorFromCode(6)

/** Two brokers in memory, each leading one of two partitions, behind kafkajs's own send. `answer` may refuse a request. */
export function twoBrokers(createSendMessages: (options: unknown) => SendMessages, answer: Answer): Cluster {
  const leaders: Record<number, number> = { 0: 1, 1: 2 }
  const appended: Appended[] = []
  const sequences = new Map<number, number>()
  const brokers = [1, 2].map(nodeId => ({
    nodeId,
    produce: async ({ topicData }: ProduceRequest) => {
      const { partitions } = topicData[0]!
      const refusal = await answer(
        cluster,
        nodeId,
        partitions.map(one => one.partition),
      )
      if (refusal) throw refusal
      for (const { partition, firstSequence, messages } of partitions)
        appended.push({ partition, sequence: firstSequence, values: messages.map(message => message.value) })
      const answers = partitions.map(({ partition }) => ({ partition, errorCode: 0 }))
      return { topics: [{ topicName: 'topic', partitions: answers }] }
    },
  }))
  const leadersOf = (partitions: string[]): Record<number, number[]> => {
    const found: Record<number, number[]> = {}
    for (const name of partitions) {
      const partition = Number(name)
      const leader = leaders[partition]!
      found[leader] = [...(found[leader] ?? []), partition]
    }
    return found
  }
  const nothing = async (): Promise<void> => undefined
  const send = createSendMessages({
    logger: { debug: () => undefined, error: () => undefined },
    retrier: createRetry({ initialRetryTime: 30, maxRetryTime: 30, factor: 0, multiplier: 1, retries: 20 }),
    partitioner: ({ message }: { message: { partition: number } }) => message.partition,
    cluster: {
      addMultipleTargetTopics: nothing,
      refreshMetadata: nothing,
      refreshMetadataIfNecessary: nothing,
      isConnected: () => true,
      findTopicPartitionMetadata: () => [0, 1].map(partitionId => ({ partitionId, leader: leaders[partitionId] })),
      findLeaderForPartitions: (_topic: string, partitions: string[]) => leadersOf(partitions),
      findBroker: async ({ nodeId }: { nodeId: string }) => brokers.find(broker => broker.nodeId === Number(nodeId)),
    },
    eosManager: {
      acquireBrokerLock: nothing,
      releaseBrokerLock: nothing,
      isTransactional: () => false,
      getProducerId: () => 1,
      getProducerEpoch: () => 0,
      getSequence: (_topic: string, partition: number) => sequences.get(Number(partition)) ?? 0,
      updateSequence: (_topic: string, partition: number, by: number) =>
        sequences.set(Number(partition), (sequences.get(Number(partition)) ?? 0) + by),
    },
  })
  const cluster: Cluster = { leaders, appended, send }
  return cluster
}
