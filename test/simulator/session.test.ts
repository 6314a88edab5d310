import { afterEach, expect, test } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { createContact, postForm, recordsOf, root, signIn, useSimulator } from './rest-client.ts'
import { control, tokensOf } from './sign-in-client.ts'

const client = useSimulator({ rows: { contact: 2500 } })
const invalid = (message = 'Session expired or invalid') => ({
  status: 401,
  body: [{ message, errorCode: 'INVALID_SESSION_ID' }],
})
const refused = (errorCode: string, message: unknown) => ({ status: 403, body: [{ message, errorCode }] })
const set = (settings: object) => control(client.simulator, 'POST', 'sign-in', settings)
afterEach(() => set({ api: 'enabled', scope: 'api', sessionCallsMax: 0, instanceUrl: '' }))

test('a session ends after the set number of calls', async () => {
  await set({ sessionCallsMax: 3 })
  const short = await signIn(client.simulator)
  const statuses: number[] = []
  for (let i = 0; i < 5; i++) statuses.push((await short.get('/limits')).status)
  expect(statuses).toEqual([200, 200, 200, 401, 401])
})

test('a session ends at its timeout, which a use in the second half prolongs and one in the first does not', async () => {
  const minuteMs = 60_000
  let nowMs = Date.UTC(2026, 10, 23)
  const simulator = await startSimulator({ clock: () => nowMs })
  simulator.signIn.set({ sessionTimeoutMs: 15 * minuteMs })
  const used = async (...minutes: number[]) => {
    const session = await signIn(simulator)
    const statuses: number[] = []
    for (const each of minutes) {
      nowMs += each * minuteMs
      statuses.push((await session.get('/limits')).status)
    }
    return statuses
  }
  expect(await used(7, 7, 14, 14.9)).toEqual([200, 200, 200, 200])
  expect(await used(7, 8)).toEqual([200, 401])
  expect(await used(15)).toEqual([401])
  await simulator.close()
})

test('a 401 in the middle of a walk: the locator goes on with the new token of the same user', async () => {
  const first = await client.soql('SELECT Id FROM Contact ORDER BY Id')
  const next = (first.body as { nextRecordsUrl: string }).nextRecordsUrl
  client.simulator.expireSessions()
  expect(await client.send('GET', next)).toMatchObject(invalid())
  Object.assign(client, await signIn(client.simulator))
  const rest = await client.send('GET', next)
  expect(rest.status).toBe(200)
  expect(recordsOf(first).length + recordsOf(rest).length).toBe(2500)
})

test('without the scope api the REST API refuses the session, in words that no refresh answers', async () => {
  await set({ scope: 'id profile' })
  const scopeless = await signIn(client.simulator)
  expect(await scopeless.get('/limits')).toMatchObject(invalid('This session is not valid for use with the REST API'))
  const { url, orgId, userId } = client.simulator
  expect((await scopeless.send('GET', `/id/${orgId}/${userId}`)).status).toBe(200)
  expect(url).toBeTruthy()
})

test.each([
  ['disabledForOrg', 'API_DISABLED_FOR_ORG', 'The REST API is not enabled for this Organization.'],
  ['disabledForUser', 'API_DISABLED_FOR_ORG', 'API is not enabled for this Organization or Partner'],
  ['suspended', 'API_CURRENTLY_DISABLED', 'API is disabled for this User'],
])('api %s: 403 %s', async (api, errorCode, message) => {
  await set({ api })
  const before = client.simulator.org.count('Contact')
  expect(await client.post('/sobjects/Contact', { LastName: 'X' })).toMatchObject(refused(errorCode, message))
  expect(client.simulator.org.count('Contact')).toBe(before)
})

test('a user deactivated in the middle of its work meets 401', async () => {
  const id = await createContact(client)
  await control(client.simulator, 'POST', 'users', { active: false })
  expect(await client.get(`/sobjects/Contact/${id}`)).toMatchObject(invalid())
  await control(client.simulator, 'POST', 'users', { active: true })
  expect((await client.get(`/sobjects/Contact/${id}`)).status).toBe(200)
})

test('revoked at the control endpoint', async () => {
  const { tokenUrl, clientId: client_id, clientSecret: client_secret } = client.simulator
  const got = await postForm(tokenUrl, { grant_type: 'client_credentials', client_id, client_secret })
  const { access_token: token = '' } = tokensOf(got)
  const read = () => client.get('/limits', { authorization: `Bearer ${token}` })
  expect((await read()).status).toBe(200)
  expect((await control(client.simulator, 'POST', 'revoke', { token })).body).toEqual({ revoked: true })
  expect(await read()).toMatchObject(invalid())
})

test('instance_url may differ from the login host, and then answers alone', async () => {
  const { url, tokenUrl, clientId: client_id, clientSecret: client_secret } = client.simulator
  const instanceUrl = url.replace('127.0.0.1', 'localhost')
  await set({ instanceUrl })
  const got = await postForm(tokenUrl, { grant_type: 'client_credentials', client_id, client_secret })
  const { instance_url, access_token, id } = tokensOf(got)
  expect([instance_url, id?.startsWith(`${url}/id/`)]).toEqual([instanceUrl, true])
  const headers = { authorization: `Bearer ${access_token}` }
  expect((await fetch(`${url}${root}/limits`, { headers })).status).toBe(401)
  expect((await fetch(`${instanceUrl}${root}/limits`, { headers })).status).toBe(200)
})
