import { randomUUID } from 'node:crypto'
import { describe, expect, inject, test } from 'vitest'
import { compileWriter, decodeFramed, rowReader } from '../../src/avro/codec.ts'
import { type CommandShape, commandSchema, eventSchema, replySchema } from '../../src/avro/derive.ts'
import { connectRegistry, topicRecordNameSubject } from '../../src/avro/registry.ts'
import type { AvroRecordSchema } from '../../src/avro/schema.ts'
import type { ObjectDescribe, SchemaId } from '../../src/core/contract.ts'
import { everyType, fieldDescribe } from './contact-describe.ts'

const url = inject('registryUrl')
const registry = connectRegistry({ url })
const newSubject = () => `test-${randomUUID()}-value`

const without = (name: string): ObjectDescribe => ({
  ...everyType,
  fields: everyType.fields.filter(field => field.name !== name),
})
const withField = (type: string): ObjectDescribe => ({
  ...everyType,
  fields: [fieldDescribe(`New_${type}__c`, type), ...everyType.fields],
})

const shape: CommandShape = {
  name: 'UpsertContact',
  recordId: true,
  fields: 'writeable',
  fieldsToNull: true,
  externalIdField: true,
  extra: [],
}
const schemasOf: Readonly<Record<string, (describe: ObjectDescribe) => AvroRecordSchema>> = {
  event: eventSchema,
  reply: replySchema,
  command: describe => commandSchema(describe, shape),
}

describe('registering', () => {
  test('is idempotent, and makes the subject FULL_TRANSITIVE', async () => {
    const subject = newSubject()
    const schema = eventSchema(everyType)
    const id = await registry.register(subject, schema)
    expect(await registry.register(subject, schema)).toBe(id)
    expect(await connectRegistry({ url: `${url}/` }).register(subject, schema)).toBe(id)
    const config = await fetch(`${url}/config/${subject}`)
    expect(await config.json()).toMatchObject({ compatibilityLevel: 'FULL_TRANSITIVE' })
    const versions = await fetch(`${url}/subjects/${subject}/versions`)
    expect(await versions.json()).toEqual([1])
  })

  test('two at the same time get the same id', async () => {
    const subject = newSubject()
    const [a, b] = await Promise.all([
      registry.register(subject, eventSchema(everyType)),
      registry.register(subject, eventSchema(everyType)),
    ])
    expect(a).toBe(b)
  })

  for (const [kind, schemaOf] of Object.entries(schemasOf)) {
    test(`${kind}: fields of every type may come and go in any order`, async () => {
      const subject = newSubject()
      const types = [...new Set(everyType.fields.map(field => field.type))]
      const ids = [await registry.register(subject, schemaOf(everyType))]
      for (const type of types) ids.push(await registry.register(subject, schemaOf(withField(type))))
      for (const { name } of everyType.fields) ids.push(await registry.register(subject, schemaOf(without(name))))
      ids.push(await registry.register(subject, schemaOf({ ...everyType, fields: everyType.fields.toReversed() })))
      for (const id of ids) expect(Number.isInteger(id)).toBe(true)
    })

    test(`${kind}: a field of another type is refused, with subject and reason`, async () => {
      const subject = newSubject()
      await registry.register(subject, schemaOf(everyType))
      const fields = everyType.fields.map(field => (field.name === 'Email' ? { ...field, type: 'double' } : field))
      const error = await registry.register(subject, schemaOf({ ...everyType, fields })).catch(error => error)
      expect(error).toMatchObject({ code: 'registry.incompatible' })
      expect(error.message).toContain(subject)
    })
  }

  test('what is not Avro is refused', async () => {
    const bad = { type: 'record', name: 'R', fields: [{ name: 'f', type: 'nothing' }] }
    await expect(registry.register(newSubject(), bad)).rejects.toMatchObject({ code: 'registry.incompatible' })
  })
})

describe('reading', () => {
  test('what is not there', async () => {
    expect(await registry.schema(2_000_000_000 as SchemaId)).toBeUndefined()
    expect(await registry.latest(newSubject())).toBeUndefined()
  })

  test('the latest version', async () => {
    const subject = newSubject()
    await registry.register(subject, eventSchema(without('Email')))
    const id = await registry.register(subject, eventSchema(everyType))
    expect(await registry.latest(subject)).toEqual({ id, schema: eventSchema(everyType) })
  })

  test('a value is decoded with the schema it was written with, whatever came after', async () => {
    const topic = `test-${randomUUID()}`
    const old = commandSchema(without('Email'), shape)
    const id = await registry.register(topicRecordNameSubject(topic, old), old)
    const current = commandSchema(everyType, shape)
    expect(await registry.register(topicRecordNameSubject(topic, current), current)).not.toBe(id)
    const fields = rowReader(everyType)({ LastName: 'Okafor', Interests__c: 'a;b' })
    const value = compileWriter<object>(old, id).encode({ commandId: 'c', fields })
    const decoded = await decodeFramed(value, connectRegistry({ url }))
    expect(decoded).toMatchObject({ schemaId: id, schemaName: 'salesforce.contact.UpsertContact' })
    expect(decoded.value).toMatchObject({
      commandId: 'c',
      expiresAt: null,
      fields: { LastName: 'Okafor', Interests__c: ['a', 'b'] },
    })
    expect(decoded.value.fields).not.toHaveProperty('Email')
  })

  test.for([0, 1_000_000, 2 ** 31 - 1])(
    'id %i, which the registry does not know, is the fault of the value',
    async id => {
      const value = Buffer.alloc(6)
      value.writeInt32BE(id, 1)
      await expect(decodeFramed(value, registry)).rejects.toMatchObject({ code: 'command.unreadable' })
    },
  )
})
