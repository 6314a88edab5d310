import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  compileWriter,
  decodeFramed,
  jsonToSalesforceFields,
  rowReader,
  toSalesforceFields,
} from '../../src/avro/codec.ts'
import { commandSchema } from '../../src/avro/derive.ts'
import type { ObjectDescribe, SchemaId } from '../../src/core/contract.ts'
import { fieldValue } from './arbitraries.ts'
import { everyType, fieldDescribe, objectDescribe } from './contact-describe.ts'

const writeable: ObjectDescribe = {
  ...everyType,
  fields: everyType.fields.filter(field => field.createable && field.type !== 'base64'),
}

function errorOf(run: () => unknown): { code: string; message: string } {
  try {
    run()
  } catch (error) {
    return error as { code: string; message: string }
  }
  throw new Error('it was accepted')
}

test('a command in Avro and the same in JSON lead to the same fields', async () => {
  const shape = {
    name: 'CreateContact',
    recordId: false,
    fields: 'createable',
    fieldsToNull: false,
    externalIdField: false,
    extra: [],
  } as const
  const schema = commandSchema(everyType, shape)
  const codec = compileWriter<Record<string, unknown>>(schema, 1 as SchemaId)
  const read = rowReader(writeable)
  const model = Object.fromEntries(writeable.fields.map(field => [field.name, fieldValue(field)]))
  await fc.assert(
    fc.asyncProperty(fc.record(model, { requiredKeys: [] }), async json => {
      const bytes = codec.encode({ commandId: 'c', fields: read(json) })
      const { value } = await decodeFramed(bytes, { schema: async () => schema })
      const fromAvro = toSalesforceFields(everyType, value.fields)
      const fromJson = jsonToSalesforceFields(everyType, json)
      const sorted = (fields: object) => JSON.stringify(Object.entries(fields).sort())
      expect(sorted(fromAvro)).toBe(sorted(fromJson))
    }),
    { numRuns: 300 },
  )
})

const describeOf = (type: string) => objectDescribe('X__c', [fieldDescribe('F__c', type)])
const json = (type: string, value: unknown) => jsonToSalesforceFields(describeOf(type), { F__c: value }).F__c
const avro = (type: string, value: unknown) => toSalesforceFields(describeOf(type), { F__c: value }).F__c

describe('JSON commands', () => {
  test.for<[string, unknown, unknown]>([
    ['boolean', true, true],
    ['int', 3, 3],
    ['double', 2500.5, 2500.5],
    ['date', '2026-11-23', '2026-11-23'],
    ['datetime', '2026-11-23T10:11:12+01:00', '2026-11-23T09:11:12.000Z'],
    ['time', '10:11:12', '10:11:12.000Z'],
    ['multipicklist', ['a', 'b'], 'a;b'],
    ['multipicklist', 'a;b', 'a;b'],
    ['multipicklist', [], ''],
    ['string', '', ''],
    ['picklist', 'Web', 'Web'],
  ])('%s: %j', ([type, value, expected]) => expect(json(type, value)).toBe(expected))

  test.for<[string, unknown, string]>([
    ['boolean', 'yes', 'F__c: expected true or false, found string'],
    ['boolean', 0, 'found number'],
    ['int', 1.5, 'expected a whole number of 32 bits, found number'],
    ['int', 2 ** 31, 'found number'],
    ['int', '3', 'found string'],
    ['double', '3', 'expected a number, found string'],
    ['date', 5, 'found number'],
    ['date', '2026-02-30', 'expected a date "yyyy-MM-dd", found string'],
    ['datetime', '2026-11-23', 'found string'],
    ['multipicklist', ['a;b'], 'found array'],
    ['multipicklist', ['a', 1], 'found array'],
    ['multipicklist', [''], 'found array'],
    ['string', 5, 'expected a string, found number'],
    ['string', ['a'], 'found array'],
    ['address', { street: 'x' }, 'it is written by its parts, found object'],
  ])('refuses %s: %j', ([type, value, message]) => {
    const error = errorOf(() => json(type, value))
    expect(error.code).toBe('command.invalid')
    expect(error.message).toContain(message)
  })

  test('null leaves a field alone', () =>
    expect(jsonToSalesforceFields(everyType, { LastName: 'A', Email: null })).toEqual({ LastName: 'A' }))

  test('names every field that is wrong, and the nearest name of an unknown one', () => {
    const { message } = errorOf(() => jsonToSalesforceFields(everyType, { Lastname: 'A', vip__C: true, VIP__c: 'yes' }))
    expect(message).toContain('"Lastname" that a command can carry; did you mean LastName?')
    expect(message).toContain('did you mean VIP__c?')
    expect(message).toContain('fields.VIP__c: expected true or false')
  })

  test.for<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    [[], 'array'],
    ['x', 'string'],
  ])('fields that are %j', ([fields, found]) =>
    expect(errorOf(() => jsonToSalesforceFields(everyType, fields)).message).toContain(
      `expected an object, found ${found}`,
    ),
  )

  test('names of the prototype, and of base64 fields, are no fields', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'Photo__c']) {
      const fields = JSON.parse(`{"${name}": "x"}`)
      expect(errorOf(() => jsonToSalesforceFields(everyType, fields)).code).toBe('command.invalid')
    }
  })

  test('a message stays short, whatever the command holds', () => {
    const fields = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`${'x'.repeat(1000)}${i}`, 1]))
    const { message } = errorOf(() => jsonToSalesforceFields(everyType, fields))
    expect(message).toContain('and 9990 more')
    expect(message.length).toBeLessThan(3000)
  })
})

describe('Avro commands', () => {
  test.for<[string, unknown]>([
    ['double', Number.NaN],
    ['double', Number.NEGATIVE_INFINITY],
    ['date', 2_932_897],
    ['date', '2026-11-23'],
    ['datetime', 253_402_300_800_000],
    ['time', -1],
    ['int', 2 ** 31],
    ['multipicklist', 'a;b'],
    ['multipicklist', ['a;b']],
    ['boolean', Buffer.from('x')],
    ['location', { latitude: 1, longitude: 2 }],
  ])('refuses %s: %j of a schema that is not ours', ([type, value]) =>
    expect(errorOf(() => avro(type, value))).toMatchObject({
      code: 'command.invalid',
      message: expect.stringContaining('F__c'),
    }),
  )
  test('a field that describe no longer has is refused only if it is set', () => {
    expect(toSalesforceFields(everyType, { LastName: 'A', Gone__c: null })).toEqual({ LastName: 'A' })
    expect(errorOf(() => toSalesforceFields(everyType, { Gone__c: 1 })).message).toContain('"Gone__c"')
  })
})
