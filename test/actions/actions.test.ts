import { describe, expect, test } from 'vitest'
import { fillSample } from '../../src/actions/samples.ts'
import { actions, actionsOf, objectOf, shapeOf } from '../../src/actions.ts'
import { commandSchema } from '../../src/avro/derive.ts'
import type { AvroRecordSchema } from '../../src/avro/schema.ts'
import type { ObjectDescribe } from '../../src/core/contract.ts'
import { everyType as bare, fieldDescribe } from '../avro/contact-describe.ts'

const everyType: ObjectDescribe = {
  ...bare,
  fields: [
    ...bare.fields.filter(({ name }) => name !== 'AccountId'),
    fieldDescribe('AccountId', 'reference', { relationshipName: 'Account', referenceTo: ['Account'] }),
    fieldDescribe('WhoId', 'reference', { relationshipName: 'Who', referenceTo: ['Contact', 'Lead'] }),
    fieldDescribe('External_Id__c', 'string', { externalId: true, idLookup: true }),
  ],
}

/** The catalogue as design 3 has it. */
const catalogue = {
  Contact: ['CreateContact', 'UpdateContact', 'DeleteContact', 'GetContactById', 'SetContactEmailOptOut'],
  Lead: ['CreateLead', 'UpdateLead', 'DeleteLead', 'GetLeadById', 'SetLeadEmailOptOut', 'GetAllLeadStatuses'],
  Task: ['CreateTask', 'UpdateTask', 'DeleteTask'],
  Opportunity: ['CreateOpportunity', 'UpdateOpportunity', 'DeleteOpportunity'],
  Account: ['CreateAccount', 'UpdateAccount', 'DeleteAccount'],
  Campaign: ['CreateCampaign', 'UpdateCampaign', 'AddCampaignMember'],
  Product2: ['CreateProduct', 'UpdateProduct'],
  Order: ['CreateOrder', 'UpdateOrder'],
  User: ['CreateUser'],
}

test('the catalogue has its 28 actions, each with samples, anti-samples and a doc', () => {
  expect(Object.groupBy(Object.keys(actions), name => actions[name]!.object)).toEqual(catalogue)
  expect(Object.keys(actions)).toHaveLength(28)
  for (const { samples, antiSamples, doc } of Object.values(actions)) {
    expect(samples.length).toBeGreaterThan(0)
    expect(antiSamples.length).toBeGreaterThan(0)
    expect(doc).toMatch(/^[A-Z].*\.$/)
  }
})

describe('the actions of an object', () => {
  const invoice = (changes: Partial<ObjectDescribe> = {}): ObjectDescribe => ({
    ...everyType,
    name: 'Invoice__c',
    ...changes,
  })
  const namesOf = (describe: ObjectDescribe) => [...actionsOf(describe).keys()]

  test('a custom object has those that describe allows', () => {
    expect(namesOf(invoice())).toEqual([
      'CreateInvoice__c',
      'UpdateInvoice__c',
      'UpsertInvoice__c',
      'DeleteInvoice__c',
      'GetInvoice__cById',
    ])
    expect(namesOf(invoice({ createable: false, deletable: false }))).toEqual(['UpdateInvoice__c', 'GetInvoice__cById'])
    expect(namesOf(invoice({ fields: [] }))).not.toContain('UpsertInvoice__c')
  })

  test('an object of the catalogue has its entries there, and the rest beside', () => {
    const product = actionsOf({ ...everyType, name: 'Product2', keyPrefix: '01t' })
    expect([...product.keys()].sort()).toEqual([
      'CreateProduct',
      'DeleteProduct',
      'GetProductById',
      'UpdateProduct',
      'UpsertProduct',
    ])
    expect(product.get('CreateProduct')).toBe(actions.CreateProduct)
  })

  test.each([
    ['CreateContact', 'Contact'],
    ['AddCampaignMember', 'Campaign'],
    ['UpsertProduct', 'Product2'],
    ['GetInvoice__cById', 'Invoice__c'],
    ['UpsertInvoice__c', 'Invoice__c'],
    ['UpsertUnheard__c', undefined],
    ['CreateContct', undefined],
    ['constructor', undefined],
  ])('%s is for %s', (name, object) => {
    expect(objectOf(name, ['Product2', 'Invoice__c'])).toBe(object)
  })
})

describe('the schema of a command', () => {
  const schemaOf = (name: string) =>
    commandSchema(everyType, shapeOf(name, actionsOf({ ...everyType, name: 'Contact' }).get(name)))
  const fieldsOf = (schema: AvroRecordSchema) =>
    (schema.fields.find(({ name }) => name === 'fields')!.type as AvroRecordSchema).fields

  test('says what is required, takes the options, and parents by external id', () => {
    const schema = schemaOf('CreateContact')
    expect(schema.fields.map(({ name }) => name)).toEqual([
      'commandId',
      'fields',
      'autoAssign',
      'allowSave',
      'expiresAt',
    ])
    expect(fieldsOf(schema).find(({ name }) => name === 'LastName')?.doc).toContain('(required)')
    expect(fieldsOf(schema).find(({ name }) => name === 'Account')).toMatchObject({
      type: ['null', { type: 'map', values: 'string' }],
      default: null,
    })
    expect(fieldsOf(schema).some(({ name }) => name === 'Who')).toBe(false)
  })

  test('an upsert names its field', () => {
    const names = schemaOf('UpsertContact').fields.map(({ name }) => name)
    expect(names).toEqual([
      'commandId',
      'externalIdField',
      'fields',
      'fieldsToNull',
      'autoAssign',
      'allowSave',
      'expiresAt',
    ])
  })
})

describe('AddCampaignMember', () => {
  const { faultOf, fieldsOf } = actions.AddCampaignMember!
  const [campaignId, contactId, leadId] = ['701000000000001', '003000000000001', '00Q000000000001']

  test.each([
    [{ campaignId }, 'give either contactId or leadId'],
    [{ campaignId, contactId, leadId }, 'give either contactId or leadId'],
    [{ campaignId: contactId, contactId }, 'campaignId is no id that starts with 701'],
    [{ campaignId, contactId: leadId }, 'contactId is no id that starts with 003'],
    [{ campaignId, leadId: "00Q' OR Id != '" }, 'leadId is no id that starts with 00Q'],
    [{ campaignId, leadId, status: '' }, 'status is empty'],
    [{ campaignId, leadId }, undefined],
  ])('%j: %s', (given, fault) => {
    expect(faultOf!(given)).toBe(fault)
  })

  test('ids are written in their 18 characters, so that they compare with those that are read', () => {
    expect(fieldsOf!({ campaignId, contactId, status: 'Sent' })).toEqual({
      CampaignId: '701000000000001AAA',
      ContactId: '003000000000001AAA',
      Status: 'Sent',
    })
  })
})

test('a placeholder means the same throughout a sample', () => {
  let asked = 0
  const filled = fillSample(
    { recordId: '$id', fields: { a: '$unique@x', b: '$unique@x', c: '$Account', d: 'no $ sign' } },
    name => `${name}-${++asked}`,
  )
  expect(filled).toEqual({
    recordId: 'id-1',
    fields: { a: 'unique-2@x', b: 'unique-2@x', c: 'Account-3', d: 'no $ sign' },
  })
})
