import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rowReader } from '../../src/avro/codec.ts'
import type { Row } from '../../src/core/contract.ts'
import { awaitBulkQuery, bulkResults, isJobLost, startBulkQuery } from '../../src/salesforce/bulk-query.ts'
import { bulkFields, bulkRows, withParts } from '../../src/salesforce/bulk-rows.ts'
import { connectSalesforce, type Salesforce, silentEvents } from '../../src/salesforce/client.ts'
import { queryAllPages } from '../../src/salesforce/query.ts'
import { select, stringLiteral } from '../../src/salesforce/soql.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { FieldSets } from '../../src/source/field-sets.ts'
import { versionOf } from '../../src/source/record.ts'
import { Window } from '../../src/source/window.ts'

const runsMax = Number(process.env.PROPERTY_RUNS ?? 40)
const seed = Number(process.env.PROPERTY_SEED ?? Date.now() % 1_000_000_000)
const signal = new AbortController().signal
let simulator: Simulator
let salesforce: Salesforce

beforeAll(async () => {
  simulator = await startSimulator({ rows: { account: 1 } })
  const { clientId, clientSecret, url } = simulator
  const auth = { flow: 'client_credentials', clientId, clientSecret } as const
  salesforce = await connectSalesforce(
    { loginUrl: url, auth, apiVersion: '68.0', requestTimeoutMs: 10_000 },
    silentEvents,
  )
})
afterAll(async () => {
  await salesforce.close()
  await simulator.close()
})

const orNull = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(values, { nil: null })
// Quotes, commas, line ends, text that looks like something else, characters beyond 16 bits.
const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  fc
    .array(fc.constantFrom('"', ',', '\n', '\r\n', ';', '#N/A', 'null', 'true', '0', ' ', '😀', 'é', '='), {
      minLength: 1,
      maxLength: 12,
    })
    .map(parts => parts.join('').slice(0, 40)),
)
const cents = fc.integer({ min: -1e9, max: 1e9 }).map(n => n / 100)
const degrees = fc.integer({ min: -80_000_000, max: 80_000_000 }).map(n => n / 1e6)
const instant = fc.integer({ min: 0, max: 4_000_000_000 })
const contact = fc.record({
  LastName: text.map(name => `L${name}`),
  Description: orNull(text),
  Birthdate: orNull(instant.map(second => new Date(second * 1_000).toISOString().slice(0, 10))),
  VIP__c: fc.boolean(),
  Credit_Limit__c: orNull(cents),
  Interests__c: orNull(fc.subarray(['Music', 'Sport', 'Travel'], { minLength: 1 }).map(list => list.join(';'))),
  MailingStreet: orNull(text),
  MailingCity: orNull(text),
  MailingLatitude: orNull(degrees),
  MailingLongitude: orNull(degrees),
})
const invoice = fc.record({
  Is_Paid__c: fc.boolean(),
  Amount__c: orNull(cents),
  Weight__c: orNull(fc.integer({ min: -1e9, max: 1e9 }).map(n => n / 10_000)),
  Line_Count__c: orNull(fc.integer({ min: -1e9, max: 1e9 })),
  Sent_At__c: orNull(instant.map(second => new Date(second * 1_000).toISOString())),
  Call_Time__c: orNull(fc.integer({ min: 0, max: 86_399 }).map(s => new Date(s * 1_000).toISOString().slice(11))),
  Terms__c: orNull(text),
  Delivered_At__Latitude__s: orNull(degrees),
  Delivered_At__Longitude__s: orNull(degrees),
})

async function byRest(object: string, where: string): Promise<Row[]> {
  const { fields } = await salesforce.describe(object)
  const names = fields.filter(({ type }) => type !== 'base64').map(({ name }) => name)
  const rows: Row[] = []
  const soql = select({ fields: names, object, where, orderBy: 'Id' })
  for await (const page of queryAllPages(salesforce, soql)) rows.push(...page.rows)
  return rows.map(({ attributes: _, ...row }) => row)
}

