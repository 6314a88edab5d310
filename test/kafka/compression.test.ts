import { createHash } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type IncomingRecord, offset } from '../../src/core/contract.ts'
import { codecs, unpackedBytesMax } from '../../src/kafka/compression.ts'
import { recordsMax } from '../../src/kafka/fetched-batches.ts'
import { filterAbortedMessages } from '../../src/kafka/kafkajs-repairs.ts'
import { recordSize, writeRecord } from '../../src/kafka/record-encoder.ts'
import { connect, eventually, newTopic, readAll } from './connect.ts'
import { GroupWorld } from './group-world.ts'
import { batchOf, type CodecNumber, decodeBatches, packedByJava, packedValues, sendPacked } from './packed-batches.ts'

const names = { 1: 'gzip', 2: 'snappy', 3: 'lz4', 4: 'zstd' } as const
const all = [1, 2, 3, 4] as const
const unpack = (number: CodecNumber, packed: Buffer): Promise<Buffer> => codecs[number].decompress(packed)
const bytes = (...parts: readonly (number | string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map(part => Buffer.from(typeof part === 'number' ? [part] : part)))
const uint32 = (value: number): number[] => [0, 8, 16, 24].map(shift => (value >>> shift) & 255)

describe.each(all)('codec %i', number => {
  test('reads what Java packed, batch after batch', async () => {
    const batch = batchOf(number, packedValues.length, packedByJava[number])
    const messages = await decodeBatches(batch, batch)
    expect(messages.map(({ value }) => String(value))).toEqual([...packedValues, ...packedValues])
  })

  test('refuses what ends too early', async () => {
    const packed = packedByJava[number]
    for (let length = 0; length < packed.length; length++)
      await expect(unpack(number, packed.subarray(0, length)), `${length} bytes`).rejects.toThrow(
        `${names[number]} could not be unpacked`,
      )
  })

  test('throws nothing but an Error of its own, whatever is changed in the bytes', async () => {
    const packed = packedByJava[number]
    const changes = fc.array(fc.tuple(fc.nat(packed.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(changes, async changed => {
        const bent = Buffer.from(packed)
        for (const [at, byte] of changed) bent[at] = byte
        const outcome = await unpack(number, bent).catch((error: unknown) => error)
        if (outcome instanceof Buffer) expect(outcome.length).toBeLessThanOrEqual(unpackedBytesMax)
        else expect(outcome).toMatchObject({ name: 'Error', message: expect.stringContaining(names[number]) })
      }),
      { numRuns: 1_000 },
    )
  })

  test('what cannot be read becomes one record that says where it stood, and what follows is read', async () => {
    const packed = Buffer.from(packedByJava[number]).fill(255, 30)
    const sound = batchOf(number, packedValues.length, packedByJava[number])
    const [standIn, ...rest] = await decodeBatches(batchOf(number, 4, packed), sound)
    expect(standIn).toMatchObject({ offset: '43', key: null, value: null, isControlRecord: false })
    const sha256 = createHash('sha256').update(packed).digest('hex')
    expect(standIn!.unreadable).toMatchObject({ firstOffset: '40', sha256 })
    expect(standIn!.unreadable!.reason).toContain(`${names[number]} could not be unpacked`)
    expect(rest.map(({ value }) => String(value))).toEqual(packedValues)
  })
})

/** A frame with one block of one literal, repeated until there are `length` bytes. */
function lz4Bomb(length: number): Buffer {
  const more = length - 1 - 4 - 15 // besides the literal, the shortest repeat, and what fits into the token
  const block = bytes(0x1f, 'x', [1, 0], Array<number>(Math.floor(more / 255)).fill(255), more % 255, 0)
  return bytes([4, 0x22, 0x4d, 0x18, 0x60, 0x40, 0], uint32(block.length), [...block], uint32(0))
}
const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)])
/** A block of 64 literals, repeated in full until there are `length` bytes. */
const snappyBomb = (length: number): Buffer =>
  Buffer.concat([
    bytes(varint(length), [60 << 2, 63], 'x'.repeat(64)),
    ...Array<Buffer>(length / 64 - 1).fill(Buffer.from([(63 << 2) | 2, 64, 0])),
  ])

