import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { main } from '../../src/cli/program.ts'
import type { SchemaDifference } from '../../src/cli/schemas.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { configText } from '../routes/world.ts'
import { fakeTerminal } from './fake-terminal.ts'

const directory = mkdtempSync(join(tmpdir(), 'schemas-'))
const file = join(directory, 'connector.yaml')
let simulator: Simulator

beforeAll(async () => {
  simulator = await startSimulator()
  writeFileSync(file, configText(simulator, { source: { objects: { Contact: {}, Invoice__c: {} } } }))
})
afterAll(async () => {
  await simulator?.close()
  rmSync(directory, { recursive: true })
})

async function schemas(...args: string[]) {
  const terminal = fakeTerminal()
  const code = await main(['schemas', ...args, '--config', file], terminal)
  return { code, out: terminal.outText(), notes: terminal.noteText() }
}
const diff = async () => {
  const { code, out } = await schemas('diff', '--json')
  const all = JSON.parse(out) as SchemaDifference[]
  const of = (end: string) => all.find(({ subject }) => subject.endsWith(end))!
  return { code, contact: all[0]!, replies: of('.Reply'), creates: of('.CreateContact'), all }
}
const alter = (changes: object) =>
  fetch(`${simulator.controlUrl}/fields`, {
    method: 'POST',
    body: JSON.stringify({ object: 'Contact', ...changes }),
  })

test('generate writes a file for each object, custom ones too, or for the one named', async () => {
  const out = join(directory, 'out')
  const { code, out: printed } = await schemas('generate', '--out', out)
  expect(code).toBe(0)
  const commands = ['CreateContact', 'DeleteContact', 'Event', 'GetContactById', 'Reply', 'SetContactEmailOptOut']
  const contacts = [...commands, 'UpdateContact', 'UpsertContact'].map(name => `salesforce.contact.${name}.avsc`)
  const names = readdirSync(out).sort()
  expect(names).toEqual([...contacts, 'salesforce.invoice__c.Event.avsc'])
  expect(printed.split('\n')).toHaveLength(names.length)
  for (const name of contacts) {
    const golden = new URL(`../../schemas/${name}`, import.meta.url)
    expect(readFileSync(join(out, name), 'utf8')).toBe(readFileSync(golden, 'utf8'))
  }
  const one = await schemas('generate', '--out', out, '--object', 'Invoice__c', '--json')
  expect(JSON.parse(one.out)).toEqual([join(out, 'salesforce.invoice__c.Event.avsc')])
})

test('diff tells the org from the registry until register has made them equal', async () => {
  expect(await diff()).toMatchObject({ code: 1, contact: { object: 'Contact', state: 'unregistered' } })
  expect((await schemas('register')).code).toBe(0)
  expect(await diff()).toMatchObject({ code: 0, contact: { state: 'same', added: [], renamed: [], lost: [] } })

  await alter({ add: [{ name: 'New__c', type: 'string' }], retype: { Credit_Limit__c: { type: 'string', length: 9 } } })
  const changed = { state: 'different', added: ['New__c'] }
  const renamed = [{ field: 'Credit_Limit__c', avroName: 'Credit_Limit__c_string' }]
  const events = { ...changed, renamed, lost: [] }
  const found = await diff()
  expect(found).toMatchObject({ code: 1, contact: events, replies: events, creates: events })
  const untouched = found.all.filter(({ state }) => state === 'same').map(({ subject }) => subject.split('.').at(-1))
  expect(untouched.sort()).toEqual(['DeleteContact', 'GetContactById', 'SetContactEmailOptOut', 'events-value'])
  const { out } = await schemas('diff')
  expect(out).toContain('contact.events-value: different\n  + New__c\n  ~ Credit_Limit__c')
  expect(out).toContain('invoice__c.events-value: same')
  const registered = await schemas('register', '--object', 'Contact', '--json')
  const ids = JSON.parse(registered.out) as { object: string; schemaId: number }[]
  expect(ids).toHaveLength(8)
  for (const each of ids) expect(each).toMatchObject({ object: 'Contact', schemaId: expect.any(Number) })
  const same = { state: 'same', added: [], renamed: [] }
  expect(await diff()).toMatchObject({ code: 0, contact: same, replies: same, creates: same })

  await alter({ remove: ['New__c'] })
  const lost = { state: 'same', lost: ['New__c'] }
  expect(await diff()).toMatchObject({ code: 0, contact: lost, replies: lost, creates: lost })
  expect((await schemas('diff')).out).toContain('- New__c was deleted or is hidden')
})

test('an object that is not there fails with what to do', async () => {
  const { code, notes } = await schemas('diff', '--object', 'Nothing__c')
  expect(code).toBe(1)
  expect(notes).toContain('remedy:')
})
