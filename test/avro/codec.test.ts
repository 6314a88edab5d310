import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileWriter, decodeFramed, rowReader } from '../../src/avro/codec.ts'
import { eventSchema, recordSchema, replySchema } from '../../src/avro/derive.ts'
import { recordToJson } from '../../src/avro/json.ts'
import type { AvroSchema } from '../../src/avro/schema.ts'
import type { EventValue, ReplyValue, Row, SchemaId } from '../../src/core/contract.ts'
import { isConnectorError } from '../../src/core/errors.ts'
import { rows } from './arbitraries.ts'
import { everyType, fieldDescribe, objectDescribe } from './contact-describe.ts'

const id = 7 as SchemaId
const registryOf = (schema: AvroSchema) => ({ schema: async () => schema })

/** The JSON that a row must come out as: absent and base64 fields aside, what went in. */
function expectedJson(row: Row): Record<string, unknown> {
  const fields = everyType.fields.filter(field => field.type !== 'base64')
  return Object.fromEntries(
    fields.map(({ name, type }) => {
      const value = row[name] ?? null
      return [name, type === 'multipicklist' && value !== null ? String(value).split(';') : value]
    }),
  )
}

const withoutMinusZero = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test('a row of every type comes back as it was: row -> Avro -> bytes -> Avro -> JSON', async () => {
  const schema = recordSchema(everyType)
  const codec = compileWriter<Record<string, unknown>>(schema, id)
  const read = rowReader(everyType)
  await fc.assert(
    fc.asyncProperty(rows(everyType), async row => {
      const decoded = await decodeFramed(codec.encode(read(row)), registryOf(schema))
      expect(decoded.schemaName).toBe('salesforce.contact.Record')
      expect(withoutMinusZero(recordToJson(schema, decoded.value))).toEqual(withoutMinusZero(expectedJson(row)))
    }),
    { numRuns: 500 },
  )
})

describe('rowReader', () => {
  const one = (type: string, value: unknown) =>
    rowReader(objectDescribe('X__c', [fieldDescribe('F__c', type)]))({ F__c: value }).F__c

  test.for<[string, unknown, unknown]>([
    ['int', 3, 3],
    ['int', '3', 3],
    ['int', 3.0, 3],
    ['double', '1.39E8', 139_000_000],
    ['double', 1.39e8, 139_000_000],
    ['double', '-0.5', -0.5],
    ['currency', '2500.50', 2500.5],
    ['percent', 75, 75],
    ['long', '4503599627370496', 2 ** 52],
    ['date', '1970-01-02', 1],
    ['datetime', '1970-01-01T00:00:01.000+0000', 1000],
    ['time', '00:00:01.000Z', 1000],
    ['multipicklist', 'b;a', ['b', 'a']],
    ['picklist', '', ''],
    ['boolean', false, false],
    ['string', 'a\ud800b', 'a\ufffdb'],
    ['anyType', 5, '5'],
    ['anyType', true, 'true'],
    ['location', { latitude: 1 }, { latitude: 1, longitude: null }],
    ['newTypeOfTheFuture', 'text', 'text'],
  ])('%s: %j', ([type, value, expected]) => expect(one(type, value)).toEqual(expected))

  test.for<[string, unknown]>([
    ['boolean', 'wahr'],
    ['boolean', 1],
    ['int', 3.5],
    ['int', 2 ** 31],
    ['int', '0x10'],
    ['int', ''],
    ['int', ' 1'],
    ['int', [1]],
    ['long', 2 ** 52 + 1],
    ['long', -(2 ** 52) - 1],
    ['long', '9007199254740993'],
    ['double', Number.NaN],
    ['double', Number.POSITIVE_INFINITY],
    ['double', '1e999'],
    ['double', 'NaN'],
    ['double', true],
    ['date', '2026-02-30'],
    ['date', 20_000],
    ['date', ''],
    ['datetime', '2026-11-23'],
    ['datetime', 1_700_000_000_000],
    ['time', '25:00:00Z'],
    ['multipicklist', ['a']],
    ['string', 5],
    ['string', {}],
    ['address', 'Main Street'],
    ['address', []],
    ['address', { street: 5 }],
    ['location', { latitude: 'north' }],
  ])('refuses %s: %j, and names the field and not the value', ([type, value]) => {
    let thrown: unknown
    try {
      one(type, value)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ code: 'salesforce.bad_answer' })
    expect(String(thrown)).toContain('X__c.F__c')
    const shown = JSON.stringify(value)
    if (shown.length > 4) expect(String(thrown)).not.toContain(shown.replaceAll('"', ''))
  })

  test('a field that is missing, null or unknown', () => {
    const read = rowReader(objectDescribe('X__c', [fieldDescribe('A__c', 'int'), fieldDescribe('B__c', 'string')]))
    expect(read({ attributes: { type: 'X__c' }, B__c: null, Other__c: 1 })).toEqual({ A__c: null, B__c: null })
  })
})

