import { expect, test } from 'vitest'
import { actionsOf, shapeOf } from '../../src/actions.ts'
import { compileWriter } from '../../src/avro/codec.ts'
import { commandSchema } from '../../src/avro/derive.ts'
import type { SchemaRegistry } from '../../src/avro/registry.ts'
import { resolveSchema } from '../../src/avro/schema.ts'
import { toAvro } from '../../src/cli/command-value.ts'
import type { ObjectDescribe, SchemaId } from '../../src/core/contract.ts'
import { candidatesQuery } from '../../src/sink/candidates.ts'
import { type Command, isRepeatSafe, needsMark, type SinkObject, uniquesOf } from '../../src/sink/command.ts'
import { deserialize } from '../../src/sink/deserialize.ts'
import { toGroups } from '../../src/sink/requests.ts'
import { everyType, fieldDescribe } from '../avro/contact-describe.ts'
import { incoming } from './parts.ts'

const describe: ObjectDescribe = {
  ...everyType,
  fields: [
    ...everyType.fields.filter(({ name }) => name !== 'AccountId'),
    fieldDescribe('AccountId', 'reference', { relationshipName: 'Account', referenceTo: ['Account'] }),
    fieldDescribe('WhoId', 'reference', { relationshipName: 'Who', referenceTo: ['Contact', 'Lead'] }),
    fieldDescribe('OwnerId', 'reference', { relationshipName: 'Owner', referenceTo: ['User'] }),
    fieldDescribe('External_Id__c', 'string', { externalId: true, idLookup: true }),
    fieldDescribe('Unique_Id__c', 'string', { externalId: true, idLookup: true, unique: true }),
    fieldDescribe('Number__c', 'double', { externalId: true, idLookup: true, unique: true }),
  ],
}
const actions = actionsOf(describe)
const object: SinkObject = { describe, slug: 'contact', actions, idempotencyField: undefined }

type Json = Readonly<Record<string, unknown>>

async function read(value: Buffer, schema: unknown = undefined): Promise<Command> {
  const registry = { schema: async () => schema } as unknown as SchemaRegistry
  const result = await deserialize(incoming(1, value), object, registry)
  if (result.kind !== 'command') throw result.error
  return result.command
}

const asJson = (action: string, command: Json) =>
  read(Buffer.from(JSON.stringify({ commandId: 'c-1', action, ...command })))

function asAvro(action: string, command: Json) {
  const schema = commandSchema(describe, shapeOf(action, actions.get(action)))
  const value = toAvro(resolveSchema(schema), { commandId: 'c-1', ...command })
  return read(compileWriter<unknown>(schema, 1 as SchemaId).encode(value), schema)
}

const upsert = (field: string, value: unknown): Json => ({
  externalIdField: field,
  fields: { LastName: 'X', [field]: value },
})

test.each([
  ['CreateContact', { fields: { LastName: 'X', Account: { External_Id__c: 'A-1' } }, allowSave: true }],
  [
    'UpdateContact',
    { recordId: '0035e00000abcdeAAA', fields: { Account: { External_Id__c: 'A-1' } }, autoAssign: false },
  ],
  ['UpsertContact', { ...upsert('Unique_Id__c', 'U-1'), fieldsToNull: ['Phone'] }],
] as const)('%s means the same as JSON and as Avro', async (action, command) => {
  const [json, avro] = [await asJson(action, command), await asAvro(action, command)]
  const groupOf = (command: Command) => toGroups([{ command, refused: 0 }], describe)[0]!.group
  expect(groupOf(avro)).toEqual(groupOf(json))
  expect(avro.hash).toBe(json.hash)
})

test('the options and the external id field are part of the hash', async () => {
  const hash = async (command: Json) => (await asJson('UpsertContact', command)).hash
  const base = { externalIdField: 'External_Id__c', fields: { External_Id__c: 'a', Unique_Id__c: 'a' } }
  const hashes = await Promise.all(
    [
      base,
      { ...base, externalIdField: 'Unique_Id__c' },
      { ...base, allowSave: true },
      { ...base, autoAssign: true },
    ].map(hash),
  )
  expect(new Set(hashes).size).toBe(4)
})

