import { describe, expect, test } from 'vitest'
import { recordsOf, useSimulator } from './rest-client.ts'

let nowMs = Date.UTC(2026, 10, 23, 10, 0, 0)
const client = useSimulator({ clock: () => nowMs, rows: {} })

const people = [
  { LastName: 'A', LeadSource: 'Web', Department: 'IT', Credit_Limit__c: 10, Birthdate: '1980-03-01', VIP__c: true },
  { LastName: 'B', LeadSource: 'Web', Department: 'IT', Credit_Limit__c: 20.5, Birthdate: '1980-12-31' },
  { LastName: 'C', LeadSource: 'Web', Department: 'Sales', Credit_Limit__c: null, Birthdate: null },
  { LastName: 'D', LeadSource: 'Other', Department: 'Sales', Credit_Limit__c: 5, Birthdate: '1991-06-15' },
  { LastName: 'E', LeadSource: null, Department: null, Credit_Limit__c: 7, Birthdate: '1991-01-01' },
]
let seeded = false

/** The results of an aggregate query without their attributes. */
async function groups(soql: string): Promise<Record<string, unknown>[]> {
  if (!seeded) {
    const account = client.simulator.org.create('Account', { Name: 'Acme' })
    for (const [i, person] of people.entries()) {
      nowMs += 1000
      client.simulator.org.create('Contact', i < 2 ? { ...person, AccountId: account } : person)
    }
  }
  seeded = true
  const got = await client.soql(soql)
  expect(got.status, JSON.stringify(got.body)).toBe(200)
  expect(got.body).toMatchObject({ done: true, totalSize: recordsOf(got).length })
  return recordsOf(got).map(({ attributes, ...row }) => {
    expect(attributes).toEqual({ type: 'AggregateResult' })
    return row
  })
}

