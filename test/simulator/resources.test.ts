import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createContact, root, useSimulator } from './rest-client.ts'

const client = useSimulator({ rows: { contact: 3 } })
const missing = [{ errorCode: 'NOT_FOUND', message: 'The requested resource does not exist' }]

describe('versions and paths (salesforce-facts 2.1)', () => {
  test.each(['7', '20', '21', '30'])('v%s.0 is gone: 410', async version => {
    const got = await client.send('GET', `/services/data/v${version}.0/sobjects`)
    expect(got).toMatchObject({ status: 410, body: [{ errorCode: 'GONE' }] })
  })

  test.each([
    '/services/data/v69.0/sobjects',
    '/services/data/v66.1/sobjects',
    '/services/data/v66.0//sobjects',
    '/services/data/v66.0/sobjects//Contact',
    '/services/data/v66.0/sobjects/Contact//',
    '/services/data/v66.0/nothing',
    '/services/data/v66.0/sobjects/Nope',
    '/services/data/v66.0/sobjects/%E0%A4%A',
  ])('%s is not found', async path => {
    expect(await client.send('GET', path)).toMatchObject({ status: 404, body: missing })
  })

  test('the version’s root names the resources; names are found in any case', async () => {
    const got = await client.send('GET', '/services/data/v66.0/')
    expect(got.body).toMatchObject({ sobjects: '/services/data/v66.0/sobjects', jobs: '/services/data/v66.0/jobs' })
    const { url, orgId, userId } = client.simulator
    expect(got.body).toHaveProperty('identity', `${url}/id/${orgId}/${userId}`)
    expect((await client.send('GET', '/services/data/v31.0/SOBJECTS/contact/Describe')).status).toBe(200)
  })
})

describe('methods and bodies (salesforce-facts 2.2)', () => {
  test('405 names what is allowed', async () => {
    const id = await createContact(client)
    const got = await client.send('PUT', `${root}/sobjects/Contact/${id}`, {})
    expect(got.status).toBe(405)
    expect(got.body).toEqual([
      {
        errorCode: 'METHOD_NOT_ALLOWED',
        message: "HTTP Method 'PUT' not allowed. Allowed are HEAD,GET,PATCH,DELETE",
      },
    ])
    expect((await client.delete('/limits')).status).toBe(405)
  })

  test.each([
    ['x', "Unexpected character ('x' (code 120)): expected a valid value at [line:1, column:1]"],
    ['{\n"a": y}', "Unexpected character ('y' (code 121)): expected a valid value at [line:2, column:6]"],
    ['{"a": 1', 'Unexpected end-of-input at [line:1, column:8]'],
    ['[]', 'Cannot deserialize instance of sobject at [line:1, column:1]'],
  ])('%j is no JSON object', async (text, message) => {
    const got = await client.post('/sobjects/Contact', text)
    expect(got).toMatchObject({ status: 400, body: [{ errorCode: 'JSON_PARSER_ERROR', message }] })
  })

  test('no body, a wrong content type, and neither where there is no such resource', async () => {
    const none = await client.send('POST', `${root}/sobjects/Contact`)
    expect(none.body).toEqual([
      {
        errorCode: 'JSON_PARSER_ERROR',
        message: 'The HTTP entity body is required, but this request has no entity body.',
      },
    ])
    const csv = { 'content-type': 'text/csv' }
    const typed = await client.send('POST', `${root}/sobjects/Contact`, 'a,b', csv)
    expect(typed).toMatchObject({ status: 415, body: [{ errorCode: 'UNSUPPORTED_MEDIA_TYPE' }] })
    expect((await client.send('POST', `${root}/nothing`, 'a,b', csv)).status).toBe(404)
    expect((await client.send('POST', `${root}/limits`, 'x')).status).toBe(405)
  })

  test('HEAD is a GET without the body', async () => {
    const id = await createContact(client)
    const got = await client.send('HEAD', `${root}/sobjects/Contact/${id}`)
    expect([got.status, got.body, got.headers.get('sforce-limit-info') === null]).toEqual([200, undefined, false])
    expect((await client.send('HEAD', `${root}/sobjects/Contact/0035i00000zzzzz`)).status).toBe(404)
  })

  test('414 for the URI, 431 for URI and headers', async () => {
    expect((await client.get(`/query?q=${'x'.repeat(16_400)}`)).status).toBe(414)
    expect((await client.get(`/query?q=${'x'.repeat(9000)}`, { 'x-long': 'y'.repeat(9000) })).status).toBe(431)
  })
})

describe('what an object is', () => {
  test('recent rows: the caller’s own, newest first (salesforce-facts 2.5)', async () => {
    const [a, b] = [await createContact(client, { LastName: 'A' }), await createContact(client, { LastName: 'B' })]
    client.simulator.org.create('Contact', { LastName: 'By somebody else' })
    const got = await client.get('/sobjects/Contact')
    const { objectDescribe, recentItems } = got.body as { objectDescribe: object; recentItems: object[] }
    expect(objectDescribe).toMatchObject({ name: 'Contact', keyPrefix: '003' })
    expect(recentItems.slice(0, 2)).toEqual(
      [
        { Id: b, Name: 'B' },
        { Id: a, Name: 'A' },
      ].map(row => ({ attributes: { type: 'Contact', url: `${root}/sobjects/Contact/${row.Id}` }, ...row })),
    )
    expect(recentItems).not.toContainEqual(expect.objectContaining({ Name: 'By somebody else' }))
  })
})

test('limits: Max and Remaining by name, batches under their old name before v49 (salesforce-facts 2.4)', async () => {
  const limits = (await client.get('/limits')).body as Record<string, { Max: number; Remaining: number }>
  for (const name of [
    'DailyApiRequests',
    'DailyBulkApiBatches',
    'DailyBulkV2QueryJobs',
    'DailyBulkV2QueryFileStorageMB',
    'DailyDeliveredPlatformEvents',
    'MonthlyPlatformEventsUsageEntitlement',
    'DataStorageMB',
    'FileStorageMB',
  ])
    expect(limits[name], name).toEqual({ Max: expect.any(Number), Remaining: expect.any(Number) })
  expect(limits.PermissionSets).toMatchObject({ CreateCustom: { Max: expect.any(Number) } })
  const old = (await client.send('GET', '/services/data/v48.0/limits')).body as object
  expect(Object.keys(old)).toContain('DailyBulkApiRequests')
  expect(Object.keys(old)).not.toContain('DailyBulkApiBatches')
})

test('deflate both ways (salesforce-facts 2.3)', async () => {
  const packed = await client.get('/sobjects/Contact/describe', { 'accept-encoding': 'deflate' })
  expect(packed.headers.get('content-encoding')).toBe('deflate')
  expect(packed.body).toEqual((await client.get('/sobjects/Contact/describe', { 'accept-encoding': 'identity' })).body)
  const headers = {
    'content-type': 'application/json',
    'content-encoding': 'deflate',
    authorization: client.authorization(),
  }
  const body = deflateSync(JSON.stringify({ LastName: 'Packed' }))
  const made = await fetch(`${client.simulator.url}${root}/sobjects/Contact`, { method: 'POST', body, headers })
  expect(made.status).toBe(201)
})
