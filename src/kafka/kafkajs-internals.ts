/** Types of the parts of kafkajs 2.2.4 that its own type declarations leave out. Types only: nothing here runs. */

import type { logCreator } from 'kafkajs'

export interface Decoder {
  readonly buffer: Buffer
  readonly offset: number
  forward(bytes: number): void
}

export type DecoderClass = new (bytes: Buffer) => Decoder

/** `bytes` are all records of one batch (src/protocol/message/compression). */
export interface Codec {
  decompress(bytes: Buffer): Promise<Buffer>
}

export type Codecs = Record<number, () => Codec>
export type DecodeBatch = (decoder: Decoder) => Promise<{ readonly records: readonly FetchedMessage[] }>

/** One decoded record of a fetch (src/protocol/recordBatch/record/v0/decoder.js). */
export interface FetchedMessage {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer | null | readonly (Buffer | null)[]>>
  readonly isControlRecord: boolean
  readonly batchContext: Readonly<{ producerId: string; inTransaction: boolean }>
  /** Added by our repair: this stands for a whole batch that cannot be read. */
  readonly unreadable?: Readonly<{ firstOffset: string; reason: string; sha256: string }>
}

export interface AbortedTransaction {
  readonly producerId: string
  readonly firstOffset: string
}

/** `nextOffset` is added by our repair: the offset after the last whole batch that was decoded. */
export type FetchedMessages = FetchedMessage[] & { nextOffset?: string }
export type DecodeMessages = (decoder: Decoder) => Promise<FetchedMessages>

export interface FetchedPartition {
  readonly partition: number
  readonly highWatermark: string
  readonly lastStableOffset: string
  readonly abortedTransactions: readonly AbortedTransaction[] | null
  readonly messages: FetchedMessages
}

export type FilterAbortedMessages = (input: {
  messages: readonly FetchedMessage[]
  abortedTransactions: readonly AbortedTransaction[] | null
}) => FetchedMessage[]

export interface ProducedMessage {
  readonly partition?: number
}

export interface SendRequest {
  readonly acks: number
  readonly timeout?: number
  readonly compression?: number
  readonly topicMessages: readonly { readonly topic: string; readonly messages: readonly ProducedMessage[] }[]
}

export type SendMessages = (request: SendRequest) => Promise<unknown[]>

export interface RequestQueue {
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  readonly pending: readonly unknown[]
  checkPendingRequests(): void
}

export interface RequestQueueClass {
  readonly prototype: { scheduleCheckPendingRequests: (this: RequestQueue) => void }
}

export interface ProtocolErrorEntry {
  readonly type: string
  readonly code: number
  readonly retriable: boolean
  readonly message: string
}

/** A batch as a fetcher hands it out (src/consumer/batch.js). */
export interface FetchedBatch {
  readonly topic: string
  readonly partition: number
}

/** Makes what fetches from one broker and hands out batches (src/consumer/fetcher.js). */
export type CreateFetcher = (parts: {
  readonly nodeId: number | string
  readonly workerQueue: { push(...batches: FetchedBatch[]): Promise<void> }
  /** Shared by the fetchers of all brokers. */
  readonly partitionAssignments: Map<string, number | string>
  readonly fetch: (nodeId: number | string) => Promise<readonly FetchedBatch[]>
  readonly logger: { namespace(name: string): unknown }
}) => {
  start(): Promise<void>
  stop(): Promise<void>
  getWorkerQueue(): unknown
}

interface OffsetsOfTopic<P> {
  readonly topic: string
  readonly partitions: readonly P[]
}

export interface RawBroker {
  fetch(request: {
    maxWaitTime: number
    minBytes: number
    maxBytes: number
    isolationLevel: number
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[]
  }): Promise<{ responses: { topicName: string; partitions: FetchedPartition[] }[] }>
  offsetFetch(request: { groupId: string; topics: { topic: string; partitions: { partition: number }[] }[] }): Promise<{
    responses: OffsetsOfTopic<{ partition: number; offset: string; metadata: string | null }>[]
  }>
}

export interface RawCluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  isConnected(): boolean
  addTargetTopic(topic: string): Promise<void>
  refreshMetadata(): Promise<void>
  refreshMetadataIfNecessary(): Promise<void>
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>
  findBroker(node: { nodeId: string }): Promise<RawBroker>
  findGroupCoordinator(group: { groupId: string }): Promise<RawBroker>
  fetchTopicsOffset(
    topics: {
      topic: string
      partitions: { partition: number }[]
      fromBeginning?: boolean
      fromTimestamp?: number
    }[],
  ): Promise<OffsetsOfTopic<{ partition: number; offset: string }>[]>
}

/** Where each partition of a member is read on, by topic and partition (src/consumer/offsetManager). */
export interface OffsetManager {
  readonly cluster: Pick<RawCluster, 'fetchTopicsOffset'>
  readonly resolvedOffsets: Record<string, Record<number, string>>
}

export interface OffsetManagerClass {
  readonly prototype: {
    setDefaultOffset: (this: OffsetManager, at: { topic: string; partition: number }) => Promise<void>
  }
}

export interface ClusterOptions {
  readonly clientId: string
  readonly brokers: readonly string[]
  readonly isolationLevel: number
  readonly logger: unknown
  readonly socketFactory: unknown
}

export type ClusterClass = new (options: ClusterOptions & Record<string, unknown>) => RawCluster
export type CreateLogger = (options: { level: number; logCreator: logCreator }) => unknown
