import { describe, expect, test } from 'vitest'
import { Org } from '../../src/simulator/org/org.ts'
import { runQuery } from '../../src/simulator/soql/query.ts'
import { type Got, recordsOf, root, useSimulator } from './rest-client.ts'

const client = useSimulator()

interface Children {
  readonly totalSize: number
  readonly done: boolean
  readonly nextRecordsUrl?: string
  readonly records: readonly Record<string, unknown>[]
}

let made: { acme: string; zeta: string; empty: string; contacts: string[] } | undefined
function seeded() {
  if (made) return made
  const { org } = client.simulator
  const [acme = '', zeta = '', empty = ''] = ['Acme', 'Zeta', 'Empty'].map(Name => org.create('Account', { Name }))
  const contacts = ['Ada', 'Bob', 'Cy', 'Di'].map((LastName, i) =>
    org.create('Contact', { LastName, AccountId: i < 3 ? acme : zeta, VIP__c: i === 1 }),
  )
  org.create('Task', { Subject: 'Call', WhoId: contacts[0], WhatId: acme })
  org.create('Task', { Subject: 'Mail', WhoId: org.create('Lead', { LastName: 'Lee', Company: 'Lee & Co' }) })
  made = { acme, zeta, empty, contacts }
  return made
}

async function rows(soql: string): Promise<Record<string, unknown>[]> {
  seeded()
  const got = await client.soql(soql)
  expect(got.status, JSON.stringify(got.body)).toBe(200)
  return recordsOf(got)
}

describe('sub-queries in SELECT', () => {
  test('each parent has its children as a result of its own, or null', async () => {
    const { acme } = seeded()
    const [first, none, last] = await rows(
      'SELECT Name, (SELECT LastName, Owner.Alias FROM Contacts WHERE LastName != null ORDER BY LastName DESC) FROM Account ORDER BY Name',
    )
    expect(Object.keys(first ?? {})).toEqual(['attributes', 'Name', 'Contacts'])
    const children = first?.Contacts as Children
    expect(children).toMatchObject({ totalSize: 3, done: true })
    expect(children.records.map(row => row.LastName)).toEqual(['Cy', 'Bob', 'Ada'])
    expect(children.records[0]).toMatchObject({
      attributes: { type: 'Contact', url: expect.stringContaining(`${root}/sobjects/Contact/003`) },
      Owner: { Alias: 'someone' },
    })
    expect(none).toMatchObject({ Name: 'Empty', Contacts: null })
    expect(last).toMatchObject({ Contacts: { totalSize: 1 } })
    expect(first?.attributes).toMatchObject({ url: `${root}/sobjects/Account/${acme}` })
  })

  test('WHERE, LIMIT and OFFSET are for each parent', async () => {
    const result = await rows(
      'SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName LIMIT 1 OFFSET 1) FROM Account ORDER BY Name',
    )
    expect(result.map(row => (row.Contacts as Children | null)?.records.map(child => child.LastName))).toEqual([
      ['Bob'],
      undefined,
      undefined,
    ])
  })

  test('children count for the page; too many for one have pages of their own', async () => {
    const { org } = client.simulator
    const big = org.create('Account', { Name: 'Big' })
    org.bulkWrite('Contact', 450, n => ({ LastName: `Child ${n}`, AccountId: big, Department: 'Big' }))
    const hint = { 'Sforce-Query-Options': 'batchSize=200' }
    const soql =
      "SELECT Id, (SELECT LastName FROM Contacts ORDER BY Id) FROM Account WHERE Name IN ('Acme', 'Big') ORDER BY Name DESC"
    const first = await client.soql(soql, 'query', hint)
    const page = first.body as Children
    // The big account fills the page by itself.
    expect(page).toMatchObject({ totalSize: 2, done: false })
    expect(page.records).toHaveLength(1)
    let children = page.records[0]?.Contacts as Children
    expect(children).toMatchObject({ totalSize: 450, done: false })
    const names = children.records.map(row => row.LastName)
    while (children.nextRecordsUrl) {
      children = ((await client.send('GET', children.nextRecordsUrl, undefined, hint)) as Got).body as Children
      names.push(...children.records.map(row => row.LastName))
    }
    expect(names).toEqual(Array.from({ length: 450 }, (_, n) => `Child ${n}`))
    const rest = (await client.send('GET', page.nextRecordsUrl ?? '')).body as Children
    expect(rest.records.map(row => (row.Contacts as Children).totalSize)).toEqual([3])
    expect(rest.done).toBe(true)
  })
})

