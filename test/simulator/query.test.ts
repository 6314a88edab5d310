import { describe, expect, test } from 'vitest'
import { recordsOf, root, useSimulator } from './rest-client.ts'

const startMs = Date.UTC(2026, 10, 23, 10, 0, 0)
let nowMs = startMs
const client = useSimulator({ clock: () => nowMs })

const people = [
  {
    LastName: 'Alpha',
    FirstName: 'Ada',
    Email: 'ada@x.example',
    VIP__c: true,
    Credit_Limit__c: 10.5,
    Birthdate: '1980-01-02',
    Interests__c: 'Music;Travel',
  },
  {
    LastName: 'beta',
    FirstName: 'Bob',
    Email: 'BOB@x.example',
    Credit_Limit__c: 20,
    Birthdate: '1990-01-02',
    Interests__c: 'Books',
  },
  { LastName: "O'Brien", FirstName: 'Cy', Title: '100%_sure', Credit_Limit__c: -1 },
  { LastName: 'Delta\\Gamma', Title: null },
]
/** Created once, one second apart. */
let ids: string[] = []
function seeded(): string[] {
  if (ids.length > 0) return ids
  const account = client.simulator.org.create('Account', { Name: 'Acme' })
  ids = people.map((person, i) => {
    nowMs = startMs + i * 1000
    return client.simulator.org.create('Contact', i === 0 ? { ...person, AccountId: account } : person)
  })
  return ids
}

/** Indexes into `people` of the rows that a WHERE clause finds, in the order it gives them. */
async function found(where: string, rest = 'ORDER BY SystemModstamp, Id'): Promise<number[]> {
  const known = seeded()
  const got = await client.soql(`SELECT Id FROM Contact WHERE ${where} ${rest}`)
  expect(got.status, JSON.stringify(got.body)).toBe(200)
  return recordsOf(got).map(row => known.indexOf(String(row.Id)))
}

describe('SELECT', () => {
  test('fields come in SELECT order with the schema’s spelling, nulls included, parents nested', async () => {
    const [id] = seeded()
    const soql = `SELECT title, Id, Account.Name, Owner.LastName, ReportsTo.Name, Account.owner.Name, Credit_Limit__c FROM contact WHERE Id = '${id}'`
    const got = await client.soql(soql)
    const [row] = recordsOf(got)
    expect(Object.keys(row ?? {})).toEqual([
      'attributes',
      'Title',
      'Id',
      'Account',
      'Owner',
      'ReportsTo',
      'Credit_Limit__c',
    ])
    expect(row).toMatchObject({
      attributes: { type: 'Contact', url: `${root}/sobjects/Contact/${id}` },
      Title: null,
      Account: { attributes: { type: 'Account' }, Name: 'Acme', Owner: { Name: 'Someone Else' } },
      Owner: { attributes: { type: 'User' }, LastName: 'Else' },
      ReportsTo: null,
      Credit_Limit__c: 10.5,
    })
    expect(got.body).toMatchObject({ totalSize: 1, done: true })
    expect(got.body).not.toHaveProperty('nextRecordsUrl')
  })

  test('aliases, COUNT() and FIELDS()', async () => {
    seeded()
    expect(
      recordsOf(await client.soql('SELECT c.LastName FROM Contact c ORDER BY c.LastName LIMIT 1'))[0]?.LastName,
    ).toBe('Alpha')
    const count = await client.soql('SELECT COUNT() FROM Contact')
    expect(count.body).toEqual({ totalSize: 4, done: true, records: [] })
    const [row] = recordsOf(await client.soql('SELECT FIELDS(CUSTOM) FROM Contact LIMIT 1'))
    expect(Object.keys(row ?? {})).toEqual([
      'attributes',
      'VIP__c',
      'Credit_Limit__c',
      'Interests__c',
      'Command_Id__c',
      'External_Id__c',
      'Account_Name__c',
    ])
    expect(await client.soql('SELECT FIELDS(ALL) FROM Contact')).toMatchObject({
      status: 400,
      body: [{ errorCode: 'MALFORMED_QUERY' }],
    })
  })

  test('the org’s own row', async () => {
    const [row] = recordsOf(await client.soql('SELECT Id, OrganizationType, IsSandbox FROM Organization'))
    expect(row).toMatchObject({ Id: client.simulator.orgId, OrganizationType: 'Developer Edition', IsSandbox: false })
  })
})

