import { beforeAll, describe, expect, test } from 'vitest'
import { Org } from '../../src/simulator/org/org.ts'
import { Cursors } from '../../src/simulator/soql/cursors.ts'
import { runQuery } from '../../src/simulator/soql/query.ts'
import { type Got, recordsOf, root, signIn, useSimulator } from './rest-client.ts'

const rowCount = 4500
const client = useSimulator({ rows: { contact: rowCount } })
const soql = 'SELECT Id, Title, SystemModstamp FROM Contact ORDER BY SystemModstamp, Id'

interface Page {
  readonly totalSize: number
  readonly done: boolean
  readonly nextRecordsUrl?: string
}
const pageOf = (got: Got) => got.body as Page

async function walk(first: Got, between: (page: number) => void = () => undefined) {
  const pages = [first]
  for (let next = pageOf(first).nextRecordsUrl; next; next = pageOf(pages.at(-1)!).nextRecordsUrl) {
    between(pages.length)
    pages.push(await client.send('GET', next))
  }
  return pages
}

describe('a result of several pages', () => {
  test('at most 2,000 rows a page, every row once, in order, the whole size on each page', async () => {
    const pages = await walk(await client.soql(soql))
    for (const page of pages.slice(0, -1)) {
      expect(recordsOf(page).length).toBeGreaterThanOrEqual(1000)
      expect(recordsOf(page).length).toBeLessThanOrEqual(2000)
    }
    expect(pages.map(page => pageOf(page).done)).toEqual(pages.map((_, i) => i === pages.length - 1))
    expect(new Set(pages.map(page => pageOf(page).totalSize))).toEqual(new Set([rowCount]))
    const keys = pages.flatMap(recordsOf).map(row => `${row.SystemModstamp} ${row.Id}`)
    expect(keys).toEqual(keys.toSorted())
    expect(new Set(keys).size).toBe(rowCount)
  })

  test('the locator is an id of 0r8 with the offset; queryAll’s next page is read from /query/', async () => {
    const first = await client.soql(soql, 'queryAll')
    expect(pageOf(first).nextRecordsUrl).toMatch(/^\/services\/data\/v68\.0\/query\/0r8\w{15}-\d{4}$/)
    const viaAll = pageOf(first).nextRecordsUrl?.replace('/query/', '/queryAll/') ?? ''
    expect((await client.send('GET', viaAll)).body).toEqual(
      (await client.send('GET', pageOf(first).nextRecordsUrl ?? '')).body,
    )
  })

  test('batchSize is held to 200…2000, and is a hint: some pages are shorter, the same ones for the same seed', async () => {
    const hint = (size: number) => ({ 'Sforce-Query-Options': `batchSize=${size}` })
    const rows = async (size: number) => recordsOf(await client.soql(soql, 'query', hint(size))).length
    for (const [asked, most] of [
      [10, 200],
      [200, 200],
      [333, 333],
      [9999, 2000],
    ] as const) {
      const sizes = await Promise.all(Array.from({ length: 40 }, () => rows(asked)))
      expect(Math.max(...sizes)).toBe(most)
      expect(Math.min(...sizes)).toBeGreaterThanOrEqual(most / 2)
      expect(Math.min(...sizes)).toBeLessThan(most)
    }
    const next = pageOf(await client.soql(soql, 'query', hint(300))).nextRecordsUrl ?? ''
    const again = async () => recordsOf(await client.send('GET', next, undefined, hint(300))).length
    expect(new Set(await Promise.all([again(), again(), again()])).size).toBe(1)
  })

  test('pages that are sent side by side do not mix', async () => {
    const byYear = (year: number) =>
      `SELECT FIELDS(STANDARD) FROM Contact WHERE CALENDAR_YEAR(Birthdate) = ${year} ORDER BY Id`
    const years = Array.from({ length: 20 }, (_, i) => 1950 + i)
    const one = []
    for (const year of years) one.push(recordsOf(await client.soql(byYear(year))))
    const together = await Promise.all(years.map(year => client.soql(byYear(year))))
    expect(together.map(recordsOf)).toEqual(one)
    expect(new Set(one.map(rows => JSON.stringify(rows))).size).toBe(years.length)
  })

  test('wide rows make pages of a few hundred', async () => {
    const wide = 'SELECT FIELDS(STANDARD), Account.Name, Owner.Name, CreatedBy.Name, LastModifiedBy.Name FROM Contact'
    const sizes = (await walk(await client.soql(wide))).map(page => recordsOf(page).length)
    expect(sizes.reduce((a, b) => a + b)).toBe(rowCount)
    expect(Math.max(...sizes)).toBeLessThan(1000)
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThanOrEqual(200)
  })

  test('a bad or expired locator is 400', async () => {
    const gone = { status: 400, body: [{ message: 'invalid query locator', errorCode: 'INVALID_QUERY_LOCATOR' }] }
    expect(await client.get('/query/0r8000000000001AAA-2000')).toMatchObject(gone)
    expect(await client.get('/query/nonsense')).toMatchObject(gone)
    const first = await client.soql(soql)
    client.simulator.cursors.expireAll()
    expect(await client.send('GET', pageOf(first).nextRecordsUrl ?? '')).toMatchObject(gone)
  })

  test('a locator lives two days, and is of no use to another user', () => {
    let nowMs = Date.UTC(2026, 10, 23)
    const org = new Org(() => nowMs)
    for (let i = 0; i < 500; i++) org.load('Contact', { LastName: 'Okafor' })
    const cursors = new Cursors(org, 1)
    const result = runQuery(org, 'SELECT Id FROM Contact', false)
    const request = { userId: org.users.connector, root, pageRows: 200 }
    const { nextRecordsUrl = '' } = JSON.parse(cursors.firstPage(result, false, request).bytes.toString()) as Page
    const locator = nextRecordsUrl.split('/').at(-1) ?? ''
    const refusal = (code: string) => expect.objectContaining({ message: expect.stringContaining(code) })
    expect(() => cursors.page(locator, { ...request, userId: org.users.someone })).toThrow(
      refusal('QUERY_LOCATOR_NOT_FOUND'),
    )
    nowMs += 2 * 24 * 60 * 60 * 1000
    expect(JSON.parse(cursors.page(locator, request).bytes.toString())).toMatchObject({ totalSize: 500 })
    nowMs += 1
    expect(() => cursors.page(locator, request)).toThrow(refusal('INVALID_QUERY_LOCATOR'))
  })

  test('the locator outlives the session', async () => {
    const first = await client.soql(soql)
    client.simulator.expireSessions()
    const next = pageOf(first).nextRecordsUrl ?? ''
    expect((await client.send('GET', next)).status).toBe(401)
    Object.assign(client, await signIn(client.simulator))
    expect((await client.send('GET', next)).status).toBe(200)
  })
})

