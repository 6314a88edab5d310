import { afterEach, expect, test } from 'vitest'
import { isConnectorError } from '../../src/core/errors.ts'
import { startWorld, until, type World } from './world.ts'

let world: World
afterEach(() => world.close())

const open = async (objects: object): Promise<void> => {
  world = await startWorld({ config: { source: { interval_ms: 200, objects } } })
}

type Event = Readonly<Record<string, unknown>> & { readonly record: Readonly<Record<string, unknown>> }

async function events(object: string, count: number): Promise<Event[]> {
  const records = await world.read(`${world.config.kafka.topicPrefix}.${object}.events`, count)
  return Promise.all(records.map(async record => (await world.decode(record)) as Event))
}

const seen = (event: Event) => [event.recordId, event.type]

test('a row that no trigger takes is remembered all the same, and fields are those that were named', async () => {
  const created = { where: "VIP__c = true AND LastName LIKE 'a%'", fields: ['LastName', 'Birthdate'] }
  const updated = { where: "Account.Name = 'Acme'" }
  await open({ Contact: { triggers: { created, updated, deleted: false } } })
  await world.start({ source: true })
  const { org } = world.simulator
  const acme = org.create('Account', { Name: 'Acme' })
  const ada = org.create('Contact', { LastName: 'Ada', VIP__c: true, Title: 'Countess', AccountId: acme })
  const [first] = await events('contact', 1)
  expect(seen(first!)).toEqual([ada, 'CREATED'])
  expect(first!.record).toMatchObject({ LastName: 'Ada', Birthdate: null, Title: null, VIP__c: null, Id: null })
  const quiet = org.create('Contact', { LastName: 'Quiet', VIP__c: true })
  const calls = world.simulator.apiCalls()
  await expect.poll(() => world.simulator.apiCalls(), { timeout: 10_000 }).toBeGreaterThan(calls + 3)
  // Not CREATED, though it now meets that condition: it was seen before.
  org.update('Contact', quiet, { LastName: 'Aloud', AccountId: acme })
  const second = (await events('contact', 2))[1]!
  expect(seen(second)).toEqual([quiet, 'UPDATED'])
  expect(second.record).toMatchObject({ LastName: 'Aloud', AccountId: acme, VIP__c: true, Id: quiet })
  org.delete('Contact', quiet)
  const other = org.create('Contact', { LastName: 'Byron', AccountId: acme })
  org.update('Contact', ada, { AccountId: null })
  const last = org.create('Contact', { LastName: 'Astor', VIP__c: true })
  expect(seen((await events('contact', 3))[2]!)).toEqual([last, 'CREATED'])
  expect(org.row('Contact', other)).toBeDefined()
  expect(await world.readAll(`${world.config.kafka.topicPrefix}.contact.events`)).toHaveLength(3)
})

test('if Salesforce cannot be asked, the rows come once it can', async () => {
  await open({ Contact: { triggers: { created: { where: "Account.Name = 'Acme'" } } } })
  await world.start({ source: true })
  const { org, faults } = world.simulator
  faults.add({ action: 'answer', answer: 'unknownException', match: { path: 'Account\\.Name', times: 3 } })
  const acme = org.create('Account', { Name: 'Acme' })
  org.create('Contact', { LastName: 'Elsewhere' })
  const ada = org.create('Contact', { LastName: 'Ada', AccountId: acme })
  expect(seen((await events('contact', 1))[0]!)).toEqual([ada, 'CREATED'])
  org.update('Contact', ada, { Title: 'Countess' })
  expect(seen((await events('contact', 2))[1]!)).toEqual([ada, 'UPDATED'])
})

test('if every trigger names its fields, only those are read, and a change of another is a version all the same', async () => {
  const named = { fields: ['LastName'] }
  const triggers = { created: named, updated: named, deleted: named, merged: named, undeleted: named, snapshot: false }
  await open({ Lead: { triggers } })
  // Any query that names another field fails for good.
  world.simulator.faults.add({ action: 'answer', answer: 'apiDisabled', match: { path: 'Company', times: 'always' } })
  await world.start({ source: true })
  const { org } = world.simulator
  const id = org.create('Lead', { LastName: 'Byron', Company: 'Acme' })
  await events('lead', 1)
  const nextStampMs = Date.parse(String(org.row('Lead', id)?.SystemModstamp)) + 1_000
  await until(
    () => Date.now() >= nextStampMs,
    2_000,
    () => 'the second did not pass',
  )
  org.update('Lead', id, { Company: 'Zeta' })
  const [created, updated] = await events('lead', 2)
  expect([created, updated].map(event => event!.type)).toEqual(['CREATED', 'UPDATED'])
  expect(updated!.record).toMatchObject({ LastName: 'Byron', Company: null, SystemModstamp: null })
})

test('options that Salesforce refuses stop the start, each with its path and what Salesforce says', async () => {
  await open({
    Contact: {
      triggers: {
        created: { where: 'Nope__c = 1' },
        updated: { fields: ['LastName', 'None__c'] },
        deleted: { where: 'x (' },
      },
    },
    Lead: { triggers: { merged: { where: 'IsConverted = 3', fields: ['Company'] } } },
  })
  const error = await world.start({ source: true }).catch(cause => cause as unknown)
  if (!isConnectorError(error, 'config.invalid')) throw error
  expect(error.message.split('\n')).toEqual([
    'Salesforce refuses options of triggers',
    expect.stringMatching(
      /^source\.objects\.Contact\.triggers\.created\.where: INVALID_FIELD: .*No such column 'Nope__c'/,
    ),
    expect.stringMatching(
      /^source\.objects\.Contact\.triggers\.updated\.fields: INVALID_FIELD: .*No such column 'None__c'/,
    ),
    expect.stringMatching(/^source\.objects\.Contact\.triggers\.deleted\.where: MALFORMED_QUERY: /),
    expect.stringMatching(
      /^source\.objects\.Lead\.triggers\.merged\.where: INVALID_FIELD: .*IsConverted.* must be of type boolean/,
    ),
  ])
  expect(error.remedy).toMatch(/WHERE/)
})
