import { randomUUID } from 'node:crypto'
import { expect, inject } from 'vitest'
import { type IncomingRecord, type Offset, type OutgoingRecord, offset } from '../../src/core/contract.ts'
import { connectKafka, type KafkaConnection, type KafkaSettings } from '../../src/kafka/connection.ts'

/** Short times, so that a test sees a session expire; the stack's broker allows sessions from one second. */
export const settings = (changes: Partial<KafkaSettings> = {}): KafkaSettings => ({
  clientId: 'kafka-test',
  brokers: inject('kafkaBrokers'),
  sessionTimeoutMs: 6_000,
  rebalanceTimeoutMs: 8_000,
  heartbeatIntervalMs: 300,
  transactionTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  ...changes,
})

export const connect = (changes: Partial<KafkaSettings> = {}): Promise<KafkaConnection> =>
  connectKafka(settings(changes), () => undefined)

export const unique = (what: string): string => `${what}-${randomUUID().slice(0, 8)}`

/** A topic of its own for a test. */
export async function newTopic(
  kafka: KafkaConnection,
  partitions = 1,
  config: Record<string, string> = {},
): Promise<string> {
  const topic = unique('topic')
  await kafka.ensureTopics([{ topic, partitions, replicationFactor: 1, config }])
  return topic
}

export const record = (topic: string, value: string, partition = 0): OutgoingRecord => ({
  topic,
  partition,
  key: Buffer.from('k'),
  value: Buffer.from(value),
})

/** Everything committed in the partition, from `from` to its end. */
export async function readAll(
  kafka: KafkaConnection,
  topic: string,
  partition = 0,
  from: Offset = offset(0),
): Promise<IncomingRecord[]> {
  const until = await kafka.endOffset(topic, partition)
  const all: IncomingRecord[] = []
  for await (const records of kafka.readPartition({
    topic,
    partition,
    from,
    until,
    waitMsMax: 200,
    bytesMax: 1_048_576,
  }))
    all.push(...records)
  return all
}

export const valuesOf = (records: readonly IncomingRecord[]): string[] => records.map(one => String(one.value))

/** Waits until it is so; generous, since the machine may be busy with other tests. */
export const eventually = <T>(get: () => T | Promise<T>) => expect.poll(get, { timeout: 30_000 })
