import { afterAll, beforeAll, expect, test } from 'vitest'
import { compileWriter } from '../../src/avro/codec.ts'
import { replySchema } from '../../src/avro/derive.ts'
import type { SchemaRegistry } from '../../src/avro/registry.ts'
import type { ReplyValue, SchemaId } from '../../src/core/contract.ts'
import type { KafkaConnection } from '../../src/kafka/connection.ts'
import { type RecallLimits, recall } from '../../src/sink/recall.ts'
import { fieldDescribe, objectDescribe } from '../avro/contact-describe.ts'
import { connect, newTopic, unique } from '../kafka/connect.ts'

const describe = objectDescribe('Contact', [fieldDescribe('Id', 'id'), fieldDescribe('LastName', 'string')])
const schema = replySchema(describe)
const codec = compileWriter<ReplyValue>(schema, 1 as SchemaId)
const registry = { schema: async () => schema } as unknown as SchemaRegistry
const dayMs = 86_400_000
let kafka: KafkaConnection

beforeAll(async () => {
  kafka = await connect()
})
afterAll(() => kafka.close())

const reply = (n: number, changes: Partial<ReplyValue> = {}): Buffer =>
  codec.encode({
    commandId: `c-${n}`,
    commandHash: `h-${n}`,
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
    command: { topic: 't', partition: 0, offset: n },
    startedAt: 0,
    finishedAt: 0,
    ...changes,
  })

/** Writes replies as the sink does, so many to a transaction. */
async function write(topic: string, values: readonly Buffer[], perCommit: number, timestampMs = Date.now()) {
  const writer = kafka.writer(unique('writer'))
  await writer.fence()
  for (let from = 0; from < values.length; from += perCommit)
    await writer.transact('test', tx =>
      tx.send(
        values
          .slice(from, from + perCommit)
          .map(value => ({ topic, partition: 0, key: null, value, timestampMs, headers: {} })),
      ),
    )
  await writer.close()
}

/** What was restored, and what was read for it. */
async function restore(topic: string, limits: RecallLimits) {
  const read = { records: 0, bytes: 0 }
  const counting: KafkaConnection = {
    ...kafka,
    async *readPartition(options) {
      for await (const records of kafka.readPartition(options)) {
        read.records += records.length
        for (const { value } of records) read.bytes += value?.length ?? 0
        yield records
      }
    },
  }
  const replies = { topic, slug: 'contact', orgId: 'o', describe, schema, codec, messageBytesMax: 1_000_000 }
  const parts = { kafka: counting, registry, replies, limits }
  const memory = await recall(parts, 0, new AbortController().signal)
  return { memory, read }
}

test.each([
  [1, 50, 150],
  [50, 200, 1_000],
])('restoring reads only the tail: %i replies a commit, window of %i of %i', async (perCommit, countMax, count) => {
  const topic = await newTopic(kafka)
  await write(
    topic,
    Array.from({ length: count }, (_, n) => reply(n)),
    perCommit,
  )
  const { memory, read } = await restore(topic, { countMax, ageMsMax: dayMs })
  expect(memory.size).toBe(countMax)
  expect(memory.lookUp(`c-${count - 1}`, `h-${count - 1}`).kind).toBe('same')
  expect(memory.lookUp(`c-${count - countMax}`, 'another').kind).toBe('other')
  expect(memory.lookUp(`c-${count - countMax - 1}`, 'h').kind).toBe('new')
  // An offset for each reply and at most one for its commit's marker: bounded by the window, whatever the topic holds.
  expect(read.records).toBeGreaterThanOrEqual(countMax)
  expect(read.records).toBeLessThanOrEqual(2 * countMax)
  expect(read.bytes).toBeLessThan(2 * countMax * (reply(count).length + 10))
})

test('what is older than the window is neither read nor remembered', async () => {
  const topic = await newTopic(kafka)
  await write(
    topic,
    Array.from({ length: 50 }, (_, n) => reply(n)),
    1,
    Date.now() - 2 * dayMs,
  )
  await write(topic, [reply(50), reply(51)], 1)
  const { memory, read } = await restore(topic, { countMax: 1_000, ageMsMax: dayMs })
  expect(memory.size).toBe(2)
  // The broker's time index counts the markers of commits too, which here are younger than their replies.
  expect(read.records).toBeLessThanOrEqual(52)
  const none = await restore(topic, { countMax: 1_000, ageMsMax: 0 })
  expect([none.memory.size, none.read.records]).toEqual([0, 0])
})

test('retryable failures, rejections and duplicates are not remembered; what is no reply does no harm', async () => {
  const topic = await newTopic(kafka)
  await write(
    topic,
    [
      reply(1, { status: 'FAILED', retryable: true }),
      reply(2, { status: 'REJECTED' }),
      reply(3, { duplicate: true }),
      Buffer.from('junk'),
      Buffer.from('{"commandId":'),
      reply(4, { status: 'FAILED' }),
      reply(5, { status: 'IN_DOUBT' }),
    ],
    7,
  )
  const { memory } = await restore(topic, { countMax: 100, ageMsMax: dayMs })
  const known = [1, 2, 3, 4, 5].filter(n => memory.lookUp(`c-${n}`, `h-${n}`).kind === 'same')
  expect(known).toEqual([4, 5])
})
