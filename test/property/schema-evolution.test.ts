import avsc from 'avsc'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileWriter, decodeFramed, rowReader } from '../../src/avro/codec.ts'
import { evolve } from '../../src/avro/evolve.ts'
import type { Numbers } from '../../src/avro/fields.ts'
import type { AvroRecordSchema } from '../../src/avro/schema.ts'
import type { EventValue, ObjectDescribe, SchemaId } from '../../src/core/contract.ts'
import { fieldDescribe, objectDescribe } from '../avro/contact-describe.ts'
import { histories, typeNames } from './describe-histories.ts'

const typeOf = (schema: AvroRecordSchema): avsc.Type => avsc.Type.forSchema(schema as avsc.Schema)

/** The schemas that the connector would have registered one after the other, each met by all before it. */
function registered(describes: readonly ObjectDescribe[], numbers: readonly Numbers[]): AvroRecordSchema[] {
  const schemas: AvroRecordSchema[] = []
  for (const [index, describe] of describes.entries()) {
    const { schema } = evolve(schemas, describe, numbers[index % numbers.length])
    if (JSON.stringify(schema) !== JSON.stringify(schemas.at(-1))) schemas.push(schema)
  }
  return schemas
}

const allNumbers = fc.array(fc.constantFrom<Numbers>('double', 'decimal', 'string'), { minLength: 1, maxLength: 3 })

test('any history of adds, removes and retypes stays FULL_TRANSITIVE by Avro’s resolution', () => {
  fc.assert(
    fc.property(histories, allNumbers, (describes, numbers) => {
      const schemas = registered(describes, numbers)
      for (const writer of schemas)
        for (const reader of schemas) expect(() => typeOf(reader).createResolver(typeOf(writer))).not.toThrow()
    }),
    { numRuns: 60 },
  )
})

test('a name never changes its type, logical type and scale included, and names are unique without case', () => {
  fc.assert(
    fc.property(histories, allNumbers, (describes, numbers) => {
      const types = new Map<string, string>()
      for (const schema of registered(describes, numbers)) {
        const record = (schema.fields.at(-1)!.type as readonly [string, AvroRecordSchema])[1]
        const names = record.fields.map(({ name }) => name.toLowerCase())
        expect(new Set(names).size).toBe(names.length)
        const form = (type: unknown): string =>
          JSON.stringify(type).replace(/\{"type":"record","name":"(\w+)".*\}(?=\]$)/, '"$1"')
        for (const { name, type } of record.fields) {
          expect(types.get(name) ?? form(type)).toBe(form(type))
          types.set(name, form(type))
        }
      }
    }),
    { numRuns: 100 },
  )
})

test('the values of every field stand under one name, and are read under it by the first and by the last schema', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async describes => {
      const schemas = registered(describes, ['double'])
      const last = describes.at(-1)!
      const { schema, columns } = evolve(schemas, last)
      expect(new Set(columns.map(({ avroName }) => avroName)).size).toBe(last.fields.length)
      const row = Object.fromEntries(last.fields.map(({ name, type }) => [name, typeNames[type]]))
      const record = rowReader(last, columns)(row)
      const value = { ...envelope, record } as EventValue
      const bytes = compileWriter<EventValue>(schema, 1 as SchemaId).encode(value)
      const { value: read } = await decodeFramed(bytes, { schema: async () => schema })
      expect(read.record).toMatchObject(record)
      const first = typeOf(schemas[0]!)
      const old = first.fromBuffer(bytes.subarray(5), first.createResolver(typeOf(schema))) as { record: object }
      for (const [name, seen] of Object.entries(old.record))
        if (seen !== null && typeof seen !== 'object') expect(seen).toEqual(record[name])
    }),
    { numRuns: 60 },
  )
})

const envelope = {
  ...{ eventId: 'e', type: 'CREATED', trigger: 't', object: 'Contact', recordId: 'r', orgId: 'o' },
  ...{ occurredAt: 1, capturedAt: 2, masterRecordId: null, changedByConnector: false },
}

test('the check can fail: a field of another type under its old name does not resolve', () => {
  const [before, after] = (['double', 'string'] as const).map(
    type => evolve([], objectDescribe('Contact', [fieldDescribe('A__c', type)])).schema,
  )
  expect(() => typeOf(after!).createResolver(typeOf(before!))).toThrow()
})
