import { expect, test } from 'vitest'
import { connectSalesforce } from '../../src/salesforce/client.ts'
import { requestSafely } from '../../src/salesforce/request-safely.ts'
import {
  connect,
  json,
  noteEvents,
  orgId,
  type Respond,
  sendFirst,
  settingsFor,
  signedIn,
  startCanned,
  userId,
} from './canned-server.ts'

const expired = [{ errorCode: 'INVALID_SESSION_ID', message: 'Session expired or invalid' }]

/** Every sign-in gives a new token; `isValid` says which tokens the API takes. */
function sessions(isValid: (token: number) => boolean, respond: Respond): { respond: Respond; signIns: () => number } {
  let signIns = 0
  return {
    signIns: () => signIns,
    respond: (request, response) => {
      const host = `http://${request.headers.host}`
      if (request.path === '/services/oauth2/token') {
        signIns++
        const id = `${host}/id/${orgId}/${userId}`
        return json(response, 200, { access_token: `token-${signIns}`, instance_url: host, id })
      }
      if (request.path === '/services/data/') return json(response, 200, [{ version: '68.0' }])
      const token = Number(/token-(\d+)$/.exec(request.headers.authorization ?? '')?.[1])
      if (!isValid(token)) return json(response, 401, expired)
      respond(request, response)
    },
  }
}

test('fifty requests that find the session expired sign in once, and all succeed', async () => {
  const { respond, signIns } = sessions(
    token => token > 1,
    (_, response) => json(response, 200, { ok: true }),
  )
  const { url, received } = await startCanned(respond)
  const salesforce = await connect(url)
  const read = () => salesforce.request({ method: 'POST', path: '/sobjects/Contact', body: {}, repeat: 'unsafe' })
  const answers = await Promise.all(Array.from({ length: 50 }, read))
  expect(answers.map(answer => answer.body)).toEqual(Array(50).fill({ ok: true }))
  expect(signIns()).toBe(2)
  const calls = received.filter(({ path }) => path.endsWith('/Contact'))
  expect(calls.filter(({ headers }) => headers.authorization === 'Bearer token-2')).toHaveLength(50)
})

test('a new session that is refused as well ends the request after one repeat', async () => {
  const { respond, signIns } = sessions(
    () => false,
    () => undefined,
  )
  const { url, received } = await startCanned(respond)
  const salesforce = await connect(url)
  const request = salesforce.request({ method: 'GET', path: '/limits', repeat: 'safe' })
  await expect(request).rejects.toMatchObject({ code: 'salesforce.unauthorized', executed: 'no', status: 401 })
  expect(signIns()).toBe(2)
  expect(received.filter(({ path }) => path.endsWith('/limits'))).toHaveLength(2)
})

test('a session without the scope for REST is not renewed', async () => {
  const message = 'This session is not valid for use with the REST API'
  const { url, received } = await startCanned(
    signedIn((_, response) => json(response, 401, [{ errorCode: 'INVALID_SESSION_ID', message }])),
  )
  const salesforce = await connect(url)
  const request = salesforce.request({ method: 'GET', path: '/limits', repeat: 'safe' })
  await expect(request).rejects.toMatchObject({
    code: 'salesforce.unauthorized',
    remedy: expect.stringContaining('scope "api"'),
  })
  expect(received.filter(({ path }) => path === '/services/oauth2/token')).toHaveLength(1)
})

test('a sign-in that leads to another org stops the client', async () => {
  let org = orgId
  const { url } = await startCanned((request, response) => {
    const host = `http://${request.headers.host}`
    if (request.path === '/services/oauth2/token')
      return json(response, 200, { access_token: 'token', instance_url: host, id: `${host}/id/${org}/${userId}` })
    if (request.path === '/services/data/') return json(response, 200, [{ version: '68.0' }])
    json(response, 401, expired)
  })
  const salesforce = await connect(url)
  org = '00D000000000002EAA'
  const request = salesforce.request({ method: 'GET', path: '/limits', repeat: 'safe' })
  await expect(request).rejects.toMatchObject({ code: 'salesforce.other_org', executed: 'no' })
})

