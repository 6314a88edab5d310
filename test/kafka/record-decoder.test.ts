import { expect, test } from 'vitest'
import type { BatchContext, decodeRecord, RecordBytes } from '../../src/kafka/record-decoder.ts'
import '../../src/kafka/kafkajs-repairs.ts'
import { recordSize, writeRecord } from '../../src/kafka/record-encoder.ts'
import { internal, unrepaired } from './unrepaired.ts'

const path = 'src/protocol/recordBatch/record/v0/decoder.js'
const Decoder = internal<new (bytes: Buffer) => RecordBytes & { readVarInt(): number }>('src/protocol/decoder.js')
const context: BatchContext = {
  firstOffset: '9007199254740993',
  firstTimestamp: '1764000000000',
  maxTimestamp: '1764000000999',
  timestampType: 0,
  magicByte: 2,
  producerId: '7',
  inTransaction: true,
}

function decode(by: typeof decodeRecord, headers: Record<string, Buffer | Buffer[]>, changes = {}) {
  const record = { offsetDelta: 3, timestampDelta: 250, key: Buffer.from('k'), value: null, headers }
  const size = recordSize(record)
  const buffer = Buffer.alloc(size + 10)
  writeRecord(buffer, 0, record, size)
  const bytes = new Decoder(buffer)
  bytes.readVarInt() // the length, which kafkajs reads before it calls the decoder
  return by(bytes, { ...context, ...changes })
}

const repaired = internal<typeof decodeRecord>(path)

test('reads what kafkajs reads: offsets beyond 2^53, times, a header given twice', () => {
  const faulty = unrepaired<typeof decodeRecord>(path)
  const headers = { one: Buffer.from('1'), two: [Buffer.from('a'), Buffer.from('b')], none: Buffer.alloc(0) }
  for (const changes of [{}, { timestampType: 1 }, { isControlBatch: true }])
    expect(decode(repaired, headers, changes)).toEqual(decode(faulty, headers, changes))
  expect(decode(repaired, headers)).toMatchObject({ offset: '9007199254740996', timestamp: '1764000000250' })
})

test('a header may have the name of something that every object has', () => {
  const headers = Object.fromEntries(['constructor', '__proto__', 'toString'].map(name => [name, Buffer.from(name)]))
  expect(Object.entries(decode(repaired, headers).headers)).toEqual(Object.entries(headers))
  const faulty = decode(unrepaired<typeof decodeRecord>(path), { constructor: Buffer.from('x') })
  expect(faulty.headers.constructor).toEqual([Object, Buffer.from('x')])
})

test('a hundred thousand headers are read header by header, not each with all before it', () => {
  const headers = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`h${i}`, Buffer.from('v')]))
  expect(Object.keys(decode(repaired, headers).headers)).toHaveLength(100_000)
})
