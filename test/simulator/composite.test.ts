import { describe, expect, test } from 'vitest'
import { createContact, root, useSimulator } from './rest-client.ts'

const client = useSimulator()

interface Sub {
  readonly body: unknown
  readonly httpHeaders: Record<string, string>
  readonly httpStatusCode: number
  readonly referenceId: string
}
interface SubRequest {
  readonly method: string
  readonly url: string
  readonly body?: unknown
  readonly httpHeaders?: Record<string, string>
}

/** Subrequests get the reference ids r0, r1, …; urls are below the version root. */
async function composite(requests: readonly SubRequest[], options: object = {}): Promise<Sub[]> {
  const compositeRequest = requests.map((request, i) => ({ ...request, url: root + request.url, referenceId: `r${i}` }))
  const got = await client.post('/composite', { ...options, compositeRequest })
  expect(got.status, JSON.stringify(got.body)).toBe(200)
  return (got.body as { compositeResponse: Sub[] }).compositeResponse
}

const create = (body: object): SubRequest => ({ method: 'POST', url: '/sobjects/Contact', body })
const halted = (message: string) => [{ errorCode: 'PROCESSING_HALTED', message }]
const rolledBack = halted('The transaction was rolled back since another operation in the same transaction failed.')

describe('composite', () => {
  test('each subrequest has its own answer, one call is counted', async () => {
    const before = client.simulator.apiCalls()
    const [made, bad, row, query, gone] = await composite([
      create({ LastName: 'A' }),
      create({ LastName: 'B', Email: 'x' }),
      { method: 'GET', url: '/sobjects/Contact/@{r0.id}' },
      { method: 'GET', url: "/query?q=SELECT+Id+FROM+Contact+WHERE+Id+=+'@{r0.id}'" },
      { method: 'DELETE', url: '/sobjects/Contact/@{r2.Id}' },
    ])
    const { id } = made!.body as { id: string }
    expect(made).toEqual({
      body: { id, success: true, errors: [] },
      httpHeaders: { Location: `${root}/sobjects/Contact/${id}` },
      httpStatusCode: 201,
      referenceId: 'r0',
    })
    expect(bad).toEqual({
      body: [{ message: 'Email: invalid email address: x', errorCode: 'INVALID_EMAIL_ADDRESS', fields: ['Email'] }],
      httpHeaders: {},
      httpStatusCode: 400,
      referenceId: 'r1',
    })
    expect(row).toMatchObject({ httpStatusCode: 200, body: { Id: id } })
    expect(query).toMatchObject({ httpStatusCode: 200, body: { totalSize: 1, records: [{ Id: id }] } })
    expect(gone).toEqual({ body: null, httpHeaders: {}, httpStatusCode: 204, referenceId: 'r4' })
    expect(client.simulator.apiCalls()).toBe(before + 1)
  })

  test('allOrNone rolls back with Salesforce’s text, and leaves nothing behind', async () => {
    const before = client.simulator.org.rows('Contact', { deleted: true }).length
    const effects = client.simulator.org.effects.length
    const answers = await composite([create({ LastName: 'A' }), create({}), create({ LastName: 'C' })], {
      allOrNone: true,
    })
    expect(answers.map(answer => answer.httpStatusCode)).toEqual([400, 400, 400])
    expect(answers.map(answer => answer.body)).toEqual([
      rolledBack,
      [expect.objectContaining({ errorCode: 'REQUIRED_FIELD_MISSING' })],
      rolledBack,
    ])
    expect(client.simulator.org.rows('Contact', { deleted: true }).length).toBe(before)
    expect(client.simulator.org.effects.length).toBe(effects)
  })

  test('a collection inside a rolled-back composite still reports success', async () => {
    const before = client.simulator.org.count('Contact')
    const records = [{ attributes: { type: 'Contact' }, LastName: 'A' }]
    const collection = { method: 'POST', url: '/composite/sobjects', body: { records } }
    const [first, second] = await composite([collection, create({})], { allOrNone: true })
    expect(first).toMatchObject({ httpStatusCode: 200, body: [{ success: true }] })
    expect(second?.httpStatusCode).toBe(400)
    expect(client.simulator.org.count('Contact')).toBe(before)
  })

  test('a reference is case-sensitive; without a value its subrequest is halted', async () => {
    const [, , third] = await composite([
      create({ LastName: 'A' }),
      create({}),
      { method: 'GET', url: '/sobjects/Contact/@{r0.Id}' },
    ])
    expect(third).toMatchObject({
      httpStatusCode: 400,
      body: halted('Invalid reference specified. No value for r0.Id found in r0'),
    })
  })

  test('a reference in a body keeps its type', async () => {
    const boss = await createContact(client, { Credit_Limit__c: 7 })
    const [, made] = await composite([
      { method: 'GET', url: `/sobjects/Contact/${boss}` },
      create({
        LastName: 'of @{r0.LastName}',
        ReportsToId: '@{r0.Id}',
        Credit_Limit__c: '@{r0.Credit_Limit__c}',
        Title: '@{r0.Title}',
      }),
    ])
    const { id } = made!.body as { id: string }
    const row = client.simulator.org.row('Contact', id)
    expect(row).toMatchObject({ LastName: 'of Okafor', ReportsToId: boss, Credit_Limit__c: 7, Title: null })
  })

  test('five collections of 200 rows in one call', async () => {
    const records = (k: number) =>
      Array.from({ length: 200 }, (_, i) => ({ attributes: { type: 'Contact' }, LastName: `n${k}-${i}` }))
    const requests = [0, 1, 2, 3, 4].map(k => ({
      method: 'POST',
      url: '/composite/sobjects',
      body: { records: records(k) },
    }))
    const answers = await composite(requests, { allOrNone: false, collateSubrequests: false })
    expect(answers.flatMap(answer => answer.body as { success: boolean }[]).filter(row => row.success).length).toBe(
      1000,
    )
  })

  test('subrequest headers reach their subrequest', async () => {
    const url = '/query?q=SELECT+Id+FROM+Contact'
    const [page] = await composite([{ method: 'GET', url, httpHeaders: { 'Sforce-Query-Options': 'batchSize=200' } }])
    const { records, done } = page!.body as { records: unknown[]; done: boolean }
    expect(done).toBe(false)
    expect(records.length).toBeLessThanOrEqual(200)
  })
})

