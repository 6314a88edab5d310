import { expect, test } from 'vitest'
import { parseConfig } from '../src/core/config-load.ts'
import { triggers, triggersOf } from '../src/triggers.ts'
import { minimal } from './core/minimal-config.ts'

const namesOf = (isPromised: boolean): string[] =>
  Object.entries(triggers)
    .filter(([, { promised }]) => promised === isPromised)
    .map(([name]) => name)

test('23 triggers are promised: three of each of six objects, two of product and order, and the merged lead', () => {
  const six = ['contact', 'lead', 'task', 'account', 'opportunity', 'campaign']
  const expected = [
    ...six.flatMap(object => ['created', 'updated', 'deleted'].map(change => `${object}-${change}`)),
    'lead-merged',
    ...['product', 'order'].flatMap(object => ['created', 'updated'].map(change => `${object}-${change}`)),
  ]
  expect(namesOf(true)).toHaveLength(23)
  expect(namesOf(true).sort()).toEqual(expected.sort())
})

test('beside them, each object has what can happen to it: merges where Salesforce merges', () => {
  expect(namesOf(false).filter(name => name.endsWith('-merged'))).toEqual(['contact-merged', 'account-merged'])
  for (const object of new Set(Object.values(triggers).map(each => each.object))) {
    const types = Object.values(triggersOf(object)).map(({ type }) => type)
    expect(types).toEqual(expect.arrayContaining(['CREATED', 'UPDATED', 'DELETED', 'UNDELETED', 'SNAPSHOT']))
    expect(new Set(types).size).toBe(types.length)
  }
})

test('each name says object and type, each entry what it is for', () => {
  for (const [name, { type, option, doc }] of Object.entries(triggers)) {
    expect(name.endsWith(`-${type.toLowerCase()}`)).toBe(true)
    expect(option).toBe(type.toLowerCase())
    expect(doc).toMatch(/^An? .*\.$/)
  }
  expect(triggers['product-created']?.object).toBe('Product2')
})

test('an object without entries gets a trigger of every type', () => {
  expect(Object.keys(triggersOf('Invoice__c'))).toEqual(
    ['created', 'updated', 'deleted', 'merged', 'undeleted', 'snapshot'].map(change => `invoice__c-${change}`),
  )
  expect(triggersOf('Invoice__c')['invoice__c-merged']).toMatchObject({ object: 'Invoice__c', type: 'MERGED' })
})

test('by default the config polls the objects that have entries', () => {
  const { source } = parseConfig(JSON.stringify(minimal), { file: 'c.yaml', env: {} })
  expect(Object.keys(source.objects)).toEqual([...new Set(Object.values(triggers).map(({ object }) => object))])
})
