import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { offset } from '../../src/core/contract.ts'
import { onFailpoint } from '../../src/core/failpoint.ts'
import type { KafkaConnection } from '../../src/kafka/connection.ts'
import { partitionFor } from '../../src/kafka/partitioner.ts'
import type { TransactionalWriter } from '../../src/kafka/transaction.ts'
import { connect, eventually, newTopic, readAll, record, unique, valuesOf } from './connect.ts'

const withCode = (code: string) => expect.objectContaining({ code })

describe('a transactional writer', () => {
  let kafka: KafkaConnection
  const writers: TransactionalWriter[] = []
  const writer = (id = unique('writer')): TransactionalWriter => {
    const made = kafka.writer(id)
    writers.push(made)
    return made
  }

  beforeAll(async () => {
    kafka = await connect()
  })
  afterEach(async () => {
    onFailpoint(undefined)
    await Promise.all(writers.splice(0).map(one => one.close()))
  })
  afterAll(() => kafka.close())

  test('commits records of several partitions, headers and an offset with metadata together', async () => {
    const topic = await newTopic(kafka, 3)
    const groupId = unique('group')
    const one = writer()
    await one.fence()
    const headers = { a: Buffer.from([0, 255]), b: [Buffer.from('1'), Buffer.from('2')] }
    await one.transact('test', async tx => {
      await tx.send([
        record(topic, 'x', 0),
        { ...record(topic, 'y', 2), headers, key: null, timestampMs: 1_700_000_000_000 },
      ])
      await tx.send([{ ...record(topic, '', 0), value: null }])
      await tx.sendOffset({ groupId, topic, partition: 1, offset: offset(7), metadata: '{"v":1}' })
    })
    expect(valuesOf(await readAll(kafka, topic, 0))).toEqual(['x', 'null'])
    expect(await readAll(kafka, topic, 1)).toEqual([])
    expect(await readAll(kafka, topic, 2)).toEqual([
      { topic, partition: 2, offset: 0n, key: null, value: Buffer.from('y'), headers, timestampMs: 1_700_000_000_000 },
    ])
    expect(await kafka.committed(groupId, topic, 1)).toEqual({ offset: 7n, metadata: '{"v":1}' })
    expect(await kafka.committed(groupId, topic, 0)).toEqual({ offset: undefined, metadata: '' })
  })

  test('names its failpoints in order', async () => {
    const topic = await newTopic(kafka)
    const one = writer()
    await one.fence()
    const points: string[] = []
    onFailpoint(point => points.push(point))
    await one.transact('replies', async tx => {
      await tx.send([record(topic, 'x')])
      await tx.sendOffset({ groupId: unique('group'), topic, partition: 0, offset: offset(1) })
    })
    expect(points).toEqual([
      'replies:before-send',
      'replies:after-send',
      'replies:before-send-offsets',
      'replies:after-send-offsets',
      'replies:before-commit',
      'replies:after-commit',
    ])
  })

  test('repeats what the broker refuses while it ends the last transaction', async () => {
    const topic = await newTopic(kafka, 2)
    const groupId = unique('group')
    const one = writer()
    await one.fence()
    for (let n = 0; n < 40; n++)
      await one.transact('test', async tx => {
        // Offsets first in every second one: kafkajs does not repeat AddOffsetsToTxn itself.
        if (n % 2 === 0) await tx.sendOffset({ groupId, topic, partition: 0, offset: offset(n) })
        await tx.send([record(topic, String(n), n % 2)])
      })
    expect(valuesOf(await readAll(kafka, topic, 0))).toHaveLength(20)
    expect(valuesOf(await readAll(kafka, topic, 1))).toHaveLength(20)
    expect((await kafka.committed(groupId, topic, 0)).offset).toBe(38n)
  })

  test('aborts when the work fails, and can go on', async () => {
    const topic = await newTopic(kafka)
    const one = writer()
    await one.fence()
    const failure = new Error('no')
    const work = one.transact('test', async tx => {
      await tx.send([record(topic, 'aborted')])
      throw failure
    })
    await expect(work).rejects.toBe(failure)
    await one.transact('test', tx => tx.send([record(topic, 'committed')]))
    expect(valuesOf(await readAll(kafka, topic))).toEqual(['committed'])
  })

  test('a new owner ends the open transaction of the former one, which is fenced', async () => {
    const topic = await newTopic(kafka)
    const id = unique('writer')
    const [former, owner] = [writer(id), writer(id)]
    await former.fence()
    await former.transact('test', tx => tx.send([record(topic, 'before')]))
    const late = former.transact('test', async tx => {
      await tx.send([record(topic, 'late')])
      await owner.fence()
    })
    await expect(late).rejects.toEqual(withCode('kafka.fenced'))
    await expect(former.transact('test', async () => undefined)).rejects.toEqual(withCode('internal.bug'))
    await owner.transact('test', tx => tx.send([record(topic, 'owner')]))
    expect(valuesOf(await readAll(kafka, topic))).toEqual(['before', 'owner'])
    // In a new generation the former owner may take the id back.
    await former.fence()
    await former.transact('test', tx => tx.send([record(topic, 'again')]))
    await expect(owner.transact('test', tx => tx.send([record(topic, 'no')]))).rejects.toEqual(withCode('kafka.fenced'))
    expect(valuesOf(await readAll(kafka, topic))).toEqual(['before', 'owner', 'again'])
  })

  test('says that a record is too large, commits nothing, and goes on after a fence', async () => {
    const topic = await newTopic(kafka, 1, { 'max.message.bytes': '20000' })
    const one = writer()
    await one.fence()
    const work = one.transact('test', async tx => {
      await tx.send([record(topic, 'small')])
      await tx.send([record(topic, randomBytes(20_000).toString('hex'))])
    })
    await expect(work).rejects.toEqual(withCode('record.too_large'))
    await expect(one.transact('test', async () => undefined)).rejects.toEqual(withCode('internal.bug'))
    await one.fence()
    await one.transact('test', tx => tx.send([record(topic, 'next')]))
    expect(valuesOf(await readAll(kafka, topic))).toEqual(['next'])
  })

  test('splits what is larger than a batch, and keeps the order', async () => {
    const topic = await newTopic(kafka, 2)
    const one = writer()
    await one.fence()
    const padding = 'x'.repeat(20_000)
    const records = Array.from({ length: 200 }, (_, n) => record(topic, `${n}:${padding}`, n % 2))
    await one.transact('test', tx => tx.send(records))
    const read = valuesOf(await readAll(kafka, topic, 1)).map(value => Number(value.split(':')[0]))
    expect(read).toEqual(Array.from({ length: 100 }, (_, n) => 2 * n + 1))
    const many = Array.from({ length: 5_000 }, (_, n) => record(topic, String(n)))
    await one.transact('test', tx => tx.send(many))
    expect(await readAll(kafka, topic, 0)).toHaveLength(5_100)
  })

  test('does not commit when a failed write was swallowed, or not waited for', async () => {
    const topic = await newTopic(kafka, 1, { 'max.message.bytes': '20000' })
    const one = writer()
    await one.fence()
    const swallowed = one.transact('test', async tx => {
      await tx.send([record(topic, 'swallowed')])
      await tx.send([record(topic, randomBytes(20_000).toString('hex'))]).catch(() => undefined)
    })
    await expect(swallowed).rejects.toEqual(withCode('record.too_large'))
    await one.fence()
    const forgotten = one.transact('test', async tx => {
      void tx.send([record(topic, 'forgotten')]).catch(() => undefined)
    })
    await expect(forgotten).rejects.toEqual(withCode('internal.bug'))
    await one.fence()
    await one.transact('test', async () => undefined)
    expect(await readAll(kafka, topic)).toEqual([])
  })

  test('refuses calls out of turn', async () => {
    const one = writer()
    await expect(one.transact('test', async () => undefined)).rejects.toEqual(withCode('internal.bug'))
    await one.fence()
    const nested = one.transact('test', () => one.transact('test', async () => undefined))
    await expect(nested).rejects.toEqual(withCode('internal.bug'))
    let kept: Parameters<Parameters<TransactionalWriter['transact']>[1]>[0] | undefined
    await one.transact('test', async tx => {
      kept = tx
    })
    await expect(kept!.send([record('t', 'x')])).rejects.toEqual(withCode('internal.bug'))
    await one.close()
    await one.close()
    await expect(one.fence()).rejects.toEqual(withCode('internal.bug'))
  })

  test('a transaction older than its timeout is given up', async () => {
    const quick = await connect({ transactionTimeoutMs: 1_000 })
    const topic = await newTopic(kafka)
    const one = quick.writer(unique('writer'))
    await one.fence()
    const late = one.transact('test', async tx => {
      await tx.send([record(topic, 'late')])
      await eventually(async () => (await kafka.endOffset(topic, 0)) > 1n).toBe(true)
    })
    await expect(late).rejects.toEqual(
      expect.objectContaining({ code: expect.stringMatching(/^kafka\.(fenced|transaction_failed)$/) }),
    )
    expect(await readAll(kafka, topic)).toEqual([])
    await one.close()
    await quick.close()
  })

  test('writes to the partition Java would choose only if it is told to', async () => {
    const topic = await newTopic(kafka, 3)
    const one = writer()
    await one.fence()
    const partition = partitionFor(Buffer.from('k'), 3)
    const other = (partition + 1) % 3
    await one.transact('test', tx => tx.send([record(topic, 'there', other)]))
    expect(await readAll(kafka, topic, partition)).toEqual([])
    expect(valuesOf(await readAll(kafka, topic, other))).toEqual(['there'])
  })
})
