import { describe, expect, test } from 'vitest'
import { askedBy, gapsOf } from '../../src/cli/check-access.ts'
import { parseConfig } from '../../src/core/config-load.ts'
import type { FieldDescribe, ObjectDescribe } from '../../src/core/contract.ts'
import { fieldDescribe, objectDescribe } from '../avro/contact-describe.ts'
import { minimal } from '../core/minimal-config.ts'

const configWith = (changes: object) =>
  parseConfig(JSON.stringify({ ...minimal, ...changes }), { file: 'c.yaml', env: {} })
const askedOf = (changes: object = {}) => askedBy(configWith(changes))[0]!

const field = (name: string, changes: Partial<FieldDescribe> = {}): FieldDescribe =>
  fieldDescribe(name, 'string', { createable: true, updateable: true, ...changes })

const eventFields = ['Id', 'SystemModstamp', 'CreatedDate', 'LastModifiedById', 'IsDeleted', 'MasterRecordId'].map(
  name => field(name),
)

/** A Contact from whom nothing is withheld, with these differences. */
const contact = (changes: Partial<ObjectDescribe> = {}, fields: readonly FieldDescribe[] = []): ObjectDescribe => {
  const replaced = new Set(fields.map(({ name }) => name))
  const own = [...eventFields, field('HasOptedOutOfEmail', { type: 'boolean' })]
  return {
    ...objectDescribe('Contact', []),
    createable: true,
    updateable: true,
    deletable: true,
    queryable: true,
    fields: [...own.filter(({ name }) => !replaced.has(name)), ...fields],
    ...changes,
  }
}

test('nothing withheld, nothing missing', () => {
  expect(gapsOf(askedOf(), contact())).toEqual([])
})

describe('object permissions', () => {
  test.each([
    ['createable', 'create', 'Create'],
    ['updateable', 'update', 'Edit'],
    ['deletable', 'delete', 'Delete'],
  ] as const)('%s', (flag, verb, right) => {
    const [gap, ...rest] = gapsOf(askedOf(), contact({ [flag]: false }))
    expect(rest).toEqual([])
    expect(gap!.message).toMatch(new RegExp(`may not ${verb} rows, for .*Contact`))
    expect(gap!.remedy).toMatch(new RegExp(`Setup > Permission Sets.*Contact > Edit: select ${right}`))
  })

  test('what no half uses is no gap', () => {
    const asked = askedOf({ sink: { enabled: false } })
    const narrow = contact({ createable: false, updateable: false, deletable: false }, [
      field('HasOptedOutOfEmail', { updateable: false }),
    ])
    expect(gapsOf(asked, narrow)).toEqual([])
    expect(askedBy(configWith({ source: { enabled: false }, sink: { objects: [] } }))).toEqual([])
  })

  test('a hidden object', () => {
    expect(gapsOf(askedOf(), undefined)).toMatchObject([{ object: 'Contact', remedy: expect.stringMatching(/Read/) }])
  })
})

describe('fields', () => {
  test('one that an action writes, read-only by field-level security, or hidden by it', () => {
    const readOnly = gapsOf(askedOf(), contact({}, [field('HasOptedOutOfEmail', { updateable: false })]))
    expect(readOnly).toMatchObject([{ field: 'HasOptedOutOfEmail', message: expect.stringMatching(/may only read/) }])
    const describe_ = contact()
    const hidden = { ...describe_, fields: describe_.fields.filter(({ name }) => name !== 'HasOptedOutOfEmail') }
    const gaps = gapsOf(askedOf(), hidden)
    expect(gaps).toMatchObject([{ message: expect.stringMatching(/may not see .*SetContactEmailOptOut writes/) }])
    expect(gaps[0]!.remedy).toMatch(
      /Setup > Object Manager > Contact > .*HasOptedOutOfEmail > Set Field-Level Security/,
    )
  })

  test('one that the events are made of; IsDeleted and MasterRecordId only if deletes are published', () => {
    const object = contact()
    const without = (name: string) => ({ ...object, fields: object.fields.filter(each => each.name !== name) })
    expect(gapsOf(askedOf(), without('SystemModstamp'))).toMatchObject([{ field: 'SystemModstamp' }])
    expect(gapsOf(askedOf(), without('IsDeleted'))).toMatchObject([{ field: 'IsDeleted' }])
    expect(gapsOf(askedOf(), without('MasterRecordId'))).toMatchObject([{ field: 'MasterRecordId' }])
    const off = { deleted: false, merged: false, undeleted: false }
    const created = askedOf({ source: { objects: { Contact: { triggers: off } } } })
    for (const name of ['IsDeleted', 'MasterRecordId']) expect(gapsOf(created, without(name))).toEqual([])
    const merged = askedOf({ source: { objects: { Contact: { triggers: { ...off, merged: true } } } } })
    expect(gapsOf(merged, without('IsDeleted'))).toMatchObject([{ field: 'IsDeleted' }])
  })
})

