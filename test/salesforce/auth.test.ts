import { createVerify, generateKeyPairSync } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Session, SignIn } from '../../src/salesforce/auth.ts'
import type { AuthSettings } from '../../src/salesforce/grants.ts'
import { openHttp } from '../../src/salesforce/http.ts'
import { json, orgId, type Respond, startCanned, userId } from './canned-server.ts'

const clientCredentials: AuthSettings = {
  flow: 'client_credentials',
  clientId: 'consumer',
  clientSecret: 'very-secret',
}
const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
const jwt: AuthSettings = { flow: 'jwt_bearer', clientId: 'consumer', username: 'bot@example.com', privateKey }

const password: AuthSettings = {
  flow: 'password',
  clientId: 'consumer',
  clientSecret: 'very-secret',
  username: 'bot@example.com',
  password: 'pass&word',
  securityToken: 'TOKEN',
}

const token =
  (changes: object = {}): Respond =>
  (request, response) => {
    const host = `http://${request.headers.host}`
    json(response, 200, { access_token: 't', instance_url: host, id: `${host}/id/${orgId}/${userId}`, ...changes })
  }

/** Signs in at a server that answers so; with what it received. */
async function trySignIn(
  auth: AuthSettings,
  respond: Respond,
): Promise<{ session: Promise<Session>; forms(): URLSearchParams[]; url: string; warnings: string[]; signIn: SignIn }> {
  const { url, received } = await startCanned(respond)
  const http = openHttp()
  onTestFinished(() => http.close())
  const warnings: string[] = []
  const signIn = new SignIn({ loginUrl: `${url}/`, auth }, http, ({ warning }) => warnings.push(warning))
  const session = signIn.run(300)
  session.catch(() => undefined)
  return { session, forms: () => received.map(({ body }) => new URLSearchParams(body)), url, warnings, signIn }
}

const claimsOf = (form: URLSearchParams | undefined) =>
  JSON.parse(Buffer.from(form!.get('assertion')!.split('.')[1]!, 'base64url').toString())

test('client credentials go as a form; the answer names the org, the user and the instance', async () => {
  const { session, forms } = await trySignIn(
    clientCredentials,
    token({ instance_url: 'https://acme.my.salesforce.com/' }),
  )
  expect(await session).toEqual({ accessToken: 't', instanceUrl: 'https://acme.my.salesforce.com', orgId, userId })
  expect(Object.fromEntries(forms()[0]!)).toEqual({
    grant_type: 'client_credentials',
    client_id: 'consumer',
    client_secret: 'very-secret',
  })
})

test('the assertion is signed with RS256, for the login host, and lives three minutes', async () => {
  const { session, forms, url } = await trySignIn(jwt, token())
  await session
  const form = forms()[0]!
  expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
  const [header, claims, signature] = form.get('assertion')!.split('.') as [string, string, string]
  const verify = createVerify('RSA-SHA256').update(`${header}.${claims}`)
  expect(verify.verify(publicKey, signature, 'base64url')).toBe(true)
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  expect(read(header)).toEqual({ alg: 'RS256' })
  const { exp, ...rest } = read(claims)
  expect(rest).toEqual({ iss: 'consumer', sub: 'bot@example.com', aud: url })
  expect(Math.abs(exp - Date.now() / 1_000 - 180)).toBeLessThan(5)
})

test('another audience can be named', async () => {
  const { session, forms } = await trySignIn({ ...jwt, audience: 'https://test.salesforce.com' }, token())
  await session
  expect(claimsOf(forms()[0]).aud).toBe('https://test.salesforce.com')
})

test.each([['no key'], [publicKey], ['-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----']])(
  'a private key that is none is an error of the config which does not quote it',
  async pem => {
    const { session } = await trySignIn({ ...jwt, privateKey: pem }, token())
    const error = await session.catch(cause => cause)
    expect(error).toMatchObject({ code: 'config.invalid', executed: 'no' })
    expect(JSON.stringify([error.message, error.remedy, String(error.cause)])).not.toContain('c2VjcmV0')
  },
)

