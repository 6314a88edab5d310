import { request } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import type { Fault } from '../../src/simulator/faults.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { type RestClient, recordsOf, root, signIn, useSimulator } from './rest-client.ts'
import { control, tokensOf } from './sign-in-client.ts'

const client = useSimulator({ rows: { contact: 300 } })
const faults = () => client.simulator.faults
afterEach(() => faults().clear())

describe('what no client may take for an answer', () => {
  const all = '/query?q=SELECT+Id,Name+FROM+Contact'

  test('a body that ends with the connection', async () => {
    faults().add({ action: 'truncate' }, { action: 'truncate', bytes: 0 })
    await expect(client.get(all)).rejects.toThrow('terminated')
    await expect(client.get(all, { 'accept-encoding': 'identity' })).rejects.toThrow('terminated')
    expect((await client.get(all)).status).toBe(200)
  })

  test('a body that ends as if that were all, under a good status, packed or not', async () => {
    for (const encoding of ['gzip', 'identity']) {
      const headers = { authorization: await bearer(client), 'accept-encoding': encoding }
      const read = async () => {
        const response = await fetch(`${client.simulator.url}${root}${all}`, { headers })
        return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) }
      }
      const whole = await read()
      faults().add({ action: 'truncate', complete: true }, { action: 'truncate', complete: true, bytes: 2000 })
      expect(await read()).toEqual({ status: 200, bytes: whole.bytes.subarray(0, whole.bytes.length / 2) })
      expect(await read()).toEqual({ status: 200, bytes: whole.bytes.subarray(0, 2000) })
    }
  })

  test('a body that trickles in, whole; a client that hangs up does not hold the org', async () => {
    const headers = { authorization: await bearer(client) }
    faults().add({ action: 'trickle', delayMs: 40 }, { action: 'trickle', delayMs: 3_600_000 })
    const whole = await client.get(all)
    expect(recordsOf(whole)).toHaveLength(300)
    const response = await fetch(`${client.simulator.url}${root}${all}`, { headers, signal: AbortSignal.timeout(100) })
    await expect(response.text()).rejects.toThrow('timeout')
    expect((await client.get(all)).body).toEqual(whole.body)
  })

  test('a write whose answer is cut was executed', async () => {
    const before = client.simulator.org.count('Contact')
    faults().add({ action: 'truncate', match: { method: 'POST', path: '/sobjects/' } })
    await expect(client.post('/sobjects/Contact', { LastName: 'Cut' })).rejects.toThrow('terminated')
    expect(client.simulator.org.count('Contact')).toBe(before + 1)
  })

  test.each([
    ['serverUnavailableHtml', 503],
    ['badGatewayHtml', 502],
    ['edgeNoRoute', 420],
  ] as const)('%s: a page under %i, for sign-in too', async (answer, status) => {
    faults().add({ action: 'answer', answer, match: { times: 2 } })
    const got = await client.get('/limits')
    expect([got.status, got.headers.get('content-type'), typeof got.body]).toEqual([status, 'text/html', 'string'])
    const token = await fetch(client.simulator.tokenUrl, { method: 'POST' })
    expect([token.status, (await token.text()).startsWith('<html>')]).toEqual([status, true])
  })

  test.each(['limitExceeded', 'concurrentLimitExceeded', 'concurrentLongLimitExceeded'] as const)(
    '%s: 403, and nothing says when to come back',
    async answer => {
      faults().add({ action: 'answer', answer })
      const got = await client.get('/limits')
      expect(got).toMatchObject({ status: 403, body: [{ errorCode: 'REQUEST_LIMIT_EXCEEDED' }] })
      expect([...got.headers.keys()].filter(name => /retry|ratelimit/.test(name))).toEqual([])
      expect(got.headers.get('sforce-limit-info')).toMatch(/^api-usage=/)
    },
  )
})

test.each<[string, unknown]>([
  ['no object', null],
  ['no action', {}],
  ['a name of Object.prototype', { action: 'answer', answer: 'constructor' }],
  ['a delay without a time', { action: 'delay' }],
  ['a delay for ever', { action: 'delay', delayMs: 1e12 }],
  ['bytes that are no number', { action: 'truncate', bytes: 'x' }],
  ['times below none', { action: 'dropBefore', match: { times: -1 } }],
  ['a probability over one', { action: 'dropBefore', match: { probability: 2 } }],
  ['a pattern that is none', { action: 'dropBefore', match: { path: '(' } }],
])('a fault with %s is 400', async (_name, fault) => {
  expect((await control(client.simulator, 'POST', 'faults', fault)).status).toBe(400)
  expect(faults().waiting).toEqual([])
})

