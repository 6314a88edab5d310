import jsforce from 'jsforce'
import { beforeEach, describe, expect, test } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { control, root, signIn, useSimulator } from './rest-client.ts'

let nowMs = Date.UTC(2026, 10, 23, 10, 11, 12)
const client = useSimulator({ rows: { contact: 250 }, clock: () => nowMs })
const jobs = '/jobs/query'

interface JobInfo {
  readonly id: string
  readonly state: string
}
const soql = 'SELECT Id, LastName FROM Contact'
const create = async (body: object = {}) =>
  (await client.post(jobs, { operation: 'query', query: soql, ...body })).body as JobInfo
const info = async (id: string) => (await client.get(`${jobs}/${id}`)).body as JobInfo

/** Waits until the job has left the states in which it runs. */
const ended = (id: string) =>
  expect.poll(async () => (await info(id)).state, { interval: 2 }).toMatch(/JobComplete|Failed|Aborted/)

async function completed(body: object = {}): Promise<string> {
  const { id } = await create(body)
  await ended(id)
  return id
}
const lines = (csv: unknown, end = '\n') => String(csv).split(end).slice(0, -1)

beforeEach(() => control(client, 'switches', { bulkJobs: 'run', bulkStateMs: 0 }))

describe('a query job (salesforce-facts 9.1)', () => {
  test('is created, runs and gives its rows as CSV', async () => {
    const made = await client.post(jobs, { operation: 'query', query: soql })
    const { id } = made.body as JobInfo
    expect(made).toMatchObject({
      status: 200,
      body: {
        operation: 'query',
        object: 'Contact',
        createdById: client.simulator.userId,
        createdDate: '2026-11-23T10:11:12.000+0000',
        state: 'UploadComplete',
        concurrencyMode: 'Parallel',
        contentType: 'CSV',
        apiVersion: 68,
        lineEnding: 'LF',
        columnDelimiter: 'COMMA',
      },
    })
    expect(id).toMatch(/^750\w{15}$/)
    await ended(id)
    expect(await info(id)).toMatchObject({
      state: 'JobComplete',
      jobType: 'V2Query',
      numberRecordsProcessed: 250,
      retries: 0,
    })
    const results = await client.get(`${jobs}/${id}/results`)
    expect(results.headers.get('content-type')).toMatch(/^text\/csv/)
    expect(results.headers.get('sforce-locator')).toBe('null')
    expect(results.headers.get('sforce-numberofrecords')).toBe('250')
    const [header, ...rows] = lines(results.body)
    expect(header).toBe('"Id","LastName"')
    const expected = client.simulator.org.rows('Contact').map(row => `"${row.Id}","${row.LastName}"`)
    expect(rows.toSorted()).toEqual(expected.toSorted())
    expect(rows).not.toEqual(expected)
  })

  test('apiVersion is a number with a point', async () => {
    const { url } = client.simulator
    const authorization = client.authorization()
    const got = await fetch(`${url}${root}${jobs}/${await completed()}`, { headers: { authorization } })
    expect(await got.text()).toContain('"apiVersion":68.0,')
  })

  test('maxRecords and the locator lead through all rows, each once', async () => {
    const id = await completed()
    const seen: string[] = []
    const counts: string[] = []
    for (let locator: string | null = ''; locator !== 'null' && counts.length < 10; ) {
      const got = await client.get(`${jobs}/${id}/results?maxRecords=100${locator && `&locator=${locator}`}`)
      seen.push(...lines(got.body).slice(1))
      counts.push(got.headers.get('sforce-numberofrecords') ?? '')
      locator = got.headers.get('sforce-locator')
    }
    expect(counts).toEqual(['100', '100', '50'])
    expect(new Set(seen).size).toBe(250)
    expect((await client.get(`${jobs}/${id}/results?locator=nonsense`)).status).toBe(400)
  })

  test('ORDER BY keeps its order; parents, nulls and every type of value', async () => {
    const account = client.simulator.org.create('Account', { Name: 'Acme, "Inc"' })
    client.simulator.org.create('Contact', {
      ...{ LastName: 'Zz1', AccountId: account, VIP__c: true, Credit_Limit__c: 5, Birthdate: '2000-02-29' },
      EmailBouncedDate: '2026-11-23T10:11:12.000Z',
    })
    client.simulator.org.create('Contact', { LastName: 'Zz2' })
    const query =
      "SELECT LastName, Account.Name, VIP__c, Credit_Limit__c, Birthdate, EmailBouncedDate FROM Contact WHERE LastName LIKE 'Zz%' ORDER BY LastName DESC"
    const { body } = await client.get(`${jobs}/${await completed({ query })}/results`)
    expect(lines(body)).toEqual([
      '"LastName","Account.Name","VIP__c","Credit_Limit__c","Birthdate","EmailBouncedDate"',
      '"Zz2","","false","","",""',
      '"Zz1","Acme, ""Inc""","true","5.0","2000-02-29","2026-11-23T10:11:12.000Z"',
    ])
  })

  test('line ending and delimiter; queryAll has the recycle bin; no rows is the header alone', async () => {
    const id = client.simulator.org.create('Contact', { LastName: 'Binned' })
    client.simulator.org.delete('Contact', id)
    const query = "SELECT Id, IsDeleted FROM Contact WHERE LastName = 'Binned'"
    const all = await completed({ operation: 'queryAll', query, lineEnding: 'CRLF', columnDelimiter: 'PIPE' })
    const { body } = await client.get(`${jobs}/${all}/results`)
    expect(lines(body, '\r\n')).toEqual(['"Id"|"IsDeleted"', `"${id}"|"true"`])
    const live = await client.get(`${jobs}/${await completed({ query })}/results`)
    expect(lines(live.body)).toEqual(['"Id","IsDeleted"'])
  })

  test('results of another API version: 409', async () => {
    const id = await completed()
    expect((await client.send('GET', `/services/data/v67.0${jobs}/${id}/results`)).status).toBe(409)
  })

  test('calls count one each, and the day’s jobs are counted', async () => {
    const left = async () =>
      ((await client.get('/limits')).body as Record<string, { Remaining: number }>).DailyBulkV2QueryJobs?.Remaining ?? 0
    const [before, calls] = [await left(), client.simulator.apiCalls()]
    const { id } = await create()
    await info(id)
    expect(client.simulator.apiCalls()).toBe(calls + 2)
    expect(await left()).toBe(before - 1)
  })
})

