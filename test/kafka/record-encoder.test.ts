import fc from 'fast-check'
import { expect, test } from 'vitest'
import '../../src/kafka/kafkajs-repairs.ts'
import { encodeRecord, type UnencodedRecord } from '../../src/kafka/record-encoder.ts'
import { internal, unrepaired } from './unrepaired.ts'

const path = 'src/protocol/recordBatch/record/v0/index.js'
type Encode = (record: UnencodedRecord) => { readonly buffer: Buffer }
const original = unrepaired<Encode>(path)

const buffers = fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes))
const bytes = fc.option(fc.oneof(buffers, fc.string({ maxLength: 200, unit: 'grapheme' })))
const records = fc.record({
  offsetDelta: fc.nat({ max: 2 ** 31 - 1 }),
  timestampDelta: fc.oneof(fc.integer(), fc.integer({ min: -(2 ** 45), max: 2 ** 45 })),
  key: bytes,
  value: bytes,
  // kafkajs cannot write a header without a value.
  headers: fc.dictionary(fc.string({ maxLength: 80 }), fc.oneof(buffers, fc.array(buffers, { maxLength: 3 })), {
    maxKeys: 70,
  }),
})

test('writes the bytes kafkajs writes', () => {
  fc.assert(
    fc.property(records, record => {
      expect(encodeRecord(record).buffer.toString('hex')).toBe(original(record).buffer.toString('hex'))
    }),
    { numRuns: 500 },
  )
})

test.each([63, 64, 8_191, 8_192, 1_048_575, 1_048_576])('a value of %i bytes, where its length takes more', length => {
  const record = { key: null, value: Buffer.alloc(length, 'x') }
  expect(encodeRecord(record).buffer.equals(original(record).buffer)).toBe(true)
})

test('is what the product writes with', () => {
  expect(internal<Encode>(path)).toBe(encodeRecord)
})
