import { describe, expect, test } from 'vitest'
import type { FieldDescribe, Row } from '../../src/core/contract.ts'
import type { BucketChange } from '../../src/source/buckets.ts'
import { Deletes } from '../../src/source/deletes.ts'
import { FieldSets } from '../../src/source/field-sets.ts'
import { note, type Reading, sight } from '../../src/source/record.ts'
import { planQuery, startPosition } from '../../src/source/watermark.ts'
import { Window } from '../../src/source/window.ts'
import { fieldDescribe, objectDescribe } from '../avro/contact-describe.ts'

const nowMs = Date.parse('2026-11-25T10:00:00Z')
const spans = { lookbackMs: 600_000, auditMs: 900_000 }
const id = (n: number): string => `003${String(n).padStart(12, '0')}AAA`
const row = (n: number, values: Row, secondsAgo = 60): Row => ({
  Id: id(n),
  SystemModstamp: new Date(nowMs - secondsAgo * 1_000).toISOString(),
  CreatedDate: '2020-01-01T00:00:00.000+0000',
  IsDeleted: false,
  ...values,
})
const described = (...fields: FieldDescribe[]) => objectDescribe('Contact', [fieldDescribe('Id', 'id'), ...fields])
const title = fieldDescribe('Title', 'string')
const score = fieldDescribe('Score__c', 'double')
const city = fieldDescribe('City__c', 'string')

const open = (fields = new FieldSets()): Reading => ({
  position: startPosition(nowMs - 500_000),
  window: new Window(),
  deletes: new Deletes(),
  fields,
})

/** Reads the rows as a poll does; the numbers of those that are new. */
function read(reading: Reading, object: ReturnType<typeof described>, rows: readonly Row[]): string[] {
  const query = planQuery(reading.position, nowMs, spans)
  const sightings = sight(rows, reading.fields.use(object, reading.window), reading, query)
  for (const sighting of sightings) note(sighting, reading)
  return sightings.map(({ version }) => version.recordId)
}

interface Stored {
  readonly buckets: Map<string, BucketChange>
  fields?: string
}
const topics = new WeakMap<Reading, Stored>()

/** The same after a restart: what was stored by now, and nothing else. */
function restarted(reading: Reading): Reading {
  const topic: Stored = topics.get(reading) ?? { buckets: new Map() }
  for (const change of reading.window.takeChanges(0)) topic.buckets.set(`${change.slotMs}/${change.bucket}`, change)
  const changed = reading.fields.takeChange(0)
  if (changed) topic.fields = JSON.stringify(changed)
  const again = open()
  for (const { slotMs, bucket, entries } of topic.buckets.values())
    if (entries) again.window.restore(slotMs, bucket, entries)
  if (topic.fields) again.fields.restore(JSON.parse(topic.fields))
  topics.set(again, topic)
  return again
}

const values = { Title: 'Engineer', Score__c: 2.5 }
const before = described(title, score)

describe.each([
  ['while it runs', (reading: Reading) => reading],
  ['found at a restart', restarted],
])('a change of fields %s', (_, then) => {
  const start = (): Reading => {
    const reading = open()
    expect(read(reading, before, [row(1, values), row(2, values, 30)])).toHaveLength(2)
    return then(reading)
  }

  test.each([
    ['added', described(title, score, city), { ...values, City__c: null }],
    ['added, with a value', described(title, score, city), { ...values, City__c: 'Lagos' }],
    ['removed', described(score), { Score__c: 2.5 }],
    ['retyped', described(title, fieldDescribe('Score__c', 'string')), { Title: 'Engineer', Score__c: '2.5' }],
    ['in another order', described(score, title), values],
    ['formerly all other', described(city), { City__c: 'Lagos' }],
  ])('%s: nothing is published again', (_, after, changed) => {
    const reading = start()
    for (let poll = 0; poll < 3; poll++)
      expect(read(reading, after, [row(1, changed), row(2, changed, 30)])).toEqual([])
  })

  test('a new version, and a row that was not there, are published', () => {
    const after = described(title, score, city)
    const reading = start()
    const rows = [row(1, { ...values, City__c: 'Lagos' }, 20), row(2, values, 30), row(3, values, 60)]
    expect(read(reading, after, rows)).toEqual([id(1), id(3)])
    expect(read(reading, after, rows)).toEqual([])
  })

  test('a second version under one stamp is one still, where its fields were read before', () => {
    const reading = start()
    expect(read(reading, described(title, score, city), [row(1, { ...values, Title: 'Other' })])).toEqual([id(1)])
  })

  test('and several changes in a row, back to the first', () => {
    let reading = start()
    const objects = [described(title, score, city), described(city), described(title, city), before]
    const seen = row(1, { ...values, City__c: 'Lagos' })
    for (const object of objects) {
      expect(read(reading, object, [seen, row(2, { ...values, City__c: 'Lagos' }, 30)])).toEqual([])
      reading = then(reading)
    }
  })
})

