import { createVerify, generateKeyPairSync } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { type AuthSettings, type Session, signIn } from '../../src/salesforce/auth.ts'
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
): Promise<{ session: Promise<Session>; form(): URLSearchParams; url: string }> {
  const { url, received } = await startCanned(respond)
  const http = openHttp()
  onTestFinished(() => http.close())
  const session = signIn({ loginUrl: `${url}/`, auth }, http, { timeoutMs: 300 })
  session.catch(() => undefined)
  return { session, form: () => new URLSearchParams(received[0]?.body), url }
}

test('client credentials go as a form; the answer names the org, the user and the instance', async () => {
  const { session, form } = await trySignIn(
    clientCredentials,
    token({ instance_url: 'https://acme.my.salesforce.com/' }),
  )
  expect(await session).toEqual({ accessToken: 't', instanceUrl: 'https://acme.my.salesforce.com', orgId, userId })
  expect(Object.fromEntries(form())).toEqual({
    grant_type: 'client_credentials',
    client_id: 'consumer',
    client_secret: 'very-secret',
  })
})

test('the assertion is signed with RS256, for the login host, and lives three minutes', async () => {
  const { session, form, url } = await trySignIn(jwt, token())
  await session
  expect(form().get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
  const [header, claims, signature] = form().get('assertion')!.split('.') as [string, string, string]
  const verify = createVerify('RSA-SHA256').update(`${header}.${claims}`)
  expect(verify.verify(publicKey, signature, 'base64url')).toBe(true)
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  expect(read(header)).toEqual({ alg: 'RS256' })
  const { exp, ...rest } = read(claims)
  expect(rest).toEqual({ iss: 'consumer', sub: 'bot@example.com', aud: url })
  expect(Math.abs(exp - Date.now() / 1_000 - 180)).toBeLessThan(5)
})

test('another audience can be named', async () => {
  const { session, form } = await trySignIn({ ...jwt, audience: 'https://test.salesforce.com' }, token())
  await session
  const claims = JSON.parse(Buffer.from(form().get('assertion')!.split('.')[1]!, 'base64url').toString())
  expect(claims.aud).toBe('https://test.salesforce.com')
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
  ['invalid_grant', 'authentication failure', /login IP ranges/],
  ['invalid_grant', "user hasn't approved this consumer", /pre-authorized/],
  ['invalid_grant', 'audience is invalid', /auth\.audience/],
  ['invalid_grant', 'invalid assertion', /certificate/],
  ['invalid_grant', 'expired authorization code', /clock/],
  ['invalid_grant', 'no client credentials user enabled', /run-as user/],
  ['invalid_grant', 'request not supported on this domain', /My Domain/],
  ['invalid_client_id', 'client identifier invalid', /client_id/],
  ['invalid_client', 'invalid client credentials', /client_secret/],
  ['invalid_client', 'External client app is not installed in this org', /Install the app/],
  ['invalid_app_access', 'user is not admin approved to access this app', /pre-authorized/],
  ['inactive_user', 'user is inactive', /Activate/],
  ['unsupported_grant_type', 'grant type not supported', /Allow the OAuth flow/],
  ['OAUTH_APP_BLOCKED', 'this app is blocked by admin', /Unblock or Install/],
  ['something_new', '', /Check the user/],
])('%s, "%s": tells an admin what to do', async (error, description, remedy) => {
  const { session } = await trySignIn(clientCredentials, (_, response) =>
    json(response, 400, { error, error_description: description }),
  )
  const failure = await session.catch(cause => cause)
  expect(failure).toMatchObject({ code: 'salesforce.unauthorized', executed: 'no', retryable: false, status: 400 })
  expect(failure.message).toContain(error)
  expect(failure.remedy).toMatch(remedy)
})

test('too many sign-ins pass with time', async () => {
  const { session } = await trySignIn(clientCredentials, (_, response) =>
    json(response, 400, { error: 'invalid_grant', error_description: 'login rate exceeded' }),
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
