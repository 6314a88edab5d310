import { afterAll, beforeAll, expect, test } from 'vitest'
import { offset } from '../../src/core/contract.ts'
import { isConnectorError } from '../../src/core/errors.ts'
import { connectKafka } from '../../src/kafka/connection.ts'
import type { Assignment } from '../../src/kafka/consumer.ts'
import type { TransactionalWriter } from '../../src/kafka/transaction.ts'
import { type Stack, startStack } from '../../src/stack/stack.ts'
import { eventually, newTopic, readAll, record, settings, unique, valuesOf } from './connect.ts'

let stack: Stack
beforeAll(async () => {
  // A broker of its own, which it may kill; the registry is not used.
  stack = await startStack({ env: { ...process.env, KAFKA_BROKERS: '', SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1' } })
})
afterAll(() => stack.stop())

/** One transaction after another until one is committed; the outcome of the others is unknown, so they may be there as well. */
async function commitAtLast(writer: TransactionalWriter, topic: string, value: string): Promise<void> {
  for (;;)
    try {
      await writer.transact('test', tx => tx.send([record(topic, value)]))
      return
    } catch (error) {
      if (!isConnectorError(error)) throw error
      await writer.fence().catch(() => undefined)
    }
}

test('a member, a writer and a reader outlive the broker', { timeout: 120_000 }, async () => {
  const kafka = await connectKafka(settings({ brokers: stack.brokers }), () => undefined)
  const topic = await newTopic(kafka)
  const writer = kafka.writer(unique('writer'))
  await writer.fence()
  await writer.transact('test', tx => tx.send([record(topic, 'before')]))
  const consumed: string[] = []
  const crashes: unknown[] = []
  const assignments: Assignment[] = []
  const member = await kafka.joinGroup({
    groupId: unique('group'),
    topics: [topic],
    partitionsConcurrentMax: 1,
    onAssignment: assignment => assignments.push(assignment),
    onBatch: async batch => {
      consumed.push(...valuesOf(batch.records))
      batch.resolve(offset(batch.records.at(-1)!.offset + 1n))
    },
    onCrash: error => crashes.push(error),
  })
  const idle = await kafka.joinGroup({
    groupId: unique('group'),
    topics: [topic],
    partitionsConcurrentMax: 1,
    onAssignment: assignment => assignments.push(assignment),
    onCrash: error => crashes.push(error),
  })
  await eventually(() => consumed).toEqual(['before'])
  await eventually(() => assignments.length).toBe(2)
  const node = stack.nodes[0]!
  node.kill('SIGKILL')
  const late = writer.transact('test', tx => tx.send([record(topic, 'lost')]))
  await expect(late).rejects.toEqual(expect.objectContaining({ code: 'kafka.transaction_failed' }))
  await eventually(() => assignments.at(-1)!.generation.heartbeatAgeMs()).toBeGreaterThan(2_000)
  await node.restart()
  await writer.fence()
  await commitAtLast(writer, topic, 'after')
  await eventually(() => consumed).toContain('after')
  expect(valuesOf(await readAll(kafka, topic))).toEqual(['before', 'after'])
  await eventually(() => assignments.at(-1)!.generation.heartbeatAgeMs() < 1_000).toBe(true)
  expect(crashes).toEqual([])
  await Promise.all([member.stop(), idle.stop(), writer.close()])
  await kafka.close()
})
