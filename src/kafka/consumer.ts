import type { IncomingRecord, Offset } from '../core/contract.ts'
import type { Generation } from './generation.ts'

export type { Generation } from './generation.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** What a generation gave this member. After an eviction or a rejoin all is lost and gained anew, nothing retained. */
export interface Assignment {
  readonly generation: Generation
  readonly gained: readonly TopicPartition[]
  readonly lost: readonly TopicPartition[]
  readonly retained: readonly TopicPartition[]
}

/**
 * Records of one partition in the order of their offsets, at least one; aborted ones and control records are left out. One
 * that is `unreadable` stands for a batch.
 */
export interface ConsumedBatch {
  readonly topic: string
  readonly partition: number
  readonly records: readonly IncomingRecord[]
  readonly highWatermark: Offset
  readonly generation: Generation
  /** Everything before `next` is committed, by the caller's transaction: reading goes on there. No effect in a generation that is over. */
  resolve(next: Offset): void
  /** Reading goes on at `to`; the caller drops the rest of this batch. No effect in a generation that is over. */
  rewind(to: Offset): void
}

export interface JoinOptions {
  readonly groupId: string
  readonly topics: readonly string[]
  /** How many partitions' batches may run at the same time; one partition's batches never do. */
  readonly partitionsConcurrentMax: number
  /**
   * Called with what was fetched; heartbeats go on while it runs. What it did not resolve is fetched again. The fetch may be
   * older than the generation: fence, read the committed offset, rewind if it is another. A throw is a bug or fatal: it goes to
   * `onCrash` and the member stops. Without `onBatch` nothing is fetched; the group only shares out partitions.
   */
  readonly onBatch?: (batch: ConsumedBatch) => Promise<void>
  /** Called each time a generation was joined, before its first batch. */
  readonly onAssignment?: (assignment: Assignment) => void
  /** Called at most once, with what the member cannot recover from; it stops by itself. Outages are no such thing. */
  readonly onCrash: (error: unknown) => void
}

export interface GroupMember {
  /** Drains: waits for running `onBatch` calls, then leaves the group. Not to be awaited inside `onBatch`. */
  stop(): Promise<void>
  /** Drains, leaves and joins as a new member, as one must after being fenced. Resolves when it has left. Not to be awaited inside `onBatch`. */
  rejoin(): Promise<void>
}
