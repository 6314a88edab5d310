import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { offset } from '../../src/core/contract.ts'
import { createKafka, patientRetry } from '../../src/kafka/client.ts'
import type { RawBroker } from '../../src/kafka/kafkajs-internals.ts'
import { connect, eventually, newTopic, record, settings, unique, valuesOf } from './connect.ts'
import { GroupWorld } from './group-world.ts'
import { internal } from './unrepaired.ts'

interface BrokerClass {
  readonly prototype: RawBroker
}

describe('a member of a group', () => {
  let world: GroupWorld
  beforeAll(async () => {
    world = await GroupWorld.start()
  })
  afterEach(() => world.leave())
  afterAll(() => world.kafka.close())

  test('reads on where it resolved, goes back where it rewound, and resumes at the committed offset', async () => {
    const topic = await newTopic(world.kafka)
    const groupId = unique('group')
    await world.write(topic, ['0', '1', '2'])
    const commit = await world.committer(groupId, topic)
    const seen: string[][] = []
    const first = await world.join(topic, groupId, {
      onBatch: async batch => {
        seen.push(valuesOf(batch.records))
        if (seen.length === 1) return batch.resolve(offset(1))
        if (seen.length === 2) return batch.rewind(offset(0))
        await commit(0, 2n)
        batch.resolve(offset(2))
      },
    })
    await eventually(() => seen.length).toBeGreaterThan(2)
    expect(seen.slice(0, 3)).toEqual([
      ['0', '1', '2'],
      ['1', '2'],
      ['0', '1', '2'],
    ])
    await first.member.stop()
    const resumed: string[] = []
    await world.join(topic, groupId, {
      onBatch: async batch => {
        resumed.push(...valuesOf(batch.records))
        batch.resolve(offset(batch.records.at(-1)!.offset + 1n))
      },
    })
    await eventually(() => resumed).toEqual(['2'])
    await world.write(topic, ['3'])
    await eventually(() => resumed).toEqual(['2', '3'])
  })

  test('is not shown records of interleaved aborted transactions (kafka-facts B3)', async () => {
    const topic = await newTopic(world.kafka)
    const [outer, inner] = [world.kafka.writer(unique('writer')), world.kafka.writer(unique('writer'))]
    await Promise.all([outer.fence(), inner.fence()])
    const failure = new Error('abort this')
    const aborted = outer.transact('test', async tx => {
      await tx.send([record(topic, 'outer')])
      const nested = inner.transact('test', async innerTx => {
        await innerTx.send([record(topic, 'inner')])
        throw failure
      })
      await expect(nested).rejects.toBe(failure)
      throw failure
    })
    await expect(aborted).rejects.toBe(failure)
    await Promise.all([outer.close(), inner.close()])
    await world.write(topic, ['committed'])
    const seen: string[] = []
    await world.join(topic, unique('group'), {
      onBatch: async batch => {
        seen.push(...valuesOf(batch.records))
        batch.resolve(offset(batch.records.at(-1)!.offset + 1n))
      },
    })
    await eventually(() => seen).toContain('committed')
    expect(seen).toEqual(['committed'])
  })

  test('reads on where the log begins after retention, and leaves on record what is there (an attempt mark)', async () => {
    const topic = await newTopic(world.kafka)
    const groupId = unique('group')
    await world.write(topic, ['0', '1', '2', '3'])
    const writer = world.kafka.writer(unique('writer'))
    await writer.fence()
    const mark = { offset: offset(1), metadata: 'a mark' }
    await writer.transact('test', tx => tx.sendOffset({ groupId, topic, partition: 0, ...mark }))
    await writer.close()
    const admin = createKafka(settings(), () => undefined, patientRetry).admin()
    await admin.connect()
    await admin.fetchTopicOffsets(topic) // kafkajs deletes only where it knows the leaders
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] })
    await admin.disconnect()
    const seen: string[] = []
    await world.join(topic, groupId, {
      onBatch: async batch => {
        seen.push(...valuesOf(batch.records))
        batch.resolve(offset(batch.records.at(-1)!.offset + 1n))
      },
    })
    await eventually(() => seen).toEqual(['3'])
    expect(await world.kafka.committed(groupId, topic, 0)).toEqual(mark)
  })

  test('keeps its heartbeats going without a fetch, and during a batch', async () => {
    const brisk = await connect({ sessionTimeoutMs: 2_000, heartbeatIntervalMs: 200 })
    const topic = await newTopic(world.kafka)
    await world.write(topic, ['a'])
    const { open, held, onBatch } = world.gate()
    const fetch = vi.spyOn(internal<BrokerClass>('src/broker/index.js').prototype, 'fetch')
    const unread = await newTopic(world.kafka)
    await world.write(unread, ['b'])
    const paused = await world.join(unread, unique('group'), {}, brisk)
    const busy = await world.join(topic, unique('group'), { onBatch }, brisk)
    await eventually(() => [paused.assignments.length, held.length]).toEqual([1, 1])
    const [resting, working] = [paused.assignments[0]!.generation, held[0]!.generation]
    const joinedAt = performance.now()
    let oldestMs = 0
    // More than two session timeouts; a member without heartbeats would have to join again.
    await eventually(() => {
      oldestMs = Math.max(oldestMs, resting.heartbeatAgeMs(), working.heartbeatAgeMs())
      return performance.now() - joinedAt > 5_000
    }).toBe(true)
    expect(oldestMs).toBeLessThan(2_000)
    expect([resting.isEnding(), working.isEnding()]).toEqual([false, false])
    expect([paused.assignments.length, busy.assignments.length]).toEqual([1, 1])
    const fetched = fetch.mock.calls.flatMap(([request]) => request.topics.map(one => one.topic))
    expect(new Set(fetched)).toEqual(new Set([topic]))
    fetch.mockRestore()
    open()
    await world.leave()
    await brisk.close()
  })

  test('drains before it leaves', async () => {
    const topic = await newTopic(world.kafka)
    const groupId = unique('group')
    await world.write(topic, ['a'])
    const { open, held, onBatch } = world.gate()
    const a = await world.join(topic, groupId, { onBatch })
    await eventually(() => held.length).toBe(1)
    let hasStopped = false
    const stopped = a.member.stop().then(() => {
      hasStopped = true
    })
    const { generation } = held[0]!
    expect(generation.isEnding()).toBe(true)
    const commit = await world.committer(groupId, topic)
    await commit(0, 1n)
    expect([hasStopped, generation.signal.aborted]).toEqual([false, false])
    open()
    await stopped
    expect(generation.signal.aborted).toBe(true)
  })

  test('stops and says so when a batch throws, or an assignment', async () => {
    const topic = await newTopic(world.kafka)
    await world.write(topic, ['a'])
    const failure = new Error('a bug')
    let calls = 0
    const a = await world.join(topic, unique('group'), {
      onBatch: async () => {
        calls++
        throw failure
      },
    })
    await eventually(() => a.crashes).toEqual([failure])
    const b = await world.join(topic, unique('group'), {
      onAssignment: () => {
        throw failure
      },
    })
    await eventually(() => b.crashes).toEqual([failure])
    await Promise.all([a.member.stop(), b.member.stop()])
    expect([calls, a.crashes.length, b.crashes.length]).toEqual([1, 1, 1])
  })

  test('stops and says so when the brokers will never take it', async () => {
    const topic = await newTopic(world.kafka)
    const odd = await connect({ sessionTimeoutMs: 500 })
    const a = await world.join(topic, unique('group'), {}, odd)
    await eventually(() => a.crashes).toEqual([
      expect.objectContaining({ remedy: expect.stringContaining('session_timeout_ms') }),
    ])
    await odd.close()
  })
})
