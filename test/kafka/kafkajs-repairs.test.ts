import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { brokerErrorOf } from '../../src/kafka/client.ts'
import type {
  Decoder,
  FetchedMessage,
  FetchedMessages,
  FilterAbortedMessages,
  SendMessages,
} from '../../src/kafka/kafkajs-internals.ts'
import { connect, newTopic, record, unique } from './connect.ts'
import { type Answer, notLeader, twoBrokers } from './leader-move.ts'
import { internal, unrepaired } from './unrepaired.ts'

type CreateSendMessages = (options: unknown) => SendMessages
const sendPath = 'src/producer/sendMessages.js'
const bothPartitions = {
  acks: -1,
  topicMessages: [{ topic: 'topic', messages: [0, 1].map(partition => ({ partition, value: `x-${partition}` })) }],
}

describe('a send to partitions of two brokers', () => {
  /** Broker 1 refuses; by then broker 2 has answered, and leads partition 0 as well (B1). */
  const leaderMoves = (): Answer => async (cluster, node) => {
    if (node !== 1) return undefined
    await vi.waitUntil(() => cluster.appended.length > 0)
    cluster.leaders[0] = 2
    return notLeader()
  }
  /** Broker 1 refuses once at once, broker 2 takes its time (B2). */
  const slowBroker = (): Answer => {
    let hasRefused = false
    return async (_cluster, node) => {
      if (node === 2) await wait(150)
      else if (!hasRefused) {
        hasRefused = true
        return notLeader()
      }
      return undefined
    }
  }
  const written = (cluster: { appended: readonly { partition: number; values: readonly string[] }[] }): string[] =>
    cluster.appended.flatMap(({ values }) => values).sort()

  test('B1: loses nothing when a leader moves', async () => {
    const faulty = twoBrokers(unrepaired<CreateSendMessages>(sendPath), leaderMoves())
    await faulty.send(bothPartitions)
    expect(written(faulty)).toEqual(['x-1'])
    const repaired = twoBrokers(internal<CreateSendMessages>(sendPath), leaderMoves())
    await repaired.send(bothPartitions)
    expect(written(repaired)).toEqual(['x-0', 'x-1'])
  })

  test('B2: writes nothing twice when one broker is slow', async () => {
    const faulty = twoBrokers(unrepaired<CreateSendMessages>(sendPath), slowBroker())
    await faulty.send(bothPartitions)
    await vi.waitUntil(() => faulty.appended.length === 3)
    expect(written(faulty)).toEqual(['x-0', 'x-1', 'x-1'])
    const repaired = twoBrokers(internal<CreateSendMessages>(sendPath), slowBroker())
    const answers = await repaired.send(bothPartitions)
    expect(written(repaired)).toEqual(['x-0', 'x-1'])
    expect(answers).toHaveLength(2)
  })

  test('B5: is refused when a record has no partition, and fails when one broker does', async () => {
    const { send } = twoBrokers(internal<CreateSendMessages>(sendPath), async () => undefined)
    await expect(send({ acks: -1, topicMessages: [{ topic: 'topic', messages: [{}] }] })).rejects.toThrow(
      'no partition',
    )
    const failing = twoBrokers(internal<CreateSendMessages>(sendPath), async (_cluster, node) =>
      node === 1 ? Object.assign(new Error('no'), { retriable: false }) : undefined,
    )
    await expect(failing.send(bothPartitions)).rejects.toThrow('no')
    expect(written(failing)).toEqual(['x-1'])
  })
})

describe('the filter of aborted records (B3)', () => {
  const path = 'src/consumer/filterAbortedMessages.js'
  const message = (offset: number, producerId: string, changes: Partial<FetchedMessage> = {}): FetchedMessage => ({
    offset: String(offset),
    timestamp: '0',
    key: null,
    value: null,
    headers: {},
    isControlRecord: false,
    batchContext: { producerId, inTransaction: true },
    ...changes,
  })
  const abortMarker = { isControlRecord: true, key: Buffer.alloc(4) }
  const kept = (filter: FilterAbortedMessages, input: Parameters<FilterAbortedMessages>[0]): string[] =>
    filter(input)
      .filter(one => !one.isControlRecord)
      .map(one => one.offset)

  test('knows interleaved transactions in whatever order the broker lists them', () => {
    const input = {
      messages: [
        message(10, 'outer'),
        message(11, 'outer'),
        message(12, 'inner'),
        message(13, 'inner', abortMarker),
        message(14, 'other'),
        message(15, 'outer', abortMarker),
        message(16, 'outer'),
      ],
      // In the order of their end, as brokers keep them.
      abortedTransactions: [
        { producerId: 'inner', firstOffset: '12' },
        { producerId: 'outer', firstOffset: '10' },
      ],
    }
    expect(kept(unrepaired<FilterAbortedMessages>(path), input)).toEqual(['10', '11', '14', '16'])
    expect(kept(internal<FilterAbortedMessages>(path), input)).toEqual(['14', '16'])
  })

  test('takes no record for a marker because of its key', () => {
    const input = {
      messages: [
        message(1, 'a', { key: Buffer.alloc(4) }),
        message(2, 'a'),
        message(3, 'a', abortMarker),
        message(4, 'a'),
      ],
      abortedTransactions: [{ producerId: 'a', firstOffset: '1' }],
    }
    expect(kept(unrepaired<FilterAbortedMessages>(path), input)).toEqual(['1', '2', '4'])
    expect(kept(internal<FilterAbortedMessages>(path), input)).toEqual(['4'])
  })
})

