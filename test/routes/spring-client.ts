import { randomUUID } from 'node:crypto'
import type { Headers, IncomingRecord, OutgoingRecord } from '../../src/core/contract.ts'
import { offset } from '../../src/core/contract.ts'
import type { World } from './world.ts'

const requestMsMax = 30_000

/** How a ReplyingKafkaTemplate is set up (Spring for Apache Kafka, request/reply semantics). */
export interface SpringOptions {
  readonly replyTopic: string
  /** Given when the reply container is assigned a partition by hand; then the template asks for replies there. */
  readonly replyPartition?: number
  /** false: setBinaryCorrelation(false), the id is the UUID's text. */
  readonly binaryCorrelation: boolean
}

/**
 * A client that asks and waits as ReplyingKafkaTemplate does: it sets kafka_replyTopic, kafka_replyPartition (an int of
 * four bytes, big-endian) and kafka_correlationId (the 16 bytes of a UUID, or its text), and matches a reply by the bytes
 * of its kafka_correlationId alone. A reply without one, or with one it does not know, is none of its own.
 */
export class SpringClient {
  readonly #world: World
  readonly #options: SpringOptions
  readonly #waiting = new Map<string, PromiseWithResolvers<IncomingRecord>>()
  readonly #stop = new AbortController()
  readonly #reading: Promise<void>
  /** The world's writer has one transaction open at a time. */
  #written: Promise<void> = Promise.resolve()
  /** Records on the reply partition that belong to no request of this client. */
  readonly strays: IncomingRecord[] = []

  constructor(world: World, options: SpringOptions) {
    this.#world = world
    this.#options = options
    this.#reading = this.#listen()
  }

  async sendAndReceive(record: OutgoingRecord): Promise<IncomingRecord> {
    const id = randomUUID()
    const correlation = this.#options.binaryCorrelation ? Buffer.from(id.replaceAll('-', ''), 'hex') : Buffer.from(id)
    const reply = Promise.withResolvers<IncomingRecord>()
    this.#waiting.set(correlation.toString('hex'), reply)
    const own = { ...record, headers: { ...record.headers, ...this.#headers(correlation) } }
    this.#written = this.#written.then(() => this.#world.write([own]))
    await this.#written
    const timer = setTimeout(() => reply.reject(new Error('KafkaReplyTimeoutException: Reply timed out')), requestMsMax)
    return reply.promise.finally(() => clearTimeout(timer))
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#reading
  }

  #headers(correlation: Buffer): Headers {
    const { replyTopic, replyPartition } = this.#options
    const headers = { kafka_replyTopic: Buffer.from(replyTopic), kafka_correlationId: correlation }
    if (replyPartition === undefined) return headers
    const partition = Buffer.alloc(4)
    partition.writeInt32BE(replyPartition)
    return { ...headers, kafka_replyPartition: partition }
  }

  async #listen(): Promise<void> {
    const { replyTopic: topic, replyPartition: partition = 0 } = this.#options
    const reading = {
      topic,
      partition,
      from: offset(0),
      signal: this.#stop.signal,
      waitMsMax: 200,
      bytesMax: 1_048_576,
    }
    for await (const records of this.#world.kafka.readPartition(reading))
      for (const record of records) {
        const header = record.headers.kafka_correlationId
        const waiting = Buffer.isBuffer(header) ? this.#waiting.get(header.toString('hex')) : undefined
        if (waiting) waiting.resolve(record)
        else this.strays.push(record)
      }
  }
}