async function inBulk(object: string, where: string, rowsMax: number): Promise<Row[]> {
  const describe = await salesforce.describe(object)
  const soql = select({ fields: bulkFields(describe), object, where, orderBy: 'Id' })
  const id = await startBulkQuery(salesforce, soql, signal)
  await awaitBulkQuery(salesforce, id, signal)
  const rows: Row[] = []
  for (let locator: string | null = null; ; ) {
    const set = await bulkResults(salesforce, id, { locator, rowsMax }, signal)
    for await (const row of bulkRows(set, describe)) rows.push(row)
    if (set.next === null) return rows
    locator = set.next
  }
}

test.each([
  ['Contact', contact],
  ['Invoice__c', invoice],
] as const)(
  '%s: rows read in bulk are those that REST reads, and give the same records and versions',
  async (object, fields) => {
    const describe = await salesforce.describe(object)
    const account = String(simulator.org.rows('Account')[0]!.Id)
    const more = object === 'Invoice__c' ? { Account__c: account } : {}
    const values = fc.array(fields as fc.Arbitrary<object>, { minLength: 1, maxLength: 25 })
    await fc.assert(
      fc.asyncProperty(values, fc.integer({ min: 1, max: 10 }), async (given, rowsMax) => {
        const ids = simulator.org.bulkWrite(object, given.length, n => ({ ...given[n], ...more }))
        const where = `Id IN (${ids.map(stringLiteral).join(', ')})`
        const [rest, bulk] = await Promise.all([byRest(object, where), inBulk(object, where, rowsMax)])
        expect(rest).toHaveLength(ids.length)
        expect(bulk).toEqual(rest)
        const toRecord = rowReader(describe)
        expect(bulk.map(toRecord)).toEqual(rest.map(toRecord))
        const { names } = new FieldSets().use(describe, new Window())
        expect(bulk.map(row => versionOf(row, names))).toEqual(rest.map(row => versionOf(row, names)))
      }),
      { numRuns: runsMax, seed },
    )
  },
)

describe('results that cannot be used', () => {
  const of = async (csv: string, rows: number) => {
    const read: Row[] = []
    const contact = await salesforce.describe('Contact')
    const fields = contact.fields.filter(({ name }) => ['Id', 'Name', 'VIP__c'].includes(name))
    for await (const row of bulkRows({ csv, rows, next: null }, { ...contact, fields })) read.push(row)
    return read
  }

  test('fewer rows than announced, and broken CSV, are errors that are tried again', async () => {
    expect(await of('"Id","Name","VIP__c"\n"003","A","true"\n', 1)).toEqual([{ Id: '003', Name: 'A', VIP__c: true }])
    const failure = { code: 'salesforce.bad_answer' }
    await expect(of('"Id","Name","VIP__c"\n"003","A","true"\n', 2)).rejects.toMatchObject(failure)
    await expect(of('"Id","Name","VIP__c"\n"003","A\n', 1)).rejects.toMatchObject(failure)
    await expect(of('', 1)).rejects.toMatchObject(failure)
  })

  test('a column that is missing needs another job', async () => {
    const error = await of('"Id","Name"\n"003","A"\n', 1).catch(cause => cause as unknown)
    expect(isJobLost(error)).toBe(true)
  })
})

test('the parts of a selected compound are read though only the compound is selected', async () => {
  const whole = await salesforce.describe('Contact')
  const narrow = { ...whole, fields: whole.fields.filter(({ name }) => ['Id', 'MailingAddress'].includes(name)) }
  const names = bulkFields(withParts(narrow, whole))
  expect(names).toEqual(expect.arrayContaining(['Id', 'MailingStreet', 'MailingLatitude']))
  expect(names).not.toContain('MailingAddress')
  expect(names).not.toContain('OtherStreet')
})
