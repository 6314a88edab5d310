import { isConnectorError } from '../core/errors.ts'
import type { KafkaConnection } from '../kafka/connection.ts'
import type { Version } from './window.ts'

/** How much of an object's changes goes in one transaction at most. */
export interface PartSettings {
  readonly topic: string
  /** The largest record the topic takes, bytes. */
  readonly messageBytesMax: number
  readonly recordsMax: number
  /** Of the records of the topic. */
  readonly bytesMax: number
}

/** So often a part is refused before it is cut: the first time the topic's limit is read anew. */
const refusalsMax = 2
const halves = 2

const nameOf = ({ recordId, stampMs, hash }: Version): string => `${recordId} ${stampMs} ${hash}`

/**
 * The limits of one object's transactions. After the brokers have refused a part for one of its records the parts are
 * halved until the one record is found, which then becomes a dead letter (design 4.7). Outlives take-overs.
 */
export class PartLimits {
  readonly #settings: PartSettings
  #messageBytesMax: number
  #recordsMax: number
  #refusals = 0
  #refused: string | undefined
  #committed = 0
  #hasNarrowed = false

  constructor(settings: PartSettings) {
    this.#settings = settings
    this.#messageBytesMax = settings.messageBytesMax
    this.#recordsMax = settings.recordsMax
  }

  /** The largest record the topic takes, as far as is known, bytes. */
  get messageBytesMax(): number {
    return this.#messageBytesMax
  }

  /** Whether a part of so many records and bytes would be too large. */
  isExceeded(records: number, bytes: number): boolean {
    return records > 1 && (records > this.#recordsMax || bytes > this.#settings.bytesMax)
  }

  /** Whether the brokers refuse this version's record, whatever goes with it. */
  isRefused(version: Version): boolean {
    return this.#refused !== undefined && nameOf(version) === this.#refused
  }

  /** Whether the last failure made the next part smaller, so that trying it at once makes sense. */
  get hasNarrowed(): boolean {
    return this.#hasNarrowed
  }

  /** A part was committed. The record searched for is in one of two halves: once both are, parts are as large as before. */
  committed(): void {
    if (this.#refused === undefined && ++this.#committed < halves) return
    this.#refusals = 0
    this.#refused = undefined
    this.#recordsMax = this.#settings.recordsMax
  }

  /** A part was not committed; `versions` are those whose records it held. */
  failed(error: unknown, versions: readonly Version[]): void {
    this.#committed = 0
    const isCut = isRefusal(error) && versions.length > 0 && ++this.#refusals >= refusalsMax
    const only = versions.length === 1 ? nameOf(versions[0]!) : undefined
    this.#hasNarrowed = isCut && (only === undefined || only !== this.#refused)
    if (!this.#hasNarrowed) return
    if (only === undefined) this.#recordsMax = Math.ceil(versions.length / 2)
    else this.#refused = only
  }

  /** Asks what the topic takes now. Throws `kafka.unavailable`. */
  async refresh(kafka: Pick<KafkaConnection, 'describeTopic'>): Promise<void> {
    const found = await kafka.describeTopic(this.#settings.topic)
    if (found) this.#messageBytesMax = found.messageBytesMax
  }
}

/** Whether the brokers refused a record for good; nothing was committed then. */
export const isRefusal = (error: unknown): boolean =>
  isConnectorError(error, 'record.too_large') || isConnectorError(error, 'record.refused')
