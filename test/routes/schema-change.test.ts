import avsc from 'avsc'
import { afterEach, describe, expect, inject, test } from 'vitest'
import type { AvroRecordSchema, AvroSchema } from '../../src/avro/schema.ts'
import type { IncomingRecord, SchemaId } from '../../src/core/contract.ts'
import { type Connector, startConnector } from '../../src/main.ts'
import { sendSignal, stateOf } from './operator.ts'
import { type Door, openDoor } from './registry-door.ts'
import { type ConfigChanges, startWorld, testEvents, until, type World } from './world.ts'

const noticedMsMax = 20_000
const quick = { interval_ms: 200, describe_interval_ms: 1_000, objects: { Contact: {} } }
/** Only a refusal of Salesforce, or a value that does not fit, makes the connector look at describe again. */
const slow = { ...quick, describe_interval_ms: 3_600_000 }

let world: World
let door: Door | undefined
let connector: Connector | undefined
afterEach(async () => {
  await connector?.stop()
  await world.close()
  await door?.close()
  connector = undefined
  door = undefined
})

const open = async (source: object, config: ConfigChanges = {}): Promise<void> => {
  world = await startWorld({ config: { source: source as Record<string, unknown>, ...config } })
}
const topic = (): string => `${world.config.kafka.topicPrefix}.contact.events`
const registered = async (): Promise<AvroRecordSchema> =>
  (await world.registry.latest(`${topic()}-value`))!.schema as AvroRecordSchema

type Fields = Readonly<Record<string, unknown>>

async function control(name: string, body: object): Promise<void> {
  const answer = await fetch(`${world.simulator.controlUrl}/${name}`, { method: 'POST', body: JSON.stringify(body) })
  expect(answer.status, await answer.text()).toBe(200)
}
const alter = (changes: object): Promise<void> => control('fields', { object: 'Contact', ...changes })

/** The rows of the events, the first `count` of them. */
async function rows(count: number): Promise<Fields[]> {
  const records = await world.read(topic(), count)
  return Promise.all(records.map(async record => (await world.decode(record)).record as Fields))
}

const second = (): number => Math.floor(Date.now() / 1_000)

/**
 * Waits until the connector has registered a field, so that it was seen, and for the next second: a stamp that a row had
 * before says nothing of a field that came later.
 */
async function noticed(field: string): Promise<void> {
  const holds = async (): Promise<boolean> => JSON.stringify(await registered()).includes(`"name":"${field}"`)
  await expect.poll(holds, { timeout: noticedMsMax }).toBe(true)
  const then = second()
  await expect.poll(second, { timeout: noticedMsMax }).toBeGreaterThan(then)
}

/** Several whole polls later, so that what would be published again would have been. */
async function settled(): Promise<void> {
  const calls = world.simulator.apiCalls()
  await expect.poll(() => world.simulator.apiCalls(), { timeout: noticedMsMax }).toBeGreaterThan(calls + 6)
}

/** What the offsets topic says of the fields that versions are told apart by, one value for each time it changed. */
async function storedFields(): Promise<{ names: string[]; former: object[] }[]> {
  const offsets = `${world.config.kafka.topicPrefix}.connector.offsets`
  const { partitions } = (await world.kafka.describeTopic(offsets))!
  const all = await Promise.all(Array.from({ length: partitions }, (_, partition) => world.readAll(offsets, partition)))
  const stored = all.flat().filter(({ key }) => key?.toString().endsWith('/Contact/fields'))
  return stored.map(({ value }) => JSON.parse(String(value)))
}

const typeOf = (schema: AvroSchema): avsc.Type => avsc.Type.forSchema(schema as avsc.Schema)

async function readWith(reader: AvroRecordSchema, record: IncomingRecord): Promise<Fields> {
  const writer = (await world.registry.schema(record.value!.readInt32BE(1) as SchemaId))!
  const type = typeOf(reader)
  const resolver = type.createResolver(typeOf(writer))
  return type.fromBuffer(record.value!.subarray(5), resolver) as unknown as Fields
}