test.each([
  [1, (length: number) => gzipSync(Buffer.alloc(length))],
  [2, snappyBomb],
  [3, lz4Bomb],
  [4, (length: number) => zstdCompressSync(Buffer.alloc(length))],
] as const)('codec %i unpacks as much as is allowed, and no more', async (number, pack) => {
  const unpackedLength = async (length: number): Promise<number> => (await unpack(number, pack(length))).length
  expect(await unpackedLength(unpackedBytesMax)).toBe(unpackedBytesMax)
  await expect(unpackedLength(unpackedBytesMax + 64)).rejects.toThrow(`more than ${unpackedBytesMax} bytes`)
})

describe('snappy', () => {
  test('without xerial’s frame, with every kind of element', async () => {
    const long = 'y'.repeat(300)
    const short = bytes(4 << 2, 'abcde', (1 << 2) | 1, 5) // five literals, five bytes from a distance of five
    const wide = bytes((2 << 2) | 2, [10, 0], (1 << 2) | 3, [3, 0, 0, 0], 61 << 2, [43, 1], long)
    const text = `abcdeabcdeabcab${long}`
    expect(String(await unpack(2, bytes(varint(text.length), [...short], [...wide])))).toBe(text)
  })

  test('of several blocks in xerial’s frame', async () => {
    const block = bytes(3, 2 << 2, 'abc')
    const framed = [0, 0, 0, block.length, ...block]
    const header = packedByJava[2].subarray(0, 16)
    expect(String(await unpack(2, bytes([...header], framed, framed)))).toBe('abcabc')
  })

  test.each([
    ['a length it has not', bytes(4, 2 << 2, 'abc'), 'not the length'],
    ['a length that never ends', bytes([255, 255, 255, 255, 255]), 'not a number'],
    ['a distance of nothing', bytes(7, 2 << 2, 'abc', 1, 0), 'outside of itself'],
    ['a distance beyond its beginning', bytes(7, 2 << 2, 'abc', 1, 4), 'outside of itself'],
  ])('with %s is refused', async (_what, packed, reason) => {
    await expect(unpack(2, packed)).rejects.toThrow(reason)
  })
})

describe('an LZ4 frame', () => {
  const frame = (flags: number, ...rest: readonly (number | string | readonly number[])[]): Buffer =>
    bytes([4, 0x22, 0x4d, 0x18, flags, 0x40], ...rest)
  const stored = [...uint32(0x8000_0003), ...Buffer.from('abc')]

  test('with stored blocks, checksums and its size', async () => {
    const checksum = uint32(0x12345678)
    const size = [...uint32(6), ...uint32(0)]
    const packed = frame(0b0111_1100, size, 0, stored, checksum, stored, checksum, uint32(0), checksum)
    expect(String(await unpack(3, packed))).toBe('abcabc')
  })

  test('whose blocks refer to each other', async () => {
    const repeat = bytes(0x00, [3, 0], 0x10, 'd') // no literal, four bytes from a distance of three, one literal
    const packed = frame(0b0100_0000, 0, stored, uint32(repeat.length), [...repeat], uint32(0))
    expect(String(await unpack(3, packed))).toBe('abcabcad')
  })

  test.each([
    ['another magic', bytes([5, 0x22, 0x4d, 0x18, 0x60, 0x40, 0], uint32(0)), 'no LZ4 frame'],
    ['another version', frame(0b1010_0000, 0, uint32(0)), 'version 2'],
    ['a dictionary', frame(0b0110_0001, uint32(1), 0, uint32(0)), 'dictionary'],
  ])('with %s is refused', async (_what, packed, reason) => {
    await expect(unpack(3, packed)).rejects.toThrow(reason)
  })
})

test('zstd in several frames, but not in any number of them', async () => {
  const [hello, empty] = ['hello ', ''].map(text => zstdCompressSync(text)) as [Buffer, Buffer]
  expect(String(await unpack(4, Buffer.concat([hello, empty, hello])))).toBe('hello hello ')
  await expect(unpack(4, Buffer.concat(Array<Buffer>(1_001).fill(empty)))).rejects.toThrow('1000 frames')
})