describe('its states', () => {
  test('last as long as set, by the org’s clock', async () => {
    await control(client, 'switches', { bulkStateMs: 5000 })
    const { id } = await create()
    const states = [(await info(id)).state]
    for (let i = 0; i < 2; i++) {
      nowMs += 5000
      states.push((await info(id)).state)
    }
    expect(states).toEqual(['UploadComplete', 'InProgress', 'JobComplete'])
  })

  test('on hold it stays, is aborted, and deleted; a running job is not deleted', async () => {
    await control(client, 'switches', { bulkJobs: 'hold' })
    const { id } = await create()
    nowMs += 60_000
    expect((await info(id)).state).toBe('UploadComplete')
    expect((await client.get(`${jobs}/${id}/results`)).status).toBe(400)
    expect((await client.delete(`${jobs}/${id}`)).status).toBe(400)
    expect(await client.patch(`${jobs}/${id}`, { state: 'Aborted' })).toMatchObject({ body: { state: 'Aborted' } })
    await control(client, 'switches', { bulkJobs: 'run' })
    expect((await info(id)).state).toBe('Aborted')
    expect((await client.patch(`${jobs}/${id}`, { state: 'Aborted' })).status).toBe(400)
    expect((await client.delete(`${jobs}/${id}`)).status).toBe(204)
    expect(await client.get(`${jobs}/${id}`)).toMatchObject({
      status: 404,
      body: [{ errorCode: 'NOT_FOUND', message: 'The requested resource does not exist' }],
    })
  })

  test('rows are those of the time it runs', async () => {
    await control(client, 'switches', { bulkJobs: 'hold' })
    const { id } = await create({ query: "SELECT Id FROM Contact WHERE LastName = 'Later'" })
    client.simulator.org.create('Contact', { LastName: 'Later' })
    await control(client, 'switches', { bulkJobs: 'run' })
    await ended(id)
    expect((await client.get(`${jobs}/${id}/results`)).headers.get('sforce-numberofrecords')).toBe('1')
  })
})

test.each<[string, object]>([
  ['COUNT()', { query: 'SELECT COUNT() FROM Contact' }],
  ['GROUP BY', { query: 'SELECT LeadSource, COUNT(Id) FROM Contact GROUP BY LeadSource' }],
  ['OFFSET', { query: 'SELECT Id FROM Contact LIMIT 5 OFFSET 1' }],
  ['a sub-query', { query: 'SELECT Id, (SELECT Id FROM Contacts) FROM Account' }],
  ['a compound field', { query: 'SELECT MailingAddress FROM Contact' }],
  ['an unknown field', { query: 'SELECT Nope FROM Contact' }],
  ['no SOQL', { query: 'SELECT' }],
  ['no query', { query: undefined }],
  ['an unknown operation', { operation: 'insert' }],
  ['an unknown delimiter', { columnDelimiter: 'DOT' }],
  ['JSON', { contentType: 'JSON' }],
])('%s is refused at once', async (_name, body) => {
  const got = await client.post(jobs, { operation: 'query', query: soql, ...body })
  expect(got).toMatchObject({ status: 400, body: [{ errorCode: expect.any(String) }] })
})

test('jobs are listed, and forgotten after seven days', async () => {
  let clockMs = nowMs
  const simulator = await startSimulator({ clock: () => clockMs })
  const list = async () => ((await (await signIn(simulator)).get(jobs)).body as { records: JobInfo[] }).records
  const { body } = await (await signIn(simulator)).post(jobs, { operation: 'query', query: soql })
  expect((await list()).map(job => job.id)).toEqual([(body as JobInfo).id])
  clockMs += 8 * 24 * 60 * 60 * 1000
  expect(await list()).toEqual([])
  await simulator.close()
})

test('jsforce queries in bulk, unchanged', async () => {
  const { url: loginUrl, clientId, clientSecret } = client.simulator
  const connection = new jsforce.Connection({ oauth2: { loginUrl, clientId, clientSecret }, version: '68.0' })
  await connection.authorize({ grant_type: 'client_credentials' })
  const stream = await connection.bulk2.query(soql, { pollInterval: 5, pollTimeout: 10_000 })
  const rows = await stream.toArray()
  expect(new Set(rows.map(row => row.Id)).size).toBe(client.simulator.org.count('Contact'))
})