describe('while the connector runs', () => {
  test('fields are added, retyped, hidden and removed: every change comes once, and all schemas read all events', async () => {
    await open(quick)
    const { org } = world.simulator
    const running = await world.start({ source: true })
    const id = org.create('Contact', { LastName: 'Okafor', Title: 'Engineer', VIP__c: true })
    const quiet = org.create('Contact', { LastName: 'Untouched' })
    await rows(2)
    const first = await registered()

    await alter({ add: [{ name: 'Loyalty__c', type: 'double' }] })
    await noticed('Loyalty__c')
    org.update('Contact', id, { Loyalty__c: 2.5 })
    expect((await rows(3))[2]).toMatchObject({ Loyalty__c: 2.5 })

    await alter({ retype: { Loyalty__c: { type: 'string', length: 50 } } })
    await noticed('Loyalty__c_string')
    org.update('Contact', id, { Loyalty__c: 'gold' })
    expect((await rows(4))[3]).toMatchObject({ Loyalty__c: null, Loyalty__c_string: 'gold' })

    await control('access', { fields: { 'Contact.Title': 'none' } })
    await alter({ add: [{ name: 'After_Hiding__c', type: 'boolean' }] })
    await noticed('After_Hiding__c')
    org.update('Contact', id, { Title: 'Nobody may know', Department: 'Hidden' })
    expect((await rows(5))[4]).toMatchObject({ Title: null, Department: 'Hidden' })

    await control('access', { fields: { 'Contact.Title': 'edit' } })
    await alter({ remove: ['VIP__c'], add: [{ name: 'After_Removal__c', type: 'date' }] })
    await noticed('After_Removal__c')
    org.update('Contact', id, { After_Removal__c: '2026-11-23' })
    const seen = await rows(6)
    expect(seen[5]).toMatchObject({ VIP__c: null, Title: 'Nobody may know' })
    expect(seen[0]).toMatchObject({ VIP__c: true })

    await settled()
    await running.stop()
    await alter({ add: [{ name: 'While_Stopped__c', type: 'int' }], remove: ['After_Hiding__c'] })
    await world.start({ source: true })
    await noticed('While_Stopped__c')
    org.update('Contact', quiet, { While_Stopped__c: 7 })
    expect((await rows(7))[6]).toMatchObject({ Id: quiet, While_Stopped__c: 7, After_Hiding__c: null })
    await settled()

    const all = await world.readAll(topic())
    expect(all).toHaveLength(7)
    const last = await registered()
    const old = await Promise.all(all.map(record => readWith(first, record)))
    const fresh = await Promise.all(all.map(record => readWith(last, record)))
    expect(old.map(event => event.eventId)).toEqual(fresh.map(event => event.eventId))
    expect(new Set(old.map(event => event.eventId)).size).toBe(7)
    const names = (schema: AvroRecordSchema): string => JSON.stringify(schema)
    expect(names(first)).not.toContain('Loyalty__c')
    expect(fresh.at(-1)!.record).toMatchObject({ While_Stopped__c: 7, VIP__c: null })
    expect(await world.readAll(`${topic()}.dlq`)).toEqual([])

    // Written with the events that follow each change, and with no others.
    const stored = await storedFields()
    expect(stored).toHaveLength(6)
    expect(stored[0]!.former).toEqual([])
    expect(stored.at(-1)!.names).toContain('While_Stopped__c int')
    expect(stored.at(-1)!.former.length).toBeGreaterThan(3)
  })

  test('a field that Salesforce refuses to read, and a value of another type, are noticed at once', async () => {
    await open(slow)
    const { org } = world.simulator
    await world.start({ source: true })
    const id = org.create('Contact', { LastName: 'Okafor', Credit_Limit__c: 12.5 })
    await rows(1)
    await alter({ remove: ['VIP__c'] })
    org.update('Contact', id, { Title: 'Engineer' })
    expect((await rows(2))[1]).toMatchObject({ Title: 'Engineer', VIP__c: null })
    await alter({ retype: { Credit_Limit__c: { type: 'string', length: 50 } } })
    org.update('Contact', id, { Credit_Limit__c: 'unlimited' })
    expect((await rows(3))[2]).toMatchObject({ Credit_Limit__c: null, Credit_Limit__c_string: 'unlimited' })
    await settled()
    expect(await world.readAll(topic())).toHaveLength(3)
    expect(await world.readAll(`${topic()}.dlq`)).toEqual([])
  })
})

