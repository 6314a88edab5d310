import avsc from 'avsc'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileWriter, decodeFramed } from '../../src/avro/codec.ts'
import { commandSchema, eventSchema } from '../../src/avro/derive.ts'
import { readAvro } from '../../src/avro/reader.ts'
import { type AvroSchema, resolveSchema } from '../../src/avro/schema.ts'
import type { SchemaId } from '../../src/core/contract.ts'
import { ConnectorError, isConnectorError } from '../../src/core/errors.ts'
import { anyType, anyValue } from './any-value.ts'
import { everyType } from './contact-describe.ts'

const shape = {
  name: 'UpdateContact',
  recordId: true,
  fields: 'updateable',
  fieldsToNull: true,
  externalIdField: false,
  extra: [],
} as const
const schema = commandSchema(everyType, shape)
const registry = { schema: async (id: SchemaId) => (id === 1 ? schema : undefined) }
const frame = (bytes: readonly number[]) => Buffer.from([0, 0, 0, 0, 1, ...bytes])
const reasonOf = async (
  value: Buffer,
  from: { schema(id: SchemaId): Promise<AvroSchema | undefined> } = registry,
): Promise<string> => {
  const error = await decodeFramed(value, from).catch(error => error)
  expect(isConnectorError(error, 'command.unreadable')).toBe(true)
  return error.message
}

const command = { commandId: 'c', recordId: '003', fields: {}, fieldsToNull: ['Email', 'Phone'], expiresAt: null }
const good = compileWriter<object>(schema, 1 as SchemaId).encode(command)

test('random bytes, with and without a frame, are unreadable and nothing else', async () => {
  for (let run = 0; run < 10_000; run++) {
    const bytes = crypto.getRandomValues(Buffer.alloc(run % 200))
    if (run % 2 === 0) frame([]).copy(bytes)
    const outcome = await decodeFramed(bytes, registry).catch(error => error)
    if (outcome instanceof ConnectorError) expect(outcome.code).toBe('command.unreadable')
    else expect(outcome.schemaName).toBe('salesforce.contact.UpdateContact')
  }
})

test('a good command with any byte changed, cut or added never raises anything else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), async (at, byte, length) => {
      const changed = Buffer.from(good)
      changed[at] = byte
      const outcome = await decodeFramed(changed.subarray(0, length), registry).catch(error => error)
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'command.unreadable' })
    }),
    { numRuns: 2000 },
  )
})

describe('what is wrong is said', () => {
  test.for<[string, Buffer, string]>([
    ['no bytes', Buffer.alloc(0), '0 bytes'],
    ['a short frame', Buffer.from([0, 0, 0, 0]), '4 bytes'],
    ['JSON', Buffer.from('{"a":1}'), 'starts with byte 123'],
    ['an unknown id', Buffer.from([0, 0, 0, 0, 2, 0]), 'no Avro schema with id 2'],
    ['a truncated value', good.subarray(0, -1), 'ends in the middle'],
    ['trailing bytes', Buffer.concat([good, Buffer.alloc(3)]), '3 bytes are left over'],
  ])('%s', async ([, value, message]) => expect(await reasonOf(value)).toContain(message))

  test('a negative id, which is not worth a question', async () => {
    const never = { schema: async () => Promise.reject(new Error('asked')) }
    expect(await reasonOf(Buffer.from([0, 255, 255, 255, 255, 0]), never)).toContain('id -1')
  })

  test('a registry that cannot be asked is not the fault of the value', async () => {
    const down = { schema: async () => Promise.reject(new ConnectorError('registry.unavailable', 'down')) }
    await expect(decodeFramed(good, down)).rejects.toMatchObject({ code: 'registry.unavailable' })
  })
})

describe('hostile values and schemas end at once', () => {
  const record = (type: AvroSchema): AvroSchema => ({ type: 'record', name: 'R', fields: [{ name: 'f', type }] })
  const reason = (type: AvroSchema, bytes: readonly number[]) =>
    reasonOf(frame(bytes), { schema: async () => record(type) })
  const huge = [0xfe, 0xff, 0xff, 0xff, 0x0f] // 2^31 - 1

  test('an array that claims 2^31 items', async () =>
    expect(await reason({ type: 'array', items: 'string' }, huge)).toContain('ends in the middle'))
  test('2^31 items of no bytes', async () =>
    expect(await reason({ type: 'array', items: 'null' }, huge)).toContain('no bytes'))
  test('a map of 2^31 entries', async () =>
    expect(await reason({ type: 'map', values: 'int' }, huge)).toContain('ends in the middle'))
  test('a string of 2 GiB', async () => expect(await reason('string', huge)).toContain('ends in the middle'))
  test('a string of negative length', async () => expect(await reason('string', [1])).toContain('ends in the middle'))
  test('a string that is not UTF-8', async () => expect(await reason('string', [2, 0xff])).toContain('not UTF-8'))
  test('a varint without end', async () => expect(await reason('long', Array(20).fill(0xff))).toContain('ten bytes'))
  test('a long beyond 2^53', async () => expect(await reason('long', [...Array(9).fill(0xff), 1])).toContain('2^53'))
  test('an int beyond 32 bits', async () =>
    expect(await reason('int', [0x80, 0x80, 0x80, 0x80, 0x10])).toContain('32 bits'))
  test('a boolean of 2', async () => expect(await reason('boolean', [2])).toContain('boolean'))
  test('a union branch that is not there', async () =>
    expect(await reason(['null', 'int'], [4])).toContain('no such branch'))
  test('a schema that contains itself and nothing else', async () =>
    expect(await reason('R', [])).toContain('does not fit'))
  test('a type that is not defined', async () => expect(await reason('Gone', [])).toContain('does not define: Gone'))
  test('a schema that is no Avro', async () =>
    expect(await reason(5 as unknown as AvroSchema, [])).toContain('not Avro'))
  test('a field called __proto__', async () => {
    const bad: AvroSchema = { type: 'record', name: 'R', fields: [{ name: '__proto__', type: 'string' }] }
    expect(await reasonOf(frame([0]), { schema: async () => bad })).toContain('usable name')
  })
  test('a schema that is no record', async () =>
    expect(await reasonOf(frame([0]), { schema: async () => 'string' })).toContain('not record'))
})

test('what avsc writes, of any type, the strict reader reads the same', () => {
  const type = avsc.Type.forSchema(anyType as unknown as avsc.Schema)
  const ours = resolveSchema(anyType)
  fc.assert(
    fc.property(anyValue, value => {
      expect(readAvro(ours, type.toBuffer(value))).toEqual(structuredCloneOf(value))
    }),
  )
})

// Dictionaries of fast-check have no prototype; decoded maps do.
const structuredCloneOf = (value: unknown): unknown =>
  typeof value !== 'object' || value === null || Buffer.isBuffer(value)
    ? value
    : Array.isArray(value)
      ? value.map(structuredCloneOf)
      : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, structuredCloneOf(item)]))

test('array blocks may state their size in bytes, as Java writers do', () => {
  const type = resolveSchema({ type: 'array', items: 'int' })
  expect(readAvro(type, Buffer.from([3, 4, 2, 4, 0]))).toEqual([1, 2])
})

test('the resolved schema of an object is worked out once', () => {
  const events = eventSchema(everyType)
  expect(resolveSchema(events)).toBe(resolveSchema(events))
})
