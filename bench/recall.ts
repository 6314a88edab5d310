/**
 * How long a take-over takes to restore its memory of replies: `--replies` stand on the reply partition, `--window` are
 * remembered. Prints what was read and the time, which must not depend on how many replies there are.
 */
import { randomUUID } from 'node:crypto'
import { compileWriter } from '../src/avro/codec.ts'
import { replySchema } from '../src/avro/derive.ts'
import type { SchemaRegistry } from '../src/avro/registry.ts'
import type { ObjectDescribe, ReplyValue, SchemaId } from '../src/core/contract.ts'
import { connectKafka, type KafkaConnection } from '../src/kafka/connection.ts'
import { recall } from '../src/sink/recall.ts'
import { startStack } from '../src/stack/stack.ts'
import { readOptions } from './options.ts'

const { replies: count, window, commit } = readOptions({ replies: 1_000_000, window: 10_000, commit: 1_000 }, {})
const can = { createable: true, updateable: true, deletable: true, queryable: true, replicateable: true }
const describe: ObjectDescribe = {
  name: 'Contact',
  label: 'Contact',
  keyPrefix: '003',
  custom: false,
  ...can,
  fields: [],
}
const schema = replySchema(describe)
const codec = compileWriter<ReplyValue>(schema, 1 as SchemaId)
const registry: SchemaRegistry['schema'] = async () => schema

const stack = await startStack({ progress: line => console.error(line) })
const times = { sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 60_000, heartbeatIntervalMs: 3_000 }
const kafka = await connectKafka(
  { clientId: 'bench', brokers: stack.brokers, ...times, transactionTimeoutMs: 30_000, requestTimeoutMs: 30_000 },
  () => undefined,
)
try {
  const topic = `bench-recall-${randomUUID().slice(0, 8)}`
  await kafka.ensureTopics([{ topic, partitions: 1, replicationFactor: 1, config: {} }])
  await fill(topic)
  for (let round = 1; round <= 3; round++) await measure(topic, round)
} finally {
  await kafka.close()
  await stack.stop()
}

async function fill(topic: string): Promise<void> {
  const writer = kafka.writer(`bench-${randomUUID()}`)
  await writer.fence()
  for (let from = 0; from < count; from += commit) {
    const records = Array.from({ length: Math.min(commit, count - from) }, (_, i) => ({
      topic,
      partition: 0,
      key: Buffer.from('003000000000001AAA'),
      value: codec.encode(reply(from + i)),
    }))
    await writer.transact('bench', tx => tx.send(records))
    if ((from / commit) % 100 === 0) console.error(`${from + records.length} replies written`)
  }
  await writer.close()
}

function reply(n: number): ReplyValue {
  const now = Date.now()
  return {
    commandId: `7c9f0000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    commandHash: 'a'.repeat(64),
    action: 'UpdateContact',
    status: 'SUCCEEDED',
    recordId: '003000000000001AAA',
    created: null,
    record: null,
    errors: [],
    warnings: [],
    retryable: false,
    attempts: 1,
    duplicate: false,
    candidates: [],
    command: { topic: 'salesforce.contact.commands', partition: 0, offset: n },
    startedAt: now,
    finishedAt: now,
  }
}

async function measure(topic: string, round: number): Promise<void> {
  let records = 0
  const counting: KafkaConnection = {
    ...kafka,
    async *readPartition(options) {
      for await (const some of kafka.readPartition(options)) {
        records += some.length
        yield some
      }
    },
  }
  const replies = { topic, slug: 'contact', orgId: 'o', describe, schema, codec, messageBytesMax: 1_048_588 }
  const limits = { countMax: window, ageMsMax: 86_400_000 }
  const parts = { kafka: counting, registry: { schema: registry } as SchemaRegistry, replies, limits }
  const begun = performance.now()
  const memory = await recall(parts, 0, new AbortController().signal)
  const ms = Math.round(performance.now() - begun)
  console.log(JSON.stringify({ round, replies: count, window, remembered: memory.size, recordsRead: records, ms }))
}
