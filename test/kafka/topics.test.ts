import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectKafka, type KafkaConnection } from '../../src/kafka/connection.ts'
import { connect, newTopic, settings, unique } from './connect.ts'

describe('topics', () => {
  let kafka: KafkaConnection
  beforeAll(async () => {
    kafka = await connect()
  })
  afterAll(() => kafka.close())

  test('are created once, by two instances at the same time as well', async () => {
    const other = await connect()
    const spec = {
      topic: unique('topic'),
      partitions: 3,
      replicationFactor: 1,
      config: { 'cleanup.policy': 'compact' },
    }
    expect(await kafka.describeTopic(spec.topic)).toBeUndefined()
    await Promise.all([kafka.ensureTopics([spec]), other.ensureTopics([spec])])
    await kafka.ensureTopics([{ ...spec, partitions: 2, config: { 'cleanup.policy': 'delete' } }])
    expect(await kafka.describeTopic(spec.topic)).toEqual({
      partitions: 3,
      messageBytesMax: 1_048_588,
      cleanupPolicy: 'compact',
    })
    await other.close()
  })

  test('with too few partitions are refused', async () => {
    const topic = await newTopic(kafka, 2)
    await expect(kafka.ensureTopics([{ topic, partitions: 3, replicationFactor: 1, config: {} }])).rejects.toEqual(
      expect.objectContaining({ code: 'kafka.topic_invalid', remedy: expect.stringContaining(topic) }),
    )
  })

  test('that the brokers refuse say why', async () => {
    const spec = { topic: unique('topic'), partitions: 1, replicationFactor: 9, config: {} }
    await expect(kafka.ensureTopics([spec])).rejects.toEqual(
      expect.objectContaining({ code: 'kafka.topic_invalid', remedy: expect.stringContaining('replication_factor') }),
    )
    const odd = { ...spec, replicationFactor: 1, config: { 'cleanup.policy': 'never' } }
    await expect(kafka.ensureTopics([odd])).rejects.toEqual(expect.objectContaining({ code: 'kafka.topic_invalid' }))
  })

  test('get more partitions, once', async () => {
    const topic = await newTopic(kafka, 1)
    expect(await kafka.endOffset(topic, 0)).toBe(0n)
    await Promise.all([kafka.createPartitions(topic, 3), kafka.createPartitions(topic, 3)])
    await kafka.createPartitions(topic, 2)
    expect((await kafka.describeTopic(topic))?.partitions).toBe(3)
    expect(await kafka.endOffset(topic, 2)).toBe(0n)
    const writer = kafka.writer(unique('writer'))
    await writer.fence()
    await writer.transact('test', tx => tx.send([{ topic, partition: 2, key: null, value: Buffer.from('x') }]))
    await writer.close()
  })
})

test('brokers that cannot be reached are named, with what to check', async () => {
  const unreachable = connectKafka(settings({ brokers: ['127.0.0.1:1'] }), () => undefined)
  await expect(unreachable).rejects.toEqual(
    expect.objectContaining({
      code: 'kafka.unavailable',
      message: expect.stringContaining('127.0.0.1:1'),
      remedy: expect.stringContaining('kafka.brokers'),
    }),
  )
})