test('a slow sign-in counts against the time of the request', async () => {
  let [signIns, calls] = [0, 0]
  const answer = signedIn((_, response) => (calls++ === 0 ? json(response, 401, expired) : undefined))
  const { url } = await startCanned((request, response) => {
    const isSecondSignIn = request.path === '/services/oauth2/token' && signIns++ === 1
    setTimeout(() => answer(request, response), isSecondSignIn ? 400 : 0)
  })
  const salesforce = await connect(url)
  const startedMs = performance.now()
  const request = salesforce.request({ method: 'POST', path: '/x', body: {}, repeat: 'unsafe', timeoutMs: 600 })
  await expect(request).rejects.toMatchObject({ executed: 'unknown' })
  expect(calls).toBe(2)
  expect(performance.now() - startedMs).toBeLessThan(900)
})

test('while the breaker is open nothing is sent; it closes when versions and limits answer', async () => {
  let up = true
  const { url, received } = await startCanned(
    signedIn((request, response) => {
      if (!up) return void request.socket.destroy()
      json(response, 200, {}, { 'sforce-limit-info': 'api-usage=7/15000' })
    }),
  )
  const { events, noted } = noteEvents()
  const salesforce = await connect(url, {}, events)
  const write = () => salesforce.request({ method: 'POST', path: '/sobjects/Contact', body: {}, repeat: 'unsafe' })
  up = false
  await expect(write()).rejects.toMatchObject({ executed: 'unknown' })
  const refused = await Promise.allSettled(Array.from({ length: 20 }, write))
  for (const each of refused) expect(each).toMatchObject({ reason: { code: 'salesforce.unreachable', executed: 'no' } })
  expect(received.filter(({ method }) => method === 'POST')).toHaveLength(2) // the sign-in and the first write
  await expect.poll(() => received.filter(({ path }) => path.endsWith('/limits')).length).toBeGreaterThan(2)
  expect(salesforce.breaker.isOpen).toBe(true)
  up = true
  await salesforce.breaker.whenClosed()
  await write()
  const breaker = noted.map(({ event }) => event).filter(event => event.startsWith('breaker'))
  expect(breaker).toEqual(['breakerOpened', 'breakerClosed'])
  expect(salesforce.budget).toMatchObject({ state: 'ok', used: 7, max: 15_000 })
})

test('the probe of the versions carries no token; a refused probe of the limits closes the breaker', async () => {
  let hits = 0
  const { url, received } = await startCanned(
    signedIn((request, response) => {
      if (request.path.endsWith('/limits'))
        return json(response, 403, [{ errorCode: 'INSUFFICIENT_ACCESS', message: 'no View Setup' }])
      hits++
      request.socket.destroy()
    }),
  )
  const salesforce = await connect(url)
  await expect(salesforce.request({ method: 'POST', path: '/x', body: {}, repeat: 'unsafe' })).rejects.toThrow()
  await salesforce.breaker.whenClosed()
  expect(hits).toBe(1)
  const versions = received.filter(({ path }) => path === '/services/data/')
  expect(versions).toHaveLength(2)
  for (const { headers } of versions) expect(headers.authorization).toBeUndefined()
})

test('a safe request waits for the breaker, and is repeated until it succeeds', async () => {
  let failures = 3
  const { url } = await startCanned(
    signedIn((request, response) => {
      if (request.path.endsWith('/x') && failures-- > 0) return void request.socket.destroy()
      json(response, 200, { done: true })
    }),
  )
  const salesforce = await connect(url)
  const answer = await requestSafely(salesforce, { method: 'POST', path: '/x', body: {}, repeat: 'safe' })
  expect(answer.body).toEqual({ done: true })
  expect(() => requestSafely(salesforce, { method: 'POST', path: '/x', body: {}, repeat: 'unsafe' })).toThrowError(
    expect.objectContaining({ code: 'internal.bug' }),
  )
})

