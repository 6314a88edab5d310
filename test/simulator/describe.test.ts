import { expect, test } from 'vitest'
import type { ObjectDescribe } from '../../src/core/contract.ts'
import { useSimulator } from './rest-client.ts'

const client = useSimulator()

const objectKeys =
  'actionOverrides activateable associateEntityType associateParentEntity childRelationships compactLayoutable createable custom customSetting deepCloneable defaultImplementation deletable deprecatedAndHidden extendedBy extendsInterfaces feedEnabled fields hasSubtypes implementedBy implementsInterfaces isInterface isSubtype keyPrefix label labelPlural layoutable listviewable lookupLayoutable mergeable mruEnabled name namedLayoutInfos networkScopeFieldName queryable recordTypeInfos replicateable retrieveable searchLayoutable searchable sobjectDescribeOption supportedScopes triggerable undeletable updateable urls'
const fieldKeys =
  'aggregatable aiPredictionField autoNumber byteLength calculated calculatedFormula cascadeDelete caseSensitive compoundFieldName controllerName createable custom defaultValue defaultValueFormula defaultedOnCreate dependentPicklist deprecatedAndHidden digits displayLocationInDecimal encrypted externalId extraTypeInfo filterable filteredLookupInfo formulaTreatNullNumberAsZero groupable highScaleNumber htmlFormatted idLookup inlineHelpText label length mask maskType name nameField namePointing nillable permissionable picklistValues polymorphicForeignKey precision queryByDistance referenceTargetField referenceTo relationshipName relationshipOrder restrictedDelete restrictedPicklist scale searchPrefilterable soapType sortable type unique updateable writeRequiresMasterRead'

async function contactDescribe(): Promise<ObjectDescribe> {
  return (await client.get('/sobjects/Contact/describe')).body as ObjectDescribe
}

test('every key of salesforce-facts 2.5 is there, on the object and on each field', async () => {
  const body = await contactDescribe()
  expect(Object.keys(body).toSorted()).toEqual(objectKeys.split(' ').toSorted())
  for (const field of body.fields) expect(Object.keys(field).toSorted()).toEqual(fieldKeys.split(' ').toSorted())
  expect(body).toMatchObject({ name: 'Contact', keyPrefix: '003', custom: false, replicateable: true, mergeable: true })
})

test('system fields look as recorded', async () => {
  const { fields } = await contactDescribe()
  const field = (name: string) => fields.find(each => each.name === name)
  const readOnly = { createable: false, updateable: false, nillable: false, defaultedOnCreate: true }
  expect(field('Id')).toMatchObject({
    ...readOnly,
    type: 'id',
    soapType: 'tns:ID',
    length: 18,
    byteLength: 18,
    idLookup: true,
  })
  expect(field('IsDeleted')).toMatchObject({ ...readOnly, type: 'boolean', groupable: true })
  for (const name of ['CreatedDate', 'LastModifiedDate', 'SystemModstamp']) {
    expect(field(name)).toMatchObject({
      ...readOnly,
      type: 'datetime',
      soapType: 'xsd:dateTime',
      groupable: false,
      sortable: true,
    })
  }
  expect(field('OwnerId')).toMatchObject({
    createable: true,
    nillable: false,
    defaultedOnCreate: true,
    referenceTo: ['User'],
  })
})

test('contact fields: lengths, compounds, long text, custom fields', async () => {
  const { fields } = await contactDescribe()
  const field = (name: string) => fields.find(each => each.name === name)
  expect(field('LastName')).toMatchObject({
    length: 80,
    byteLength: 240,
    nillable: false,
    createable: true,
    compoundFieldName: 'Name',
  })
  expect(field('Name')).toMatchObject({ createable: false, updateable: false, nameField: true, length: 121 })
  expect(field('MailingAddress')).toMatchObject({
    type: 'address',
    createable: false,
    filterable: true,
    sortable: false,
  })
  expect(field('MailingCity')).toMatchObject({ compoundFieldName: 'MailingAddress', length: 40 })
  expect(field('Description')).toMatchObject({ type: 'textarea', filterable: false, sortable: false })
  expect(field('VIP__c')).toMatchObject({ type: 'boolean', custom: true, nillable: false, defaultedOnCreate: true })
  expect(field('Credit_Limit__c')).toMatchObject({ type: 'currency', precision: 18, scale: 2, nillable: true })
  expect(field('Interests__c')).toMatchObject({ type: 'multipicklist', restrictedPicklist: true, groupable: false })
  expect(field('Interests__c')?.picklistValues[0]).toEqual({
    active: true,
    defaultValue: false,
    label: 'Music',
    validFor: null,
    value: 'Music',
  })
  expect(field('Command_Id__c')).toMatchObject({ externalId: true, unique: true, idLookup: true })
  const required = fields
    .filter(each => each.createable && !each.nillable && !each.defaultedOnCreate)
    .map(each => each.name)
  expect(required).toEqual(['LastName'])
})

test('If-Modified-Since with what Last-Modified said is 304 without a body', async () => {
  const first = await client.get('/sobjects/contact/describe')
  const since = first.headers.get('last-modified') ?? ''
  const second = await client.get('/sobjects/contact/describe', { 'if-modified-since': since })
  expect(second).toMatchObject({ status: 304, body: undefined })
  const older = new Date(Date.parse(since) - 1000).toUTCString()
  expect((await client.get('/sobjects/contact/describe', { 'if-modified-since': older })).status).toBe(200)
})

test('/sobjects lists the objects, /sobjects/X its flags', async () => {
  const { body } = await client.get('/sobjects')
  const list = body as {
    encoding: string
    maxBatchSize: number
    sobjects: { name: string; urls: { describe: string } }[]
  }
  expect(list).toMatchObject({ encoding: 'UTF-8', maxBatchSize: 200 })
  expect(list.sobjects.map(each => each.name)).toEqual(
    expect.arrayContaining(['Account', 'Contact', 'Organization', 'User']),
  )
  expect((await client.get('/sobjects/Contact')).body).toMatchObject({
    objectDescribe: { name: 'Contact' },
    recentItems: [],
  })
})