describe('the timers of a connection (B8)', () => {
  interface Queue {
    push(request: object): void
    fulfillRequest(response: object): void
    destroy(): void
    maybeThrottle(ms: number): void
  }
  type QueueClass = new (options: object) => Queue
  const path = 'src/network/requestQueue/index.js'
  const queueOf = (QueueOf: QueueClass): Queue =>
    new QueueOf({
      maxInFlightRequests: null,
      requestTimeout: 1_000,
      enforceRequestTimeout: false,
      clientId: 'test',
      broker: 'test',
      logger: { debug: () => undefined, warn: () => undefined },
    })
  const request = (correlationId: number, sent: number[]) => ({
    entry: { correlationId, resolve: () => undefined, reject: () => undefined },
    expectResponse: true,
    sendRequest: () => sent.push(correlationId),
  })
  afterEach(() => void vi.useRealTimers())

  test('are none while nothing waits', () => {
    vi.useFakeTimers()
    for (const [queue, timers] of [
      [queueOf(unrepaired<QueueClass>(path)), 1],
      [queueOf(internal<QueueClass>(path)), 0],
    ] as const) {
      queue.push(request(1, []))
      queue.fulfillRequest({ correlationId: 1, payload: null, size: 0 })
      expect(vi.getTimerCount()).toBe(timers)
      queue.destroy()
    }
  })

  test('still send what had to wait for a throttle', () => {
    vi.useFakeTimers()
    const queue = queueOf(internal<QueueClass>(path))
    const sent: number[] = []
    queue.maybeThrottle(100)
    queue.push(request(1, sent))
    vi.advanceTimersByTime(90)
    expect(sent).toEqual([])
    vi.advanceTimersByTime(20)
    expect(sent).toEqual([1])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('cause no warning of Node', async () => {
    const warnings: string[] = []
    const note = (warning: Error): void => void warnings.push(warning.name)
    process.on('warning', note)
    const kafka = await connect()
    const topic = await newTopic(kafka)
    const writer = kafka.writer(unique('writer'))
    await writer.fence()
    await writer.transact('test', tx => tx.send([record(topic, 'x')]))
    await writer.close()
    await kafka.close()
    process.off('warning', note)
    expect(warnings).toEqual([])
  })
})

test('batches that compaction emptied still say where reading goes on', async () => {
  const path = 'src/protocol/requests/fetch/v4/decodeMessages.js'
  type Decode = (decoder: Decoder) => Promise<FetchedMessages>
  const DecoderOf = internal<new (bytes: Buffer) => Decoder>('src/protocol/decoder.js')
  const emptyBatch = (baseOffset: bigint, lastOffsetDelta: number): Buffer => {
    const bytes = Buffer.alloc(61)
    bytes.writeBigInt64BE(baseOffset, 0)
    bytes.writeInt32BE(bytes.length - 12, 8)
    bytes.writeInt8(2, 16)
    bytes.writeInt32BE(lastOffsetDelta, 23)
    return bytes
  }
  const batches = Buffer.concat([emptyBatch(5n, 9), emptyBatch(15n, 0), emptyBatch(16n, 3).subarray(0, 40)])
  const size = Buffer.alloc(4)
  size.writeInt32BE(batches.length)
  const answer = Buffer.concat([size, batches])
  expect((await unrepaired<Decode>(path)(new DecoderOf(answer))).nextOffset).toBeUndefined()
  const messages = await internal<Decode>(path)(new DecoderOf(answer))
  expect([...messages]).toEqual([])
  expect(messages.nextOffset).toBe('16')
  expect((await internal<Decode>(path)(new DecoderOf(Buffer.alloc(4)))).nextOffset).toBeUndefined()
})

test('a fenced producer is known by the code of newer brokers as well', () => {
  const { createErrorFromCode } = internal<{ createErrorFromCode: (code: number) => Error }>('src/protocol/error.js')
  expect(brokerErrorOf(createErrorFromCode(90))).toBe('PRODUCER_FENCED')
  expect(brokerErrorOf(new Error('wrapped', { cause: createErrorFromCode(47) }))).toBe('INVALID_PRODUCER_EPOCH')
})
