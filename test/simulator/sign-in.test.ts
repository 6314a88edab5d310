import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { postForm, root, signIn, useSimulator } from './rest-client.ts'
import { assertionFor } from './sign-in-client.ts'

const client = useSimulator()

const credentials = () => ({ client_id: client.simulator.clientId, client_secret: client.simulator.clientSecret })

const assertion = (claims: Record<string, unknown> = {}, key?: string, alg?: string) =>
  assertionFor(client.simulator, claims, key, alg)

const jwt = (token: string) =>
  postForm(client.simulator.tokenUrl, { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: token })

describe('client credentials', () => {
  test('the token has the keys of the flow, and no expires_in', async () => {
    const got = await postForm(client.simulator.tokenUrl, {
      grant_type: 'client_credentials',
      ...credentials(),
      format: 'json',
    })
    expect(got.status).toBe(200)
    expect(got.headers.get('cache-control')).toBe('no-store')
    expect(got.headers.get('content-type')).toBe('application/json;charset=UTF-8')
    const body = got.body as Record<string, string>
    expect(Object.keys(body).toSorted()).toEqual(
      [
        'access_token',
        'api_instance_url',
        'id',
        'instance_url',
        'issued_at',
        'scope',
        'signature',
        'token_type',
      ].toSorted(),
    )
    const { orgId, userId, url } = client.simulator
    expect(body.access_token?.startsWith(`${orgId.slice(0, 15)}!`)).toBe(true)
    expect(body.id).toBe(`${url}/id/${orgId}/${userId}`)
    expect(body.instance_url).toBe(url)
    expect(body.issued_at).toMatch(/^\d{13}$/)
  })

  test('HTTP Basic is accepted', async () => {
    const { client_id, client_secret } = credentials()
    const authorization = `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`
    const got = await postForm(client.simulator.tokenUrl, { grant_type: 'client_credentials' }, { authorization })
    expect(got.status).toBe(200)
  })

  test.each([
    [{ grant_type: 'client_credentials', client_id: 'other' }, 'invalid_client_id', 'client identifier invalid'],
    [{ grant_type: 'client_credentials', client_secret: 'other' }, 'invalid_client', 'invalid client credentials'],
    [{ grant_type: 'magic' }, 'unsupported_grant_type', 'grant type not supported'],
    [{}, 'invalid_request', 'missing required parameter: grant_type'],
  ])('%o is refused', async (form, error, error_description) => {
    const got = await postForm(client.simulator.tokenUrl, { ...credentials(), ...(form as Record<string, string>) })
    expect(got).toMatchObject({ status: 400, body: { error, error_description } })
  })
})

describe('JWT bearer', () => {
  test('a signed assertion opens a session for its user', async () => {
    const got = await jwt(assertion())
    expect(got.status).toBe(200)
    const { access_token, ...rest } = got.body as Record<string, string>
    const { url, orgId, userId } = client.simulator
    expect(rest).toEqual({ scope: 'api', instance_url: url, id: `${url}/id/${orgId}/${userId}`, token_type: 'Bearer' })
    const read = await fetch(`${url}${root}/limits`, { headers: { authorization: `OAuth ${access_token}` } })
    expect(read.status).toBe(200)
  })

  test('the public login URL is an audience too', async () => {
    expect((await jwt(assertion({ aud: 'https://login.salesforce.com' }))).status).toBe(200)
  })

  const nowS = () => Math.floor(Date.now() / 1000)
  const otherKey = () =>
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  test.each([
    ['another consumer', () => assertion({ iss: 'x' }), 'invalid_client_id', 'client identifier invalid'],
    ['another key', () => assertion({}, otherKey()), 'invalid_grant', 'invalid assertion'],
    ['another algorithm', () => assertion({}, undefined, 'RS512'), 'invalid_grant', 'invalid assertion'],
    ['another audience', () => assertion({ aud: 'https://evil.example' }), 'invalid_grant', 'audience is invalid'],
    [
      'an unknown user',
      () => assertion({ sub: 'nobody@simulated.example' }),
      'invalid_grant',
      "user hasn't approved this consumer",
    ],
    ['exp in the past', () => assertion({ exp: nowS() - 1 }), 'invalid_grant', 'expired authorization code'],
    ['exp too far ahead', () => assertion({ exp: nowS() + 400 }), 'invalid_grant', 'expired authorization code'],
    ['no exp', () => assertion({ exp: undefined }), 'invalid_grant', 'expired authorization code'],
    ['no JWT at all', () => 'nonsense', 'invalid_grant', 'invalid assertion'],
  ])('%s is refused', async (_name, make, error, error_description) => {
    expect(await jwt(make())).toMatchObject({ status: 400, body: { error, error_description } })
  })

  test('exp may be text, as simple-salesforce sends it, and five minutes ahead', async () => {
    expect((await jwt(assertion({ exp: String(nowS() + 180) }))).status).toBe(200)
    expect((await jwt(assertion({ exp: nowS() + 300 }))).status).toBe(200)
    expect((await jwt(assertion({ exp: 'soon' }))).status).toBe(400)
  })

  test('exp in milliseconds, as the sf command line sends it, is let in', async () => {
    expect((await jwt(assertion({ exp: Date.now() + 300 }))).status).toBe(200)
    expect((await jwt(assertion({ exp: String(Date.now() + 300) }))).status).toBe(400)
  })

  test('an unsigned token is refused, whatever its header says', async () => {
    const [, payload] = assertion().split('.')
    const header = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url')
    expect(await jwt(`${header}.${payload}.`)).toMatchObject({
      body: { error_description: 'invalid assertion' },
    })
  })
})