// salesforce-facts 1.4
test.each([
  ['invalid_grant', 'authentication failure', /Setup > Users.*Login IP Ranges.*Login History/],
  ['invalid_grant', 'expired access/refresh token', /Authorize the app again.*auth\.refresh_token/],
  ['invalid_grant', "user hasn't approved this consumer", /Setup > External Client App Manager.*pre-authorized/],
  ['invalid_grant', 'ip restricted', /Login IP Ranges.*IP Relaxation/],
  ['invalid_grant', 'Audience validation failed', /auth\.audience/],
  ['invalid_grant', 'audience is invalid', /auth\.audience/],
  ['invalid_grant', 'invalid assertion', /certificate/],
  ['invalid_grant', 'expired authorization code', /clock/],
  ['invalid_grant', 'no client credentials user enabled', /Setup > .*Enable Client Credentials Flow.*Run As/],
  ['invalid_grant', 'request not supported on this domain', /login_url.*My Domain/],
  ['invalid_client_id', 'client identifier invalid', /client_id/],
  ['invalid_client', 'invalid client credentials', /client_secret/],
  ['invalid_client', 'External client app is not installed in this org', /Install the app/],
  ['invalid_app_access', 'user is not admin approved to access this app', /pre-authorized/],
  ['inactive_user', 'user is inactive', /Setup > Users.*Active/],
  ['inactive_org', 'organization is inactive', /Salesforce Support/],
  ['invalid_grant', 'External client app is not installed in this org', /Install the app/],
  ['invalid_request', 'missing required parameter: grant_type', /Report this/],
  ['unsupported_grant_type', 'grant type not supported', /Flow Enablement/],
  ['OAUTH_APP_BLOCKED', 'this app is blocked by admin', /Setup > Connected Apps OAuth Usage.*Install, or Unblock/],
  ['OAUTH_APP_ACCESS_DENIED', 'denied', /Setup > Connected Apps OAuth Usage/],
  ['OAUTH_APPROVAL_ERROR_GENERIC', 'an unexpected error', /Setup > Connected Apps OAuth Usage/],
  ['OAUTH_EC_APP_NOT_FOUND', 'app not found', /not in this org/],
  ['something_new', '', /Setup > Users/],
])('%s, "%s": tells an admin what to do', async (error, description, remedy) => {
  const { session } = await trySignIn(clientCredentials, (_, response) =>
    json(response, 400, { error, error_description: description }),
  )
  const failure = await session.catch(cause => cause)
  expect(failure).toMatchObject({ code: 'salesforce.unauthorized', executed: 'no', retryable: false, status: 400 })
  expect(failure.message).toContain(error)
  expect(failure.remedy).toMatch(remedy)
})

// salesforce-facts 14.5: which of the two is sent is not proved
test.each([
  ['invalid_grant', 'login rate exceeded'],
  ['rate_limit_exceeded', 'number of login requests exceeded'],
])('too many sign-ins pass with time: %s', async (error, description) => {
  const { session } = await trySignIn(clientCredentials, (_, response) =>
    json(response, 400, { error, error_description: description }),
  )
  await expect(session).rejects.toMatchObject({ code: 'salesforce.limit_exceeded', retryable: true })
})

test.each<[string, Respond]>([
  ['HTML 503', (_, response) => response.writeHead(503, { 'content-type': 'text/html' }).end('<html>')],
  ['HTML 400', (_, response) => response.writeHead(400, { 'content-type': 'text/html' }).end('<html>')],
  ['JSON 500', (_, response) => json(response, 500, { error: 'server_error', error_description: 'oops' })],
  ['no answer', () => undefined],
  ['a reset', ({ socket }) => socket.resetAndDestroy()],
  ['a redirect', (_, response) => response.writeHead(302, { location: '/' }).end()],
])('%s: sign in later; no API call was carried out', async (_, respond) => {
  const { session } = await trySignIn(clientCredentials, respond)
  await expect(session).rejects.toMatchObject({ code: 'salesforce.unreachable', executed: 'no', retryable: true })
})

