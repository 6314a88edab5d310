import { type IncomingRecord, type Offset, offset } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import { type RetryLimits, retry } from '../core/retry.ts'
import { brokerErrorOf, isPassing, unavailable } from './client.ts'
import { disconnectNow } from './deadline.ts'
import type { FetchedPartition, RawCluster } from './kafkajs-internals.ts'
import { filterAbortedMessages } from './kafkajs-repairs.ts'
import { toIncoming } from './records.ts'

/** What to read of one partition, without a consumer group. */
export interface ReadOptions {
  readonly topic: string
  readonly partition: number
  readonly from: Offset
  /** Exclusive. The reading ends when everything before it was fetched, control records and aborted ones included. */
  readonly until?: Offset
  /** Ends the reading, at the latest after `waitMsMax`; without it and without `until` it goes on forever. */
  readonly signal?: AbortSignal
  /** How long the broker may wait for records before it answers with none. */
  readonly waitMsMax: number
  /** Of one fetch; a larger batch is returned whole all the same. */
  readonly bytesMax: number
}

/** About half a minute: a broker's restart or a leader's move passes within it. */
const readRetry: RetryLimits = { attemptsMax: 25, delayMsMin: 50, delayMsMax: 2_000 }
const readCommitted = 1
/** What a fetch or a lookup of the leader answers while leaders move; kafkajs calls some of them final. */
const passing: ReadonlySet<string> = new Set([
  'FENCED_LEADER_EPOCH',
  'KAFKA_STORAGE_ERROR',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'OFFSET_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'UNKNOWN_LEADER_EPOCH',
  'UNKNOWN_TOPIC_OR_PARTITION',
])
const mayRepeat = (error: unknown): boolean => passing.has(brokerErrorOf(error) ?? '') || isPassing(error)

/**
 * Reads a partition from `from` on, only what is committed, in the order of offsets; yields what each fetch brought, never an
 * empty list. Goes on at the log's start if `from` is no longer there. Throws 'kafka.unavailable' after about half a minute of failures,
 * 'kafka.topic_invalid' at a batch that cannot be read.
 */
export async function* readPartition(
  openCluster: () => RawCluster,
  options: ReadOptions,
): AsyncGenerator<IncomingRecord[], void, void> {
  const { topic, partition, until, signal } = options
  const cluster = openCluster()
  let position = options.from
  try {
    while (!signal?.aborted && (until === undefined || position < until)) {
      const fetched = await fetchPatiently(cluster, options, position)
      if (fetched === 'aborted') return
      if (fetched === 'out-of-range') {
        position = await logStart(cluster, topic, partition)
        continue
      }
      const records = recordsOf(fetched, options, position)
      position = nextPosition(fetched, position)
      if (records.length > 0) yield records
    }
  } finally {
    await disconnectNow(cluster)
  }
}

async function fetchPatiently(
  cluster: RawCluster,
  options: ReadOptions,
  position: Offset,
): Promise<FetchedPartition | 'out-of-range' | 'aborted'> {
  const { topic, partition, signal } = options
  let isFresh = true
  try {
    const fetched = await retry(
      readRetry,
      async () => {
        await cluster.connect()
        if (!isFresh) await cluster.refreshMetadata()
        isFresh = false
        return fetchOnce(cluster, options, position)
      },
      mayRepeat,
      signal,
    )
    return signal?.aborted ? 'aborted' : fetched
  } catch (error) {
    if (signal?.aborted) return 'aborted'
    if (brokerErrorOf(error) === 'OFFSET_OUT_OF_RANGE') return 'out-of-range'
    throw unavailable(`could not read ${topic}/${partition} at offset ${position}`, error)
  }
}

async function fetchOnce(cluster: RawCluster, options: ReadOptions, position: Offset): Promise<FetchedPartition> {
  const { topic, partition, waitMsMax, bytesMax } = options
  await cluster.addTargetTopic(topic)
  const leader = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))[0]
  if (leader === undefined)
    throw new ConnectorError('kafka.topic_invalid', `the topic ${topic} has no partition ${partition}`)
  const broker = await cluster.findBroker({ nodeId: leader })
  const { responses } = await broker.fetch({
    maxWaitTime: waitMsMax,
    minBytes: 1,
    maxBytes: bytesMax,
    isolationLevel: readCommitted,
    topics: [{ topic, partitions: [{ partition, fetchOffset: String(position), maxBytes: bytesMax }] }],
  })
  const fetched = responses[0]?.partitions[0]
  if (!fetched) throw new Error(`Kafka answered a fetch of ${topic}/${partition} with nothing`)
  return fetched
}

/** The first offset the partition still has. */
async function logStart(cluster: RawCluster, topic: string, partition: number): Promise<Offset> {
  const asked = [{ topic, partitions: [{ partition }], fromBeginning: true }]
  try {
    const [answer] = await retry(readRetry, () => cluster.fetchTopicsOffset(asked), mayRepeat)
    return offset(answer!.partitions[0]!.offset)
  } catch (error) {
    throw unavailable(`could not find the start of ${topic}/${partition}`, error)
  }
}

function recordsOf(fetched: FetchedPartition, options: ReadOptions, position: Offset): IncomingRecord[] {
  const { topic, partition, until } = options
  return filterAbortedMessages(fetched)
    .filter(message => !message.isControlRecord)
    .map(message => readable(toIncoming(topic, partition, message)))
    .filter(record => record.offset >= position && (until === undefined || record.offset < until))
}

/** State is never read with a gap: what reads a partition whole refuses a batch that it cannot read. */
function readable(record: IncomingRecord): IncomingRecord {
  const { topic, partition, offset: last, unreadable } = record
  if (!unreadable) return record
  const { firstOffset, reason } = unreadable
  throw new ConnectorError(
    'kafka.topic_invalid',
    `the record batch with the offsets ${firstOffset} to ${last} of ${topic}/${partition} cannot be read: ${reason}`,
    { remedy: 'Look at the batch with kafka-dump-log, and find the producer that wrote it: it is not the connector.' },
  )
}

// A fetch may begin inside a batch, and bring batches that compaction has emptied: only their headers tell how far it went.
function nextPosition({ messages }: FetchedPartition, position: Offset): Offset {
  const next = offset(messages.nextOffset ?? position)
  return next > position ? next : position
}