test('the headers of a row: its owner, and what the command says', async () => {
  const headers = async (command: Json) =>
    toGroups(
      [
        {
          command: await asJson('CreateContact', {
            fields: { LastName: 'X', ...(command.fields as Json) },
            ...(command.rest as Json),
          }),
        },
      ],
      describe,
    )[0]!.group.headers
  const OwnerId = '0055e00000abcdeAAA'
  expect(await headers({})).toBeUndefined()
  expect(await headers({ fields: { OwnerId } })).toEqual({ 'Sforce-Auto-Assign': 'FALSE' })
  expect(await headers({ fields: { Owner: { FederationIdentifier: 'x' } } })).toEqual({ 'Sforce-Auto-Assign': 'FALSE' })
  expect(await headers({ fields: { OwnerId }, rest: { autoAssign: true } })).toEqual({ 'Sforce-Auto-Assign': 'TRUE' })
  expect(await headers({ rest: { autoAssign: false, allowSave: true } })).toEqual({
    'Sforce-Auto-Assign': 'FALSE',
    'Sforce-Duplicate-Rule-Header': 'allowSave=true',
  })
})

test('rows of different options never share a request', async () => {
  const commands = await Promise.all(
    [{}, { allowSave: true }, { allowSave: true }, { autoAssign: true }].map(options =>
      asJson('CreateContact', { fields: { LastName: 'X' }, ...options }),
    ),
  )
  expect(
    toGroups(
      commands.map(command => ({ command })),
      describe,
    ).map(({ items }) => items.length),
  ).toEqual([1, 2, 1])
})

test('an upsert by a Unique field may be repeated and needs no mark; by another it is like a create', async () => {
  const unique = await asJson('UpsertContact', upsert('Unique_Id__c', 'U'))
  const other = await asJson('UpsertContact', upsert('External_Id__c', 'U'))
  expect([isRepeatSafe(unique), needsMark(unique)]).toEqual([true, false])
  expect([isRepeatSafe(other), needsMark(other)]).toEqual([false, true])
})

test('what an upsert in doubt may have changed is looked for by its external id', async () => {
  const query = candidatesQuery(await asJson('UpsertContact', upsert('External_Id__c', "U'1")), describe, '005A', 0)
  expect(query).toContain(
    "WHERE LastModifiedById = '005A' AND LastModifiedDate >= 1970-01-01T00:00:00Z AND External_Id__c = 'U\\'1' ORDER BY",
  )
})

test('upserts of one value in any case are kept apart; of another field or value they are not', async () => {
  const key = async (field: string, value: unknown) =>
    uniquesOf(await asJson('UpsertContact', upsert(field, value))).at(-1)
  expect(await key('Unique_Id__c', ' aB ')).toBe(await key('Unique_Id__c', 'Ab'))
  expect(await key('Unique_Id__c', 'a')).not.toBe(await key('Unique_Id__c', 'b'))
  expect(await key('Unique_Id__c', 'a')).not.toBe(await key('External_Id__c', 'a'))
  expect(await key('Number__c', 1)).not.toBe(await key('Number__c', 2))
})

test.each([
  [{ Account: { External_Id__c: 'a', Other__c: 'b' } }, 'Account has 2 external ids'],
  [{ Account: {} }, 'Account has 0 external ids'],
  [{ Account: { External_Id__c: true } }, 'no external id field'],
  [{ Account: { External_Id__c: 'x'.repeat(256) } }, 'no external id field'],
  [{ Account: { "Id' OR Name != '": 'x' } }, 'no external id field'],
  [{ Account: 'Acme' }, 'no field "Account"'],
  [{ Who: { External_Id__c: 'a' } }, 'a row of 2 objects'],
  [{ Account: { External_Id__c: 'a' }, AccountId: '0015e00000abcdeAAA' }, 'name the same parent'],
])('the parent %j is refused', async (fields, message) => {
  await expect(asJson('CreateContact', { fields: { LastName: 'X', ...fields } })).rejects.toThrow(message)
})

test('a parent is not both set and cleared', async () => {
  const command = {
    recordId: '0035e00000abcdeAAA',
    fields: { Account: { External_Id__c: 'a' } },
    fieldsToNull: ['AccountId'],
  }
  await expect(asJson('UpdateContact', command)).rejects.toThrow('both set and cleared')
})

test.each([
  ['CreateContact', { fields: { LastName: 'X' }, autoAssign: 'yes' }],
  ['CreateContact', { fields: { LastName: 'X' }, externalIdField: 'Unique_Id__c' }],
  ['DeleteContact', { recordId: '0035e00000abcdeAAA', allowSave: true }],
  ['UpsertContact', { externalIdField: 7, fields: { LastName: 'X' } }],
  ['UpsertContact', { ...upsert('Unique_Id__c', '  ') }],
  ['UpsertContact', { ...upsert('LastName', 'X') }],
])('%s refuses %j', async (action, command) => {
  await expect(asJson(action, command)).rejects.toMatchObject({ code: 'command.invalid' })
})
