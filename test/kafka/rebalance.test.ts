import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { offset } from '../../src/core/contract.ts'
import { connect, eventually, newTopic, unique, valuesOf } from './connect.ts'
import { GroupWorld } from './group-world.ts'

describe('a rebalance', () => {
  let world: GroupWorld
  beforeAll(async () => {
    world = await GroupWorld.start()
  })
  afterEach(() => world.leave())
  afterAll(() => world.kafka.close())

  test('shares partitions with another, and gets them back when that one leaves', async () => {
    const topic = await newTopic(world.kafka, 4)
    const groupId = unique('group')
    const a = await world.join(topic, groupId)
    await eventually(a.owned).toEqual([0, 1, 2, 3])
    const b = await world.join(topic, groupId)
    await eventually(() => [a.owned().length, b.owned().length]).toEqual([2, 2])
    expect([...a.owned(), ...b.owned()].sort()).toEqual([0, 1, 2, 3])
    const shared = a.assignments.at(-1)!
    expect([shared.gained.length, shared.lost.length, shared.retained.length]).toEqual([0, 2, 2])
    expect(a.assignments[0]!.generation.signal.aborted).toBe(true)
    expect(shared.generation.signal.aborted).toBe(false)
    await b.member.stop()
    expect(b.assignments.at(-1)!.generation.signal.aborted).toBe(true)
    await eventually(a.owned).toEqual([0, 1, 2, 3])
    expect([...a.crashes, ...b.crashes]).toEqual([])
  })

  test('finishes its batch when a rebalance is announced, and takes nothing new', async () => {
    const topic = await newTopic(world.kafka, 2)
    const groupId = unique('group')
    await world.write(topic, ['a'], 0)
    await world.write(topic, ['b'], 1)
    const { open, held, onBatch } = world.gate()
    const commit = await world.committer(groupId, topic)
    // One batch at a time: the other partition's waits in kafkajs's queue.
    const a = await world.join(topic, groupId, {
      partitionsConcurrentMax: 1,
      onBatch: async batch => {
        await onBatch(batch)
        await commit(batch.partition, 1n)
        batch.resolve(offset(1))
      },
    })
    await eventually(() => held.length).toBe(1)
    const { generation, partition } = held[0]!
    const taken: string[] = []
    const b = await world.join(topic, groupId, {
      onBatch: async batch => {
        taken.push(...valuesOf(batch.records))
        batch.resolve(offset(1))
      },
    })
    await eventually(() => generation.isEnding()).toBe(true)
    expect(generation.signal.aborted).toBe(false)
    expect(b.assignments).toEqual([])
    open()
    await eventually(() => [a.owned().length, b.owned().length]).toEqual([1, 1])
    expect(generation.signal.aborted).toBe(true)
    expect((await world.kafka.committed(groupId, topic, partition)).offset).toBe(1n)
    expect(held.every(batch => batch.generation === generation || !batch.generation.isEnding())).toBe(true)
    expect(held.filter(batch => batch.generation === generation)).toHaveLength(1)
    const other = partition === 0 ? 'b' : 'a'
    await eventually(() => [...taken, ...held.slice(1).flatMap(batch => valuesOf(batch.records))]).toEqual([other])
  })

  test('learns in the middle of a batch that it was evicted, and comes back as a new member', async () => {
    const impatient = await connect({ sessionTimeoutMs: 1_500, rebalanceTimeoutMs: 1_500, heartbeatIntervalMs: 200 })
    const topic = await newTopic(world.kafka, 2)
    const groupId = unique('group')
    await world.write(topic, ['a'], 0)
    const { open, held, onBatch } = world.gate()
    const a = await world.join(topic, groupId, { onBatch }, impatient)
    await eventually(() => held.length).toBe(1)
    const { generation } = held[0]!
    // The batch outlasts the rebalance timeout: the broker goes on without this member.
    const b = await world.join(topic, groupId, {}, impatient)
    await eventually(() => generation.signal.aborted).toBe(true)
    await eventually(b.owned).toEqual([0, 1])
    held[0]!.resolve(offset(1)) // without effect
    open()
    await eventually(() => [a.owned().length, b.owned().length]).toEqual([1, 1])
    const back = a.assignments.at(-1)!
    expect([back.gained.length, back.lost.length, back.retained.length]).toEqual([1, 2, 0])
    expect(a.crashes).toEqual([])
    await world.leave()
    await impatient.close()
  })

  test('leaves and joins anew when asked', async () => {
    const topic = await newTopic(world.kafka, 2)
    const a = await world.join(topic, unique('group'))
    await eventually(a.owned).toEqual([0, 1])
    await a.member.rejoin()
    expect(a.assignments[0]!.generation.signal.aborted).toBe(true)
    await eventually(() => a.assignments.length).toBe(2)
    const again = a.assignments[1]!
    expect([again.gained.length, again.lost.length, again.retained.length]).toEqual([2, 2, 0])
    expect(again.generation.id).toBe(2)
    await Promise.all([a.member.stop(), a.member.stop(), a.member.rejoin()])
    expect(a.crashes).toEqual([])
  })

  test('does not keep a member that still waits for its first generation from stopping', async () => {
    const patient = await connect({ sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 60_000 })
    const topic = await newTopic(world.kafka, 2)
    const groupId = unique('group')
    await world.write(topic, ['a'])
    const { open, held, onBatch } = world.gate()
    const a = await world.join(topic, groupId, { onBatch }, patient)
    await eventually(() => held.length).toBe(1)
    const b = await world.join(topic, groupId, {}, patient)
    await eventually(() => held[0]!.generation.isEnding()).toBe(true)
    await b.member.stop()
    open()
    // Its late join succeeds, and only makes it leave: the other gets everything, and nobody is told of an assignment.
    await eventually(() => a.assignments.length).toBe(3)
    expect(a.owned()).toEqual([0, 1])
    expect(b.assignments).toEqual([])
    await a.member.stop()
    await patient.close()
  })
})
