import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest'
import { main } from '../../src/cli/program.ts'
import { contact } from '../../src/simulator/objects/contact.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { configText } from '../routes/world.ts'
import { type ConnectorChild, startConnectorChild } from './connector-child.ts'
import { fakeTerminal } from './fake-terminal.ts'
import { until } from './until.ts'

const interests = contact.fields
  .find(field => field.name === 'Interests__c')
  ?.values?.slice(0, 2)
  .join(';')
const directory = mkdtempSync(join(tmpdir(), 'talking-'))
const file = join(directory, 'connector.yaml')
let simulator: Simulator
let child: ConnectorChild

beforeAll(async () => {
  simulator = await startSimulator()
  const config = JSON.parse(
    configText(simulator, { sink: { objects: ['Contact', 'Lead', 'Campaign', 'Invoice__c'] } }),
  ) as object
  const ours = { http: { host: '127.0.0.1', port: 0 }, log: { level: 'info' } }
  writeFileSync(file, JSON.stringify({ ...config, ...ours }))
  child = await startConnectorChild(file)
})
afterAll(async () => {
  child?.process.kill('SIGKILL')
  await simulator?.close()
  rmSync(directory, { recursive: true })
})

beforeEach(() => {
  onTestFailed(() => console.error(child?.logged()))
})

async function call(stdin: string, ...args: string[]) {
  const terminal = fakeTerminal({ stdin })
  const code = await main([...args, '--config', file], terminal)
  return { code, out: terminal.outText(), notes: terminal.noteText() }
}
const send = (...args: string[]) => call('', 'send', ...args)
const replyOf = (out: string) => JSON.parse(out) as Record<string, unknown>
const idOf = (out: string) => String(replyOf(out).recordId)

describe('send', () => {
  test('types --field by the schema: a boolean, a number, a list, and digits in a text', async () => {
    const fields = ['LastName=123', 'VIP__c=true', 'Credit_Limit__c=2500.5', `Interests__c=${interests}`]
    const { code, out } = await send('CreateContact', ...fields.flatMap(field => ['--field', field]), '--json')
    expect(replyOf(out)).toMatchObject({ status: 'SUCCEEDED', created: true, action: 'CreateContact' })
    expect(code).toBe(0)
    const row = simulator.org.row('Contact', idOf(out))
    expect(row).toMatchObject({ LastName: '123', VIP__c: true, Credit_Limit__c: 2500.5, Interests__c: interests })
  })

  test('as Avro: the same effect, dates among the fields, an argument of the action, a field cleared', async () => {
    const fields = ['LastName=Curie', 'Title=Dr', 'Birthdate=1867-11-07', `Interests__c=${interests}`]
    const created = await send('CreateContact', ...fields.flatMap(field => ['--field', field]), '--avro', '--json')
    const id = idOf(created.out)
    expect(simulator.org.row('Contact', id)).toMatchObject({
      LastName: 'Curie',
      Birthdate: '1867-11-07',
      Interests__c: interests,
    })
    expect((await send('SetContactEmailOptOut', '--id', id, '--field', 'optedOut=true', '--avro')).code).toBe(0)
    expect((await send('UpdateContact', '--id', id, '--clear', 'Title', '--avro')).code).toBe(0)
    expect(simulator.org.row('Contact', id)).toMatchObject({ HasOptedOutOfEmail: true, Title: null })
  })

  test('takes a command as JSON from stdin; the answer for people names status and row', async () => {
    const id = simulator.org.create('Contact', { LastName: 'Read' })
    const { code, out } = await call(
      JSON.stringify({ action: 'GetContactById', recordId: id }),
      'send',
      '--json-command',
      '-',
    )
    expect(code).toBe(0)
    expect(out).toMatch(new RegExp(`^SUCCEEDED GetContactById ${id}\n  .*LastName="Read"`))
  })

  test('arguments of the action, and an upsert of a custom object with its parent by external id', async () => {
    const { org } = simulator
    const [campaignId, leadId] = [
      org.create('Campaign', { Name: 'C' }),
      org.create('Lead', { LastName: 'L', Company: 'C' }),
    ]
    org.create('Account', { Name: 'Parent', External_Id__c: 'A-1' })
    const member = ['campaignId', 'leadId', 'status'].flatMap((name, n) => [
      '--field',
      `${name}=${[campaignId, leadId, 'Sent'][n]}`,
    ])
    const added = await send('AddCampaignMember', ...member, '--avro', '--json')
    expect(org.row('CampaignMember', idOf(added.out))).toMatchObject({ LeadId: leadId, Status: 'Sent' })
    const parent = 'Account__r={"External_Id__c":"A-1"}' // of a master-detail: it is given once
    for (const [created, more] of [
      [true, parent],
      [false, 'Amount__c=7'],
    ] as const) {
      const fields = ['externalIdField=External_Id__c', 'External_Id__c=I-1', more]
      const { out } = await send('UpsertInvoice__c', ...fields.flatMap(field => ['--field', field]), '--json')
      expect(replyOf(out)).toMatchObject({ status: 'SUCCEEDED', created })
    }
    expect(org.rows('Invoice__c')).toMatchObject([{ Amount__c: 7, Account__c: org.rows('Account')[0]?.Id }])
  })

  test('the lead statuses, for people', async () => {
    const { out } = await send('GetAllLeadStatuses')
    expect(out).toBe(
      'SUCCEEDED GetAllLeadStatuses\n  Open - Not Contacted (default)\n  Working - Contacted\n  Closed - Converted (converted)\n  Closed - Not Converted',
    )
  })

  test('a refused command prints code and remedy and exits 1', async () => {
    const { code, out } = await send('CreateContact', '--field', 'FirstName=Nameless')
    expect(code).toBe(1)
    expect(out).toMatch(/^FAILED CreateContact\n {2}REQUIRED_FIELD_MISSING: .*\n {2}remedy: /)
  })

  test.each([
    [['CreateContct'], /there is no action CreateContct; did you mean CreateContact\?/],
    [[], /no action was named/],
    [['CreateContact', '--field', 'LastName'], /--field LastName is not name=value/],
    [['CreateContact', '--json-command', 'none.json'], /none\.json cannot be read/],
    [['SetContactEmailOptOut', '--avro', '--field', 'optedOut=maybe'], /does not fit its schema: .*optedOut/],
  ])('%j is a usage error', async (args, problem) => {
    const { code, out, notes } = await send(...args)
    expect(notes).toMatch(problem)
    expect(out).toBe('')
    expect(code).toBe(2)
  })
})

