import { expect, test } from 'vitest'
import { readApiUsage } from '../../src/salesforce/budget.ts'
import { executeGroups } from '../../src/salesforce/composite.ts'
import { queryAllPages } from '../../src/salesforce/query.ts'
import { dateTimeLiteral } from '../../src/salesforce/soql.ts'
import { connect, json, signedIn, startCanned } from './canned-server.ts'
import { against, create, failureOf, read } from './experiment.ts'
import { codes, watched } from './watched.ts'

// Each test is a trap of jsforce (salesforce-facts 12), shown closed in the client of the product.

test('the API version is the one of the config, in every path, and never a default of the library', async () => {
  const { salesforce, received } = await watched((_, response) => json(response, 200, { records: [], done: true }))
  await salesforce.request({ method: 'GET', path: '/limits', repeat: 'safe' })
  for await (const _ of queryAllPages(salesforce, 'SELECT Id FROM Contact'));
  await create(salesforce)
  expect(received().map(({ path }) => path.split('/').slice(0, 4).join('/'))).toEqual(
    Array(3).fill('/services/data/v68.0'),
  )
})

test('a result of more than 10,000 rows is read to its end', async () => {
  const [rowsMax, pageRows] = [25_000, 2_000]
  const { salesforce } = await watched(({ path }, response) => {
    const from = Number(/-(\d+)$/.exec(path)?.[1] ?? 0)
    const end = Math.min(rowsMax, from + pageRows)
    const records = Array.from({ length: end - from }, (_, i) => ({ Id: String(from + i) }))
    const next = end < rowsMax ? { nextRecordsUrl: `/services/data/v68.0/query/0r8xx1a2b3c4d5eAAA-${end}` } : {}
    json(response, 200, { totalSize: rowsMax, done: end === rowsMax, records, ...next })
  })
  const seen = new Set<unknown>()
  for await (const page of queryAllPages(salesforce, 'SELECT Id FROM Contact'))
    for (const row of page.rows) seen.add(row.Id)
  expect(seen.size).toBe(rowsMax)
})

test.each(['a/b', '../Account', 'x?updateOnly=true', 'a#b', '100%', 'ü', 'file.inc', "it's", 'a b', '@{part0.id}'])(
  'an external id %j never becomes part of a URL',
  async value => {
    const { salesforce, received } = await watched((_, response) =>
      json(response, 200, [{ id: '003000000000001AAA', success: true, created: true, errors: [] }]),
    )
    const rows = [{ Ext__c: value, LastName: 'x' }]
    await executeGroups(salesforce, [{ operation: 'upsert', object: 'Contact', externalIdField: 'Ext__c', rows }])
    expect(received().map(({ method, path }) => `${method} ${path}`)).toEqual([
      'PATCH /services/data/v68.0/composite/sobjects/Contact/Ext__c',
    ])
    expect(JSON.parse(received()[0]!.body)).toMatchObject({ records: [{ Ext__c: value }] })
  },
)

test('text in a query is encoded as a whole', async () => {
  const { salesforce, received } = await watched((_, response) => json(response, 200, { records: [], done: true }))
  const soql = "SELECT Id FROM Contact WHERE Name = 'a&b=c+d%#?é' AND CreatedDate > 2026-11-23T10:11:12+01:00"
  for await (const _ of queryAllPages(salesforce, soql));
  expect(new URL(received()[0]!.path, 'http://x').searchParams.get('q')).toBe(soql)
  expect(received()[0]!.path).toContain('%2B01')
})

test('401 again and again: one new sign-in and one repeat for each request, then the reason', async () => {
  const { salesforce, received } = await watched((_, response) => codes(response, 401, 'INVALID_SESSION_ID'))
  expect(await failureOf(read(salesforce))).toMatchObject({ code: 'salesforce.unauthorized', status: 401 })
  const sent = received().map(({ path }) => (path.includes('/sobjects/') ? 'call' : 'sign-in'))
  expect(sent).toEqual(['call', 'sign-in', 'call'])
})

test('a sign-in that fails after a 401 says why, instead of hiding the refusal', async () => {
  let signIns = 0
  const server = await startCanned((request, response) => {
    if (request.path === '/services/oauth2/token' && signIns++ > 0)
      return json(response, 400, { error: 'inactive_user', error_description: 'user is inactive' })
    signedIn((_, answer) => codes(answer, 401, 'INVALID_SESSION_ID'))(request, response)
  })
  const salesforce = await connect(server.url)
  const error = await failureOf(create(salesforce))
  expect(error).toMatchObject({ code: 'salesforce.unauthorized', executed: 'no' })
  expect(error.message).toContain('user is inactive')
})