test('a safe request that is refused is not repeated', async () => {
  let calls = 0
  const { url } = await startCanned(
    signedIn((_, response) => {
      calls++
      json(response, 400, [{ errorCode: 'MALFORMED_QUERY', message: 'unexpected token' }])
    }),
  )
  const salesforce = await connect(url)
  await expect(requestSafely(salesforce, { method: 'GET', path: '/query', repeat: 'safe' })).rejects.toMatchObject({
    errorCode: 'MALFORMED_QUERY',
  })
  expect(calls).toBe(1)
})

test('closing ends open requests, the breaker and whoever waits', async () => {
  const { url } = await startCanned(
    signedIn((request, response) => (request.path.endsWith('/x') ? request.socket.destroy() : response)),
  )
  const salesforce = await connect(url, { probeDelays: { delayMsMin: 60_000, delayMsMax: 60_000 } })
  await sendFirst(salesforce)
  const open = salesforce.request({ method: 'GET', path: '/silence', repeat: 'safe' })
  await expect(salesforce.request({ method: 'POST', path: '/x', body: {}, repeat: 'unsafe' })).rejects.toThrow()
  const waiting = salesforce.breaker.whenClosed()
  const given = salesforce.breaker.whenClosed(AbortSignal.timeout(1))
  await expect(given).rejects.toMatchObject({ code: 'internal.stopped' })
  await Promise.all([
    expect(open).rejects.toMatchObject({ code: 'internal.stopped', executed: 'unknown' }),
    expect(waiting).rejects.toMatchObject({ code: 'internal.stopped' }),
    salesforce.close(),
  ])
})

test('time is the last Date header, cut to the second, and what passed since', async () => {
  const dates = ['Mon, 23 Nov 2026 10:11:12 GMT', 'Mon, 23 Nov 2026 10:12:00 GMT']
  const { url } = await startCanned(signedIn((_, response) => json(response, 200, {}, { date: dates.shift() ?? '' })))
  const salesforce = await connect(url)
  for (const seconds of [72, 120]) {
    const answer = await salesforce.request({ method: 'GET', path: '/limits', repeat: 'safe' })
    const expected = Date.UTC(2026, 10, 23, 10, 10, seconds)
    expect(answer.serverDateMs).toBe(expected)
    expect(salesforce.now()).toBeGreaterThanOrEqual(expected)
    expect(salesforce.now()).toBeLessThan(expected + 1_000)
  }
})

test('an API version the org does not offer is an error of the config', async () => {
  const { url } = await startCanned(signedIn(() => undefined))
  await expect(connect(url, { apiVersion: '99.0' })).rejects.toMatchObject({
    code: 'config.invalid',
    remedy: expect.stringContaining('67.0, 68.0'),
  })
})

test('events name resources without ids or queries, and nothing tells a secret', async () => {
  const { url } = await startCanned(signedIn((_, response) => json(response, 200, { records: [] })))
  const { events, noted } = noteEvents()
  const salesforce = await connectSalesforce(settingsFor(url), events)
  const get = (path: string) => salesforce.request({ method: 'GET', path, repeat: 'safe', query: { q: 'SELECT Id' } })
  for (const path of [
    '/sobjects/Contact/003RO0000035WQgYAM',
    '/sobjects/Contact/describe',
    '/composite/sobjects/Contact',
  ])
    await get(path)
  await get('/services/data/v68.0/query/0r8xx1a2b3c4d5eAAA-2000')
  await salesforce.close()
  const resources = noted.filter(({ event }) => event === 'requestDone').map(({ detail }) => detail.resource)
  const [token, ...others] = resources
  expect(token).toBe('/oauth2/token')
  expect(others).toEqual(['versions', '/sobjects', '/sobjects/describe', '/composite/sobjects', '/query'])
  const all = JSON.stringify([noted, salesforce])
  expect(all).not.toContain('very-secret')
  expect(all).not.toContain('!token')
})
