import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { crc32c } from '../../src/kafka/crc32c.ts'
import '../../src/kafka/kafkajs-repairs.ts'
import {
  createRequest,
  type Encoded,
  encodeProduce,
  type ProduceRequest,
  quickenProduce,
} from '../../src/kafka/produce-request.ts'
import { internal, unrepaired } from './unrepaired.ts'

const path = 'src/protocol/requests/produce/v3/request.js'
type Produce = (request: ProduceRequest) => { readonly apiKey: number; readonly encode: () => Promise<Encoded> }
const original = unrepaired<Produce>(path)
const originalFrame = unrepaired<typeof createRequest>('src/protocol/request.js')

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 }))
afterEach(() => void vi.useRealTimers())

const buffers = fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes))
const bytes = fc.option(fc.oneof(buffers, fc.string({ maxLength: 200, unit: 'grapheme' })))
const messages = fc.record({
  key: bytes,
  value: bytes,
  // kafkajs cannot write a header without a value.
  headers: fc.dictionary(fc.string({ maxLength: 80 }), fc.oneof(buffers, fc.array(buffers, { maxLength: 3 })), {
    maxKeys: 70,
  }),
  // kafkajs sorts them as text, so all are of one length.
  timestamp: fc.option(fc.integer({ min: 1_000_000_000_000, max: 9_999_999_999_999 }).map(String)),
})
const partitions = fc.record({
  partition: fc.nat({ max: 1_000 }),
  firstSequence: fc.nat({ max: 2 ** 31 - 1 }),
  messages: fc.array(messages, { minLength: 1, maxLength: 6 }),
})
const requests: fc.Arbitrary<ProduceRequest> = fc.record({
  acks: fc.constantFrom(-1, 1),
  timeout: fc.nat({ max: 100_000 }),
  transactionalId: fc.option(fc.string({ maxLength: 60, unit: 'grapheme' }), { nil: null }),
  producerId: fc.bigInt({ min: -1n, max: 2n ** 62n }).map(String),
  producerEpoch: fc.integer({ min: -1, max: 32_767 }),
  topicData: fc.array(
    fc.record({
      topic: fc.string({ maxLength: 30 }),
      partitions: fc.array(partitions, { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
})

/** One record in one batch. */
const lone = (value: Buffer): ProduceRequest => ({
  acks: -1,
  timeout: 30_000,
  transactionalId: 'id',
  producerId: '7',
  topicData: [{ topic: 't', partitions: [{ partition: 0, messages: [{ key: null, value }] }] }],
})

test('writes the bytes kafkajs writes', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async request => {
      const wanted = (await original(request).encode()).buffer
      expect(encodeProduce(request).buffer.toString('hex')).toBe(wanted.toString('hex'))
    }),
    { numRuns: 300 },
  )
})

test.each([63, 64, 8_191, 8_192, 1_048_575, 1_048_576])('a value of %i bytes, where its length takes more', async n => {
  const request = lone(Buffer.alloc(n, 'x'))
  expect(encodeProduce(request).buffer.equals((await original(request).encode()).buffer)).toBe(true)
})

test('frames a request as kafkajs does', async () => {
  for (const clientId of [null, 'a client, ü'])
    for (const length of [0, 1, 600, 70_000]) {
      const encode = async () => ({ buf: Buffer.alloc(length, 'y'), buffer: Buffer.alloc(length, 'y') })
      const input = { correlationId: 77, clientId, request: { apiKey: 3, apiVersion: 7, encode } }
      const wanted = await originalFrame(input)
      const framed = await createRequest(input)
      expect(framed.buffer.equals(wanted.buffer)).toBe(true)
      expect(framed.size()).toBe(wanted.size())
    }
})

test('CRC-32C of what RFC 3720 gives', () => {
  const ascending = Buffer.from(Array.from({ length: 32 }, (_, i) => i))
  expect(crc32c(Buffer.alloc(32), 0, 32)).toBe(0x8a9136aa)
  expect(crc32c(Buffer.alloc(32, 0xff), 0, 32)).toBe(0x62a8ab43)
  expect(crc32c(ascending, 0, 32)).toBe(0x46dd794e)
  expect(crc32c(Buffer.from('..123456789.'), 2, 11)).toBe(0xe3069283)
})

test('is what the product writes with', async () => {
  const produce = internal<Produce>(path)
  expect(produce).not.toBe(original)
  expect(internal('src/protocol/request.js')).toBe(createRequest)
  const request = lone(Buffer.from('v'))
  expect((await produce(request).encode()).buffer).toEqual(encodeProduce(request).buffer)
  expect(produce(request)).toMatchObject({ apiKey: 0, apiVersion: 3, apiName: 'Produce' })
})

test('leaves to kafkajs what is to be compressed', () => {
  const fromKafkajs = { apiKey: 0, encode: async () => encodeProduce(lone(Buffer.alloc(0))) }
  const produce = quickenProduce(() => fromKafkajs)
  expect(produce({ ...lone(Buffer.alloc(1)), compression: 1 })).toBe(fromKafkajs)
  expect(produce(lone(Buffer.alloc(1)))).not.toBe(fromKafkajs)
})
