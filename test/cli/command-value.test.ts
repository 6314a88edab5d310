import { expect, test } from 'vitest'
import { resolveSchema } from '../../src/avro/schema.ts'
import { fieldType, fromText, toAvro } from '../../src/cli/command-value.ts'

const optional = (type: unknown) => ['null', type]
const schema = {
  type: 'record',
  name: 'Act',
  fields: [
    { name: 'commandId', type: 'string' },
    { name: 'optedOut', type: 'boolean' },
    {
      name: 'fields',
      type: {
        type: 'record',
        name: 'ActFields',
        fields: [
          { name: 'Text', type: optional('string') },
          { name: 'Flag', type: optional('boolean') },
          { name: 'Count', type: optional('int') },
          { name: 'Amount', type: optional('double') },
          { name: 'Day', type: optional({ type: 'int', logicalType: 'date' }) },
          { name: 'Moment', type: optional({ type: 'long', logicalType: 'timestamp-millis' }) },
          { name: 'Choices', type: optional({ type: 'array', items: 'string' }) },
          { name: 'Parent', type: optional({ type: 'map', values: 'string' }) },
        ],
      },
    },
    { name: 'fieldsToNull', type: { type: 'array', items: 'string' } },
  ],
}
const type = resolveSchema(schema)
const of = (name: string) => fieldType(fieldType(type, 'fields'), name)

test.each([
  ['Text', '123', '123'],
  ['Text', 'true', 'true'],
  ['Flag', 'true', true],
  ['Flag', 'false', false],
  ['Flag', 'yes', 'yes'],
  ['Count', '12', 12],
  ['Count', '', ''],
  ['Amount', '1.39e8', 1.39e8],
  ['Amount', '12 EUR', '12 EUR'],
  ['Day', '2026-01-31', '2026-01-31'],
  ['Choices', 'a;b', ['a', 'b']],
  ['Parent', '{"Ext__c":"a"}', { Ext__c: 'a' }],
  ['Unknown', '7', '7'],
])('--field %s=%s is %j', (name, text, value) => {
  expect(fromText(of(name), text)).toEqual(value)
})

test('a JSON command becomes the Avro value of its schema', () => {
  const command = {
    commandId: 'c',
    optedOut: true,
    fields: { Day: '1970-01-02', Moment: '1970-01-01T00:00:01Z', Choices: 'a;b', Amount: 2, Parent: { Ext__c: 'a' } },
  }
  expect(toAvro(type, command)).toEqual({
    commandId: 'c',
    optedOut: true,
    fields: {
      Text: null,
      Flag: null,
      Count: null,
      Amount: 2,
      Day: 1,
      Moment: 1_000,
      Choices: ['a', 'b'],
      Parent: { Ext__c: 'a' },
    },
    fieldsToNull: [],
  })
})

test('a command without fields holds an empty record of them', () => {
  expect(toAvro(type, { commandId: 'c', optedOut: false })).toMatchObject({ fields: { Text: null, Choices: null } })
})
