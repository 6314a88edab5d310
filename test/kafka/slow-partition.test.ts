import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { offset } from '../../src/core/contract.ts'
import type { ConsumedBatch } from '../../src/kafka/consumer.ts'
import { detach } from '../../src/kafka/fetcher.ts'
import type { CreateFetcher, FetchedBatch } from '../../src/kafka/kafkajs-internals.ts'
import { eventually, newTopic, unique, valuesOf } from './connect.ts'
import { GroupWorld } from './group-world.ts'
import { internal, unrepaired } from './unrepaired.ts'

const path = 'src/consumer/fetcher.js'

describe('a fetcher', () => {
  /** Two partitions of one broker; the first one's batch is held until the end. */
  async function fetches(create: CreateFetcher): Promise<{ whileHeld: number; ended: boolean[] }> {
    const held = Promise.withResolvers<void>()
    const slow: FetchedBatch = { topic: 't', partition: 0 }
    let count = 0
    const fetcher = create({
      nodeId: 1,
      logger: { namespace: () => undefined },
      partitionAssignments: new Map(),
      workerQueue: { push: async (...batches: FetchedBatch[]) => void (batches[0] === slow && (await held.promise)) },
      fetch: async () => {
        await wait(1)
        return count++ === 0 ? [slow] : [{ topic: 't', partition: 1 }]
      },
    })
    const started = fetcher.start()
    await wait(10)
    detach(slow)
    await wait(20)
    const whileHeld = count
    let hasEnded = false
    const stopped = Promise.all([started, fetcher.stop()]).then(() => {
      hasEnded = true
    })
    await wait(10)
    const before = hasEnded
    held.resolve()
    await stopped
    return { whileHeld, ended: [before, hasEnded] }
  }

  test('goes on when a batch is detached, and ends only when it is handled', async () => {
    expect((await fetches(unrepaired<CreateFetcher>(path))).whileHeld).toBe(1)
    const { whileHeld, ended } = await fetches(internal<CreateFetcher>(path))
    expect(whileHeld).toBeGreaterThan(1)
    expect(ended).toEqual([false, true])
  })
})

interface Workers {
  readonly worker: (parts: { handler: (batch: FetchedBatch) => Promise<void>; workerId: number }) => unknown
  readonly queue: (parts: { workers: unknown[] }) => Parameters<CreateFetcher>[0]['workerQueue']
}

test('a fetcher hands out each batch of a fetch, whichever of them is slow', async () => {
  const held = Promise.withResolvers<void>()
  const batches = [0, 1, 2].map((partition): FetchedBatch => ({ topic: 't', partition }))
  const taken: number[] = []
  const handler = async ({ partition }: FetchedBatch): Promise<void> => {
    taken.push(partition)
    await held.promise
  }
  const worker = internal<Workers['worker']>('src/consumer/worker.js')
  const queue = internal<Workers['queue']>('src/consumer/workerQueue.js')
  const workers = batches.map((_, workerId) => worker({ handler, workerId }))
  const fetcher = internal<CreateFetcher>(path)({
    nodeId: 1,
    logger: { namespace: () => undefined },
    partitionAssignments: new Map(),
    workerQueue: queue({ workers }),
    fetch: async () => {
      await wait(1)
      return batches.splice(0)
    },
  })
  const started = fetcher.start()
  await expect.poll(() => taken).toEqual([0, 1, 2])
  held.resolve()
  await Promise.all([started, fetcher.stop()])
})

describe('a partition that is slow', () => {
  let world: GroupWorld
  beforeAll(async () => {
    world = await GroupWorld.start()
  })
  afterEach(() => world.leave())
  afterAll(() => world.kafka.close())

  /** A member that holds each batch of partition 0 until it is opened, and notes what it read of each partition. */
  async function member(topic: string, groupId: string) {
    const { open, held, onBatch } = world.gate()
    const seen: string[][] = [[], []]
    const take = async (batch: ConsumedBatch): Promise<void> => {
      if (batch.partition === 0) await onBatch(batch)
      seen[batch.partition]!.push(...valuesOf(batch.records))
      batch.resolve(offset(batch.records.at(-1)!.offset + 1n))
    }
    return { open, held, seen, ...(await world.join(topic, groupId, { onBatch: take })) }
  }

  test('does not keep another of its broker from being read; both lose nothing and repeat nothing', async () => {
    const topic = await newTopic(world.kafka, 2)
    const { open, held, seen, crashes } = await member(topic, unique('group'))
    await world.write(topic, ['a'], 0)
    await eventually(() => held.length).toBe(1)
    for (const value of ['1', '2', '3']) {
      await world.write(topic, ['b', value], 0)
      await world.write(topic, [value], 1)
      await eventually(() => seen[1]).toContain(value)
    }
    expect(held).toHaveLength(1)
    open()
    await eventually(() => seen[0]).toEqual(['a', 'b', '1', 'b', '2', 'b', '3'])
    expect(seen[1]).toEqual(['1', '2', '3'])
    expect(crashes).toEqual([])
  })

  test('is waited for when a rebalance is announced', async () => {
    const topic = await newTopic(world.kafka, 2)
    const groupId = unique('group')
    const slow = await member(topic, groupId)
    await world.write(topic, ['a'], 0)
    await eventually(() => slow.held.length).toBe(1)
    await world.write(topic, ['1'], 1)
    await eventually(() => slow.seen[1]).toEqual(['1'])
    const other = await world.join(topic, groupId, { onBatch: async () => undefined })
    const { generation } = slow.held[0]!
    await eventually(() => generation.isEnding()).toBe(true)
    await wait(500) // a member that does not wait would have joined by now
    expect([generation.signal.aborted, other.assignments.length]).toEqual([false, 0])
    slow.open()
    await eventually(() => [slow.owned().length, other.owned().length]).toEqual([1, 1])
    expect(generation.signal.aborted).toBe(true)
  })
})
