/**
 * kafkajs 2.2.4 with its defects repaired (kafka-facts 1.3; the numbers B1… are from there). The rest of the product takes
 * kafkajs from here and from nowhere else. kafkajs keeps what it requires in constants, so the modules are replaced before
 * anything of kafkajs is loaded; a copy that someone loaded earlier is dropped from the module cache first.
 * B4 and B6 are met by the rule "discard the producer after any error" (transaction.ts), B5 by choosing partitions ourselves.
 */
import { createRequire } from 'node:module'
import { dirname, sep } from 'node:path'
import type * as KafkaJs from 'kafkajs'
import { codecs } from './compression.ts'
import { repairDecodeMessages } from './fetched-batches.ts'
import { createFetcher } from './fetcher.ts'
import type {
  AbortedTransaction,
  ClusterClass,
  Codecs,
  CreateLogger,
  DecodeBatch,
  DecodeMessages,
  DecoderClass,
  FetchedMessage,
  FilterAbortedMessages,
  OffsetManager,
  OffsetManagerClass,
  ProducedMessage,
  ProtocolErrorEntry,
  RequestQueue,
  RequestQueueClass,
  SendMessages,
} from './kafkajs-internals.ts'
import { createRequest, quickenProduce } from './produce-request.ts'
import { decodeRecord } from './record-decoder.ts'

const repairedVersion = '2.2.4'
const require = createRequire(import.meta.url)
const root = dirname(require.resolve('kafkajs/package.json'))

function load(path: string): unknown {
  return require(`kafkajs/${path}`)
}

/** Puts `repair(original)` in the place of what the module exports. Fails if the original is not the function we know. */
function replace<T>(path: string, repair: (original: T) => T): void {
  const original = load(path)
  if (typeof original !== 'function') throw new Error(`kafkajs ${repairedVersion} has no function in ${path} to repair`)
  require.cache[require.resolve(`kafkajs/${path}`)]!.exports = repair(original as T)
}

const abortMarkerKey = Buffer.from([0, 0, 0, 0])
const isAbortMarker = (message: FetchedMessage): boolean =>
  message.isControlRecord && message.key !== null && abortMarkerKey.equals(message.key)
const byFirstOffset = (a: AbortedTransaction, b: AbortedTransaction): number =>
  BigInt(a.firstOffset) < BigInt(b.firstOffset) ? -1 : 1

/**
 * B3: brokers list aborted transactions in the order of their end, kafkajs expected the order of their first offset and
 * took one a record; and it took any record whose key is four zero bytes for the end of a transaction.
 */
export const filterAbortedMessages: FilterAbortedMessages = ({ messages, abortedTransactions }) => {
  const waiting = [...(abortedTransactions ?? [])].sort(byFirstOffset)
  const aborting = new Set<string>()
  return messages.filter(message => {
    while (waiting.length > 0 && BigInt(waiting[0]!.firstOffset) <= BigInt(message.offset))
      aborting.add(waiting.shift()!.producerId)
    const { producerId, inTransaction } = message.batchContext
    if (isAbortMarker(message)) aborting.delete(producerId)
    else if (inTransaction && aborting.has(producerId)) return false
    return true
  })
}

interface PartitionSend {
  readonly topic: string
  readonly messages: ProducedMessage[]
}

/**
 * B1, B2: kafkajs remembers answers by broker across its own retries, so a send that covers partitions of two brokers can
 * lose or repeat a batch when leaders move. A send of one partition cannot: so each partition becomes a send of its own,
 * and all are waited for before an error is passed on.
 */
export function repairSendMessages(create: (options: unknown) => SendMessages): (options: unknown) => SendMessages {
  return options => {
    const sendOnePartition = create(options)
    return async ({ topicMessages, ...request }) => {
      const sends = new Map<string, PartitionSend>()
      for (const { topic, messages } of topicMessages)
        for (const message of messages) {
          if (message.partition === undefined) throw new Error(`a record for ${topic} has no partition`)
          const name = `${message.partition}/${topic}`
          const send = sends.get(name) ?? { topic, messages: [] }
          send.messages.push(message)
          sends.set(name, send)
        }
      const outcomes = await Promise.allSettled(
        [...sends.values()].map(send => sendOnePartition({ ...request, topicMessages: [send] })),
      )
      return outcomes.flatMap(outcome => {
        if (outcome.status === 'rejected') throw outcome.reason
        return outcome.value
      })
    }
  }
}

