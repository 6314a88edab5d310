import { afterEach, describe, expect, test } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { postForm, useSimulator } from './rest-client.ts'
import { app, control, flows, tokensOf } from './sign-in-client.ts'

const client = useSimulator()
const defaults = () => ({
  app: 'installed',
  api: 'enabled',
  orgActive: true,
  ipRestricted: false,
  passwordFlow: true,
  clientCredentialsUser: true,
  securityTokenNeeded: false,
  refreshTokensRotate: false,
  loginsPerHourMax: 1_000_000,
})
afterEach(async () => {
  await control(client.simulator, 'POST', 'sign-in', defaults())
  await control(client.simulator, 'POST', 'users', { active: true })
})

const post = (form: Record<string, string>) => postForm(client.simulator.tokenUrl, form)
const sign = (flow: string) => post(flows[flow]?.(client.simulator) ?? {})

/** Flow, its own keys in the answer. */
const common = ['access_token', 'id', 'instance_url', 'scope', 'token_type']
test.each([
  ['jwt', common],
  ['client credentials', [...common, 'api_instance_url', 'issued_at', 'signature']],
  ['refresh', [...common, 'issued_at', 'signature']],
  ['password', [...common, 'issued_at', 'signature']],
])('%s: the keys of the flow, no expires_in, and a session that works', async (flow, keys) => {
  const got = await sign(flow)
  expect(got.status).toBe(200)
  expect(Object.keys(got.body as object).toSorted()).toEqual(keys.toSorted())
  const { access_token } = tokensOf(got)
  expect((await client.get('/limits', { authorization: `Bearer ${access_token}` })).status).toBe(200)
})

test('the parameters may be in the query of the POST', async () => {
  const query = new URLSearchParams(flows.password?.(client.simulator))
  const response = await fetch(`${client.simulator.tokenUrl}?${query}`, { method: 'POST' })
  expect(response.status).toBe(200)
})

describe('what an admin may have done', () => {
  const each = (error: string, error_description: string) => ({ status: 400, body: { error, error_description } })
  const all = Object.keys(flows)
  test.each<[Record<string, unknown>, readonly string[], string, string]>([
    [{ orgActive: false }, all, 'inactive_org', 'organization is inactive'],
    [{ app: 'notApproved' }, all, 'invalid_grant', "user hasn't approved this consumer"],
    [{ app: 'notAssigned' }, all, 'invalid_app_access', 'user is not admin approved to access this app'],
    [{ app: 'blocked' }, all, 'invalid_app_access', 'user is not admin approved to access this app'],
    [{ app: 'notFound' }, all, 'invalid_grant', 'External client app is not installed in this org'],
    [{ ipRestricted: true }, ['password'], 'invalid_grant', 'authentication failure'],
    [{ ipRestricted: true }, ['jwt', 'client credentials', 'refresh'], 'invalid_grant', 'ip restricted'],
    [{ passwordFlow: false }, ['password'], 'invalid_grant', 'authentication failure'],
    [{ clientCredentialsUser: false }, ['client credentials'], 'invalid_grant', 'no client credentials user enabled'],
    [{ loginsPerHourMax: 0 }, all, 'invalid_grant', 'login rate exceeded'],
  ])('%j', async (settings, refused, error, description) => {
    expect((await control(client.simulator, 'POST', 'sign-in', settings)).status).toBe(200)
    for (const flow of refused) expect(await sign(flow), flow).toMatchObject(each(error, description))
  })

  test('an inactive user is refused by every flow, and its sessions are over', async () => {
    await control(client.simulator, 'POST', 'users', { active: false })
    for (const flow of all) expect(await sign(flow), flow).toMatchObject(each('inactive_user', 'user is inactive'))
    expect((await client.get('/limits')).body).toMatchObject([{ errorCode: 'INVALID_SESSION_ID' }])
    await control(client.simulator, 'POST', 'users', { active: true })
    expect((await sign('jwt')).status).toBe(200)
  })

  test('a setting that makes no sense is refused, and none is changed', async () => {
    for (const wrong of [{ app: 'gone' }, { nope: 1 }, { sessionTimeoutMs: -1 }, [], 'x']) {
      const before = (await control(client.simulator, 'GET', 'sign-in')).body
      expect((await control(client.simulator, 'POST', 'sign-in', wrong)).status).toBe(400)
      expect((await control(client.simulator, 'GET', 'sign-in')).body).toEqual(before)
    }
    expect((await control(client.simulator, 'POST', 'users', { id: 'nobody' })).status).toBe(400)
  })
})

test('3,600 sign-ins of one user within an hour are let in', async () => {
  let nowMs = Date.UTC(2026, 10, 23)
  const simulator = await startSimulator({ clock: () => nowMs })
  const login = () => postForm(simulator.tokenUrl, flows.password?.(simulator) ?? {})
  expect(simulator.signIn.now.loginsPerHourMax).toBe(3600)
  simulator.signIn.set({ loginsPerHourMax: 2 })
  nowMs += 1000
  expect((await login()).status).toBe(200)
  nowMs += 59 * 60 * 1000
  expect((await login()).status).toBe(200)
  expect((await login()).body).toEqual({ error: 'invalid_grant', error_description: 'login rate exceeded' })
  nowMs += 61 * 1000
  expect((await login()).status).toBe(200)
  await simulator.close()
})

describe('username and password', () => {
  const withPassword = (password: string) =>
    post({ ...flows.password?.(client.simulator), password } as Record<string, string>)
  const failure = { status: 400, body: { error: 'invalid_grant', error_description: 'authentication failure' } }

  test('within a trusted range the password alone suffices, else the security token follows it', async () => {
    const { password, securityToken } = client.simulator
    expect((await withPassword(password)).status).toBe(200)
    await control(client.simulator, 'POST', 'sign-in', { securityTokenNeeded: true })
    expect(await withPassword(password)).toMatchObject(failure)
    expect((await withPassword(password + securityToken)).status).toBe(200)
    expect(await withPassword(`${password}x`)).toMatchObject(failure)
  })

  test('an unknown user, another’s name in any case, a missing field', async () => {
    const form = flows.password?.(client.simulator) ?? {}
    expect(await post({ ...form, username: 'nobody@simulated.example' })).toMatchObject(failure)
    const upper = await post({ ...form, username: client.simulator.username.toUpperCase() })
    expect(tokensOf(upper).id?.endsWith(client.simulator.userId)).toBe(true)
    const { username: _, ...nameless } = form
    expect((await post(nameless)).body).toMatchObject({ error: 'invalid_request' })
  })
})

test('introspect tells a live token from a dead one, to the app alone', async () => {
  const { url } = client.simulator
  const introspect = (form: Record<string, string>) => postForm(`${url}/services/oauth2/introspect`, form)
  const { access_token: token = '' } = tokensOf(await sign('jwt'))
  const { username } = client.simulator
  expect((await introspect({ ...app(client.simulator), token })).body).toMatchObject({
    active: true,
    username,
    scope: 'api',
    token_type: 'access_token',
  })
  const { refreshToken } = client.simulator
  expect((await introspect({ ...app(client.simulator), token: refreshToken })).body).toMatchObject({ active: true })
  expect((await introspect({ ...app(client.simulator), token: 'dead' })).body).toEqual({ active: false })
  expect((await introspect({ client_id: 'x', token })).status).toBe(400)
})