describe('a malformed composite fails as a whole', () => {
  const get = (i: number, over: object = {}) => ({
    method: 'GET',
    url: `${root}/limits`,
    referenceId: `r${i}`,
    ...over,
  })
  const many = (n: number, over: object = {}) => Array.from({ length: n }, (_, i) => get(i, over))
  test.each<[string, unknown]>([
    ['26 subrequests', many(26)],
    ['6 queries', many(6, { url: `${root}/query?q=SELECT+Id+FROM+Contact` })],
    ['6 collections', many(6, { method: 'DELETE', url: `${root}/composite/sobjects?ids=x` })],
    ['a reference id with a dash', [get(0, { referenceId: 'a-b' })]],
    ['a reference id twice', [get(0), get(0)]],
    ['a lower-case method', [get(0, { method: 'get' })]],
    ['a url elsewhere', [get(0, { url: '/services/oauth2/token' })]],
    ['an Authorization header', [get(0, { httpHeaders: { Authorization: 'x' } })]],
    ['no list', undefined],
  ])('%s', async (_name, compositeRequest) => {
    const got = await client.post('/composite', { compositeRequest })
    expect(got.status).toBe(400)
    expect(got.body).toEqual([{ errorCode: expect.any(String), message: expect.any(String) }])
  })

  test('25 subrequests, 5 of them queries, pass', async () => {
    const queries = many(5, { url: `${root}/query?q=SELECT+Id+FROM+Contact+LIMIT+1` })
    const compositeRequest = [...queries, ...many(25).slice(5)]
    expect((await client.post('/composite', { compositeRequest })).status).toBe(200)
  })
})