const pendingCheckIntervalMs = 10

/** B8: kafkajs kept a timer of a negative delay running on every idle connection; one is needed only while requests wait. */
export function scheduleCheckPendingRequests(this: RequestQueue): void {
  if (this.throttleCheckTimeoutId || this.pending.length === 0) return
  const throttledMs = this.throttledUntil - Date.now()
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    },
    throttledMs > 0 ? throttledMs : pendingCheckIntervalMs,
  )
}

/**
 * When retention has overtaken a position, kafkajs commits a default one to the group by itself: without metadata, so that
 * an attempt mark would be lost (design 4.2). Now it only reads on at the first offset there is; what is on record stays.
 */
export async function readOnAtStart(this: OffsetManager, at: { topic: string; partition: number }): Promise<void> {
  const { topic, partition } = at
  const [found] = await this.cluster.fetchTopicsOffset([{ topic, partitions: [{ partition }], fromBeginning: true }])
  this.resolvedOffsets[topic]![partition] = found!.partitions[0]!.offset
}

/** kafkajs's table of errors ends at 88; what newer brokers answer to a fenced producer would be an unknown code. */
const producerFenced: ProtocolErrorEntry = {
  type: 'PRODUCER_FENCED',
  code: 90,
  retriable: false,
  message: 'There is a newer producer with the same transactionalId which fences the current one',
}

function loadRepaired() {
  for (const path of Object.keys(require.cache)) if (path.startsWith(root + sep)) delete require.cache[path]
  const { version } = load('package.json') as { version: string }
  if (version !== repairedVersion) throw new Error(`the repairs are for kafkajs ${repairedVersion}, found ${version}`)
  replace('src/protocol/requests/produce/v3/request.js', quickenProduce)
  replace('src/protocol/request.js', () => createRequest)
  replace<FilterAbortedMessages>('src/consumer/filterAbortedMessages.js', () => filterAbortedMessages)
  replace('src/consumer/fetcher.js', () => createFetcher)
  replace('src/producer/sendMessages.js', repairSendMessages)
  replace('src/protocol/recordBatch/record/v0/decoder.js', () => decodeRecord)
  const decodeBatch = load('src/protocol/recordBatch/v0/decoder.js') as DecodeBatch
  const DecoderOf = load('src/protocol/decoder.js') as DecoderClass
  replace<DecodeMessages>('src/protocol/requests/fetch/v4/decodeMessages.js', original =>
    repairDecodeMessages(original, decodeBatch, DecoderOf),
  )
  const { Codecs } = load('src/protocol/message/compression/index.js') as { Codecs: Codecs }
  for (const [number, codec] of Object.entries(codecs)) Codecs[Number(number)] = () => codec
  const requestQueue = load('src/network/requestQueue/index.js') as RequestQueueClass
  if (typeof requestQueue.prototype.scheduleCheckPendingRequests !== 'function')
    throw new Error(`kafkajs ${repairedVersion} has no scheduleCheckPendingRequests to repair`)
  requestQueue.prototype.scheduleCheckPendingRequests = scheduleCheckPendingRequests
  const offsetManager = load('src/consumer/offsetManager/index.js') as OffsetManagerClass
  if (typeof offsetManager.prototype.setDefaultOffset !== 'function')
    throw new Error(`kafkajs ${repairedVersion} has no setDefaultOffset to repair`)
  offsetManager.prototype.setDefaultOffset = readOnAtStart
  const { errorCodes } = load('src/protocol/error.js') as { errorCodes: ProtocolErrorEntry[] }
  if (!errorCodes.some(entry => entry.code === producerFenced.code)) errorCodes.push(producerFenced)
  return {
    kafkajs: load('index.js') as typeof KafkaJs,
    Cluster: load('src/cluster/index.js') as ClusterClass,
    createLogger: (load('src/loggers/index.js') as { createLogger: CreateLogger }).createLogger,
    createSocketFactory: load('src/network/socketFactory.js') as () => unknown,
  }
}

export const { kafkajs, Cluster, createLogger, createSocketFactory } = loadRepaired()