describe('the idempotency field', () => {
  const asked = askedOf({ sink: { idempotency_fields: { Contact: 'Command_Id__c' } } })
  const right = { type: 'string', length: 36, externalId: true, unique: true } as const
  const gapsWith = (changes: Partial<FieldDescribe>) =>
    gapsOf(asked, contact({}, [field('Command_Id__c', { ...right, ...changes })]))

  test('as it must be', () => expect(gapsWith({})).toEqual([]))

  test.each<[string, Partial<FieldDescribe>, RegExp, RegExp]>([
    ['not unique', { unique: false }, /is not Unique/, /Edit: select Unique/],
    ['no external id', { externalId: false }, /is not External ID/, /select External ID/],
    ['neither', { unique: false, externalId: false }, /External ID and Unique/, /External ID and Unique/],
    ['too short', { length: 20 }, /length 20; .*36 or more/, /New: Text, length 36/],
    ['a number', { type: 'double' }, /is a double/, /New: Text/],
    ['read-only', { createable: false }, /may not write/, /Set Field-Level Security/],
  ])('%s', (_, changes, message, remedy) => {
    const gaps = gapsWith(changes)
    expect(gaps).toMatchObject([{ field: 'Command_Id__c' }])
    expect(gaps[0]!.message).toMatch(message)
    expect(gaps[0]!.remedy).toMatch(remedy)
  })

  test('a standard field can never be one', () => {
    const title = askedOf({ sink: { idempotency_fields: { Contact: 'Title' } } })
    const gaps = gapsOf(title, contact({}, [field('Title', { length: 128 })]))
    expect(gaps).toMatchObject([{ field: 'Title', remedy: expect.stringMatching(/> New: Text/) }])
  })

  test('missing', () => {
    expect(gapsOf(asked, contact())).toMatchObject([{ remedy: expect.stringMatching(/Unique and External ID/) }])
  })
})

describe('the objects of the sink', () => {
  const sinkOf = (sink: object) => askedBy(configWith({ source: { enabled: false }, sink }))
  const invoice = (changes: Partial<ObjectDescribe> = {}) => ({ ...objectDescribe('Invoice__c', []), ...changes })
  const nothing = { createable: false, updateable: false, deletable: false, queryable: false }

  test('by default all those that the table of actions names are asked for, and the rows that actions write elsewhere', () => {
    const asked = sinkOf({})
    const objects = ['Account', 'Campaign', 'Contact', 'Lead', 'Opportunity', 'Order', 'Product2', 'Task', 'User']
    expect(
      asked
        .filter(({ sink }) => sink)
        .map(({ object }) => object)
        .toSorted(),
    ).toEqual(objects)
    expect(asked.at(-1)).toMatchObject({ object: 'CampaignMember', sink: false })
    expect(asked.find(({ object }) => object === 'User')!.operations.get('create')).toEqual(['CreateUser'])
  })

  test('a campaign member that the user may not create is a gap of AddCampaignMember', () => {
    const member = sinkOf({ objects: ['Campaign'] }).at(-1)!
    const fields = [field('CampaignId'), field('LeadId')]
    expect(gapsOf(member, objectDescribe('CampaignMember', fields))).toEqual([])
    const gaps = gapsOf(member, { ...objectDescribe('CampaignMember', fields), createable: false })
    expect(gaps).toMatchObject([{ object: 'CampaignMember', message: expect.stringContaining('AddCampaignMember') }])
  })

  test('a custom object needs one right at least, and the rights for what the config names', () => {
    const [any] = sinkOf({ objects: ['Invoice__c'] })
    expect(gapsOf(any!, invoice({ ...nothing, queryable: true }))).toEqual([])
    expect(gapsOf(any!, invoice(nothing))).toMatchObject([{ message: expect.stringContaining('has no actions') }])
    const [named] = sinkOf({
      objects: ['Invoice__c'],
      allow: { Invoice__c: ['CreateInvoice__c', 'GetInvoice__cById'] },
    })
    expect(gapsOf(named!, invoice())).toEqual([])
    expect(gapsOf(named!, invoice({ createable: false }))).toMatchObject([
      { message: expect.stringContaining('CreateInvoice__c') },
    ])
  })
})
