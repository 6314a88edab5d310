import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { RecordId } from '../../src/core/contract.ts'
import type { Session } from '../../src/salesforce/auth.ts'
import type { AuthSettings } from '../../src/salesforce/grants.ts'
import { SalesforceError } from '../../src/salesforce/salesforce-error.ts'
import { SessionKeeper, SignInPace } from '../../src/salesforce/session.ts'
import { connect, json, noteEvents, orgId, type Respond, startCanned, userId } from './canned-server.ts'

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
const directory = mkdtempSync(join(tmpdir(), 'session-'))
const flows: readonly AuthSettings[] = [
  { flow: 'client_credentials', clientId: 'c', clientSecret: 's' },
  { flow: 'jwt_bearer', clientId: 'c', username: 'u', privateKey },
  { flow: 'refresh_token', clientId: 'c', refreshToken: 'r0', tokenFile: join(directory, 'token.json') },
  { flow: 'password', clientId: 'c', clientSecret: 's', username: 'u', password: 'p' },
]

/** An org whose sessions can be ended; every sign-in gives a new one, and a new refresh token to who has one. */
function org() {
  let signIns = 0
  let endedUpTo = 0
  const respond: Respond = (request, response) => {
    const host = `http://${request.headers.host}`
    if (request.path === '/services/data/') return json(response, 200, [{ version: '68.0' }])
    if (request.path === '/services/oauth2/token') {
      signIns++
      const refresh = /grant_type=refresh_token/.test(request.body) ? { refresh_token: `r${signIns}` } : {}
      const id = `${host}/id/${orgId}/${userId}`
      return json(response, 200, { access_token: `token-${signIns}`, instance_url: host, id, ...refresh })
    }
    const token = Number(/token-(\d+)$/.exec(request.headers.authorization ?? '')?.[1])
    if (token > endedUpTo) return json(response, 200, { ok: true })
    json(response, 401, [{ errorCode: 'INVALID_SESSION_ID', message: 'Session expired or invalid' }])
  }
  return {
    respond,
    signIns: () => signIns,
    end: () => {
      endedUpTo = signIns
    },
  }
}

describe.each(flows)('$flow', auth => {
  test('one sign-in for many waiters, at the start and whenever the session ends', async () => {
    const { respond, signIns, end } = org()
    const { url, received } = await startCanned(respond)
    if (auth.flow === 'refresh_token') onTestFinished(() => rmSync(directory, { recursive: true }))
    const salesforce = await connect(url, { auth })
    expect(signIns()).toBe(1)
    for (let round = 1; round <= 3; round++) {
      end()
      const write = () => salesforce.request({ method: 'POST', path: '/sobjects/Contact', body: {}, repeat: 'unsafe' })
      const answers = await Promise.all(Array.from({ length: 40 }, write))
      expect(answers.map(({ body }) => body)).toEqual(Array(40).fill({ ok: true }))
      expect(signIns()).toBe(round + 1)
    }
    const used = received.filter(({ path }) => path === '/services/oauth2/token').map(({ body }) => body)
    if (auth.flow === 'refresh_token')
      expect(used.map(body => new URLSearchParams(body).get('refresh_token'))).toEqual(['r0', 'r1', 'r2', 'r3'])
  })
})

// salesforce-facts 1.5
test('a session that the REST API refuses for good is not renewed; it stops, and says what to change', async () => {
  const { respond, signIns } = org()
  const { url } = await startCanned((request, response) => {
    if (!request.path.endsWith('/limits')) return respond(request, response)
    const message = 'This session is not valid for use with the REST API'
    json(response, 401, [{ errorCode: 'INVALID_SESSION_ID', message }])
  })
  const salesforce = await connect(url)
  const error = await salesforce.request({ method: 'GET', path: '/limits', repeat: 'safe' }).catch(cause => cause)
  expect(error).toMatchObject({ code: 'salesforce.unauthorized', retryable: false, consequence: 'stop' })
  expect(error.remedy).toMatch(/api/)
  expect(signIns()).toBe(1)
})

const refusal = (code: 'salesforce.unreachable' | 'salesforce.unauthorized' | 'salesforce.limit_exceeded') =>
  new SalesforceError({
    code,
    message: code,
    remedy: '',
    executed: 'no',
    retryable: code !== 'salesforce.unauthorized',
  })
const session: Session = {
  accessToken: 't',
  instanceUrl: 'https://acme.my.salesforce.com',
  orgId: orgId as RecordId,
  userId: userId as RecordId,
}

describe('the first sign-in', () => {
  test.each(['salesforce.unreachable', 'salesforce.limit_exceeded'] as const)(
    '%s passes: it is tried again, within bounds',
    async code => {
      let attempts = 0
      const healing = new SessionKeeper(
        async () => {
          if (++attempts < 3) throw refusal(code)
          return session
        },
        () => undefined,
      )
      expect(await healing.start({ timeoutMs: 1_000 })).toBe(session)
      expect(attempts).toBe(3)
    },
  )

  test('it is given up after five attempts, and at once when only an admin can help', async () => {
    let attempts = 0
    const failing = (code: 'salesforce.unreachable' | 'salesforce.unauthorized') =>
      new SessionKeeper(
        async () => {
          attempts++
          throw refusal(code)
        },
        () => undefined,
      ).start({ timeoutMs: 1_000 })
    await expect(failing('salesforce.unauthorized')).rejects.toMatchObject({ code: 'salesforce.unauthorized' })
    expect(attempts).toBe(1)
    await expect(failing('salesforce.unreachable')).rejects.toMatchObject({ code: 'salesforce.unreachable' })
    expect(attempts).toBe(6)
  })
})

describe('pace', () => {
  test('sessions that end at once lead to at most 370 sign-ins an hour', () => {
    const pace = new SignInPace({ burstMax: 10, intervalMs: 10_000 })
    const starts: number[] = []
    for (let nowMs = 0; nowMs < 3_600_000; ) {
      nowMs += pace.take(nowMs)
      if (nowMs < 3_600_000) starts.push(nowMs)
    }
    expect(starts.slice(0, 10)).toEqual(Array(10).fill(0))
    expect(starts[10]).toBe(10_000)
    expect(starts.length).toBeGreaterThan(360)
    expect(starts.length).toBeLessThanOrEqual(370)
  })

  test('after a quiet time the burst is there again, and no more than it', () => {
    const pace = new SignInPace({ burstMax: 3, intervalMs: 1_000 })
    const burst = (nowMs: number) => Array.from({ length: 4 }, () => pace.take(nowMs))
    expect(burst(0)).toEqual([0, 0, 0, 1_000])
    expect(burst(1_000_000)).toEqual([0, 0, 0, 1_000])
  })

  test('the keeper waits its turn', async () => {
    let signIns = 0
    const keeper = new SessionKeeper(
      async () => ({ ...session, accessToken: `t${++signIns}` }),
      () => undefined,
      { burstMax: 1, intervalMs: 100 },
    )
    const began = performance.now()
    for (let i = 0; i < 3; i++) keeper.expire(await keeper.current({ timeoutMs: 5_000 }))
    expect(performance.now() - began).toBeGreaterThan(190)
    expect(signIns).toBe(3)
  })
})

test('the password flow warns at the start of a client', async () => {
  const { url } = await startCanned(org().respond)
  const { events, noted } = noteEvents()
  await connect(url, { auth: flows[3]! }, events)
  expect(noted[0]).toMatchObject({ event: 'signInWarned', detail: { remedy: expect.stringMatching(/jwt_bearer/) } })
})