describe('changes between pages', () => {
  let last: string
  beforeAll(async () => {
    last = String(recordsOf((await walk(await client.soql(soql))).at(-1)!).at(-1)?.Id)
  })

  test.each([
    ['pageTime', 'new'],
    ['queryTime', 'old'],
  ] as const)('values of %s; the ids are those of the query either way', async (values, expected) => {
    client.simulator.cursors.values = values
    client.simulator.org.update('Contact', last, { Title: 'old' })
    const pages = await walk(await client.soql(soql), page => {
      if (page === 1) client.simulator.org.update('Contact', last, { Title: 'new' })
      if (page === 1) client.simulator.org.create('Contact', { LastName: 'Later' })
    })
    const rows = pages.flatMap(recordsOf)
    expect(rows.find(row => row.Id === last)?.Title).toBe(expected)
    expect(rows.length).toBe(pageOf(pages[0]!).totalSize)
  })

  test('a row deleted meanwhile is missing from query, present in queryAll', async () => {
    client.simulator.cursors.values = 'pageTime'
    const all = await client.soql(soql, 'queryAll')
    const live = await client.soql(soql)
    client.simulator.org.delete('Contact', last)
    const idsOf = (pages: Got[]) => pages.flatMap(recordsOf).map(row => row.Id)
    expect(idsOf(await walk(live))).not.toContain(last)
    expect(idsOf(await walk(all))).toContain(last)
  })
})