describe('what the hashes cannot tell', () => {
  const gone = described(score)
  const open2 = (): Reading => {
    const reading = open()
    read(reading, before, [row(1, values, 1)])
    return reading
  }

  test('two versions in the second in which a field was removed', () => {
    const reading = open2()
    expect(read(reading, gone, [row(1, { Score__c: 3 }, 1)])).toEqual([id(1)])
    expect(read(reading, gone, [row(1, { Score__c: 3 }, 1)])).toEqual([])
  })

  test('two versions in the second after which it was noticed', () => {
    const reading = open2()
    expect(read(reading, gone, [row(1, { Score__c: 2.5 }, 1)])).toEqual([])
    expect(read(reading, gone, [row(1, { Score__c: 3 }, 1)])).toEqual([id(1)])
  })

  test('a retyped field with another value; the same in another form is none', () => {
    const retyped = described(title, fieldDescribe('Score__c', 'string'))
    expect(read(open2(), retyped, [row(1, { Title: 'Engineer', Score__c: 'gold' }, 1)])).toEqual([id(1)])
    expect(read(open2(), retyped, [row(1, { Title: 'Engineer', Score__c: '2.50' }, 1)])).toEqual([])
  })

  test('a new field that is set in the same second, once it is read', () => {
    const reading = open2()
    const more = described(title, score, city)
    expect(read(reading, more, [row(1, { ...values, City__c: null }, 1)])).toEqual([])
    expect(read(reading, more, [row(1, { ...values, City__c: 'Lagos' }, 1)])).toEqual([id(1)])
  })
})

describe('what is stored', () => {
  test('is written when it changes, and no more', () => {
    const reading = open()
    read(reading, before, [row(1, values)])
    expect(reading.fields.takeChange(0)).toEqual({ names: ['Id id', 'Score__c double', 'Title string'], former: [] })
    read(reading, before, [row(1, values)])
    expect(reading.fields.takeChange(0)).toBeUndefined()
    read(reading, described(score), [])
    expect(reading.fields.takeChange(0)).toMatchObject({ former: [{ untilMs: nowMs - 60_000 }] })
  })

  test('forgets the former fields once the window holds nothing of them', () => {
    const reading = open()
    read(reading, before, [row(1, values)])
    read(reading, described(score), [])
    expect(reading.fields.takeChange(nowMs - 60_000)?.former).toHaveLength(1)
    expect(reading.fields.takeChange(nowMs - 59_000)).toEqual({ names: ['Id id', 'Score__c double'], former: [] })
    expect(reading.fields.takeChange(nowMs)).toBeUndefined()
  })

  test('has an upper bound, beyond which nothing is published again either', () => {
    const reading = open()
    read(reading, before, [row(1, values)])
    const last = { Title: 'Engineer', Score__c: 2.5 }
    for (let n = 0; n < 20; n++)
      expect(read(reading, described(score, fieldDescribe(`F${n}__c`, 'string')), [row(1, last)])).toEqual([])
    expect(reading.fields.takeChange(0)?.former.length).toBeLessThanOrEqual(8)
  })

  test('holds nothing of fields that say nothing of a version', () => {
    const viewed = fieldDescribe('LastViewedDate', 'datetime')
    const formula = fieldDescribe('Sum__c', 'double', { calculated: true })
    const reading = open()
    read(reading, described(title, viewed, formula), [row(1, values)])
    expect(reading.fields.takeChange(0)?.names).toEqual(['Id id', 'Title string'])
  })
})