describe('WHERE', () => {
  test.each<[string, number[]]>([
    ["LastName = 'ALPHA'", [0]],
    ["LastName != 'alpha'", [1, 2, 3]],
    ["FirstName != 'Ada'", [1, 2, 3]],
    ['FirstName = null', [3]],
    ['FirstName != null', [0, 1, 2]],
    ["LastName = 'O\\'Brien'", [2]],
    ["LastName = 'Delta\\\\Gamma'", [3]],
    ["LastName LIKE '%a'", [0, 1, 3]],
    ["LastName LIKE '_eta'", [1]],
    ["Title LIKE '100\\%\\_%'", [2]],
    ["(NOT LastName LIKE 'a%') AND FirstName != null", [1, 2]],
    ["Email IN ('bob@x.example', 'ADA@X.EXAMPLE')", [0, 1]],
    ["FirstName NOT IN ('Ada')", [1, 2, 3]],
    ['VIP__c = true', [0]],
    ['VIP__c != TRUE', [1, 2, 3]],
    ['Credit_Limit__c > 10.5', [1]],
    ['Credit_Limit__c >= 10.5', [0, 1]],
    ['Credit_Limit__c < 0', [2]],
    ['Birthdate < 1990-01-02', [0]],
    ['Birthdate <= 1990-01-02', [0, 1]],
    ["Interests__c INCLUDES ('Travel;Music', 'Food')", [0]],
    ["Interests__c EXCLUDES ('Music')", [1, 2, 3]],
    ["Account.Name = 'acme'", [0]],
    ['Account.Name = null', [1, 2, 3]],
    ['SystemModstamp > 2026-11-23T10:00:01Z', [2, 3]],
    ['SystemModstamp >= 2026-11-23T10:00:01.000Z', [1, 2, 3]],
    ['SystemModstamp > 2026-11-23T10:00:01.500Z', [2, 3]],
    ['SystemModstamp < 2026-11-23T11:00:01+01:00', [0]],
    ['SystemModstamp = 2026-11-23T10:00:02Z', [2]],
    ['SystemModstamp != 2026-11-23T10:00:02Z', [0, 1, 3]],
    ['NOT SystemModstamp > 2026-11-23T10:00:01Z', [0, 1]],
    ['CreatedDate > 2026-11-23T10:00:01Z AND CreatedDate <= 2026-11-23T10:00:02Z', [2]],
    ["LastName = 'alpha' OR (VIP__c = false AND (FirstName = 'Cy' OR FirstName = null))", [0, 2, 3]],
    ["NOT (LastName = 'alpha' OR LastName = 'beta')", [2, 3]],
    ['IsDeleted = true', []],
  ])('%s', async (where, expected) => {
    expect(await found(where)).toEqual(expected)
  })

  test('keyset by (SystemModstamp, Id); 15-character ids', async () => {
    const known = seeded()
    const t = '2026-11-23T10:00:01Z'
    expect(await found(`(SystemModstamp = ${t} AND Id > '${known[1]}') OR SystemModstamp > ${t}`)).toEqual([2, 3])
    expect(await found(`(SystemModstamp = ${t} AND Id >= '${known[1]}') OR SystemModstamp > ${t}`)).toEqual([1, 2, 3])
    expect(await found(`Id IN ('${known[0]?.slice(0, 15)}', '${known[2]}')`)).toEqual([0, 2])
  })

  test('ORDER BY: several, descending, nulls first unless asked otherwise, text without case; LIMIT and OFFSET', async () => {
    expect(await found('Id != null', 'ORDER BY LastName')).toEqual([0, 1, 3, 2])
    expect(await found('Id != null', 'ORDER BY LastName DESC')).toEqual([2, 3, 1, 0])
    expect(await found('Id != null', 'ORDER BY FirstName DESC')).toEqual([3, 2, 1, 0])
    expect(await found('Id != null', 'ORDER BY FirstName NULLS LAST')).toEqual([0, 1, 2, 3])
    expect(await found('Id != null', 'ORDER BY VIP__c DESC, LastName DESC')).toEqual([0, 2, 3, 1])
    expect(await found('Id != null', 'ORDER BY SystemModstamp DESC LIMIT 2')).toEqual([3, 2])
    expect(await found('Id != null', 'ORDER BY SystemModstamp, Id LIMIT 2 OFFSET 1')).toEqual([1, 2])
    expect(await found('Id != null', 'ORDER BY LastName LIMIT 0')).toEqual([])
  })
})