describe('a batch that cannot be read', () => {
  const torn = (changes: (batch: Buffer) => void = () => undefined): Buffer => {
    const batch = batchOf(1, 4, Buffer.from(packedByJava[1]).fill(255, 30))
    changes(batch)
    return batch
  }

  test('belongs to its producer’s transaction, so that it is left out with it', async () => {
    const messages = await decodeBatches(
      torn(batch => {
        batch.writeInt16BE(1 | 0x10, 21)
        batch.writeBigInt64BE(7n, 43)
      }),
    )
    const filtered = (producerId: string) =>
      filterAbortedMessages({ messages, abortedTransactions: [{ producerId, firstOffset: '40' }] })
    expect([filtered('7').length, filtered('8').length]).toEqual([0, 1])
  })

  test('is an error if it holds the marker of a transaction: without it nobody knows what was aborted', async () => {
    await expect(decodeBatches(torn(batch => batch.writeInt16BE(1 | 0x20, 21)))).rejects.toThrow('gzip')
  })
})

/** Records as small as they can be, `each` of them in each batch. */
const tinyRecords = (each: number): Buffer =>
  batchOf(1, each, gzipSync(Buffer.alloc(7 * each, bytes(12, 0, 0, 0, 1, 1, 0))))

test('as many records in a batch as are allowed, and no more; what is more in a fetch is read by the next', async () => {
  expect(await decodeBatches(tinyRecords(recordsMax))).toHaveLength(recordsMax)
  const [tooMany] = await decodeBatches(tinyRecords(recordsMax + 1))
  expect(tooMany!.unreadable!.reason).toBe(`it has more than ${recordsMax} records`)
  const some = await decodeBatches(tinyRecords(60_000), tinyRecords(60_000))
  expect([some.length, some.nextOffset]).toEqual([60_000, '60040'])
})

test('a fetch that unpacks to more than a batch may is read in parts', async () => {
  const large = 20 * 1_048_576
  const value = Buffer.alloc(large)
  const record = Buffer.alloc(large + 100)
  const batch = batchOf(1, 1, gzipSync(record.subarray(0, writeOne(record, value))))
  expect(await decodeBatches(batch, batch, batch)).toHaveLength(2)
})

function writeOne(into: Buffer, value: Buffer): number {
  const record = { offsetDelta: 0, timestampDelta: 0, key: null, value, headers: {} }
  const size = recordSize(record)
  return writeRecord(into, 0, record, size)
}

test('a consumer is past a batch that is too large when unpacked; a reader of state refuses it', async () => {
  const kafka = await connect()
  const topic = await newTopic(kafka)
  await sendPacked(
    topic,
    [Buffer.from('before')],
    [Buffer.alloc(unpackedBytesMax / 2), Buffer.alloc(unpackedBytesMax / 2)],
    [Buffer.from('behind')],
  )
  const taken: IncomingRecord[] = []
  const { crashes } = await new GroupWorld(kafka).join(topic, topic, {
    onBatch: async batch => {
      taken.push(...batch.records)
      batch.resolve(offset(batch.records.at(-1)!.offset + 1n))
    },
  })
  await eventually(() => taken.map(({ offset: at, value }) => [at, value && String(value)])).toEqual([
    [0n, 'before'],
    [2n, null],
    [3n, 'behind'],
  ])
  const reason = expect.stringMatching(/gzip .* more than \d+ bytes/)
  expect(taken.map(({ unreadable }) => unreadable)).toEqual([
    undefined,
    { firstOffset: 1n, reason, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    undefined,
  ])
  await expect(readAll(kafka, topic)).rejects.toMatchObject({
    code: 'kafka.topic_invalid',
    message: expect.stringMatching(`offsets 1 to 2 of ${topic}/0 cannot be read: gzip`),
  })
  expect(crashes).toEqual([])
  await kafka.close()
})
