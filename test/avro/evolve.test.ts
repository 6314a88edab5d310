import avsc from 'avsc'
import { describe, expect, test } from 'vitest'
import { compileWriter, decodeFramed, rowReader } from '../../src/avro/codec.ts'
import { eventSchema } from '../../src/avro/derive.ts'
import { type Evolved, evolve } from '../../src/avro/evolve.ts'
import { recordToJson } from '../../src/avro/json.ts'
import type { AvroField, AvroRecordSchema, AvroSchema } from '../../src/avro/schema.ts'
import type { EventValue, FieldDescribe, Row, SchemaId } from '../../src/core/contract.ts'
import { everyType, fieldDescribe, objectDescribe } from './contact-describe.ts'

const id = 7 as SchemaId
const named = (...fields: FieldDescribe[]) => objectDescribe('Contact', [fieldDescribe('Id', 'id'), ...fields])
const rowFields = (schema: AvroRecordSchema): readonly AvroField[] => {
  const { type } = schema.fields.find(({ name }) => name === 'record')!
  return (type as readonly [string, AvroRecordSchema])[1].fields
}
const typeAt = (schema: AvroRecordSchema, name: string): AvroSchema | undefined => {
  const type = rowFields(schema).find(field => field.name === name)?.type
  return type === undefined ? undefined : (type as readonly [string, AvroSchema])[1]
}
const namesIn = (schema: AvroRecordSchema): string[] => rowFields(schema).map(({ name }) => name)

/** The row as a consumer sees it that reads with the schema of the event. */
async function through(evolved: Evolved, row: Row): Promise<Record<string, unknown>> {
  const record = rowReader(named(), evolved.columns, evolved.empty)(row)
  const value = { ...envelope, record } as EventValue
  const { value: read } = await decodeFramed(compileWriter<EventValue>(evolved.schema, id).encode(value), {
    schema: async () => evolved.schema,
  })
  return recordToJson(evolved.schema, read).record as Record<string, unknown>
}
const envelope = {
  ...{ eventId: 'e', type: 'CREATED', trigger: 't', object: 'Contact', recordId: 'r', orgId: 'o' },
  ...{ occurredAt: 1, capturedAt: 2, masterRecordId: null, changedByConnector: false },
}

describe('a first schema', () => {
  test('is the one derived from describe', () => {
    expect(evolve([], everyType).schema).toEqual(eventSchema(everyType))
    expect(evolve([], everyType)).toMatchObject({ renamed: [], lost: [] })
  })

  test('of names that differ in case only gives each its own, unique without case', async () => {
    const twins = named(fieldDescribe('Foo__c', 'string'), fieldDescribe('foo__c', 'string'))
    const evolved = evolve([], twins)
    expect(namesIn(evolved.schema)).toEqual(['Id', 'Foo__c', 'foo__c_string'])
    expect(rowFields(evolved.schema)[2]).toMatchObject({ salesforceName: 'foo__c' })
    expect(await through(evolved, { Foo__c: 'A', foo__c: 'a' })).toMatchObject({ Foo__c: 'A', foo__c_string: 'a' })
    expect(evolve([evolved.schema], twins).schema).toEqual(evolved.schema)
  })

  test('holds fields named like words of Avro, Java and JavaScript, and like its own types', async () => {
    const words = ['null', 'string', 'record', 'union', 'class', 'constructor', 'toString', 'hasOwnProperty']
    const names = [...words, 'Address', 'Location', 'Record', 'Event', '__proto__', 'a-b', '1a']
    const reserved = named(...names.map(name => fieldDescribe(name, 'string')), fieldDescribe('Home', 'address'))
    const evolved = evolve([], reserved)
    expect(() => avsc.Type.forSchema(evolved.schema as avsc.Schema)).not.toThrow()
    for (const name of words) expect(namesIn(evolved.schema)).toContain(name)
    const row = Object.fromEntries(names.map(name => [name, `value of ${name}`]))
    expect(Object.values(await through(evolved, row)).filter(value => value !== null)).toEqual(Object.values(row))
    const gone = evolve([evolved.schema], named())
    expect(Object.values(await through(gone, { Id: '003' }))).toEqual(['003', ...[...names, 'Home'].map(() => null)])
  })
})