const event: EventValue = {
  eventId: 'e1',
  type: 'MERGED',
  trigger: 'contact-deleted',
  object: 'Contact',
  recordId: '003000000000001AAA',
  orgId: '00D000000000001EAA',
  occurredAt: 1_795_000_000_000,
  capturedAt: 1_795_000_000_123,
  masterRecordId: null,
  changedByConnector: true,
  record: null,
}

const reply: ReplyValue = {
  commandId: 'c1',
  commandHash: 'ab',
  action: 'CreateContact',
  status: 'FAILED',
  recordId: null,
  created: null,
  record: null,
  errors: [{ code: 'STRING_TOO_LONG', message: 'too long', fields: ['LastName'], remedy: 'Shorten it.' }],
  warnings: ['w'],
  retryable: true,
  attempts: 2,
  duplicate: false,
  candidates: ['003000000000001AAA'],
  command: { topic: 't', partition: 3, offset: 2 ** 40 },
  startedAt: 1,
  finishedAt: 2,
}

describe('compileWriter', () => {
  test('frames the value as registries do: 0, the id in four bytes, Avro', () => {
    const codec = compileWriter<{ n: number }>(
      { type: 'record', name: 'N', fields: [{ name: 'n', type: 'int' }] },
      258 as SchemaId,
    )
    expect(codec.encode({ n: 1 })).toEqual(Buffer.from([0, 0, 0, 1, 2, 2]))
    expect(codec.schemaId).toBe(258)
  })

  test('events and replies come back whole', async () => {
    const events = eventSchema(everyType)
    const readEvent = await decodeFramed(compileWriter<EventValue>(events, id).encode(event), registryOf(events))
    expect(readEvent).toMatchObject({ schemaId: 7, schemaName: 'salesforce.contact.Event', value: event })
    const replies = replySchema(everyType)
    const readReply = await decodeFramed(compileWriter<ReplyValue>(replies, id).encode(reply), registryOf(replies))
    expect(readReply).toMatchObject({ schemaName: 'salesforce.contact.Reply', value: reply })
  })

  test('values of very different sizes share nothing', async () => {
    const schema = eventSchema(everyType)
    const codec = compileWriter<EventValue>(schema, id)
    const sizes = [0, 70_000, 10, 3_000_000, 5]
    const texts = sizes.map((size, i) => String(i).repeat(size))
    const buffers = texts.map(eventId => codec.encode({ ...event, eventId }))
    for (const [i, buffer] of buffers.entries())
      expect((await decodeFramed(buffer, registryOf(schema))).value).toEqual({ ...event, eventId: texts[i] })
  })

  test('a value that does not fit is named by its path, never shown', () => {
    const codec = compileWriter<EventValue>(eventSchema(everyType), id)
    const wrong = { ...event, record: { ...rowReader(everyType)({}), Birthdate: 'SECRET' } }
    let thrown: unknown
    try {
      codec.encode(wrong)
    } catch (error) {
      thrown = error
    }
    expect(isConnectorError(thrown, 'internal.bug')).toBe(true)
    expect(String(thrown)).toContain('salesforce.contact.Event: record.Birthdate')
    expect(`${thrown}${JSON.stringify((thrown as Error).cause)}`).not.toContain('SECRET')
  })
})

test('recordToJson writes dates and times as ISO, bytes as base64, and leaves foreign unions as they are', () => {
  const json = recordToJson(eventSchema(everyType), { ...event, record: { ...rowReader(everyType)({}), Birthdate: 1 } })
  expect(json).toMatchObject({
    occurredAt: '2026-11-18T11:06:40.000Z',
    type: 'MERGED',
    record: { Birthdate: '1970-01-02' },
  })
  const foreign = {
    type: 'record',
    name: 'F',
    fields: [
      { name: 'bytes', type: 'bytes' },
      { name: 'either', type: ['null', { type: 'int', logicalType: 'date' }, 'long'] },
      { name: 'map', type: { type: 'map', values: { type: 'int', logicalType: 'date' } } },
      { name: 'missing', type: ['null', 'string'] },
    ],
  } as const
  expect(recordToJson(foreign, { bytes: Buffer.from('hi'), either: 5, map: { a: 0 } })).toEqual({
    bytes: 'aGk=',
    either: 5,
    map: { a: '1970-01-01' },
    missing: null,
  })
})
