import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ObjectDescribe, Row } from '../../src/core/contract.ts'
import { readCondition } from '../../src/source/condition.ts'
import { fieldDescribe, objectDescribe } from '../avro/contact-describe.ts'
import { recordsOf, useSimulator } from '../simulator/rest-client.ts'

const startMs = Date.UTC(2026, 10, 23, 10, 30)
const hourMs = 3_600_000
let nowMs = startMs
const client = useSimulator({ clock: () => nowMs })
const runsMax = Number(process.env.PROPERTY_RUNS ?? 400)

/** Fields of a contact and the literals that conditions compare them with. */
const texts = ["'Alpha'", "'ALPHA'", "'a%b'", "'O\\'Brien'", "''", 'null', "'none'"]
const dates = [
  'null',
  '1980-01-02',
  '2026-11-22',
  'TODAY',
  'YESTERDAY',
  'THIS_MONTH',
  'LAST_N_DAYS:2',
  'N_YEARS_AGO:46',
]
const stamps = [
  'null',
  '2026-11-21T10:30:00Z',
  '2026-11-22T11:30:00+01:00',
  'TODAY',
  'LAST_N_DAYS:1',
  'NEXT_QUARTER',
  'LAST_YEAR',
]
const literals: Readonly<Record<string, readonly string[]>> = {
  LastName: texts.filter(text => text !== 'null'),
  title: texts,
  LeadSource: ["'Web'", "'web'", "'Other'", 'null'],
  VIP__c: ['true', 'FALSE'],
  Credit_Limit__c: ['null', '-1', '0', '10.50', '+20'],
  Birthdate: dates,
  CreatedDate: stamps.filter(stamp => stamp !== 'null'),
  EmailBouncedDate: stamps,
  AccountId: ['null', "'$first'", "'$second'"], // ids, put in when there are any
  Interests__c: ["'Music'", "'music;Sport'", "'Travel'"],
}
const orders = ['<', '<=', '>', '>=']
const operatorsOf = (field: string): string[] => {
  if (field === 'Interests__c') return ['INCLUDES', 'EXCLUDES']
  const isOrdered = /Date$|date$|Credit/.test(field)
  return [
    '=',
    '!=',
    '<>',
    'IN',
    'not in',
    ...(isOrdered ? orders : []),
    ...(/LastName|title/.test(field) ? ['LIKE'] : []),
  ]
}
const patterns = ["'a%'", "'%A'", "'_lpha'", "'a\\%b'", "'%'", "'%o\\'b%n'", "'%l%h_'", "'alpha'"]

