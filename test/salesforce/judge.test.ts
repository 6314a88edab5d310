import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Answer } from '../../src/salesforce/http.ts'
import { judge } from '../../src/salesforce/judge.ts'
import { json, signedIn, startCanned } from './canned-server.ts'
import { create, failureOf } from './experiment.ts'
import { moving } from './moving-instance.ts'

const array = (...codes: readonly string[]): string =>
  JSON.stringify(codes.map(errorCode => ({ errorCode, message: `about ${errorCode}` })))
const html = '<html><body>Service Unavailable</body></html>'
const answered = (status: number, text: string): Answer => ({ kind: 'answer', status, headers: {}, text })

/** Executed, code and what the breaker does, for a create (facts 1.5, 2.2, 8; design 4.2). */
const rows: readonly (readonly [
  name: string,
  status: number,
  text: string,
  executed: 'no' | 'unknown',
  code: string,
  opens: string | null,
])[] = [
  ['a refused value', 400, array('STRING_TOO_LONG'), 'no', 'salesforce.refused', null],
  ['a locked row', 400, array('UNABLE_TO_LOCK_ROW'), 'no', 'salesforce.busy', null],
  ['no permission', 403, array('INSUFFICIENT_ACCESS'), 'no', 'salesforce.refused', null],
  ['an edition without API', 403, array('API_DISABLED_FOR_ORG'), 'no', 'salesforce.unauthorized', null],
  ['the day’s limit', 403, array('REQUEST_LIMIT_EXCEEDED'), 'no', 'salesforce.limit_exceeded', 'limit'],
  ['a deleted row', 404, array('ENTITY_IS_DELETED'), 'no', 'salesforce.refused', null],
  ['a method', 405, array('METHOD_NOT_ALLOWED'), 'no', 'salesforce.refused', null],
  ['a retired version', 410, array('GONE'), 'no', 'salesforce.refused', null],
  ['a lost cursor', 400, array('INVALID_QUERY_LOCATOR'), 'no', 'salesforce.query_lost', null],
  ['several rows', 300, '["/services/data/v68.0/sobjects/Contact/003"]', 'no', 'salesforce.refused', null],
  ['a redirect', 301, '', 'no', 'salesforce.unreachable', 'unreachable'],
  ['a redirect that keeps the method', 308, '', 'no', 'salesforce.unreachable', 'unreachable'],
  ['a busy instance', 503, array('SERVER_UNAVAILABLE'), 'no', 'salesforce.unreachable', 'unreachable'],
  ['503 with another code', 503, array('UNKNOWN_EXCEPTION'), 'unknown', 'salesforce.unknown_outcome', 'unreachable'],
  ['503 HTML that names the code', 503, 'SERVER_UNAVAILABLE', 'unknown', 'salesforce.unknown_outcome', 'unreachable'],
  [
    '500 with the code of 503',
    500,
    array('SERVER_UNAVAILABLE'),
    'unknown',
    'salesforce.unknown_outcome',
    'unreachable',
  ],
  ['500', 500, array('UNKNOWN_EXCEPTION'), 'unknown', 'salesforce.unknown_outcome', 'unreachable'],
  ['502 HTML', 502, html, 'unknown', 'salesforce.unknown_outcome', 'unreachable'],
  ['503 HTML', 503, html, 'unknown', 'salesforce.unknown_outcome', 'unreachable'],
  ['503 without a body', 503, '', 'unknown', 'salesforce.unknown_outcome', 'unreachable'],
  ['504', 504, '', 'unknown', 'salesforce.unknown_outcome', 'unreachable'],
  ['400 HTML', 400, html, 'unknown', 'salesforce.unknown_outcome', 'unreachable'],
  ['403 HTML', 403, html, 'unknown', 'salesforce.unknown_outcome', 'unreachable'],
  ['420 of the edge', 420, html, 'unknown', 'salesforce.unknown_outcome', 'unreachable'],
  ['an array of something else', 400, '[1,{}]', 'unknown', 'salesforce.unknown_outcome', 'unreachable'],
  ['an empty array', 400, '[]', 'unknown', 'salesforce.unknown_outcome', 'unreachable'],
  ['a code that is none', 400, '[{"errorCode":"<b>x</b>"}]', 'unknown', 'salesforce.unknown_outcome', 'unreachable'],
  ['304 for a write', 304, '', 'unknown', 'salesforce.unknown_outcome', 'unreachable'],
  ['a success cut short', 201, '{"id":"003', 'unknown', 'salesforce.unknown_outcome', 'unreachable'],
  ['a success in HTML', 200, html, 'unknown', 'salesforce.unknown_outcome', 'unreachable'],
]

test.each(rows)('a create answered with %s (%i)', (_, status, text, executed, code, opens) => {
  const verdict = judge(answered(status, text), { method: 'POST', repeat: 'unsafe' })
  expect(verdict).toMatchObject({ kind: 'failed', failure: { executed, code, status }, opens })
})

test('the limit of concurrent requests passes in seconds, so the breaker is not as patient', () => {
  const text = JSON.stringify([
    { errorCode: 'REQUEST_LIMIT_EXCEEDED', message: 'ConcurrentRequests (Concurrent API Requests) Limit exceeded.' },
  ])
  const verdict = judge(answered(403, text), { method: 'POST', repeat: 'unsafe' })
  expect(verdict).toMatchObject({
    failure: { executed: 'no', code: 'salesforce.limit_exceeded' },
    opens: 'unreachable',
  })
})

