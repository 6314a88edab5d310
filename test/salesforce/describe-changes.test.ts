import { describe, expect, test } from 'vitest'
import type { FieldDescribe, ObjectDescribe } from '../../src/core/contract.ts'
import { describeChanges, namesOf } from '../../src/salesforce/describe-changes.ts'
import { fieldDescribe } from '../avro/contact-describe.ts'

const field = (name: string, changes: Partial<FieldDescribe> = {}): FieldDescribe =>
  fieldDescribe(name, 'string', { label: name, length: 80, custom: true, ...changes })

const contact = (...fields: FieldDescribe[]): ObjectDescribe => ({
  name: 'Contact',
  label: 'Contact',
  keyPrefix: '003',
  custom: false,
  createable: true,
  updateable: true,
  deletable: true,
  queryable: true,
  replicateable: true,
  fields,
})

const none = { added: [], removed: [], retyped: [], altered: [] }
const changes = (before: FieldDescribe[], after: FieldDescribe[]) =>
  namesOf('Contact', describeChanges(contact(...before), contact(...after)))

describe('changes of a describe', () => {
  const [a, b, c] = [field('A__c'), field('B__c'), field('C__c')]

  test('none, whatever the order', () => {
    expect(changes([a, b, c], [c, a, b])).toEqual({ object: 'Contact', ...none })
    expect(changes([], [])).toEqual({ object: 'Contact', ...none })
  })

  test('a new and a removed field', () => {
    expect(changes([a, b], [b, c])).toEqual({ object: 'Contact', ...none, added: ['C__c'], removed: ['A__c'] })
    expect(describeChanges(contact(a), contact(a, b)).added).toEqual([b])
  })

  test.each<[string, Partial<FieldDescribe>]>([
    ['its type', { type: 'double' }],
    ['its decimals', { scale: 2 }],
    ['what it refers to', { referenceTo: ['Account'] }],
    ['the compound it is part of', { compoundFieldName: 'MailingAddress' }],
    ['how its name is written', { name: 'a__C' }],
  ])('retyped: %s', (_, change) => {
    const after = { ...a, ...change }
    const found = describeChanges(contact(a, b), contact(after, b))
    expect(found).toEqual({ ...none, retyped: [{ before: a, after }] })
  })

  test.each<[string, Partial<FieldDescribe>]>([
    ['its label', { label: 'Other' }],
    ['whether it may be written', { updateable: false }],
    ['a picklist value', { picklistValues: [{ value: 'x', label: 'x', active: true, defaultValue: false }] }],
    ['its length', { length: 255 }],
  ])('altered: %s', (_, change) => {
    expect(changes([a, b], [{ ...a, ...change }, b])).toEqual({ object: 'Contact', ...none, altered: ['A__c'] })
  })

  test('the order of what a field refers to says nothing', () => {
    const task = (referenceTo: string[]) => field('WhoId', { type: 'reference', referenceTo })
    expect(changes([task(['Contact', 'Lead'])], [task(['Lead', 'Contact'])]).retyped).toEqual([])
  })
})