describe('limits', () => {
  test('25 requests may run 20 seconds and more, and one more is 403; shorter ones are not bounded', async () => {
    let nowMs = Date.UTC(2026, 10, 23)
    const other = await signIn(await startSimulator({ clock: () => nowMs }))
    const held = new AbortController()
    const authorization = await bearer(other)
    const hold = () =>
      fetch(`${other.simulator.url}${root}/sobjects`, {
        headers: { authorization },
        signal: held.signal,
      }).catch(() => undefined)
    const long: Fault = { action: 'delayBefore', delayMs: 60_000, match: { path: '/sobjects$' } }
    other.simulator.faults.add(...Array.from({ length: 26 }, () => long))
    const running: Promise<unknown>[] = []
    const started = async (count: number) => {
      while (running.length < count) running.push(hold())
      while (26 - other.simulator.faults.waiting.length < count) await other.get('/limits')
    }
    await started(24)
    nowMs += 19_999
    await started(26)
    expect((await other.get('/limits')).status).toBe(200)
    nowMs += 1
    expect((await other.get('/limits')).status).toBe(200)
    nowMs += 20_000
    const used = other.simulator.apiCalls()
    const message = 'ConcurrentRequests (Concurrent API Requests) Limit exceeded.'
    expect(await other.get('/limits')).toMatchObject({
      status: 403,
      body: [{ message, errorCode: 'REQUEST_LIMIT_EXCEEDED' }],
    })
    expect(other.simulator.apiCalls()).toBe(used)
    other.simulator.limits.set({ longRequestsMax: 27 })
    expect((await other.get('/limits')).status).toBe(200)
    held.abort()
    await other.simulator.close()
    await Promise.all(running)
  })

  test('Sforce-Limit-Info names the app’s own quota once it has one; other clients move the org’s number', async () => {
    const other = await signIn(await startSimulator())
    await other.get('/sobjects')
    await control(other.simulator, 'POST', 'limits', {
      ...{ appName: 'sample-app', appRequestsMax: 250 },
      ...{ apiRequestsMax: 15_000, apiRequestsOfOthers: 100 },
    })
    const { headers } = await other.get('/sobjects')
    expect(headers.get('sforce-limit-info')).toBe('api-usage=102/15000; per-app-api-usage=2/250(appName=sample-app)')
    await control(other.simulator, 'POST', 'limits', { apiRequestsOfOthers: 15_000 })
    expect((await other.get('/sobjects')).body).toMatchObject([{ errorCode: 'REQUEST_LIMIT_EXCEEDED' }])
    await other.simulator.close()
  })

  test('the numbers of /limits are up to five minutes old', async () => {
    let nowMs = Date.UTC(2026, 10, 23)
    const other = await signIn(await startSimulator({ clock: () => nowMs }))
    const remaining = async () => {
      const { body } = await other.get('/limits')
      return (body as { DailyApiRequests: { Remaining: number } }).DailyApiRequests.Remaining
    }
    const first = await remaining()
    nowMs += 5 * 60_000 - 1
    expect(await remaining()).toBe(first)
    nowMs += 1
    expect(await remaining()).toBe(first - 2)
    await other.simulator.close()
  })
})

async function bearer({ simulator }: RestClient): Promise<string> {
  const { tokenUrl, clientId: client_id, clientSecret: client_secret } = simulator
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret })
  const response = await fetch(tokenUrl, { method: 'POST', body })
  const token = tokensOf({ status: 200, headers: response.headers, body: await response.json() })
  return `Bearer ${token.access_token}`
}

test('the same seed and the same requests give the same run, byte for byte, at the same times', async () => {
  const first = await recorded(7)
  expect(first.length).toBeGreaterThan(40)
  const statuses = new Set(first.map(answer => answer.split('\n')[0]))
  expect([...statuses].toSorted()).toEqual(['200', '201', '204', '400', '503', 'dropped'])
  expect(await recorded(7)).toEqual(first)
  expect(await recorded(8)).not.toEqual(first)
})

/** Everything that a run sends back, dates too: its clock goes on by a second with each request. */
async function recorded(seed: number): Promise<string[]> {
  let nowMs = Date.UTC(2026, 10, 23, 10)
  const simulator = await startSimulator({ seed, rows: { contact: 20 }, clock: () => nowMs })
  const answers: string[] = []
  const send = async (method: string, path: string, headers: Record<string, string>, body = ''): Promise<string> => {
    nowMs += 1000
    answers.push(await rawAnswer(`${simulator.url}${path}`, method, { host: 'sim.example', ...headers }, body))
    return answers.at(-1)?.split('\n').at(-1) ?? ''
  }
  const { clientId: client_id, clientSecret: client_secret } = simulator
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const credentials = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret }).toString()
  const token = JSON.parse(await send('POST', '/services/oauth2/token', form, credentials)) as { access_token: string }
  simulator.faults.add(
    { action: 'answer', answer: 'serverUnavailable', match: { probability: 0.2, times: 'always' } },
    { action: 'dropAfter', match: { probability: 0.2, times: 'always' } },
  )
  const headers = { authorization: `Bearer ${token.access_token}`, 'content-type': 'application/json' }
  for (let i = 0; i < 12; i++) {
    await send('POST', `${root}/sobjects/Contact`, headers, JSON.stringify({ LastName: `Same ${i}` }))
    await send('GET', `${root}/query?q=SELECT+Id,Name,Email,SystemModstamp+FROM+Contact+ORDER+BY+Id`, headers)
    await send('GET', `${root}/query?q=SELECT+Nope+FROM+Contact`, headers)
    const [row] = simulator.org.rows('Contact')
    await send('PATCH', `${root}/sobjects/Contact/${row?.Id}`, headers, JSON.stringify({ Title: `T${i}` }))
  }
  await simulator.close()
  return answers
}

function rawAnswer(url: string, method: string, headers: Record<string, string>, body: string): Promise<string> {
  return new Promise(resolve => {
    const sent = request(url, { method, headers, agent: false }, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('end', () =>
        resolve([response.statusCode, JSON.stringify(response.rawHeaders), Buffer.concat(chunks)].join('\n')),
      )
    })
    sent.on('error', () => resolve('dropped'))
    sent.end(body)
  })
}