describe('the next schema', () => {
  const before = named(fieldDescribe('Score__c', 'double'), fieldDescribe('Home__c', 'address'))
  const first = evolve([], before)

  test('is the same while nothing changes, whatever the order and the labels', () => {
    const reordered = named(...before.fields.toReversed().filter(({ name }) => name !== 'Id'))
    const relabelled = { ...before, fields: before.fields.map(field => ({ ...field, label: 'Other' })) }
    for (const same of [before, reordered, relabelled])
      expect(evolve([first.schema], same)).toMatchObject({ schema: first.schema, added: [], renamed: [], lost: [] })
  })

  test('has a new field at its end, and keeps a lost one, which then reads null', async () => {
    const after = named(fieldDescribe('New__c', 'boolean'))
    const next = evolve([first.schema], after)
    expect(namesIn(next.schema)).toEqual(['Id', 'Score__c', 'Home__c', 'New__c'])
    expect(next).toMatchObject({ added: ['New__c'], lost: ['Score__c', 'Home__c'], renamed: [] })
    expect(await through(next, { Id: '003', New__c: true })).toEqual({
      Id: '003',
      Score__c: null,
      Home__c: null,
      New__c: true,
    })
  })

  test('spells an address out although the field that did so is gone', () => {
    const next = evolve([first.schema], named(fieldDescribe('Work__c', 'address')))
    expect(typeAt(next.schema, 'Home__c')).toMatchObject({ type: 'record', name: 'Address' })
    expect(typeAt(next.schema, 'Work__c')).toBe('Address')
    expect(() => avsc.Type.forSchema(next.schema as avsc.Schema)).not.toThrow()
  })

  test('has a new name for a field of another type, and the first again when the type comes back', async () => {
    const retyped = evolve([first.schema], named(fieldDescribe('Score__c', 'string')))
    expect(retyped).toMatchObject({
      added: [],
      lost: ['Home__c'],
      renamed: [{ field: 'Score__c', avroName: 'Score__c_string' }],
    })
    expect(await through(retyped, { Score__c: 'many' })).toMatchObject({ Score__c: null, Score__c_string: 'many' })
    const back = evolve([first.schema, retyped.schema], before)
    expect(back.schema).toEqual(retyped.schema)
    expect(await through(back, { Score__c: 1.5 })).toMatchObject({ Score__c: 1.5, Score__c_string: null })
  })

  test('goes on under the same name where the form of the values stays', () => {
    for (const type of ['currency', 'percent'])
      expect(evolve([first.schema], named(fieldDescribe('Score__c', type), before.fields[2]!)).schema).toEqual(
        first.schema,
      )
  })

  test('knows a field that was spelled in another case', () => {
    const next = evolve([first.schema], named(fieldDescribe('SCORE__C', 'double'), before.fields[2]!))
    expect(next).toMatchObject({ schema: first.schema, renamed: [], lost: [] })
    expect(rowReader(named(), next.columns)({ SCORE__C: 3 })).toMatchObject({ Score__c: 3 })
  })

  test('never takes the name of another field for a substitute', () => {
    const taken = named(fieldDescribe('Score__c', 'string'), fieldDescribe('Score__c_string', 'string'))
    const next = evolve([first.schema], taken)
    expect(next.columns.map(({ avroName }) => avroName)).toEqual(['Id', 'Score__c_string_2', 'Score__c_string'])
  })

  test('holds what only an earlier schema had, so that no name ever changes its type', () => {
    const without = evolve([], named())
    const next = evolve([first.schema, without.schema], named(fieldDescribe('Score__c', 'date')))
    expect(typeAt(next.schema, 'Score__c')).toBe('double')
    expect(typeAt(next.schema, 'Score__c_date')).toEqual({ type: 'int', logicalType: 'date' })
  })

  test('takes over nothing from what is no event of ours', () => {
    for (const foreign of ['string', { type: 'record', name: 'X', fields: [{ name: 'record', type: 'long' }] }])
      expect(evolve([foreign as AvroSchema], before).schema).toEqual(first.schema)
  })
})

describe('numbers', () => {
  const scaled = named(fieldDescribe('Price__c', 'currency', { scale: 2 }), fieldDescribe('Count__c', 'int'))

  test.for([
    ['double', 'double', 1.005e9, 1.005e9],
    ['string', 'string', 1.39e21, '1390000000000000000000'],
    ['string', 'string', 1e-7, '0.0000001'],
    ['decimal', { type: 'bytes', logicalType: 'decimal', precision: 38, scale: 2 }, -0.125, '-0.13'],
    ['decimal', { type: 'bytes', logicalType: 'decimal', precision: 38, scale: 2 }, 1.39e8, '139000000.00'],
  ] as const)('%s: %j', async ([numbers, type, given, read]) => {
    const evolved = evolve([], scaled, numbers)
    expect(typeAt(evolved.schema, 'Price__c')).toEqual(type)
    expect(typeAt(evolved.schema, 'Count__c')).toBe('int')
    expect(await through(evolved, { Price__c: given, Count__c: 3 })).toMatchObject({ Price__c: read, Count__c: 3 })
  })

  test('another choice, or another scale of a decimal, is another type', () => {
    const doubles = evolve([], scaled).schema
    const decimals = evolve([doubles], scaled, 'decimal')
    expect(decimals.renamed).toEqual([{ field: 'Price__c', avroName: 'Price__c_decimal2' }])
    const finer = named(fieldDescribe('Price__c', 'currency', { scale: 4 }))
    expect(evolve([decimals.schema], finer, 'decimal').renamed).toEqual([
      { field: 'Price__c', avroName: 'Price__c_decimal4' },
    ])
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 'many', true, 1e40])('%s is no decimal', given => {
    const { columns } = evolve([], scaled, 'decimal')
    expect(() => rowReader(scaled, columns)({ Price__c: given })).toThrow('Price__c')
  })
})
