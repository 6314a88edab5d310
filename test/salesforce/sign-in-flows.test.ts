import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { AuthSettings } from '../../src/salesforce/grants.ts'
import { queryAllPages } from '../../src/salesforce/query.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { connect, noteEvents } from './canned-server.ts'

// The four flows against the simulated org (salesforce-facts 1.3 to 1.5).

function authOf(flow: AuthSettings['flow'], org: Simulator): AuthSettings {
  const { clientId, clientSecret, username, password, securityToken, privateKey, refreshToken } = org
  switch (flow) {
    case 'client_credentials':
      return { flow, clientId, clientSecret }
    case 'jwt_bearer':
      return { flow, clientId, username, privateKey }
    case 'refresh_token': {
      const directory = mkdtempSync(join(tmpdir(), 'flows-'))
      onTestFinished(() => rmSync(directory, { recursive: true }))
      return { flow, clientId, clientSecret, refreshToken, tokenFile: join(directory, 'token.json') }
    }
    case 'password':
      return { flow, clientId, clientSecret, username, password, securityToken }
  }
}

async function orgWith(settings: object, options: Parameters<typeof startSimulator>[0] = {}): Promise<Simulator> {
  const org = await startSimulator(options)
  onTestFinished(() => org.close())
  org.signIn.set(settings)
  return org
}

const flows = ['client_credentials', 'jwt_bearer', 'refresh_token', 'password'] as const

test.each(flows)('%s: signs in, and goes on through sessions that end in the middle of a query', async flow => {
  const org = await orgWith({ refreshTokensRotate: true, securityTokenNeeded: true }, { rows: { contact: 1_000 } })
  const { events, noted } = noteEvents()
  const auth = authOf(flow, org)
  const salesforce = await connect(org.url, { auth }, events)
  expect([salesforce.orgId, salesforce.userId]).toEqual([org.orgId, org.userId])
  let [rows, ended] = [0, 0]
  for await (const page of queryAllPages(salesforce, 'SELECT Id FROM Contact', { batchSize: 200 })) {
    rows += page.rows.length
    org.expireSessions()
    ended++
  }
  expect(rows).toBe(1_000)
  const signIns = noted.filter(({ event }) => event === 'signedIn').length
  expect(signIns).toBeGreaterThan(2)
  expect(signIns).toBeLessThanOrEqual(ended + 1)
  const stored = auth.flow === 'refresh_token' ? readFileSync(auth.tokenFile, 'utf8') : ''
  expect(stored.includes('refreshToken')).toBe(auth.flow === 'refresh_token')
  expect(stored).not.toContain(org.refreshToken)
})

test.each(flows)('%s: one sign-in for many waiters', async flow => {
  const org = await orgWith({ refreshTokensRotate: true })
  const { events, noted } = noteEvents()
  const salesforce = await connect(org.url, { auth: authOf(flow, org) }, events)
  org.expireSessions()
  const reads = Array.from({ length: 20 }, () => salesforce.request({ method: 'GET', path: '/limits', repeat: 'safe' }))
  expect((await Promise.all(reads)).map(({ status }) => status)).toEqual(Array(20).fill(200))
  expect(noted.filter(({ event }) => event === 'signedIn')).toHaveLength(2)
})

test.each([
  ['client_credentials', { clientCredentialsUser: false }, /Run As/],
  ['client_credentials', { app: 'notAssigned' }, /pre-authorized/],
  ['client_credentials', { orgActive: false }, /Salesforce Support/],
  ['client_credentials', { ipRestricted: true }, /Login IP Ranges/],
  ['jwt_bearer', { app: 'notApproved' }, /pre-authorized/],
  ['jwt_bearer', { app: 'notFound' }, /Install the app/],
  ['password', { passwordFlow: false }, /Allow OAuth Username-Password Flows/],
] as const)('%s under %j stops with a remedy', async (flow, settings, remedy) => {
  const org = await orgWith(settings)
  const error = await connect(org.url, { auth: authOf(flow, org) }).catch(cause => cause)
  expect(error).toMatchObject({ code: 'salesforce.unauthorized', retryable: false, consequence: 'stop' })
  expect(error.remedy).toMatch(remedy)
})

test('too many sign-ins of the user, in either wording, pass with time', async () => {
  const org = await orgWith({ loginsPerHourMax: 0 })
  const error = await connect(org.url, { auth: authOf('jwt_bearer', org) }).catch(cause => cause)
  expect(error).toMatchObject({ code: 'salesforce.limit_exceeded', retryable: true, executed: 'no' })
})

test.each([-3_600_000, 3_600_000])('jwt_bearer at an org whose clock is %d ms off', async skewMs => {
  const org = await orgWith({}, { clock: () => Date.now() + skewMs })
  const { events, noted } = noteEvents()
  await connect(org.url, { auth: authOf('jwt_bearer', org) }, events)
  expect(noted.map(({ event }) => event)).toContain('signInWarned')
})