test('a snapshot whose page goes in parts repeats none of them when a later row shows that a field was retyped', async () => {
  const triggers = { created: { enabled: false }, updated: { enabled: false } }
  await open({ ...slow, records_max: 2, objects: { Contact: { triggers } } })
  const { org } = world.simulator
  await alter({ add: [{ name: 'Loyalty__c', type: 'double' }] })
  await world.start({ source: true })
  const ids = ['A', 'B', 'C', 'D', 'E'].map(LastName => org.create('Contact', { LastName }))
  await alter({ retype: { Loyalty__c: { type: 'string', length: 50 } } })
  org.update('Contact', ids[3]!, { Loyalty__c: 'gold' })
  const then = second()
  await expect.poll(second, { timeout: noticedMsMax }).toBeGreaterThan(then + 1)
  await sendSignal(world, { type: 'snapshot' })
  const found = await rows(5)
  expect(found.find(({ Id }) => Id === ids[3])).toMatchObject({ Loyalty__c_string: 'gold' })
  await expect.poll(async () => (await stateOf(world)).control?.snapshot, { timeout: noticedMsMax }).toBeNull()
  expect((await world.readAll(topic())).map(({ key }) => String(key)).sort()).toEqual(ids.toSorted())
})

describe('a registry that is down', () => {
  const start = async (): Promise<Connector> => {
    connector = await startConnector(world.config, testEvents(world.config), { source: true, sink: false })
    return connector
  }
  const isDegraded = (): boolean => connector!.ready().some(reason => reason.includes('degraded'))
  const waitFor = (condition: () => boolean): Promise<void> =>
    until(condition, noticedMsMax, () => connector!.ready().join('; '))

  test('at start: the connector waits, says so, and then skips nothing', async () => {
    door = await openDoor(inject('registryUrl'))
    door.shut()
    await open(quick, { registry: { url: door.url } })
    await start()
    expect(connector!.ready()).not.toEqual([])
    await waitFor(isDegraded)
    const id = world.simulator.org.create('Contact', { LastName: 'Meanwhile' })
    door.open()
    expect(await rows(1)).toMatchObject([{ Id: id }])
    await waitFor(() => connector!.ready().length === 0)
    expect(await world.readAll(topic())).toHaveLength(1)
  })

  test('midway: events flow until a schema is needed, then they wait, and none is lost or doubled', async () => {
    door = await openDoor(inject('registryUrl'))
    await open(quick, { registry: { url: door.url } })
    const { org } = world.simulator
    await start()
    await waitFor(() => connector!.ready().length === 0)
    const id = org.create('Contact', { LastName: 'Okafor' })
    await rows(1)
    door.shut()
    await alter({ add: [{ name: 'Loyalty__c', type: 'double' }] })
    await waitFor(isDegraded)
    org.update('Contact', id, { Loyalty__c: 1 })
    org.create('Contact', { LastName: 'Meanwhile' })
    await until(
      () => door!.refused > 5,
      noticedMsMax,
      () => 'the registry is not asked again',
    )
    expect(await world.readAll(topic())).toHaveLength(1)
    door.open()
    const found = await rows(3)
    expect(found[1]).toMatchObject({ Id: id, Loyalty__c: 1 })
    expect(found[2]).toMatchObject({ LastName: 'Meanwhile', Loyalty__c: null })
    await waitFor(() => connector!.ready().length === 0)
    await settled()
    expect(await world.readAll(topic())).toHaveLength(3)
  })
})
