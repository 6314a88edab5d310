import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { actions, shapeOf } from '../../src/actions.ts'
import { compileWriter, rowReader } from '../../src/avro/codec.ts'
import { commandSchema } from '../../src/avro/derive.ts'
import type { SchemaRegistry } from '../../src/avro/registry.ts'
import type { AvroRecordSchema } from '../../src/avro/schema.ts'
import type { SchemaId } from '../../src/core/contract.ts'
import { ConnectorError } from '../../src/core/errors.ts'
import type { Command } from '../../src/sink/command.ts'
import { deserialize } from '../../src/sink/deserialize.ts'
import { fieldValue } from '../avro/arbitraries.ts'
import { everyType } from '../avro/contact-describe.ts'
import { contact, incoming, jsonRecord, recordId } from './parts.ts'

const schemas = Object.keys(actions).map(name => commandSchema(everyType, shapeOf(name)))
const registry = (extra: readonly AvroRecordSchema[] = []): SchemaRegistry => ({
  register: () => Promise.reject(new Error('not asked for')),
  latest: () => Promise.reject(new Error('not asked for')),
  history: () => Promise.reject(new Error('not asked for')),
  schema: async id => [...schemas, ...extra][id],
})
const schemaIdOf = (action: string) => Object.keys(actions).indexOf(action) as SchemaId

async function commandOf(value: Buffer, object = contact()): Promise<Command> {
  const read = await deserialize(incoming(1, value), object, registry())
  if (read.kind !== 'command') throw new Error(read.error.message)
  return read.command
}

describe('the two forms of a command', () => {
  const writeable = (kind: 'createable' | 'updateable') =>
    everyType.fields.filter(field => field[kind] && field.type !== 'base64')
  const fields = (kind: 'createable' | 'updateable') =>
    fc.record(Object.fromEntries(writeable(kind).map(field => [field.name, fieldValue(field)])), { requiredKeys: [] })

  test.each([
    ['CreateContact', 'createable', {}],
    ['UpdateContact', 'updateable', { recordId, fieldsToNull: [] }],
  ] as const)('%s reads and hashes the same as JSON and as Avro', async (action, kind, rest) => {
    const codec = compileWriter<object>(schemas[schemaIdOf(action)]!, schemaIdOf(action))
    const toAvro = rowReader(everyType)
    await fc.assert(
      fc.asyncProperty(fields(kind), async given => {
        const command = { commandId: 'c-1', ...rest }
        const json = await commandOf(Buffer.from(JSON.stringify({ ...command, action, fields: given })))
        const avro = await commandOf(codec.encode({ ...command, fields: toAvro(given) }))
        // As it is sent: JSON knows no -0.
        expect(JSON.parse(JSON.stringify(avro.fields))).toEqual(json.fields)
        expect(avro.hash).toBe(json.hash)
        expect([json.format, avro.format]).toEqual(['json', 'avro'])
      }),
    )
  })

  const base = {
    commandId: 'c-1',
    action: 'UpdateContact',
    recordId,
    fields: { Phone: '1', Email: 'a@b.c' },
    fieldsToNull: ['Salutation', 'Description'],
  }
  const hashOf = async (command: object) => (await commandOf(Buffer.from(JSON.stringify(command)))).hash

  test('the hash knows the content and nothing else', async () => {
    const hash = await hashOf(base)
    const same = [
      { ...base, commandId: 'c-2', expiresAt: 5 },
      { ...base, fields: { Email: 'a@b.c', Phone: '1', LastName: null } },
      { ...base, fieldsToNull: ['Description', 'Salutation', 'Salutation'] },
      { ...base, recordId: recordId.slice(0, 15) },
    ]
    const other = [
      { ...base, fields: { Phone: '2', Email: 'a@b.c' } },
      { ...base, fieldsToNull: ['Description'] },
      { ...base, recordId: '0035e00000abcdfAAA' },
    ]
    for (const command of same) expect(await hashOf(command)).toBe(hash)
    for (const command of other) expect(await hashOf(command)).not.toBe(hash)
    const optOut = { commandId: 'c', action: 'SetContactEmailOptOut', recordId }
    expect(await hashOf({ ...optOut, optedOut: true })).not.toBe(await hashOf({ ...optOut, optedOut: false }))
  })
})

describe('hostile input', () => {
  const kindOf = async (value: Buffer | null) => (await deserialize(incoming(1, value), contact(), registry())).kind

  test('any bytes are a result, never an exception', async () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map(array => Buffer.from(array))
    const framed = fc.tuple(fc.nat(10), bytes).map(([id, body]) => Buffer.concat([Buffer.from([0, 0, 0, 0, id]), body]))
    const json = fc.json().map(text => Buffer.from(text))
    await fc.assert(
      fc.asyncProperty(fc.oneof(bytes, framed, json), async value => {
        expect(['command', 'invalid', 'dead-letter']).toContain(await kindOf(value))
      }),
      { numRuns: 2_000 },
    )
  })

  test('any JSON under a commandId is answered', async () => {
    const object = fc.dictionary(
      fc.constantFrom('recordId', 'fields', 'fieldsToNull', 'expiresAt', 'optedOut', '__proto__'),
      fc.jsonValue(),
    )
    await fc.assert(
      fc.asyncProperty(
        object,
        fc.constantFrom(...Object.keys(actions), 'constructor', 'toString'),
        async (rest, action) => {
          const read = await deserialize(jsonRecord(1, { ...rest, commandId: 'c-1', action }), contact(), registry())
          expect(['command', 'invalid']).toContain(read.kind)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test.each(['', ' ', 'a b', 'ümlaut', 'x'.repeat(256), 7, null])('commandId %j is none', async commandId => {
    expect(await kindOf(Buffer.from(JSON.stringify({ commandId, action: 'CreateContact' })))).toBe('dead-letter')
  })

  test('a command of another object is answered, not executed', async () => {
    const lead: AvroRecordSchema = {
      type: 'record',
      name: 'CreateLead',
      namespace: 'salesforce.lead',
      fields: [{ name: 'commandId', type: 'string' }],
    }
    const value = compileWriter<object>(lead, schemas.length as SchemaId).encode({ commandId: 'c-1' })
    const read = await deserialize(incoming(1, value), contact(), registry([lead]))
    expect(read).toMatchObject({ kind: 'invalid', commandId: 'c-1', error: { code: 'command.invalid' } })
  })

  test('an unreachable registry says nothing of the record', async () => {
    const away = new ConnectorError('registry.unavailable', 'away')
    const asked = deserialize(incoming(1, Buffer.from([0, 0, 0, 0, 1, 2])), contact(), {
      ...registry(),
      schema: () => Promise.reject(away),
    })
    await expect(asked).rejects.toBe(away)
  })

  test('a message quotes little of what a stranger wrote, and suggests what was meant', async () => {
    const read = await deserialize(jsonRecord(1, { commandId: 'c', action: 'CreateContct' }), contact(), registry())
    expect(read).toMatchObject({ error: { remedy: expect.stringContaining('Did you mean CreateContact?') } })
    const long = await deserialize(jsonRecord(1, { commandId: 'c', action: 'y'.repeat(10_000) }), contact(), registry())
    expect(long.kind === 'invalid' && long.error.message.length).toBeLessThan(200)
  })
})
