import type { SchemaRegistry } from '../avro/registry.ts'
import type { Config } from '../core/config.ts'
import type { ObjectDescribe } from '../core/contract.ts'
import type { KafkaConnection } from '../kafka/connection.ts'
import type { Generation } from '../kafka/consumer.ts'
import type { Salesforce } from '../salesforce/client.ts'
import type { Events } from '../telemetry/events.ts'
import type { Command, InDoubtPolicy } from './command.ts'
import type { ReplyTopics } from './copies.ts'
import type { Item, Settled } from './item.ts'

/** What all partitions of the sink share. */
export interface SinkParts {
  readonly config: Config
  readonly kafka: KafkaConnection
  readonly registry: SchemaRegistry
  readonly salesforce: Salesforce
  readonly events: Events
  readonly groupId: string
  readonly copies: ReplyTopics
  /** A request is sent only while the last heartbeat is younger: then it ends before the session can (design 4.1). */
  readonly heartbeatAgeMsMax: number
  /** How long a batch is still worked on once the generation is said to end. */
  readonly drainMsMax: number
  /** Why partitions wait, by topic and number: what they ask is out of reach. */
  readonly waiting: Map<string, string>
}

/** What the execution of one batch needs beside its commands. */
export interface ExecutionParts {
  readonly salesforce: Salesforce
  readonly describe: ObjectDescribe
  readonly inDoubt: InDoubtPolicy
  readonly generation: Generation
  /** A request is sent only while the last heartbeat is younger: it must end before the session can (design 4.1). */
  readonly heartbeatAgeMsMax: number
  /** How long a batch is still worked on after the generation was said to end. */
  readonly drainMsMax: number
  /** What is known of the command from before this batch: a duplicate, or a reason not to execute it. */
  readonly recall: (command: Command) => Settled | undefined
  /** Rule 8: puts the attempt on record, unless it is; answers its start, Salesforce's time in ms. */
  readonly mark: () => Promise<number>
  /** Takes the attempt back: nothing of it was sent. Does nothing for a former owner's. */
  readonly unmark: () => Promise<void>
  /** Takes back the answers of reads that were refused for a field that is gone; `describe` is then another. */
  readonly reconsider: (items: readonly Item[]) => Promise<void>
}

/** Salesforce's time in whole epoch milliseconds, as records and marks take it. */
export const timeOf = (salesforce: Pick<Salesforce, 'now'>): number => Math.floor(salesforce.now())