test.each([
  ['401 with the code', 401, array('INVALID_SESSION_ID')],
  ['401 in HTML', 401, html],
  ['401 without a body', 401, ''],
  ['403 of a dead token', 403, 'Bad_OAuth_Token'],
])('%s: not executed, sign in again', (_, status, text) => {
  const verdict = judge(answered(status, text), { method: 'POST', repeat: 'unsafe' })
  expect(verdict).toMatchObject({ kind: 'session-expired', failure: { executed: 'no' } })
})

describe('several errors in one answer', () => {
  test('one that does not pass decides', () => {
    const verdict = judge(answered(400, array('UNABLE_TO_LOCK_ROW', 'STRING_TOO_LONG')), {
      method: 'POST',
      repeat: 'unsafe',
    })
    expect(verdict).toMatchObject({
      failure: { code: 'salesforce.refused', retryable: false, remedy: expect.stringContaining('Shorten') },
    })
  })

  test('their text and number are bounded', () => {
    const errors = Array.from({ length: 5_000 }, () => ({ errorCode: 'X', message: 'm'.repeat(10_000) }))
    const verdict = judge(answered(400, JSON.stringify(errors)), { method: 'POST', repeat: 'unsafe' })
    if (verdict.kind !== 'failed') throw new Error('it did not fail')
    expect(JSON.stringify(verdict.failure).length).toBeLessThan(500_000)
    expect(verdict.failure.message.length).toBeLessThanOrEqual(500)
  })
})

describe('connections that fail, each with a real socket', () => {
  const closedPort = async (): Promise<string> => {
    const server = await startCanned(() => undefined)
    await server.close()
    return server.url
  }
  /** Accepts connections and resets them at once, or after the first bytes. */
  const resetting = async (when: 'at once' | 'at the first byte'): Promise<{ url: string; bytes: () => number }> => {
    let bytes = 0
    const server = createServer(socket => {
      socket.on('error', () => undefined)
      socket.on('data', chunk => {
        bytes += chunk.length
        socket.resetAndDestroy()
      })
      if (when === 'at once') socket.resetAndDestroy()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, bytes: () => bytes }
  }

  test.each([
    ['refused', closedPort, /ECONNREFUSED/, /firewalls/],
    ['to a host without an address', async () => 'http://instance.invalid', /ENOTFOUND|EAI_AGAIN/, /DNS/],
    [
      'that speaks no TLS',
      async () => (await startCanned((_, response) => json(response, 200, []))).url.replace('http:', 'https:'),
      /ERR_SSL|EPROTO/,
      /TLS/,
    ],
    [
      'reset in the TLS handshake',
      async () => (await resetting('at once')).url.replace('http:', 'https:'),
      /ECONNRESET|socket/,
      /network/,
    ],
  ])('a connection %s: not executed, and the breaker opens', async (_, place, message, remedy) => {
    const { salesforce, moveTo } = await moving()
    moveTo(await place())
    const error = await failureOf(create(salesforce))
    expect(error).toMatchObject({ executed: 'no', code: 'salesforce.unreachable', retryable: true })
    expect(error.message).toMatch(message)
    expect(error.remedy).toMatch(remedy)
    expect(salesforce.breaker.isOpen).toBe(true)
  })

  test('a host that has no address any more: the next request signs in again, and finds the new one', async () => {
    const { salesforce, moveTo } = await moving({ delayMsMin: 10, delayMsMax: 20 })
    moveTo('http://instance.invalid')
    await failureOf(create(salesforce))
    const home = await startCanned(signedIn((_, response) => json(response, 201, { ok: true })))
    moveTo(home.url)
    await salesforce.breaker.whenClosed()
    expect(await create(salesforce)).toMatchObject({ body: { ok: true } })
  })

  test('reset after bytes were sent: unknown, and the breaker opens', async () => {
    const { salesforce, moveTo } = await moving()
    const { url, bytes } = await resetting('at the first byte')
    moveTo(url)
    expect(await failureOf(create(salesforce))).toMatchObject({
      executed: 'unknown',
      code: 'salesforce.unknown_outcome',
    })
    expect(bytes()).toBeGreaterThan(0)
    expect(salesforce.breaker.isOpen).toBe(true)
  })

  test('reset as soon as it is accepted: said to be not executed only if not one byte came', async () => {
    const { salesforce, moveTo } = await moving()
    const { url, bytes } = await resetting('at once')
    moveTo(url)
    const error = await failureOf(create(salesforce))
    if (error.executed === 'no') expect(bytes()).toBe(0)
    else expect(error.code).toBe('salesforce.unknown_outcome')
    expect(salesforce.breaker.isOpen).toBe(true)
  })

  test('no answer in time: unknown, and the breaker opens', async () => {
    const silent = createServer(socket => socket.resume().on('error', () => undefined))
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void silent.close())
    const { salesforce, moveTo } = await moving()
    moveTo(`http://127.0.0.1:${(silent.address() as { port: number }).port}`)
    const error = await failureOf(create(salesforce, { timeoutMs: 300 }))
    expect(error).toMatchObject({ executed: 'unknown', code: 'salesforce.unknown_outcome' })
    expect(salesforce.breaker.isOpen).toBe(true)
  })
})
