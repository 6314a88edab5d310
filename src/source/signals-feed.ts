import { sleep } from '../core/clock.ts'
import type { Config } from '../core/config.ts'
import { type IncomingRecord, type Offset, offset } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import { delayMs } from '../core/retry.ts'
import type { KafkaConnection } from '../kafka/connection.ts'
import type { Events } from '../telemetry/events.ts'
import { readSignal, type Signal } from './signals.ts'

export interface FeedParts {
  readonly kafka: Pick<KafkaConnection, 'readPartition' | 'endOffset' | 'startOffset'>
  readonly events: Pick<Events, 'signalSkipped' | 'signalsUnreadable'>
  readonly topic: string
  readonly connector: string
  readonly objects: readonly string[]
}

/** Told when a signal has come, until `end` is called. */
export interface Interruption {
  readonly signal: AbortSignal
  end(): void
}

const partition = 0
/** Those of the topic's retention, which is days; beyond it the oldest are forgotten. */
const signalsKeptMax = 10_000
const read = { waitMsMax: 500, bytesMax: 1_048_576 }
const backoff = { attemptsMax: Number.POSITIVE_INFINITY, delayMsMin: 200, delayMsMax: 30_000 }

/** Makes sure of the signals topic and reads it. Throws 'kafka.topic_invalid', 'kafka.unavailable'. */
export async function openSignals({
  config,
  kafka,
  events,
}: {
  readonly config: Config
  readonly kafka: KafkaConnection
  readonly events: Events
}): Promise<SignalFeed> {
  const { topicPrefix, replicationFactor, createTopics } = config.kafka
  const topic = signalsTopicOf(topicPrefix)
  if (createTopics) await kafka.ensureTopics([{ topic, partitions: 1, replicationFactor, config: signalsTopicConfig }])
  else if (!(await kafka.describeTopic(topic)))
    throw new ConnectorError('kafka.topic_invalid', `topic ${topic} does not exist`, {
      remedy: 'Create it with one partition, or set kafka.create_topics: true.',
    })
  const { connector } = config
  const feed = new SignalFeed({ kafka, events, topic, connector, objects: Object.keys(config.source.objects) })
  await feed.open()
  return feed
}

/** The topic of signals to the connectors that share a prefix. */
export const signalsTopicOf = (topicPrefix: string): string => `${topicPrefix}.connector.signals`

/** A signal that no owner of its object has read for so long is of no use any more. */
const signalsTopicConfig = { 'cleanup.policy': 'delete', 'retention.ms': String(7 * 24 * 3_600_000) }

/**
 * The signals topic as an instance reads it: raw, since every instance reads all of it, and each object's owner looks
 * only at what lies behind the offset that is committed with the object's position.
 */
export class SignalFeed {
  readonly #parts: FeedParts
  readonly #stop = new AbortController()
  readonly #watchers = new Set<() => void>()
  readonly #signals: Signal[] = []
  #next = offset(0)
  #opened = offset(0)
  #ended: Promise<void> = Promise.resolve()

  constructor(parts: FeedParts) {
    this.#parts = parts
  }

  /** Reads what is there, then goes on reading. Throws 'kafka.unavailable'. */
  async open(): Promise<void> {
    this.#next = await this.#parts.kafka.startOffset(this.#parts.topic, partition)
    const until = await this.#parts.kafka.endOffset(this.#parts.topic, partition)
    await this.#read({ until })
    this.#next = until
    this.#opened = until
    this.#ended = this.#follow()
  }

  /** Where the topic ended when it was opened: what was said before is not for an object that begins now. */
  get opened(): Offset {
    return this.#opened
  }

  /** The first signal for the object from `from` on. */
  first(object: string, from: Offset): Signal | undefined {
    return this.#signals.find(signal => signal.offset >= from && signal.objects.includes(object))
  }

  /** Aborts once there is a signal for the object from `from` on, or `signal` aborts. */
  interruption(object: string, from: Offset, signal: AbortSignal): Interruption {
    const came = new AbortController()
    const look = (): void => {
      if (this.first(object, from)) came.abort(interrupted())
    }
    look()
    this.#watchers.add(look)
    return { signal: AbortSignal.any([signal, came.signal]), end: () => void this.#watchers.delete(look) }
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#ended
  }

  async #follow(): Promise<void> {
    for (let failures = 0; !this.#stop.signal.aborted; ) {
      try {
        await this.#read({
          onProgress: () => {
            failures = 0
          },
        })
      } catch (error) {
        this.#parts.events.signalsUnreadable({ error })
        await sleep(delayMs(backoff, ++failures), this.#stop.signal).catch(() => undefined)
      }
    }
  }

  async #read({ until, onProgress }: { until?: Offset; onProgress?: () => void }): Promise<void> {
    const { kafka, topic } = this.#parts
    const options = { topic, partition, from: this.#next, signal: this.#stop.signal, ...read }
    for await (const records of kafka.readPartition(until === undefined ? options : { ...options, until })) {
      for (const record of records) this.#take(record)
      this.#signals.splice(0, this.#signals.length - signalsKeptMax)
      for (const look of [...this.#watchers]) look()
      onProgress?.()
    }
  }

  #take(record: IncomingRecord): void {
    const { connector, objects, events } = this.#parts
    const signal = readSignal(record, connector, objects)
    if (signal && 'problem' in signal) events.signalSkipped({ offset: Number(record.offset), problem: signal.problem })
    else if (signal) this.#signals.push(signal)
    this.#next = offset(record.offset + 1n)
  }
}

const interrupted = (): ConnectorError => new ConnectorError('internal.stopped', 'a signal for the object has come')
