import { expect, test } from 'vitest'
import type { EventType, Row } from '../../src/core/contract.ts'
import { type Answers, Selection } from '../../src/source/selection.ts'
import { fieldDescribe, objectDescribe } from '../avro/contact-describe.ts'
import { everyTrigger } from './every-trigger.ts'

const names = [
  'Id',
  'IsDeleted',
  'SystemModstamp',
  'CreatedDate',
  'LastModifiedById',
  'MasterRecordId',
  'LastName',
  'Title',
]
const describe_ = objectDescribe('Contact', [
  ...names.map(name => fieldDescribe(name, 'string')),
  fieldDescribe('VIP__c', 'boolean'),
  fieldDescribe('Score__c', 'double'),
])
const selected = (options: Partial<typeof everyTrigger> = {}) =>
  new Selection(describe_, { ...everyTrigger, ...options }, 'GMT')
const noAnswers: Answers = new Map()
const row: Row = { Id: '003000000000001AAA', LastName: 'Okafor', Title: 'Dr', VIP__c: true, Score__c: 3 }
const sighting = (type: EventType, of: Row | null = row) => ({
  type,
  row: of,
  version: { recordId: String(row.Id), stampMs: 0, hash: 'x' },
  isRemembered: true,
  atMs: 0,
})
const fieldsOf = (selection: Selection): string[] => selection.describe.fields.map(({ name }) => name)

test('a trigger that is switched off publishes nothing and has no name', () => {
  const selection = selected({ updated: { enabled: false, where: 'VIP__c = true' } })
  expect(selection.triggerOf('UPDATED')).toBeUndefined()
  expect(selection.triggerOf('CREATED')).toBe('contact-created')
  expect(selection.publishes(sighting('UPDATED'), noAnswers, 0)).toBe(false)
  expect(selection.publishes(sighting('CREATED'), noAnswers, 0)).toBe(true)
})

test('a condition of its own decides; a row of which nothing is left meets every one', () => {
  const selection = selected({ deleted: { enabled: true, where: 'VIP__c = true' } })
  expect(selection.publishes(sighting('DELETED'), noAnswers, 0)).toBe(true)
  expect(selection.publishes(sighting('DELETED', { ...row, VIP__c: false }), noAnswers, 0)).toBe(false)
  expect(selection.publishes(sighting('DELETED', null), noAnswers, 0)).toBe(true)
  expect(selection.publishes(sighting('CREATED', { ...row, VIP__c: false }), noAnswers, 0)).toBe(true)
})

test('where Salesforce is asked, its answer decides', () => {
  const where = "Account.Name = 'Acme'"
  const selection = selected({ created: { enabled: true, where } })
  const answers = (...ids: string[]) => new Map([[where, new Set(ids)]])
  expect(selection.publishes(sighting('CREATED'), answers(String(row.Id)), 0)).toBe(true)
  expect(selection.publishes(sighting('CREATED'), answers('003000000000002AAA'), 0)).toBe(false)
  expect(selection.publishes(sighting('CREATED'), noAnswers, 0)).toBe(false)
})

test('events carry the fields that are named, in any case; the others all', () => {
  const selection = selected({ created: { enabled: true, fields: ['lastname', 'VIP__C'] } })
  expect(selection.fieldsOf('CREATED')).toEqual(['LastName', 'VIP__c'])
  expect(selection.fieldsOf('UPDATED')).toBeUndefined()
})

test('all fields are read as long as one trigger carries them; else those named, those of conditions, and the system’s', () => {
  const fields = ['Title']
  const narrow = { enabled: true, fields }
  const wide = selected({ created: narrow })
  expect(fieldsOf(wide)).toEqual(describe_.fields.map(({ name }) => name))
  const rest = { updated: narrow, deleted: narrow, merged: narrow, undeleted: narrow, snapshot: { enabled: false } }
  const selection = selected({ created: { enabled: true, fields: ['LastName'], where: 'Score__c > 1' }, ...rest })
  expect(fieldsOf(selection)).toEqual([...names, 'Score__c'])
  expect(fieldsOf(selected({ created: narrow, ...rest }))).toEqual(names.filter(name => name !== 'LastName'))
})

function askedParts() {
  const asked: string[] = []
  const read = async ({ query }: { readonly query: Readonly<Record<string, string>> }) => {
    asked.push(query.q!)
    return { done: true, records: [{ Id: /'(\w{18})'/.exec(query.q!)![1] }] }
  }
  const salesforce = { now: () => 0, apiVersion: '68.0' } as never
  return { asked, parts: { salesforce, reads: { read }, pageRowsMax: 2_000 } }
}

test('asking costs nothing without rows to ask about; else a query for each condition and 500 rows', async () => {
  const [first, second] = ["Account.Name = 'Acme'", 'Id IN (SELECT ContactId FROM Case)']
  const asking = (where: string) => ({ enabled: true, where })
  const options = { created: asking(first!), updated: asking(second!), deleted: asking(first!) }
  const selection = selected({ ...options, merged: asking('VIP__c = true') })
  const { asked, parts } = askedParts()
  const signal = new AbortController().signal
  await selection.ask(parts, [], signal)
  await selection.ask(parts, [sighting('MERGED'), sighting('UNDELETED'), sighting('DELETED', null)], signal)
  expect(asked).toEqual([])
  const ids = Array.from({ length: 501 }, (_, n) => `003${String(n).padStart(12, '0')}AAA`)
  const created = ids.map(Id => ({ ...sighting('CREATED'), version: { recordId: Id, stampMs: 0, hash: 'x' } }))
  const answers = await selection.ask(parts, [...created, sighting('DELETED'), sighting('UPDATED')], signal)
  expect(asked).toHaveLength(3)
  expect(asked.filter(q => q.endsWith(` AND (${first})`))).toHaveLength(2) // 502 rows, created and deleted
  expect([...answers.get(first!)!]).toEqual([ids[0], ids[500]])
  expect([...answers.get(second!)!]).toEqual([row.Id])
  expect(selection.conditions).toEqual({ own: ['VIP__c = true'], asked: [first, second] })
  expect(selection.callsPerPageMax(2_000)).toBe(2)
})
