import avsc from 'avsc'
import { describe, expect, test } from 'vitest'
import { type CommandShape, commandSchema, eventSchema, recordSchema, replySchema } from '../../src/avro/derive.ts'
import { avroName, namespaceOf, objectSlug } from '../../src/avro/names.ts'
import { topicNameSubject, topicRecordNameSubject } from '../../src/avro/registry.ts'
import type { AvroRecordSchema } from '../../src/avro/schema.ts'
import { everyType, fieldDescribe, objectDescribe } from './contact-describe.ts'

const typeOf = (schema: AvroRecordSchema, name: string) => schema.fields.find(field => field.name === name)?.type
const bare: CommandShape = {
  name: 'DeleteContact',
  recordId: false,
  fields: 'none',
  fieldsToNull: false,
  externalIdField: false,
  extra: [],
}

describe('recordSchema', () => {
  const schema = recordSchema(everyType)

  test.for([
    ['Id', 'string'],
    ['Salutation', 'string'],
    ['Old_Value__c', 'string'],
    ['VIP__c', 'boolean'],
    ['Visits__c', 'int'],
    ['Views__c', 'long'],
    ['Credit_Limit__c', 'double'],
    ['Share__c', 'double'],
    ['Birthdate', { type: 'int', logicalType: 'date' }],
    ['SystemModstamp', { type: 'long', logicalType: 'timestamp-millis' }],
    ['Wakes_At__c', { type: 'int', logicalType: 'time-millis' }],
    ['Interests__c', { type: 'array', items: 'string' }],
    ['MailingAddress', 'Address'],
  ])('%s', ([name, type]) => expect(typeOf(schema, name as string)).toEqual(['null', type]))

  test('every field is nullable with default null, and documented by its label', () => {
    for (const field of schema.fields) expect(field).toMatchObject({ default: null, type: ['null', expect.anything()] })
    expect(schema.fields.find(field => field.name === 'Credit_Limit__c')?.doc).toBe('Credit Limit')
  })

  test('an address is spelled out once; base64 is left out; the rest is there in the order of describe', () => {
    expect(typeOf(schema, 'OtherAddress')).toMatchObject(['null', { type: 'record', name: 'Address' }])
    const names = everyType.fields.filter(field => field.type !== 'base64').map(field => field.name)
    expect(schema.fields.map(field => field.name)).toEqual(names)
  })
})

describe('the schemas are valid Avro', () => {
  const shapes: CommandShape[] = [
    bare,
    { ...bare, name: 'UpdateContact', recordId: true, fields: 'updateable', fieldsToNull: true },
    { ...bare, name: 'UpsertContact', fields: 'writeable', externalIdField: true },
    {
      ...bare,
      name: 'SetContactEmailOptOut',
      recordId: true,
      extra: [{ name: 'optedOut', type: 'boolean', doc: 'd' }],
    },
  ]
  const schemas = [
    eventSchema(everyType),
    replySchema(everyType),
    ...shapes.map(shape => commandSchema(everyType, shape)),
  ]
  for (const schema of schemas)
    test(schema.name, () => {
      const type = avsc.Type.forSchema(schema as avsc.Schema)
      expect(type.name).toBe(`salesforce.contact.${schema.name}`)
    })

  test('an object without any field', () => {
    const empty = objectDescribe('Empty__c', [])
    const create: CommandShape = { ...bare, name: 'CreateEmpty', fields: 'createable' }
    for (const schema of [eventSchema(empty), replySchema(empty), commandSchema(empty, create)])
      expect(() => avsc.Type.forSchema(schema as avsc.Schema)).not.toThrow()
  })
})

test('the enums have a default symbol, so that a new symbol does not stop old readers', () => {
  expect(typeOf(eventSchema(everyType), 'type')).toMatchObject({ name: 'EventType', default: 'SNAPSHOT' })
  expect(typeOf(replySchema(everyType), 'status')).toMatchObject({ name: 'ReplyStatus', default: 'IN_DOUBT' })
})

describe('commandSchema', () => {
  const fieldsOf = (fields: CommandShape['fields']) => {
    const schema = commandSchema(everyType, { ...bare, name: 'DoContact', fields })
    return (typeOf(schema, 'fields') as AvroRecordSchema).fields
  }
  const namesOf = (fields: CommandShape['fields']) => fieldsOf(fields).map(field => field.name)

  test('carries the fields its operation can write', () => {
    expect(namesOf('createable')).toContain('Met_At__c')
    expect(namesOf('createable')).not.toContain('Wakes_At__c')
    expect(namesOf('updateable')).toContain('Wakes_At__c')
    expect(namesOf('updateable')).not.toContain('Met_At__c')
    expect(namesOf('writeable')).toEqual(expect.arrayContaining(['Met_At__c', 'Wakes_At__c']))
    for (const fields of ['createable', 'updateable', 'writeable'] as const)
      for (const never of ['Id', 'SystemModstamp', 'MailingAddress', 'Photo__c'])
        expect(namesOf(fields)).not.toContain(never)
  })

  test('says what a create needs, and only a create', () => {
    const required = (fields: CommandShape['fields']) =>
      fieldsOf(fields)
        .filter(field => field.doc?.includes('required'))
        .map(field => field.name)
    expect(required('createable')).toEqual(['LastName'])
    expect(required('writeable')).toEqual(['LastName'])
    expect(required('updateable')).toEqual([])
  })

  test('has the parts its shape asks for', () => {
    const names = (shape: CommandShape) => commandSchema(everyType, shape).fields.map(field => field.name)
    expect(names(bare)).toEqual(['commandId', 'expiresAt'])
    const all: CommandShape = {
      name: 'A',
      recordId: true,
      fields: 'createable',
      fieldsToNull: true,
      externalIdField: true,
      extra: [{ name: 'x', type: 'string', doc: '' }],
    }
    expect(names(all)).toEqual(['commandId', 'recordId', 'externalIdField', 'fields', 'fieldsToNull', 'x', 'expiresAt'])
  })
})

describe('names', () => {
  test.for([
    ['Contact', 'contact'],
    ['Product2', 'product'],
    ['Invoice__c', 'invoice__c'],
    ['ns__Invoice__c', 'ns__invoice__c'],
    ['constructor', 'constructor'],
    ['Ünlikely/Name', '_nlikely_name'],
  ])('%s', ([object, slug]) => {
    expect(objectSlug(object!)).toBe(slug)
    expect(namespaceOf(object!)).toBe(`salesforce.${slug}`)
  })
  test('API names stay; what Avro forbids is spelled, each differently', () => {
    expect(avroName('Credit_Limit__c')).toBe('Credit_Limit__c')
    const odd = ['a-b', 'a.b', 'a b', '1a', 'a😀'].map(avroName)
    expect(new Set(odd).size).toBe(odd.length)
    for (const name of odd) expect(name).toMatch(/^[A-Za-z_][A-Za-z0-9_]*$/)
  })
  test('an odd name works as a field from row to Avro type', () => {
    const schema = recordSchema(objectDescribe('X', [fieldDescribe('a-b', 'string')]))
    expect(() => avsc.Type.forSchema(schema as avsc.Schema)).not.toThrow()
  })
  test('subjects', () => {
    expect(topicNameSubject('salesforce.contact.events')).toBe('salesforce.contact.events-value')
    const subject = topicRecordNameSubject('salesforce.contact.replies', replySchema(everyType))
    expect(subject).toBe('salesforce.contact.replies-salesforce.contact.Reply')
  })
})