test('the time of a request is the caller’s, not half an hour', async () => {
  const { salesforce } = await against(() => undefined)
  const error = await failureOf(read(salesforce, { timeoutMs: 150 }))
  expect(error.message).toContain('150 ms')
})

test('two errors in one answer are both kept, with their own codes and fields', async () => {
  const { salesforce } = await against((_, response) =>
    json(response, 400, [
      { errorCode: 'STRING_TOO_LONG', message: 'First Name: data value too large', fields: ['FirstName'] },
      { errorCode: 'INVALID_EMAIL_ADDRESS', message: 'Email: invalid', fields: ['Email'] },
    ]),
  )
  expect((await failureOf(create(salesforce))).errors).toMatchObject([
    { code: 'STRING_TOO_LONG', fields: ['FirstName'] },
    { code: 'INVALID_EMAIL_ADDRESS', fields: ['Email'] },
  ])
})

test('a row’s own error says statusCode, and that is its code', async () => {
  const { salesforce } = await watched((_, response) =>
    json(response, 200, [{ success: false, errors: [{ statusCode: 'UNABLE_TO_LOCK_ROW', message: 'x', fields: [] }] }]),
  )
  const [[result] = []] = await executeGroups(salesforce, [{ operation: 'create', object: 'Contact', rows: [{}] }])
  expect(result).toMatchObject({ ok: false, executed: 'no', retryable: true, errors: [{ code: 'UNABLE_TO_LOCK_ROW' }] })
})

test('more than 200 rows are cut into calls, none is left out, and a field named like jsforce’s own is sent', async () => {
  const { salesforce, received } = await watched(({ body }, response) => {
    const { compositeRequest } = JSON.parse(body) as {
      compositeRequest: { referenceId: string; body: { records: [] } }[]
    }
    let n = 0
    const compositeResponse = compositeRequest.map(({ referenceId, body: { records } }) => ({
      referenceId,
      httpStatusCode: 200,
      body: records.map(() => ({ id: `003${String(n++).padStart(12, '0')}`, success: true, errors: [] })),
    }))
    json(response, 200, { compositeResponse })
  })
  const rows = Array.from({ length: 450 }, (_, i) => ({ type: `t${i}`, Name: 'x' }))
  const [results] = await executeGroups(salesforce, [{ operation: 'create', object: 'Contact', rows }])
  expect(results).toHaveLength(450)
  expect(
    received()
      .map(({ body }) => body)
      .join(''),
  ).toContain('"type":"t449"')
})

test('a time that is sent keeps its milliseconds; one that is compared is cut, never to a later second', async () => {
  const { salesforce, received } = await watched((_, response) => json(response, 201, {}))
  await create(salesforce, { body: { At__c: '2026-11-23T10:11:12.345Z' } })
  expect(received()[0]!.body).toBe('{"At__c":"2026-11-23T10:11:12.345Z"}')
  // Stamps have a grain of one second (facts 3.5), so a bound cut down reads rows again, and skips none.
  expect(dateTimeLiteral(Date.UTC(2026, 10, 23, 10, 11, 12, 999))).toBe('2026-11-23T10:11:12Z')
})

test('the usage of the org is not taken for that of the app, whichever comes first', () => {
  expect(readApiUsage('per-app-api-usage=17/250(appName=x); api-usage=25/5000')).toMatchObject({ used: 25, max: 5_000 })
  expect(readApiUsage('per-app-api-usage=17/250(appName=x)')).toBeUndefined()
})

test('several rows of one external id are an error with a code, not a success', async () => {
  const { salesforce } = await against((_, response) => json(response, 300, ['/services/data/v68.0/sobjects/X/1']))
  expect(await failureOf(read(salesforce))).toMatchObject({ errorCode: 'MULTIPLE_CHOICES', executed: 'no' })
})

test('a describe is asked for with If-Modified-Since once it is known', async () => {
  const lastModified = 'Mon, 23 Nov 2026 10:11:12 GMT'
  const { Describes } = await import('../../src/salesforce/describe.ts')
  const asked: (string | undefined)[] = []
  let now = 0
  const describes = new Describes(
    async (_, since) => {
      asked.push(since)
      const body = { name: 'Contact', fields: [] }
      return { status: since ? 304 : 200, headers: { 'last-modified': lastModified }, body, serverDateMs: undefined }
    },
    () => now,
  )
  await describes.get('Contact')
  now += 3_600_000
  expect(await describes.get('Contact')).toMatchObject({ name: 'Contact' })
  expect(asked).toEqual([undefined, lastModified])
})
