import avsc from 'avsc'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readAvro } from '../../src/avro/reader.ts'
import { type AvroSchema, resolveSchema } from '../../src/avro/schema.ts'
import { avroWriter, Misfit } from '../../src/avro/writer.ts'
import { anyType, anyValue } from './any-value.ts'

function written(schema: AvroSchema, value: unknown, roomBytes = 1): Buffer {
  const out = { bytes: Buffer.alloc(roomBytes), at: 0 }
  avroWriter(resolveSchema(schema))(value, out)
  return out.bytes.subarray(0, out.at)
}

function misfitOf(schema: AvroSchema, value: unknown): string {
  try {
    written(schema, value)
  } catch (error) {
    if (error instanceof Misfit) return `${error.path.join('.')} is no ${error.expected}`
    throw error
  }
  throw new Error('it was written')
}

test('any value of any type is written as avsc writes it, into any buffer', () => {
  const type = avsc.Type.forSchema(anyType as unknown as avsc.Schema)
  fc.assert(
    fc.property(anyValue, fc.integer({ min: 1, max: 300 }), (value, roomBytes) => {
      expect(written(anyType, value, roomBytes).toString('hex')).toBe(type.toBuffer(value).toString('hex'))
    }),
  )
})

test('every safe integer is written as it is', () => {
  const safe = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0, -1))
  fc.assert(
    fc.property(safe, n => {
      expect(readAvro(resolveSchema('long'), written('long', n))).toBe(n)
    }),
  )
})

test('texts of every length are read as they were, where the bytes of the length or of a character grow', () => {
  const type = resolveSchema('string')
  for (let length = 0; length <= 300; length++)
    for (const unit of ['a', 'é', '漢'])
      for (const text of [unit.repeat(length), `${'a'.repeat(length)}${unit}`])
        expect(readAvro(type, written('string', text))).toBe(text)
})

test('a field that is absent is its default, else null', () => {
  const schema = {
    type: 'record',
    name: 'R',
    fields: [
      { name: 'names', type: { type: 'array', items: 'string' }, default: [] },
      { name: 'note', type: ['null', 'string'], default: null },
      { name: 'n', type: 'int', default: 7 },
    ],
  } as const
  expect(readAvro(resolveSchema(schema), written(schema, {}))).toEqual({ names: [], note: null, n: 7 })
})

describe('a value that does not fit is not written; the error names its place and never the value', () => {
  const record = (type: AvroSchema): AvroSchema => ({ type: 'record', name: 'R', fields: [{ name: 'at', type }] })
  test.each<[AvroSchema, unknown, string]>([
    [record('string'), { at: 5 }, 'at is no string'],
    [record('string'), {}, 'at is no string'],
    [record('int'), { at: 2 ** 31 }, 'at is no int'],
    [record('long'), { at: 2 ** 53 }, 'at is no long'],
    [record('long'), { at: 1.5 }, 'at is no long'],
    [record('boolean'), { at: 'true' }, 'at is no boolean'],
    [record('bytes'), { at: 'text' }, 'at is no bytes'],
    [record(['null', 'double']), { at: '1' }, 'at is no double'],
    [record(['boolean', 'double']), { at: 'secret' }, 'at is no boolean or double'],
    [record(['boolean', 'double']), { at: null }, 'at is no boolean or double'],
    [record({ type: 'enum', name: 'E', symbols: ['A'] }), { at: 'secret' }, 'at is no enum'],
    [record({ type: 'fixed', name: 'F', size: 2 }), { at: Buffer.alloc(3) }, 'at is no fixed'],
    [record({ type: 'array', items: 'int' }), { at: [1, 'secret'] }, 'at.1 is no int'],
    [record({ type: 'map', values: 'int' }), { at: { one: 'secret' } }, 'at.one is no int'],
    ['null', 'secret', ' is no null'],
    [record('int'), ['secret'], ' is no record'],
  ])('%j', (schema, value, expected) => {
    expect(misfitOf(schema, value)).toBe(expected)
  })
})