describe('tail', () => {
  test('--json prints decoded events with place, key and headers; --max ends it', async () => {
    const id = simulator.org.create('Contact', { LastName: 'Watched', VIP__c: true })
    let found: Record<string, unknown> | undefined
    // Each event before it counts as well, so ask for one more until it shows.
    for (let max = 1; found === undefined; max++) {
      const { out } = await call('', 'tail', 'events', '--json', '--from', 'beginning', '--max', String(max))
      found = out
        .split('\n')
        .map(replyOf)
        .find(({ key }) => key === id)
    }
    expect(found).toMatchObject({
      schema: 'salesforce.contact.Event',
      headers: { 'content-type': 'application/avro', ce_specversion: '1.0' },
      value: {
        type: 'CREATED',
        trigger: 'contact-created',
        recordId: id,
        record: { LastName: 'Watched', VIP__c: true },
      },
    })
    expect(found.timestamp).toMatch(/^\d{4}-.*Z$/)
  })

  test('replies in one line each, until a signal', async () => {
    const terminal = fakeTerminal()
    const done = main(['tail', 'replies', '--from', 'beginning', '--config', file], terminal)
    await send('CreateContact', '--field', 'LastName=Tailed')
    await until(() => (/^\S+ SUCCEEDED CreateContact \w{18} created$/m.test(terminal.outText()) ? true : undefined))
    terminal.signal('SIGINT')
    expect(await done).toBe(0)
  })

  test('a topic that does not exist is named, with a remedy', async () => {
    const other = join(directory, 'other.yaml')
    writeFileSync(other, configText(simulator))
    const terminal = fakeTerminal()
    expect(await main(['tail', 'events', '--config', other], terminal)).toBe(1)
    expect(terminal.noteText()).toMatch(/error: the topic \S+\.contact\.events does not exist\nremedy: /)
  })
})

test('run: health, metrics, a log without secrets; SIGTERM drains and exits 0', async () => {
  expect((await fetch(`${child.url}/health/live`)).status).toBe(200)
  const metrics = await (await fetch(`${child.url}/metrics`)).text()
  expect(metrics).toMatch(
    /^connector_commands_total\{object="Contact",action="CreateContact",status="SUCCEEDED"\} [1-9]/m,
  )
  expect(metrics).toMatch(/^connector_events_total\{object="Contact",type="CREATED"\} [1-9]/m)
  expect(metrics).toMatch(
    /^connector_salesforce_requests_total\{method="GET",resource="\/queryAll",status="2xx"\} [1-9]/m,
  )
  expect(await child.end('SIGTERM')).toBe(0)
  const lines = child.logged().trimEnd().split('\n').map(replyOf)
  expect(lines.at(-1)).toMatchObject({ level: 'info', msg: 'Stopped.' })
  expect(lines.map(({ msg }) => msg)).toEqual(
    expect.arrayContaining(['Started.', 'Signed in to Salesforce.', 'Stopping.']),
  )
  expect(child.logged()).not.toContain(simulator.clientSecret)
})