describe('errors (salesforce-facts 3.3)', () => {
  const hint = 'Please reference your WSDL or the describe call for the appropriate names.'
  test.each<[string, string, unknown]>([
    [
      'SELECT Id,Foo__c FROM Account',
      'INVALID_FIELD',
      `\nSELECT Id,Foo__c FROM Account\n          ^\nERROR at Row:1:Column:11\nNo such column 'Foo__c' on entity 'Account'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. ${hint}`,
    ],
    [
      'SELECT Id FROM Nope__c',
      'INVALID_TYPE',
      `\nSELECT Id FROM Nope__c\n               ^\nERROR at Row:1:Column:16\nsObject type 'Nope__c' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. ${hint}`,
    ],
    [
      'SELECT Id FORM Account',
      'MALFORMED_QUERY',
      "\nSELECT Id FORM Account\n          ^\nERROR at Row:1:Column:11\nunexpected token: 'FORM'",
    ],
    ['SELECT Id, Name WHERE Id != null', 'MALFORMED_QUERY', expect.stringContaining("unexpected token: 'WHERE'")],
    ["SELECT Id FROM Contact WHERE LastName = 'a", 'MALFORMED_QUERY', expect.stringContaining('unexpected token')],
    [
      "SELECT Id FROM Contact WHERE LastName = 'O'Brien'",
      'MALFORMED_QUERY',
      expect.stringContaining('unexpected token'),
    ],
    ['SELECT Id FROM Contact ALL ROWS', 'MALFORMED_QUERY', 'ALL ROWS not allowed in this context'],
    [
      "SELECT Id FROM Contact WHERE VIP__c = true AND Title = 'a' OR Title = 'b'",
      'MALFORMED_QUERY',
      expect.stringContaining("'OR'"),
    ],
    ['', 'MALFORMED_QUERY', expect.anything()],
    [
      "SELECT Id FROM Contact WHERE SystemModstamp > '2026-11-23T10:00:00Z'",
      'INVALID_FIELD',
      "value of filter criterion for field 'SystemModstamp' must be of type dateTime and should not be enclosed in quotes",
    ],
    [
      'SELECT Id FROM Contact WHERE LastName = 5',
      'INVALID_FIELD',
      expect.stringContaining('should be enclosed in quotes'),
    ],
    ["SELECT Id FROM Contact WHERE Id = 'x'", 'INVALID_QUERY_FILTER_OPERATOR', 'invalid ID field: x'],
    [
      "SELECT Id FROM Contact WHERE AccountId = '@{a.id}'",
      'INVALID_QUERY_FILTER_OPERATOR',
      'invalid ID field: @{a.id}',
    ],
    [
      "SELECT Id FROM Contact WHERE Description = 'x'",
      'INVALID_QUERY_FILTER_OPERATOR',
      expect.stringContaining('Description'),
    ],
    ['SELECT Id FROM Contact ORDER BY Description', 'INVALID_FIELD', expect.stringContaining('can not be sorted')],
    [
      'SELECT Id FROM Contact ORDER BY Id OFFSET 2001',
      'NUMBER_OUTSIDE_VALID_RANGE',
      'Maximum SOQL offset allowed is 2000',
    ],
    ['SELECT Id, Id FROM Contact', 'INVALID_FIELD', expect.stringContaining('duplicate field selected: Id')],
    [
      'SELECT Nope.Name FROM Contact',
      'INVALID_FIELD',
      expect.stringContaining("Didn't understand relationship 'Nope'"),
    ],
  ])('%s', async (soql, errorCode, message) => {
    expect(await client.soql(soql)).toMatchObject({ status: 400, body: [{ errorCode, message }] })
  })
})
