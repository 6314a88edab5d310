import { beforeAll, describe, expect, test } from 'vitest'
import { type Got, recordsOf, signIn, useSimulator } from './rest-client.ts'

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
  test('2,000 rows a page, every row once, in order, the whole size on each page', async () => {
    const pages = await walk(await client.soql(soql))
    expect(pages.map(page => recordsOf(page).length)).toEqual([2000, 2000, 500])
    expect(pages.map(page => pageOf(page).done)).toEqual([false, false, true])
    expect(pages.map(page => pageOf(page).totalSize)).toEqual([rowCount, rowCount, rowCount])
    const keys = pages.flatMap(recordsOf).map(row => `${row.SystemModstamp} ${row.Id}`)
    expect(keys).toEqual(keys.toSorted())
    expect(new Set(keys).size).toBe(rowCount)
  })

  test('the locator is an id of 0r8 with the offset; queryAll’s next page is read from /query/', async () => {
    const first = await client.soql(soql, 'queryAll')
    expect(pageOf(first).nextRecordsUrl).toMatch(/^\/services\/data\/v68\.0\/query\/0r8\w{15}-2000$/)
    const viaAll = pageOf(first).nextRecordsUrl?.replace('/query/', '/queryAll/') ?? ''
    expect((await client.send('GET', viaAll)).body).toEqual(
      (await client.send('GET', pageOf(first).nextRecordsUrl ?? '')).body,
    )
  })

  test('batchSize is held to 200…2000', async () => {
    const rows = async (size: number) =>
      recordsOf(await client.soql(soql, 'query', { 'Sforce-Query-Options': `batchSize=${size}` })).length
    expect(await Promise.all([10, 200, 333, 9999].map(rows))).toEqual([200, 200, 333, 2000])
  })

  test('a bad or expired locator is 400', async () => {
    const gone = { status: 400, body: [{ message: 'invalid query locator', errorCode: 'INVALID_QUERY_LOCATOR' }] }
    expect(await client.get('/query/0r8000000000001AAA-2000')).toMatchObject(gone)
    expect(await client.get('/query/nonsense')).toMatchObject(gone)
    const first = await client.soql(soql)
    client.simulator.cursors.expireAll()
    expect(await client.send('GET', pageOf(first).nextRecordsUrl ?? '')).toMatchObject(gone)
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