describe('sub-queries of IN', () => {
  test('semi-joins and anti-joins', async () => {
    const names = async (where: string) =>
      (await rows(`SELECT Name FROM Account WHERE ${where} ORDER BY Name`)).map(row => row.Name)
    expect(await names('Id IN (SELECT AccountId FROM Contact WHERE VIP__c = true)')).toEqual(['Acme'])
    expect(await names("Id NOT IN (SELECT AccountId FROM Contact) AND Name != 'Big'")).toEqual(['Empty'])
    expect(
      await names("Id IN (SELECT AccountId FROM Contact) AND Id NOT IN (SELECT WhatId FROM Task) AND Name != 'Big'"),
    ).toEqual(['Zeta'])
    const people = await rows(
      "SELECT LastName FROM Contact WHERE AccountId IN (SELECT Id FROM Account WHERE Name = 'zeta')",
    )
    expect(people.map(row => row.LastName)).toEqual(['Di'])
  })

  test.each([
    [
      "Name = 'a' OR Id IN (SELECT AccountId FROM Contact)",
      "Semi join sub-selects are not allowed with the 'OR' operator",
    ],
    [
      "Name != null AND (Name = 'a' OR Id IN (SELECT AccountId FROM Contact))",
      'Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE expressions.',
    ],
    ['Id IN (SELECT ParentId FROM Account)', 'The inner and outer selects should not be on the same object type'],
    [
      'Id IN (SELECT AccountId FROM Contact WHERE Id IN (SELECT WhoId FROM Task))',
      'Nesting of semi join sub-selects is not supported',
    ],
    ['Name IN (SELECT AccountId FROM Contact)', 'must be an ID field'],
    ['Id IN (SELECT LastName FROM Contact)', 'must be an ID or a reference'],
  ])('%s is refused', async (where, text) => {
    expect(await client.soql(`SELECT Id FROM Account WHERE ${where}`)).toMatchObject({
      status: 400,
      body: [{ errorCode: 'MALFORMED_QUERY', message: expect.stringContaining(text) }],
    })
  })
})

describe('lookups to several objects (salesforce-facts 6.4)', () => {
  test('their targets share the fields of Name, Type among them', async () => {
    const { contacts } = seeded()
    const found = await rows('SELECT Subject, Who.Name, Who.Type, What.Name FROM Task ORDER BY Subject')
    expect(found).toMatchObject([
      {
        Subject: 'Call',
        Who: {
          attributes: { type: 'Name', url: `${root}/sobjects/Contact/${contacts[0]}` },
          Name: 'Ada',
          Type: 'Contact',
        },
        What: { Name: 'Acme' },
      },
      { Subject: 'Mail', Who: { Name: 'Lee', Type: 'Lead' }, What: null },
    ])
    expect((await rows("SELECT Subject FROM Task WHERE Who.Type = 'lead'")).map(row => row.Subject)).toEqual(['Mail'])
  })

  test('TYPEOF shows what each object has', async () => {
    const soql =
      'SELECT TYPEOF Who WHEN Contact THEN LastName, VIP__c WHEN Lead THEN Company END FROM Task ORDER BY Subject'
    const found = await rows(soql)
    expect(found.map(row => row.Who)).toEqual([
      { attributes: { type: 'Contact', url: expect.any(String) }, LastName: 'Ada', VIP__c: false },
      { attributes: { type: 'Lead', url: expect.any(String) }, Company: 'Lee & Co' },
    ])
    const [call] = await rows(
      'SELECT TYPEOF What WHEN Opportunity THEN Amount ELSE Name END FROM Task ORDER BY Subject',
    )
    expect(call?.What).toMatchObject({ attributes: { type: 'Account' }, Name: 'Acme' })
  })
})

describe('what is withheld from the user is as if it were not there', () => {
  const org = new Org(() => Date.UTC(2026, 10, 23))
  const user = org.users.connector
  org.rights.set(
    user,
    { fields: { 'Contact.Email': 'none', 'Contact.AccountId': 'none' }, objects: { Lead: { read: false } } },
    0,
  )
  const run = (soql: string) => runQuery(org, soql, false, org.accessOf(user))
  test.each([
    ['SELECT Email FROM Contact', "No such column 'Email' on entity 'Contact'"],
    ["SELECT Id FROM Contact WHERE Email = 'a'", "No such column 'Email'"],
    ['SELECT Id FROM Contact ORDER BY Email', "No such column 'Email'"],
    ['SELECT COUNT(Email) FROM Contact', "No such column 'Email'"],
    ['SELECT Account.Name FROM Contact', "Didn't understand relationship 'Account' in field path"],
    ['SELECT Id, (SELECT Id FROM Contacts) FROM Account', "Didn't understand relationship 'Contacts' in FROM part"],
    ['SELECT Id FROM Lead', "sObject type 'Lead' is not supported"],
  ])('%s', (soql, text) => {
    expect(() => run(soql)).toThrow(text)
    expect(() => runQuery(org, soql, false)).not.toThrow()
  })

  test('FIELDS(ALL) leaves it out', () => {
    const names = run('SELECT FIELDS(ALL) FROM Contact LIMIT 200').outputs.map(output => output.name)
    expect(names).toContain('LastName')
    expect(names).not.toContain('Email')
  })
})

test('queryAll shows deleted rows and archived tasks, query neither', async () => {
  const { org } = client.simulator
  const [old, gone] = ['Old', 'Gone'].map(Subject => org.create('Task', { Subject })) as [string, string]
  org.touch('Task', old, { IsArchived: true })
  org.delete('Task', gone)
  const soql = "SELECT Subject FROM Task WHERE Subject IN ('Old', 'Gone') ORDER BY Subject"
  expect(recordsOf(await client.soql(soql))).toEqual([])
  expect(recordsOf(await client.soql(soql, 'queryAll')).map(row => row.Subject)).toEqual(['Gone', 'Old'])
  const count = "SELECT COUNT() FROM Task WHERE Subject IN ('Old', 'Gone')"
  expect((await client.soql(count)).body).toMatchObject({ totalSize: 0 })
  expect((await client.soql(count, 'queryAll')).body).toMatchObject({ totalSize: 2 })
})
