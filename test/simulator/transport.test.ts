import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { signInDetails } from '../../src/simulator/sign-in-details.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { root, signIn, useSimulator } from './rest-client.ts'

const nowMs = Date.UTC(2026, 10, 23, 10, 11, 12, 345)
const client = useSimulator({ rows: { contact: 50 }, clock: () => nowMs, dailyApiRequestsMax: 15_000 })

test('the version list needs no session, is not counted, and says nothing of the limit', async () => {
  const before = client.simulator.apiCalls()
  const response = await fetch(`${client.simulator.url}/services/data`)
  const list = (await response.json()) as { label: string; url: string; version: string }[]
  expect(list[0]?.version).toBe('31.0')
  expect(list.slice(-3)).toEqual([
    { label: "Spring '26", url: '/services/data/v66.0', version: '66.0' },
    { label: "Summer '26", url: '/services/data/v67.0', version: '67.0' },
    { label: "Winter '27", url: '/services/data/v68.0', version: '68.0' },
  ])
  expect(response.headers.get('sforce-limit-info')).toBeNull()
  expect(client.simulator.apiCalls()).toBe(before)
})

test('answers carry the org’s time and the use of the daily limit', async () => {
  const first = await client.get('/limits')
  expect(first.headers.get('date')).toBe('Mon, 23 Nov 2026 10:11:12 GMT')
  const used = client.simulator.apiCalls()
  expect(first.headers.get('sforce-limit-info')).toBe(`api-usage=${used}/15000`)
  expect(first.body).toMatchObject({ DailyApiRequests: { Max: 15_000, Remaining: 15_000 - used } })
  const failed = await client.get('/sobjects/Nope')
  expect(failed.headers.get('sforce-limit-info')).toBe(`api-usage=${used + 1}/15000`)
})

test('over the daily limit every call is 403', async () => {
  const small = await signIn(await startSimulator({ dailyApiRequestsMax: 2 }))
  await small.get('/limits')
  await small.get('/limits')
  const refused = await small.get('/limits')
  expect(refused.status).toBe(403)
  expect(refused.body).toEqual([{ message: 'TotalRequests Limit exceeded.', errorCode: 'REQUEST_LIMIT_EXCEEDED' }])
  expect(refused.headers.get('retry-after')).toBeNull()
  await small.simulator.close()
})

test('gzip both ways', async () => {
  const packed = await client.get('/sobjects/Contact/describe', { 'accept-encoding': 'gzip' })
  expect(packed.headers.get('content-encoding')).toBe('gzip')
  const plain = await client.get('/sobjects/Contact/describe', { 'accept-encoding': 'identity' })
  expect(plain.headers.get('content-encoding')).toBeNull()
  expect(packed.body).toEqual(plain.body)
  const token = await client.send('GET', '/services/oauth2/userinfo')
  expect(token.status).toBe(200)
  const body = gzipSync(JSON.stringify({ LastName: 'Packed' }))
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip', authorization: await bearer() }
  const created = await fetch(`${client.simulator.url}${root}/sobjects/Contact`, { method: 'POST', body, headers })
  expect(created.status).toBe(201)
})

async function bearer(): Promise<string> {
  const { tokenUrl, clientId, clientSecret } = client.simulator
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  })
  const { access_token } = (await (await fetch(tokenUrl, { method: 'POST', body: form })).json()) as {
    access_token: string
  }
  return `Bearer ${access_token}`
}

test.each([
  ['GET', '/services/data/v68.0/nothing', 404, 'NOT_FOUND', 'The requested resource does not exist'],
  ['GET', '/services/data/v68.0//limits', 404, 'NOT_FOUND', 'The requested resource does not exist'],
  ['GET', '/services/data/v69.0/limits', 404, 'NOT_FOUND', 'The requested resource does not exist'],
  ['GET', '/services/data/v30.0/limits', 410, 'GONE', /./],
  [
    'DELETE',
    '/services/data/v68.0/limits',
    405,
    'METHOD_NOT_ALLOWED',
    "HTTP Method 'DELETE' not allowed. Allowed are HEAD,GET",
  ],
])('%s %s is %i', async (method, path, status, errorCode, message) => {
  const got = await client.send(method, path)
  expect(got.status).toBe(status)
  expect(got.body).toEqual([
    { errorCode, message: message instanceof RegExp ? expect.stringMatching(message) : message },
  ])
})

test('bodies that are not JSON', async () => {
  const path = `${root}/sobjects/Contact`
  const code = async (body: string | undefined, type = 'application/json') => {
    const got = await client.send('POST', path, body, { 'content-type': type })
    const [error] = got.body as { errorCode: string; message: string }[]
    return [got.status, error?.errorCode, error?.message]
  }
  expect(await code('{x}')).toEqual([
    400,
    'JSON_PARSER_ERROR',
    expect.stringMatching(/^Unexpected character \('x' \(code 120\)\): .* at \[line:1, column:2\]$/),
  ])
  expect((await code('x'))[2]).toContain("('x' (code 120))")
  expect((await code('{"LastName": '))[2]).toContain('Unexpected end-of-input')
  expect((await code(undefined))[2]).toContain('The HTTP entity body is required')
  expect((await code('<a/>', 'application/xml')).slice(0, 2)).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE'])
})

test('a URI over 16,384 bytes is 414; as a composite subrequest it passes', async () => {
  const soql = `SELECT Id FROM Contact WHERE LastName IN (${Array.from({ length: 3000 }, (_, i) => `'n${i}'`).join(',')})`
  expect((await client.soql(soql)).status).toBe(414)
  const url = `${root}/query?q=${encodeURIComponent(soql)}`
  const got = await client.post('/composite', { compositeRequest: [{ method: 'GET', url, referenceId: 'q' }] })
  expect(got.body).toMatchObject({ compositeResponse: [{ httpStatusCode: 200 }] })
})

test('_HttpMethod stands in for PATCH, and HEAD has no body', async () => {
  const [row] = client.simulator.org.rows('Contact')
  const path = `${root}/sobjects/Contact/${row?.Id}`
  expect((await client.send('POST', `${path}?_HttpMethod=PATCH`, { Title: 'Buyer' })).status).toBe(204)
  expect(client.simulator.org.row('Contact', String(row?.Id))?.Title).toBe('Buyer')
  expect(await client.send('HEAD', path)).toMatchObject({ status: 200, body: undefined })
})

test('what a client needs to sign in is one object; the same seed gives the same credentials', async () => {
  const other = await startSimulator({ seed: 1 })
  const { clientId, clientSecret, loginUrl, privateKey, apiVersion } = signInDetails(other)
  expect(clientId).toBe(client.simulator.clientId)
  expect(clientSecret).toBe(client.simulator.clientSecret)
  expect(loginUrl).toBe(other.url)
  expect(apiVersion).toBe('68.0')
  expect(privateKey).toMatch(/^-----BEGIN PRIVATE KEY-----/)
  await other.close()
})

test('a port that is taken is named in the error', async () => {
  const port = Number(new URL(client.simulator.url).port)
  await expect(startSimulator({ port })).rejects.toMatchObject({
    code: 'config.invalid',
    remedy: expect.stringContaining('port'),
  })
})