test.each([
  ['no token', { access_token: undefined }],
  ['no identity', { id: undefined }],
  ['an identity that is none', { id: 'https://login.salesforce.com/id/x/y' }],
  ['no instance', { instance_url: 'acme' }],
])('an answer with %s is no session', async (_, changes) => {
  const { session } = await trySignIn(clientCredentials, token(changes))
  await expect(session).rejects.toMatchObject({ code: 'salesforce.bad_answer', executed: 'no' })
})

test('the password flow sends the security token behind the password, and warns once', async () => {
  const { session, forms, warnings, signIn } = await trySignIn(password, token())
  await session
  await signIn.run(300)
  expect(Object.fromEntries(forms()[0]!)).toEqual({
    grant_type: 'password',
    client_id: 'consumer',
    client_secret: 'very-secret',
    username: 'bot@example.com',
    password: 'pass&wordTOKEN',
  })
  expect(warnings).toEqual([expect.stringMatching(/password, which new orgs refuse/)])
  expect(warnings.join()).not.toMatch(/pass&word|TOKEN|very-secret/)
})

test('a refused password: the switch for the flow, and the user', async () => {
  const { session } = await trySignIn(password, (_, response) =>
    json(response, 400, { error: 'invalid_grant', error_description: 'authentication failure' }),
  )
  await expect(session).rejects.toMatchObject({
    remedy: expect.stringMatching(/Setup > OAuth and OpenID Connect Settings.*Login History/),
  })
})

describe('a clock that is wrong', () => {
  const hourMs = 3_600_000
  const expired = { error: 'invalid_grant', error_description: 'expired authorization code' }
  /** An org whose clock differs from ours, and which checks `exp` as Salesforce does. */
  const orgAt =
    (skewMs: number, dates = true): Respond =>
    (request, response) => {
      const nowMs = Date.now() + skewMs
      const { exp } = claimsOf(new URLSearchParams(request.body))
      const headers = { date: new Date(nowMs).toUTCString() }
      if (!dates) response.sendDate = false
      const ahead = exp * 1_000 - nowMs
      if (ahead <= 0 || ahead > 300_000) return json(response, 400, expired, dates ? headers : {})
      token()(request, response)
    }

  test.each([-hourMs, hourMs])("%d ms: Salesforce's Date corrects it, once and for all", async skewMs => {
    const { session, forms, warnings, signIn } = await trySignIn(jwt, orgAt(skewMs))
    await session
    expect(forms()).toHaveLength(2)
    await signIn.run(300)
    expect(forms()).toHaveLength(3)
    expect(warnings).toEqual([expect.stringMatching(skewMs > 0 ? /(3600|3599) s behind/ : /(3600|3601) s ahead of/)])
  })

  test('an assertion refused as expired although the clocks agree is not sent again', async () => {
    const { session, forms, warnings } = await trySignIn(jwt, (_, response) => json(response, 400, expired))
    await expect(session).rejects.toMatchObject({
      code: 'salesforce.unauthorized',
      remedy: expect.stringContaining('clock'),
    })
    expect([forms().length, warnings.length]).toEqual([1, 0])
  })

  test('refused again with the corrected time: it stops', async () => {
    const { session, forms } = await trySignIn(jwt, (_, response) =>
      json(response, 400, expired, { date: new Date(Date.now() + hourMs).toUTCString() }),
    )
    await expect(session).rejects.toMatchObject({ code: 'salesforce.unauthorized', retryable: false })
    expect(forms()).toHaveLength(2)
  })

  test('without a Date nothing is guessed', async () => {
    const { session, forms } = await trySignIn(jwt, orgAt(hourMs, false))
    await expect(session).rejects.toMatchObject({ code: 'salesforce.unauthorized' })
    expect(forms()).toHaveLength(1)
  })
})