const leaf = fc.constantFrom(...Object.keys(literals)).chain(field =>
  fc.constantFrom(...operatorsOf(field)).chain(operator => {
    if (operator === 'LIKE') return fc.constantFrom(...patterns).map(pattern => `${field} LIKE ${pattern}`)
    const isOrder = orders.includes(operator)
    const one = fc.constantFrom(...literals[field]!.filter(text => !isOrder || text !== 'null'))
    if (!/in|cludes/i.test(operator)) return one.map(value => `${field} ${operator} ${value}`)
    return fc.array(one, { minLength: 1, maxLength: 3 }).map(values => `${field} ${operator} (${values.join(', ')})`)
  }),
)
const condition = fc
  .letrec<{ node: string }>(tie => ({
    node: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc
        .tuple(fc.constantFrom(' AND ', ' or '), fc.array(tie('node'), { minLength: 2, maxLength: 3 }))
        .map(([operator, items]) => items.map(item => `(${item})`).join(operator)),
      tie('node').map(item => `NOT (${item})`),
    ),
  }))
  .node.filter(where => !/NOT \(+NOT \(+NOT/.test(where)) // the parser, here and in the simulator, loses one of three

let cached:
  | { readonly rows: readonly Row[]; readonly describe: ObjectDescribe; readonly accounts: readonly string[] }
  | undefined
/** Sixty contacts with few different values, some of them null, made over several days. */
async function contacts() {
  if (cached) return cached
  const { org } = client.simulator
  const accounts = [org.create('Account', { Name: 'A' }), org.create('Account', { Name: 'B' })]
  for (let i = 0; i < 60; i++) {
    nowMs = startMs - (60 - i) * 2 * hourMs
    org.create('Contact', {
      LastName: ['Alpha', 'beta', 'ALPHA', "O'Brien", 'a%b', 'Alphabet'][i % 6],
      Title: [null, 'alpha', 'a%b', 'Axb', "x O'BRIEN"][i % 5],
      LeadSource: [null, 'Web', 'Other'][(i * 5) % 3],
      AccountId: [null, ...accounts][(i * 7) % 3],
      VIP__c: i % 3 === 0,
      Credit_Limit__c: [null, -1, 0, 10.5, 20][(i * 3) % 5],
      Birthdate: [null, '1980-01-02', '2026-11-22', '2026-11-23', '1980-11-01'][(i * 7) % 5],
      EmailBouncedDate: i % 4 === 0 ? null : new Date(nowMs).toISOString(),
      Interests__c: [null, 'Music', 'Music;Sport', 'Travel'][(i * 3) % 4],
    })
  }
  nowMs = startMs
  const names = [...Object.keys(literals), 'Id'].join(', ')
  const rows = recordsOf(await client.soql(`SELECT ${names} FROM Contact`)) as Row[]
  const described = await client.get('/sobjects/Contact/describe')
  cached = { rows, describe: described.body as ObjectDescribe, accounts }
  return cached
}

const idsOf = (ids: readonly unknown[]): string[] => ids.map(String).sort()

/** Compares what we say of a condition with what the simulated org finds by it. */
async function compare(drawn: string): Promise<void> {
  const { rows, describe, accounts } = await contacts()
  const where = drawn.replaceAll('$first', accounts[0]!).replaceAll('$second', accounts[1]!.slice(0, 15))
  const read = readCondition(where, describe, 'GMT')
  const answer = await client.soql(`SELECT Id FROM Contact WHERE ${where}`)
  expect(answer.status, where).toBe(200)
  expect(read, where).toBeDefined()
  const held = rows.filter(row => read!.holds(row, nowMs)).map(row => row.Id)
  expect(idsOf(held), where).toEqual(idsOf(recordsOf(answer).map(row => row.Id)))
}

test.each(Object.keys(literals))('%s: each comparison holds for the rows that Salesforce finds by it', async field => {
  for (const operator of operatorsOf(field)) {
    const values = operator === 'LIKE' ? patterns : literals[field]!
    const isList = /in|cludes/i.test(operator)
    for (const value of values)
      if (value !== 'null' || !orders.includes(operator))
        await compare(`${field} ${operator} ${isList ? `(${value})` : value}`)
  }
})

test('so does any condition made of them', async () => {
  await fc.assert(fc.asyncProperty(condition, compare), { numRuns: runsMax })
})

const everyKind = objectDescribe('Contact', [
  fieldDescribe('Name', 'string'),
  fieldDescribe('Code__c', 'string', { unique: true }),
  fieldDescribe('Notes__c', 'textarea', { filterable: false }),
  fieldDescribe('At__c', 'time'),
  fieldDescribe('Picks__c', 'multipicklist'),
  fieldDescribe('Amount', 'currency'),
  fieldDescribe('CreatedDate', 'datetime'),
  fieldDescribe('Birthdate', 'date'),
  fieldDescribe('Flag__c', 'boolean'),
  fieldDescribe('OwnerId', 'reference'),
])

test.each([
  ["Owner.Name = 'x'", 'a field of a parent'],
  ['OwnerId IN (SELECT Id FROM User)', 'a sub-query'],
  ['CALENDAR_YEAR(CreatedDate) = 2026', 'a function'],
  ["Name > 'm'", 'an order of texts: that of a locale'],
  ["Code__c = 'x'", 'a unique text: it may mind its case'],
  ["Notes__c = 'x'", 'a field that is not filterable'],
  ['At__c > 10:00:00.000Z', 'a time of day'],
  ["Picks__c = 'a;b'", 'picks in some order'],
  ['Amount > USD5000', 'a currency'],
  ['CreatedDate = THIS_WEEK', 'weeks begin where the locale says'],
  ['CreatedDate = LAST_FISCAL_YEAR', 'fiscal years begin where the org does'],
  ['Flag__c = null', 'a boolean is never null'],
  ["OwnerId = 'nobody'", 'no id'],
  ['Amount < null', 'nothing is below null'],
  ["Nope__c = 'x'", 'no field'],
  ["Amount = 'x'", 'a literal of another type'],
  ["Name = 'a' AND Name = 'b' OR Name = 'c'", 'AND beside OR'],
  ["Name = 'a' LIMIT 1", 'more than a condition'],
  ["Name = 'a' ORDER BY Name", 'more than a condition'],
  ['Name', 'no condition'],
  ["Name = 'a') OR (Name = 'b'", 'parentheses of others'],
  ["NOT (NOT (NOT (Name = 'a')))", 'what the parser loses'],
])('%s is left to Salesforce: %s', where => expect(readCondition(where, everyKind, 'GMT')).toBeUndefined())

test('date literals are left to Salesforce if the time zone of the user is not known', () => {
  expect(readCondition('Birthdate = TODAY', everyKind)).toBeUndefined()
  expect(readCondition('Birthdate = 2026-11-23', everyKind)).toMatchObject({ fields: ['Birthdate'] })
})

test.each([
  ['America/Los_Angeles', '2026-11-23T07:59:59Z', '2026-11-22', false],
  ['America/Los_Angeles', '2026-11-23T08:00:00Z', '2026-11-23', true],
  ['Asia/Kolkata', '2026-11-22T18:30:00Z', '2026-11-23', true],
  ['Asia/Kolkata', '2026-11-22T18:29:59Z', '2026-11-22', false],
])('a day begins at midnight in %s: %s is on %s', (zone, at, day, isToday) => {
  const today = Date.UTC(2026, 10, 23, 20)
  const holds = (where: string, row: Row, now: number) => readCondition(where, everyKind, zone)!.holds(row, now)
  const noon = zone.startsWith('Asia') ? today - 12 * hourMs : today
  expect(holds('CreatedDate = TODAY', { CreatedDate: at.replace('Z', '.000+0000') }, noon)).toBe(isToday)
  expect(holds('Birthdate = TODAY', { Birthdate: day }, Date.parse(at))).toBe(true)
})

test('a pattern of many wildcards is matched in the time of text times pattern', () => {
  const holds = readCondition(`Name LIKE '${'%a'.repeat(1_000)}b'`, everyKind)!.holds
  expect(holds({ Name: 'a'.repeat(4_000) }, 0)).toBe(false)
})

test('names are found in any case, and the condition moves with the time', () => {
  const read = readCondition('createddate < LAST_N_DAYS:1', everyKind, 'GMT')!
  expect(read.fields).toEqual(['CreatedDate'])
  const row = { CreatedDate: '2026-11-22T10:00:00.000+0000' }
  expect(read.holds(row, Date.UTC(2026, 10, 23, 23, 59, 59))).toBe(false)
  expect(read.holds(row, Date.UTC(2026, 10, 24))).toBe(true)
})