describe('aggregates', () => {
  test('over all rows: nulls count for none, names are expr0, expr1 and aliases', async () => {
    const soql =
      'SELECT COUNT(Id), COUNT(LeadSource) sources, COUNT_DISTINCT(LeadSource), SUM(Credit_Limit__c) total, AVG(Credit_Limit__c), MIN(LastName), MAX(Birthdate), MIN(CreatedDate) FROM Contact'
    expect(await groups(soql)).toEqual([
      {
        expr0: 5,
        sources: 4,
        expr1: 2,
        total: 42.5,
        expr2: 42.5 / 4,
        expr3: 'A',
        expr4: '1991-06-15',
        expr5: '2026-11-23T10:00:01.000+0000',
      },
    ])
  })

  test('over no rows there is one result still', async () => {
    expect(
      await groups("SELECT COUNT(Id) n, SUM(Credit_Limit__c), MAX(LastName) FROM Contact WHERE LastName = 'Z'"),
    ).toEqual([{ n: 0, expr0: null, expr1: null }])
    expect(await groups("SELECT LastName, COUNT(Id) FROM Contact WHERE LastName = 'Z' GROUP BY LastName")).toEqual([])
  })

  test('GROUP BY with HAVING, ORDER BY an aggregate, LIMIT and OFFSET', async () => {
    const by = 'SELECT LeadSource source, COUNT(Id) n FROM Contact GROUP BY LeadSource'
    expect(await groups(`${by} ORDER BY COUNT(Id) DESC, LeadSource NULLS LAST`)).toEqual([
      { source: 'Web', n: 3 },
      { source: 'Other', n: 1 },
      { source: null, n: 1 },
    ])
    expect(await groups(`${by} HAVING COUNT(Id) = 1 AND LeadSource != null`)).toEqual([{ source: 'Other', n: 1 }])
    expect(await groups(`${by} HAVING MAX(Credit_Limit__c) > 6 ORDER BY LeadSource LIMIT 1 OFFSET 1`)).toEqual([
      { source: 'Web', n: 3 },
    ])
  })

  test('by a parent’s field, by several fields, by a date function', async () => {
    expect(
      await groups('SELECT Account.Name, COUNT(Id) FROM Contact GROUP BY Account.Name ORDER BY Account.Name'),
    ).toEqual([
      { Name: null, expr0: 3 },
      { Name: 'Acme', expr0: 2 },
    ])
    const two = 'SELECT LeadSource, Department, COUNT(Id) FROM Contact GROUP BY LeadSource, Department'
    expect(await groups(`${two} HAVING COUNT(Id) > 1`)).toEqual([{ LeadSource: 'Web', Department: 'IT', expr0: 2 }])
    const year = 'CALENDAR_YEAR(Birthdate)'
    expect(
      await groups(
        `SELECT ${year}, COUNT(Id) FROM Contact WHERE Birthdate != null GROUP BY ${year} ORDER BY ${year} DESC`,
      ),
    ).toEqual([
      { expr0: 1991, expr1: 2 },
      { expr0: 1980, expr1: 2 },
    ])
  })

  test('ROLLUP adds sums of groups, which GROUPING tells from nulls; CUBE all of them', async () => {
    const select =
      'SELECT LeadSource, Department, COUNT(Id) n, GROUPING(Department) g FROM Contact WHERE LeadSource != null'
    const rolled = await groups(`${select} GROUP BY ROLLUP(LeadSource, Department)`)
    expect(rolled).toHaveLength(3 + 2 + 1)
    expect(rolled).toEqual(
      expect.arrayContaining([
        { LeadSource: 'Web', Department: 'IT', n: 2, g: 0 },
        { LeadSource: 'Web', Department: null, n: 3, g: 1 },
        { LeadSource: null, Department: null, n: 4, g: 1 },
      ]),
    )
    const cubed = await groups(`${select} GROUP BY CUBE(LeadSource, Department)`)
    expect(cubed).toHaveLength(3 + 2 + 2 + 1)
    expect(cubed).toContainEqual({ LeadSource: null, Department: 'Sales', n: 2, g: 0 })
  })

  test.each<[string, string, string]>([
    ['SELECT LastName, COUNT(Id) FROM Contact', 'MALFORMED_QUERY', 'Field must be grouped or aggregated: LastName'],
    [
      'SELECT COUNT(Id) FROM Contact GROUP BY LeadSource ORDER BY LastName',
      'MALFORMED_QUERY',
      'Ordered field must be grouped or aggregated: LastName',
    ],
    [
      'SELECT COUNT(Id) FROM Contact GROUP BY CreatedDate',
      'MALFORMED_QUERY',
      "field 'CreatedDate' can not be grouped in a query call",
    ],
    ['SELECT SUM(LastName) FROM Contact', 'MALFORMED_QUERY', 'field LastName does not support aggregate operator SUM'],
    ['SELECT MAX(LastName) a, MIN(LastName) a FROM Contact', 'MALFORMED_QUERY', 'duplicate alias: a'],
    ['SELECT LastName a FROM Contact', 'MALFORMED_QUERY', 'only aggregate expressions use field aliasing'],
  ])('%s', async (soql, errorCode, text) => {
    expect(await client.soql(soql)).toMatchObject({
      status: 400,
      body: [
        { errorCode, message: expect.stringMatching(new RegExp(`ERROR at Row:1:Column:\\d+\\n${escaped(text)}$`)) },
      ],
    })
  })

  test('groups are not paged: more than 2,000 need a LIMIT', async () => {
    client.simulator.org.bulkWrite('Account', 2001, n => ({ Name: `Account ${n}` }))
    const soql = 'SELECT Name, COUNT(Id) FROM Account GROUP BY Name'
    expect(await client.soql(soql)).toMatchObject({ status: 400, body: [{ errorCode: 'EXCEEDED_ID_LIMIT' }] })
    expect(recordsOf(await client.soql(`${soql} LIMIT 2000`))).toHaveLength(2000)
  })
})

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
