import { expect, test } from 'vitest'
import { command } from './control-client.ts'
import { type Got, useSimulator } from './rest-client.ts'

let time = Date.UTC(2026, 10, 23)
const client = useSimulator({ clock: () => time })

interface Described {
  readonly fields: Record<string, unknown>[]
  readonly childRelationships: Record<string, unknown>[]
  readonly recordTypeInfos: unknown[]
}

const read = (object: string, headers?: Record<string, string>): Promise<Got> =>
  client.get(`/sobjects/${object}/describe`, headers)
const describeOf = async (object: string) => (await read(object)).body as Described & Record<string, unknown>
const fieldOf = async (object: string, name: string) =>
  (await describeOf(object)).fields.find(each => each.name === name)

test('every kind of field has its describe keys', async () => {
  const invoice = await describeOf('Invoice__c')
  const field = (name: string) => invoice.fields.find(each => each.name === name)
  expect(field('Name')).toMatchObject({ autoNumber: true, createable: false, defaultedOnCreate: true, nameField: true })
  expect(field('Account__c')).toMatchObject({
    ...{ relationshipOrder: 0, relationshipName: 'Account__r', updateable: false, nillable: false },
    cascadeDelete: true,
  })
  expect(field('Contact__c')).toMatchObject({ relationshipOrder: null, relationshipName: 'Contact__r', nillable: true })
  expect(field('Total__c')).toMatchObject({
    ...{ calculated: true, calculatedFormula: 'Amount__c * (1 + Tax_Rate__c)', createable: false, groupable: false },
    ...{ type: 'currency', precision: 18, scale: 2 },
  })
  expect(field('Is_Overdue__c')).toMatchObject({ calculated: true, type: 'boolean', nillable: false })
  expect(field('Call_Time__c')).toMatchObject({ type: 'time', soapType: 'xsd:time', groupable: false })
  expect(field('Iban__c')).toMatchObject({
    ...{ type: 'encryptedstring', maskType: 'lastFour', mask: 'asterisk' },
    ...{ filterable: false, sortable: false, groupable: false },
  })
  expect(field('Cover_Letter__c')).toMatchObject({
    ...{ htmlFormatted: true, extraTypeInfo: 'richtextarea', filterable: false, length: 32_768 },
  })
  expect(field('Delivered_At__c')).toMatchObject({
    ...{ type: 'location', soapType: 'urn:location', createable: false, custom: true, queryByDistance: true },
  })
  expect(field('Delivered_At__Latitude__s')).toMatchObject({
    ...{ type: 'double', compoundFieldName: 'Delivered_At__c', custom: true, createable: true },
  })
  expect(field('Is_Open__c')).toMatchObject({ defaultValue: true })
  expect(field('State__c')).toMatchObject({ restrictedPicklist: true, defaultValue: null })
  expect(await fieldOf('Attachment', 'Body')).toMatchObject({ type: 'base64', soapType: 'xsd:base64Binary' })
  expect(await fieldOf('Task', 'Subject')).toMatchObject({ type: 'combobox', nameField: true, groupable: false })
  expect(await fieldOf('Account', 'NumberOfEmployees')).toMatchObject({ type: 'int', digits: 8, precision: 0 })
  expect(await fieldOf('Task', 'WhoId')).toMatchObject({
    ...{ namePointing: true, polymorphicForeignKey: true, referenceTo: ['Contact', 'Lead'] },
  })
  expect(await fieldOf('Contact', 'Name')).toMatchObject({ extraTypeInfo: 'personname' })
})

test('a parent lists its children, with what their lookups do when it is deleted (salesforce-facts 4.3)', async () => {
  const children = async (object: string) =>
    (await describeOf(object)).childRelationships.map(
      each =>
        `${each.relationshipName ?? '-'} ${each.childSObject}.${each.field} ${each.cascadeDelete} ${each.restrictedDelete}`,
    )
  expect(await children('Account')).toEqual(
    expect.arrayContaining([
      'Contacts Contact.AccountId true false',
      'Opportunities Opportunity.AccountId true false',
      'ChildAccounts Account.ParentId false false',
      'Tasks Task.WhatId true false',
      'Invoices__r Invoice__c.Account__c true false',
      '- Task.AccountId false false',
    ]),
  )
  expect(await children('Product2')).toContain('OrderItems OrderItem.Product2Id false true')
  expect(await children('Lead')).toContain('CampaignMembers CampaignMember.LeadId true false')
})

test('record types stand before the master', async () => {
  expect((await describeOf('Opportunity')).recordTypeInfos).toMatchObject([
    { developerName: 'New_Business', active: true, master: false },
    { developerName: 'Renewal', available: true },
    { developerName: 'Legacy', active: false, available: false },
    { developerName: 'Master', recordTypeId: '012000000000000AAA', master: true },
  ])
  expect((await describeOf('Contact')).recordTypeInfos).toHaveLength(1)
})

test('describe shows what the user may, and is newer once that changes (salesforce-facts 2.5)', async () => {
  const before = await read('Account')
  const since = { 'if-modified-since': before.headers.get('last-modified') ?? '' }
  expect((await read('Account', since)).status).toBe(304)
  time += 5000
  await command(client, 'access', {
    objects: { Account: { delete: false, create: false }, Invoice__c: { read: false } },
    fields: { 'Account.Site': 'none', 'Account.Rating': 'read', 'Contact.AccountId': 'none' },
  })
  const after = await read('Account', since)
  expect(after.status).toBe(200)
  const account = after.body as Described & Record<string, unknown>
  expect(account).toMatchObject({
    createable: false,
    deletable: false,
    undeletable: false,
    mergeable: false,
    updateable: true,
  })
  expect(account.fields.some(each => each.name === 'Site')).toBe(false)
  const rating = account.fields.find(each => each.name === 'Rating')
  expect(rating).toMatchObject({ createable: false, updateable: false })
  const children = account.childRelationships.map(each => each.childSObject)
  expect(children).not.toContain('Invoice__c')
  expect(children).not.toContain('Contact')
  const list = (await client.get('/sobjects')).body as { sobjects: { name: string; createable: boolean }[] }
  expect(list.sobjects.find(each => each.name === 'Account')?.createable).toBe(false)
})

test('describe is newer for each change of the fields, also within a second', async () => {
  const sight = async () => (await read('Lead')).headers.get('last-modified') ?? ''
  time += 10_000
  let last = await sight()
  for (const name of ['A__c', 'B__c']) {
    expect((await read('Lead', { 'if-modified-since': last })).status).toBe(304)
    const changed = await command(client, 'fields', { object: 'Lead', add: [{ name, type: 'string' }] })
    expect(changed).toMatchObject({ status: 200 })
    const next = await read('Lead', { 'if-modified-since': last })
    expect(next.status).toBe(200)
    last = next.headers.get('last-modified') ?? ''
  }
  expect(await fieldOf('Lead', 'B__c')).toMatchObject({ label: 'B', length: 255, nillable: true, createable: true })
})
