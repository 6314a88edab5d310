import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import type { CheckReport } from '../../src/cli/check.ts'
import { main } from '../../src/cli/program.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { minimal } from '../core/minimal-config.ts'
import { fakeTerminal } from './fake-terminal.ts'

const directory = mkdtempSync(join(tmpdir(), 'check-'))
afterAll(() => rmSync(directory, { recursive: true }))

async function org(): Promise<Simulator> {
  const simulator = await startSimulator()
  onTestFinished(() => simulator.close())
  return simulator
}

/** Runs `check` on a config for this org; `changes` replace its sections. */
async function check(simulator: Simulator, changes: Readonly<Record<string, object>> = {}, ...args: string[]) {
  const file = join(directory, 'c.yaml')
  const { url, clientId, clientSecret } = simulator
  const auth = { flow: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  const salesforce = { login_url: url, auth, request_timeout_ms: 5_000 }
  const sink = { objects: ['Contact'], ...changes.sink }
  const config = { ...minimal, source: { objects: { Contact: {} } }, salesforce, ...changes, sink }
  writeFileSync(file, JSON.stringify(config))
  const terminal = fakeTerminal()
  const code = await main(['check', '--config', file, ...args], terminal)
  return { code, out: terminal.outText(), notes: terminal.noteText() }
}

const reportOf = (out: string): CheckReport => JSON.parse(out)

test('all that the config asks for is there: exit 0, with org, user, versions, limits and objects', async () => {
  const simulator = await org()
  const { code, out } = await check(simulator, {}, '--json')
  const report = reportOf(out)
  expect(report.gaps).toEqual([])
  expect(code).toBe(0)
  expect(report).toMatchObject({
    ok: true,
    org: { id: simulator.orgId, instanceUrl: simulator.url },
    user: { id: simulator.userId, username: simulator.username },
    api: { configured: '68.0' },
    objects: [{ object: 'Contact', found: true, usedBy: ['source', 'sink'], readable: true, createable: true }],
    warnings: [{ warning: expect.stringMatching(/^no broker answers at localhost:9092/) }],
  })
  expect(report.org.name).toEqual(expect.any(String))
  expect(report.org.edition).toEqual(expect.any(String))
  expect(report.org.sandbox).toEqual(expect.any(Boolean))
  expect(report.api.offered).toContain('68.0')
  expect(report.limits!.used + report.limits!.left).toBe(report.limits!.max)
  expect(report.limits!.reserve).toBe(report.limits!.max / 10)
  expect(report.objects[0]!.fields.readable).toBeGreaterThan(report.objects[0]!.fields.updateable)
})

test('it costs three calls and one for each object', async () => {
  const simulator = await org()
  const before = simulator.apiCalls()
  await check(simulator, { source: { objects: { Contact: {}, Account: {} } } })
  expect(simulator.apiCalls() - before).toBe(5)
})

/** Conditions of triggers of Contact: one that the connector evaluates, and two that Salesforce is asked about. */
const conditions = {
  created: { where: 'VIP__c = true', fields: ['LastName'] },
  updated: { where: "Account.Name = 'Acme'" },
  deleted: { where: 'OwnerId IN (SELECT Id FROM User)' },
}

test('conditions of triggers: who evaluates them, and what that costs', async () => {
  const simulator = await org()
  const changes = { source: { objects: { Contact: { triggers: conditions } } } }
  const before = simulator.apiCalls()
  const { code, out } = await check(simulator, changes, '--json')
  expect(code).toBe(0)
  expect(simulator.apiCalls() - before).toBe(5) // one more than without: four queries and the user's time zone
  expect(reportOf(out).conditions).toEqual([
    {
      object: 'Contact',
      own: ['VIP__c = true'],
      asked: ["Account.Name = 'Acme'", 'OwnerId IN (SELECT Id FROM User)'],
      callsPerPageMax: 2, // 2,000 rows are four queries of 500 for each of the two
    },
  ])
  const table = (await check(simulator, changes)).out
  expect(table).toMatch(/^Contact: where VIP__c = true: evaluated by the connector, at no call$/m)
  expect(table).toMatch(/^Contact: where Account\.Name = 'Acme': evaluated by Salesforce$/m)
  expect(table).toMatch(/^Contact: up to 2 calls more for each page with changes, none while nothing changes$/m)
})

test('a condition or field that Salesforce refuses is a gap, with what it says', async () => {
  const simulator = await org()
  const triggers = { created: { where: 'Nope__c = 1' }, updated: { fields: ['LastName', 'None__c'] } }
  const { code, out } = await check(simulator, { source: { objects: { Contact: { triggers } } } }, '--json')
  expect(code).toBe(1)
  expect(reportOf(out).gaps.map(({ message }) => message)).toEqual([
    expect.stringMatching(/refuses source\.objects\.Contact\.triggers\.created\.where: INVALID_FIELD: .*'Nope__c'/),
    expect.stringMatching(/refuses source\.objects\.Contact\.triggers\.updated\.fields: INVALID_FIELD: .*'None__c'/),
  ])
})

test('the table names what the JSON does, and no secret', async () => {
  const simulator = await org()
  const { code, out } = await check(simulator)
  expect(code).toBe(0)
  expect(out).toMatch(new RegExp(`^org +.*${simulator.orgId}`, 'm'))
  expect(out).toMatch(new RegExp(`^user +${simulator.username}`, 'm'))
  expect(out).toMatch(/^API +68\.0 configured; the org offers 31\.0 to 68\.0$/m)
  expect(out).toMatch(/^API calls +\d+ of \d+ used in 24 hours, \d+ left/m)
  expect(out).toMatch(/^object +used by +read/m)
  expect(out).toMatch(/^Contact +source, sink +yes +yes/m)
  expect(out).toMatch(/Everything that the config asks for is there\.$/)
  expect(Math.max(...out.split('\n').map(line => line.length))).toBeLessThan(120)
  expect(out).not.toContain(simulator.clientSecret)
  expect(out).not.toContain('00D00!')
})

test('an object and a field that do not exist are gaps with remedies: exit 1', async () => {
  const simulator = await org()
  const changes = {
    source: { objects: { Contact: {}, Nothing__c: {} } },
    sink: { idempotency_fields: { Contact: 'Nope__c' } },
  }
  const { code, out } = await check(simulator, changes)
  expect(code).toBe(1)
  expect(out).toMatch(/missing: Nothing__c: the org has no object.*\n {2}remedy: .*Setup > Object Manager.*Read/)
  expect(out).toMatch(/missing: Contact: the idempotency field Nope__c.*\n {2}remedy: Setup > Object Manager > Contact/)
  expect(out).toMatch(/2 things are missing\.$/)
  const report = reportOf((await check(simulator, changes, '--json')).out)
  expect(report.ok).toBe(false)
  expect(report.gaps.map(({ object, field }) => [object, field])).toEqual([
    ['Contact', 'Nope__c'],
    ['Nothing__c', undefined],
  ])
})

/** Takes rights from the connector's user, as an admin does. */
async function withhold(simulator: Simulator, rights: object): Promise<void> {
  const answer = await fetch(`${simulator.controlUrl}/access`, { method: 'POST', body: JSON.stringify(rights) })
  expect(answer.status).toBe(200)
}

test('rights on objects and fields: what is withheld is a gap, and what nobody asks for is none', async () => {
  const simulator = await org()
  await withhold(simulator, {
    objects: { Contact: { delete: false } },
    fields: { 'Contact.HasOptedOutOfEmail': 'read', 'Contact.Command_Id__c': 'none', 'Contact.VIP__c': 'read' },
  })
  const sink = { idempotency_fields: { Contact: 'Command_Id__c' } }
  const { code, out } = await check(simulator, { sink }, '--json')
  expect(code).toBe(1)
  const { gaps, objects } = reportOf(out)
  expect(gaps.map(({ field, message }) => [field, message])).toEqual([
    [undefined, 'the user may not delete rows, for DeleteContact'],
    ['HasOptedOutOfEmail', 'the user may only read HasOptedOutOfEmail, which SetContactEmailOptOut writes'],
    ['Command_Id__c', 'the idempotency field Command_Id__c does not exist, or the user may not see it'],
  ])
  expect(objects).toMatchObject([{ deletable: false, updateable: true }])
  expect(objects[0]!.readOnlyCustomFields).toContain('VIP__c')
  const source = await check(simulator, { sink: { enabled: false } })
  expect(source.code).toBe(0)
})

test('an object that the user may not read is as if it did not exist', async () => {
  const simulator = await org()
  await withhold(simulator, { objects: { Contact: { read: false } } })
  const { code, out } = await check(simulator)
  expect(code).toBe(1)
  expect(out).toMatch(/missing: Contact: .*\n {2}remedy: .*Setup > Permission Sets .*Contact > Edit: select Read/)
})

test('a flow that should be changed is a warning, not a gap', async () => {
  const simulator = await org()
  const { url, clientId, clientSecret, username, password, securityToken } = simulator
  const user = { username, password, security_token: securityToken }
  const auth = { flow: 'password', client_id: clientId, client_secret: clientSecret, ...user }
  const { code, out } = await check(simulator, { salesforce: { login_url: url, auth } })
  expect(code).toBe(0)
  expect(out).toMatch(/^warning: signing in with a password.*\n {2}remedy: .*client_credentials/m)
  for (const secret of [clientSecret, password, securityToken]) expect(out).not.toContain(secret)
})

test('a sign-in that is refused: exit 1 with a remedy; a version that is not offered: exit 3', async () => {
  const simulator = await org()
  const auth = { flow: 'client_credentials', client_id: simulator.clientId, client_secret: 'hunter2-wrong' }
  const refused = await check(simulator, { salesforce: { login_url: simulator.url, auth } })
  expect(refused).toMatchObject({ code: 1, out: '' })
  expect(refused.notes).toMatch(/^error: .*invalid_client.*\nremedy: .*Setup > External Client App Manager/)
  expect(refused.notes).not.toContain('hunter2')
  const right = { ...auth, client_secret: simulator.clientSecret }
  const version = await check(simulator, {
    salesforce: { login_url: simulator.url, auth: right, api_version: '99.0' },
  })
  expect(version.code).toBe(3)
  expect(version.notes).toMatch(/99\.0.*\nremedy: .*68\.0/)
})

describe('usage', () => {
  test('--config is needed: exit 2', async () => {
    expect(await main(['check'], fakeTerminal())).toBe(2)
  })
})
