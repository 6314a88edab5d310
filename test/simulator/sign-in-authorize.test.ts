import { afterEach, describe, expect, test } from 'vitest'
import { type Got, postForm, root, useSimulator } from './rest-client.ts'
import { app, control, flows, tokensOf } from './sign-in-client.ts'

const client = useSimulator()
afterEach(() => control(client.simulator, 'POST', 'sign-in', { app: 'installed', refreshTokensRotate: false }))

const post = (form: Record<string, string>) => postForm(client.simulator.tokenUrl, form)
const sign = (flow: string) => post(flows[flow]?.(client.simulator) ?? {})

describe('refresh tokens', () => {
  const refresh = (refresh_token: string) =>
    post({ grant_type: 'refresh_token', client_id: client.simulator.clientId, refresh_token })
  const expired = { error: 'invalid_grant', error_description: 'expired access/refresh token' }
  const authorize = async () => {
    const code = await redirectOf({ response_type: 'code' })
    return tokensOf(await exchange(code.searchParams.get('code') ?? ''))
  }

  test('without rotation the token stays good and is not repeated', async () => {
    for (let i = 0; i < 3; i++) {
      const got = await refresh(client.simulator.refreshToken)
      expect(got.status).toBe(200)
      expect(got.body).not.toHaveProperty('refresh_token')
      expect(tokensOf(got).scope).toBe('refresh_token api')
    }
    expect((await refresh('5Aep861nonsense')).body).toEqual(expired)
  })

  test('with rotation each use brings the next; a spent one ends the chain and its sessions', async () => {
    await control(client.simulator, 'POST', 'sign-in', { refreshTokensRotate: true })
    const { refresh_token: first = '' } = await authorize()
    const second = tokensOf(await refresh(first))
    const third = tokensOf(await refresh(second.refresh_token ?? ''))
    expect(new Set([first, second.refresh_token, third.refresh_token]).size).toBe(3)
    expect(await limitsWith(third.access_token)).toBe(200)
    expect((await refresh(first)).body).toEqual(expired)
    expect((await refresh(third.refresh_token ?? '')).body).toEqual(expired)
    expect(await limitsWith(third.access_token)).toBe(401)
  })

  test('to revoke a refresh token ends its sessions; to revoke an access token ends that alone', async () => {
    const { refresh_token = '' } = await authorize()
    const [one, two] = [tokensOf(await refresh(refresh_token)), tokensOf(await refresh(refresh_token))]
    const revoke = (token = '') => postForm(`${client.simulator.url}/services/oauth2/revoke`, { token })
    expect((await revoke(one.access_token)).status).toBe(200)
    expect([await limitsWith(one.access_token), await limitsWith(two.access_token)]).toEqual([401, 200])
    expect((await revoke(refresh_token)).status).toBe(200)
    expect(await limitsWith(two.access_token)).toBe(401)
    expect((await refresh(refresh_token)).body).toEqual(expired)
    expect((await revoke(refresh_token)).status).toBe(400)
  })
})

const redirectUri = 'http://localhost:1717/callback'

async function redirectOf(query: Record<string, string>): Promise<URL> {
  const { url, clientId } = client.simulator
  const search = new URLSearchParams({ client_id: clientId, redirect_uri: redirectUri, state: 's 1', ...query })
  const response = await fetch(`${url}/services/oauth2/authorize?${search}`, { redirect: 'manual' })
  expect(response.status).toBe(302)
  return new URL(response.headers.get('location') ?? '')
}

const exchange = (code: string, form: Record<string, string> = {}): Promise<Got> =>
  post({ grant_type: 'authorization_code', ...app(client.simulator), code, redirect_uri: redirectUri, ...form })

const limitsWith = async (token = '') =>
  (await fetch(`${client.simulator.url}${root}/limits`, { headers: { authorization: `Bearer ${token}` } })).status

describe('authorize', () => {
  test('a code comes back with the state, and is good once, for its own redirect_uri', async () => {
    const back = await redirectOf({ response_type: 'code' })
    expect(back.origin + back.pathname).toBe(redirectUri)
    expect(back.searchParams.get('state')).toBe('s 1')
    const code = back.searchParams.get('code') ?? ''
    const got = await exchange(code)
    expect(Object.keys(got.body as object)).toEqual(expect.arrayContaining(['access_token', 'refresh_token']))
    const spent = { error: 'invalid_grant', error_description: 'invalid authorization code' }
    expect((await exchange(code)).body).toEqual(spent)
    const other = (await redirectOf({ response_type: 'code' })).searchParams.get('code') ?? ''
    expect((await exchange(other, { redirect_uri: 'http://localhost/other' })).body).toEqual(spent)
  })

  test('PKCE: the verifier must be the one of the challenge', async () => {
    // The pair of RFC 7636, appendix B.
    const code_challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    const code_verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
    const codeOf = async () =>
      (await redirectOf({ response_type: 'code', code_challenge })).searchParams.get('code') ?? ''
    expect((await exchange(await codeOf(), { code_verifier: 'wrong' })).status).toBe(400)
    expect((await exchange(await codeOf(), { code_verifier })).status).toBe(200)
  })

  test.each([
    ['blocked', 'OAUTH_APP_BLOCKED', 'this app is blocked by admin'],
    ['accessDenied', 'OAUTH_APP_ACCESS_DENIED', /./],
    ['approvalError', 'OAUTH_APPROVAL_ERROR_GENERIC', /./],
    ['notFound', 'OAUTH_EC_APP_NOT_FOUND', /./],
  ])('%s: %s on the redirect, and there alone', async (state, error, description) => {
    await control(client.simulator, 'POST', 'sign-in', { app: state })
    const { searchParams } = await redirectOf({ response_type: 'code' })
    expect(searchParams.get('error')).toBe(error)
    expect(searchParams.get('error_description')).toMatch(description)
    for (const flow of Object.keys(flows)) expect(JSON.stringify((await sign(flow)).body)).not.toContain('OAUTH_')
  })

  test('an unknown client or no address to go back to is shown to the browser', async () => {
    const { url, clientId } = client.simulator
    for (const query of [`client_id=x&redirect_uri=${redirectUri}`, `client_id=${clientId}`]) {
      const response = await fetch(`${url}/services/oauth2/authorize?response_type=code&${query}`, {
        redirect: 'manual',
      })
      expect([response.status, response.headers.get('location')]).toEqual([400, null])
    }
  })
})
