import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type IncomingRecord, offset } from '../../src/core/contract.ts'
import type { KafkaConnection } from '../../src/kafka/connection.ts'
import type { ReadOptions } from '../../src/kafka/read-partition.ts'
import type { Transaction } from '../../src/kafka/transaction.ts'
import { connect, eventually, newTopic, readAll, record, unique, valuesOf } from './connect.ts'

const failure = new Error('abort this')
const fetches = { waitMsMax: 200, bytesMax: 1_048_576 }

describe('readPartition', () => {
  let kafka: KafkaConnection
  beforeAll(async () => {
    kafka = await connect()
  })
  afterAll(() => kafka.close())

  /** Commits or aborts one transaction by a writer of its own; `inside` runs while it is open. */
  async function transaction(work: (tx: Transaction) => Promise<void>, end: 'commit' | 'abort'): Promise<void> {
    const writer = kafka.writer(unique('writer'))
    await writer.fence()
    const done = writer.transact('test', async tx => {
      await work(tx)
      if (end === 'abort') throw failure
    })
    await done.catch(error => {
      if (error !== failure) throw error
    })
    await writer.close()
  }

  test('leaves out interleaved aborted transactions (kafka-facts B3)', async () => {
    const topic = await newTopic(kafka)
    const commit = (value: string) => transaction(tx => tx.send([record(topic, value)]), 'commit')
    // The outer one begins first and ends last, so the broker lists it last.
    await transaction(async outer => {
      await outer.send([record(topic, 'outer 1')])
      await transaction(async inner => {
        await inner.send([record(topic, 'inner')])
        await commit('committed 1')
      }, 'abort')
      await outer.send([record(topic, 'outer 2')])
      await commit('committed 2')
    }, 'abort')
    expect(valuesOf(await readAll(kafka, topic))).toEqual(['committed 1', 'committed 2'])
  })

  test('leaves out aborted records behind a record whose key is four zero bytes (kafka-facts B3)', async () => {
    const topic = await newTopic(kafka)
    const zeroes = { ...record(topic, 'zeroes'), key: Buffer.alloc(4) }
    await transaction(tx => tx.send([record(topic, 'a'), zeroes, record(topic, 'b')]), 'abort')
    await transaction(tx => tx.send([zeroes]), 'commit')
    const read = await readAll(kafka, topic)
    expect(valuesOf(read)).toEqual(['zeroes'])
    expect(read[0]!.key).toEqual(Buffer.alloc(4))
  })

  test('ends at `until` though only control records and aborted ones are left before it', async () => {
    const topic = await newTopic(kafka)
    await transaction(tx => tx.send([record(topic, 'a'), record(topic, 'b')]), 'abort')
    expect(await kafka.endOffset(topic, 0)).toBe(3n)
    expect(await readAll(kafka, topic)).toEqual([])
    expect(await readAll(kafka, topic, 0, offset(2))).toEqual([])
    expect(await readAll(kafka, topic, 0, offset(3))).toEqual([])
  })

  test('begins and ends inside a batch', async () => {
    const topic = await newTopic(kafka)
    const values = ['0', '1', '2', '3', '4']
    await transaction(tx => tx.send(values.map(value => record(topic, value))), 'commit')
    const range = { topic, partition: 0, from: offset(1), until: offset(4) }
    const read: IncomingRecord[] = []
    for await (const records of kafka.readPartition({ ...range, ...fetches })) read.push(...records)
    expect(valuesOf(read)).toEqual(['1', '2', '3'])
    expect(read.map(one => one.offset)).toEqual([1n, 2n, 3n])
  })

  test('reads more than one fetch holds', async () => {
    const topic = await newTopic(kafka)
    const padding = 'x'.repeat(1_000)
    for (let n = 0; n < 5; n++)
      await transaction(
        tx => tx.send(Array.from({ length: 20 }, (_, i) => record(topic, `${n}/${i} ${padding}`))),
        'commit',
      )
    const until = await kafka.endOffset(topic, 0)
    let fetched = 0
    const read: IncomingRecord[] = []
    const options: ReadOptions = { topic, partition: 0, from: offset(0), until, waitMsMax: 200, bytesMax: 10_000 }
    for await (const records of kafka.readPartition(options)) {
      fetched++
      read.push(...records)
    }
    expect(read).toHaveLength(100)
    expect(fetched).toBeGreaterThan(1)
  })

  test('follows the partition until it is told to stop', async () => {
    const topic = await newTopic(kafka)
    const stop = new AbortController()
    const read: string[] = []
    const following = (async () => {
      const options = { topic, partition: 0, from: offset(0), signal: stop.signal, ...fetches }
      for await (const records of kafka.readPartition(options)) read.push(...valuesOf(records))
    })()
    await transaction(tx => tx.send([record(topic, 'one')]), 'commit')
    await eventually(() => read).toEqual(['one'])
    await transaction(tx => tx.send([record(topic, 'two')]), 'commit')
    await eventually(() => read).toEqual(['one', 'two'])
    stop.abort()
    await following
  })

  test('waits for a transaction that is still open', async () => {
    const topic = await newTopic(kafka)
    let reading: Promise<IncomingRecord[]> | undefined
    await transaction(async tx => {
      await tx.send([record(topic, 'open')])
      await eventually(() => kafka.endOffset(topic, 0)).toBe(1n)
      reading = readAll(kafka, topic)
    }, 'commit')
    expect(valuesOf(await reading!)).toEqual(['open'])
  })

  test('goes on at the start of the log when the offset is not there', async () => {
    const topic = await newTopic(kafka)
    await transaction(tx => tx.send([record(topic, 'first')]), 'commit')
    const options = { topic, partition: 0, from: offset(1_000), ...fetches }
    for await (const records of kafka.readPartition(options)) {
      expect(valuesOf(records)).toEqual(['first'])
      break
    }
  })

  test('says which partition does not exist', async () => {
    const topic = await newTopic(kafka)
    const missing = expect.objectContaining({
      code: 'kafka.topic_invalid',
      message: expect.stringContaining('partition 7'),
    })
    await expect(readAll(kafka, topic, 7)).rejects.toEqual(missing)
    const reading = kafka.readPartition({ topic, partition: 7, from: offset(0), ...fetches })[Symbol.asyncIterator]()
    await expect(reading.next()).rejects.toEqual(missing)
  })

  test('finds offsets by time', async () => {
    const topic = await newTopic(kafka)
    const at = (value: string, timestampMs: number) => ({ ...record(topic, value), timestampMs })
    await transaction(tx => tx.send([at('a', 1_000), at('b', 2_000), at('c', 3_000)]), 'commit')
    expect(await kafka.offsetAt(topic, 0, 1_500)).toBe(1n)
    expect(await kafka.offsetAt(topic, 0, 3_000)).toBe(2n)
    expect(await kafka.offsetAt(topic, 0, Date.now() + 1_000_000)).toBeUndefined()
    expect(await kafka.startOffset(topic, 0)).toBe(0n)
  })
})