describe('sessions', () => {
  const invalid = [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }]

  test('a bad or a missing token is 401', async () => {
    const bad = await client.get('/limits', { authorization: 'Bearer nonsense' })
    expect(bad).toMatchObject({ status: 401, body: invalid })
    expect((await fetch(`${client.simulator.url}${root}/limits`)).status).toBe(401)
    const scheme = await client.get('/limits', { authorization: 'Digest x' })
    expect(scheme).toMatchObject({ status: 401, body: [{ errorCode: 'INVALID_AUTH_HEADER' }] })
  })

  test('sessions end on demand, after two idle hours, and when revoked', async () => {
    let nowMs = Date.now()
    const simulator = await startSimulator({ clock: () => nowMs })
    const first = await signIn(simulator)
    simulator.expireSessions()
    expect(await first.get('/limits')).toMatchObject({ status: 401, body: invalid })

    const second = await signIn(simulator)
    const hourMs = 60 * 60 * 1000
    nowMs += 1.5 * hourMs
    expect((await second.get('/limits')).status).toBe(200)
    nowMs += 1.5 * hourMs // the use in the second half prolonged it
    expect((await second.get('/limits')).status).toBe(200)
    nowMs += 2 * hourMs
    expect((await second.get('/limits')).status).toBe(401)

    const { tokenUrl, clientId: client_id, clientSecret: client_secret, url } = simulator
    const got = await postForm(tokenUrl, { grant_type: 'client_credentials', client_id, client_secret })
    const { access_token: token = '' } = got.body as Record<string, string>
    const headers = { authorization: `Bearer ${token}` }
    expect((await fetch(`${url}${root}/limits`, { headers })).status).toBe(200)
    expect((await postForm(`${url}/services/oauth2/revoke`, { token })).status).toBe(200)
    expect((await fetch(`${url}${root}/limits`, { headers })).status).toBe(401)
    await simulator.close()
  })

  test('the identity URL and userinfo name the user; with a dead token they answer plain text', async () => {
    const { url, orgId, userId, username } = client.simulator
    const identity = await client.send('GET', `/id/${orgId}/${userId}`)
    expect(identity.body).toMatchObject({ user_id: userId, organization_id: orgId, username })
    const userinfo = await client.send('GET', '/services/oauth2/userinfo')
    expect(userinfo.body).toMatchObject({ user_id: userId, organization_id: orgId, preferred_username: username })
    const dead = await fetch(`${url}/id/${orgId}/${userId}`, { headers: { authorization: 'Bearer dead' } })
    expect([dead.status, await dead.text()]).toEqual([403, 'Bad_OAuth_Token'])
  })
})
