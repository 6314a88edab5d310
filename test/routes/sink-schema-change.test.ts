import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { compileWriter } from '../../src/avro/codec.ts'
import { type AvroRecordSchema, resolveSchema } from '../../src/avro/schema.ts'
import { toAvro } from '../../src/cli/command-value.ts'
import type { OutgoingRecord } from '../../src/core/contract.ts'
import { type Connector, startConnector } from '../../src/main.ts'
import { Commander, type Json } from './commands.ts'
import { control } from './org-changes.ts'
import { type Door, openDoor } from './registry-door.ts'
import { type ConfigChanges, startWorld, testEvents, until, type World } from './world.ts'

const noticedMsMax = 30_000
/** Only what does not fit makes the connector look at describe again. */
const slow = { objects: ['Contact'], describe_interval_ms: 3_600_000 }

let world: World
let commander: Commander
let door: Door | undefined
let connector: Connector | undefined
afterEach(async () => {
  await connector?.stop()
  await world.close()
  await door?.close()
  connector = undefined
  door = undefined
})

const open = async (config: ConfigChanges = {}): Promise<void> => {
  world = await startWorld({ config: { sink: slow, ...config } })
  commander = await Commander.open(world)
}
const alter = (changes: object): Promise<void> => control(world, 'fields', { object: 'Contact', ...changes })

type Registered = NonNullable<Awaited<ReturnType<World['registry']['latest']>>>
const latest = async (name: string): Promise<Registered | undefined> =>
  world.registry.latest(`${name === 'Reply' ? commander.replyTopic : commander.topic}-salesforce.contact.${name}`)

/** The latest schema of a command or of the replies, once it names the field. */
async function noticed(name: string, field: string): Promise<Registered> {
  const holds = async (): Promise<boolean> => JSON.stringify(await latest(name)).includes(`"name":"${field}"`)
  await expect.poll(holds, { timeout: noticedMsMax }).toBe(true)
  return (await latest(name))!
}

/** A command as a producer with this schema writes it: null where nothing is set. */
function written({ schema, id }: Registered, command: Json): OutgoingRecord {
  const value = toAvro(resolveSchema(schema), { commandId: randomUUID(), ...command })
  return commander.raw(compileWriter(schema as AvroRecordSchema, id).encode(value))
}

let answered = 0
/** Writes one command and waits for its reply. */
async function ask(record: OutgoingRecord): Promise<Json> {
  await world.write([record])
  const replies = await commander.replies(++answered)
  return replies[answered - 1]!.value
}
const askJson = (action: string, command: Json): Promise<Json> => ask(commander.json(action, command))

describe('fields that change while the sink runs', () => {
  test('one that was added is written by the next command, in JSON and with the new schema in Avro, and read by gets', async () => {
    answered = 0
    await open()
    await world.start({ sink: true })
    const before = (await latest('CreateContact'))!
    await alter({ add: [{ name: 'Loyalty__c', type: 'double' }] })
    const json = await askJson('CreateContact', { fields: { LastName: 'Okafor', Loyalty__c: 2.5 } })
    expect(json).toMatchObject({ status: 'SUCCEEDED' })
    const id = String(json.recordId)
    expect(world.simulator.org.row('Contact', id)).toMatchObject({ Loyalty__c: 2.5 })

    const after = await noticed('CreateContact', 'Loyalty__c')
    const avro = await ask(written(after, { fields: { LastName: 'Prince', Loyalty__c: 3.5 } }))
    expect(avro).toMatchObject({ status: 'SUCCEEDED' })
    expect(world.simulator.org.row('Contact', String(avro.recordId))).toMatchObject({ Loyalty__c: 3.5 })
    expect(await ask(written(before, { fields: { LastName: 'Older' } }))).toMatchObject({ status: 'SUCCEEDED' })

    expect((await askJson('GetContactById', { recordId: id })).record).toMatchObject({ Loyalty__c: 2.5 })
    await noticed('Reply', 'Loyalty__c')
    const get = await latest('GetContactById')
    expect((await ask(written(get!, { recordId: id }))).record).toMatchObject({ Loyalty__c: 2.5 })
  })

  test('one that was removed or hidden is refused with its name, and does not stand in the way of reads', async () => {
    answered = 0
    await open()
    const { org } = world.simulator
    const id = org.create('Contact', { LastName: 'Okafor', Title: 'Engineer', VIP__c: true })
    await world.start({ sink: true })
    const [update, get] = [(await latest('UpdateContact'))!, (await latest('GetContactById'))!]
    await alter({ remove: ['VIP__c'] })
    const read = await askJson('GetContactById', { recordId: id })
    expect(read).toMatchObject({ status: 'SUCCEEDED', record: { Title: 'Engineer' } })
    expect(read.record).not.toHaveProperty('VIP__c')
    expect((await ask(written(get, { recordId: id }))).record).toMatchObject({ Title: 'Engineer', VIP__c: null })
    const refused = {
      status: 'REJECTED',
      errors: [{ code: 'command.invalid', message: expect.stringContaining('VIP__c') }],
    }
    expect(await askJson('UpdateContact', { recordId: id, fields: { VIP__c: true } })).toMatchObject(refused)
    expect(await ask(written(update, { recordId: id, fields: { VIP__c: true } }))).toMatchObject(refused)

    await control(world, 'access', { fields: { 'Contact.Title': 'none' } })
    const hidden = await askJson('UpdateContact', { recordId: id, fields: { Title: 'Nobody may know' } })
    expect(hidden).toMatchObject({ errors: [{ message: expect.stringContaining('Title') }] })
    expect(['FAILED', 'REJECTED']).toContain(hidden.status)
    expect(await ask(written(update, { recordId: id, fields: { Phone: '1' } }))).toMatchObject({ status: 'SUCCEEDED' })
    expect(org.row('Contact', id)).toMatchObject({ Title: 'Engineer', Phone: '1' })
    expect(await world.readAll(`${commander.topic}.dlq`)).toEqual([])
  })

  test('one that was retyped goes under a new name in Avro and under its own in JSON; old commands stay readable', async () => {
    answered = 0
    await open()
    const { org } = world.simulator
    const id = org.create('Contact', { LastName: 'Okafor', Credit_Limit__c: 12.5, Birthdate: '1990-01-31' })
    const running = await world.start({ sink: true })
    const [update, get] = [(await latest('UpdateContact'))!, (await latest('GetContactById'))!]
    const former = commander.json('GetContactById', { commandId: 'same', recordId: id })
    expect((await ask(former)).record).toMatchObject({ Credit_Limit__c: 12.5 })

    await alter({ retype: { Credit_Limit__c: { type: 'string', length: 50 } } })
    org.update('Contact', id, { Credit_Limit__c: 'unlimited' })
    // The row does not fit what describe said: it is asked again.
    const avro = await ask(written(get, { recordId: id }))
    expect(avro).toMatchObject({
      status: 'SUCCEEDED',
      record: { Credit_Limit__c: null, Credit_Limit__c_string: 'unlimited' },
    })
    expect((await askJson('GetContactById', { recordId: id })).record).toMatchObject({ Credit_Limit__c: 'unlimited' })
    // What was answered before is answered again as it was.
    expect(await ask(former)).toMatchObject({ duplicate: true, record: { Credit_Limit__c: 12.5 } })

    const fresh = await noticed('UpdateContact', 'Credit_Limit__c_string')
    expect(await ask(written(update, { recordId: id, fields: { Credit_Limit__c: 7 } }))).toMatchObject({
      status: 'REJECTED',
      errors: [{ code: 'command.invalid', message: expect.stringContaining('Credit_Limit__c') }],
    })
    expect(await ask(written(update, { recordId: id, fields: { Title: 'Old schema' } }))).toMatchObject({
      status: 'SUCCEEDED',
    })
    const fields = { Credit_Limit__c_string: 'none' }
    expect(await ask(written(fresh, { recordId: id, fields }))).toMatchObject({ status: 'SUCCEEDED' })
    expect(org.row('Contact', id)).toMatchObject({ Credit_Limit__c: 'none', Title: 'Old schema' })

    await running.stop()
    await world.start({ sink: true })
    expect(await latest('UpdateContact')).toEqual(fresh)
    const again = await ask(written(get, { recordId: id }))
    expect(again).toMatchObject({ status: 'SUCCEEDED', record: { Credit_Limit__c_string: 'none' } })
  })
})

describe('a registry that is down', () => {
  const start = async (halves = { source: false, sink: true }): Promise<void> => {
    connector = await startConnector(world.config, testEvents(world.config), halves)
  }
  const isDegraded = (): boolean => connector!.ready().some(reason => /^sink: .*degraded/.test(reason))
  const waitFor = (condition: () => boolean): Promise<void> =>
    until(condition, noticedMsMax, () => connector!.ready().join('; '))
  const isReady = (): boolean => connector!.ready().length === 0

  test('at start: JSON is answered, Avro waits, and then everything is answered once', async () => {
    answered = 0
    await open()
    await world.start({ sink: true }).then(running => running.stop()) // its schemas are known
    const schema = (await latest('CreateContact'))!
    await world.close()
    door = await openDoor(inject('registryUrl'))
    door.shut()
    await open({ registry: { url: door.url } })
    await start()
    await waitFor(isDegraded)
    const json = await askJson('CreateContact', { fields: { LastName: 'Json' } })
    expect(json).toMatchObject({ status: 'SUCCEEDED' })
    // In one batch: what stands before the first Avro command does not wait for it.
    const names = ['First', 'Second']
    const jsons = names.map(LastName => commander.json('CreateContact', { fields: { LastName } }))
    const avro = written(schema, { fields: { LastName: 'Avro' } })
    await world.write([jsons[0]!, avro, jsons[1]!])
    expect((await commander.replies(2))[1]!.value).toMatchObject({ status: 'SUCCEEDED' })
    await waitFor(isDegraded)
    expect(await commander.repliesNow()).toHaveLength(2)
    door.open()
    const replies = await commander.replies(4)
    expect(replies.map(({ value }) => value.status)).toEqual(Array(4).fill('SUCCEEDED'))
    await waitFor(isReady)
    expect((await latest('UpdateContact'))?.schema).toBeDefined()
    const lastNames = world.simulator.org.rows('Contact').map(row => row.LastName)
    for (const name of ['Json', 'First', 'Avro', 'Second'])
      expect(lastNames.filter(each => each === name)).toHaveLength(1)
    expect(await world.readAll(`${commander.topic}.dlq`)).toEqual([])
  })

  test('midway: what is needed for Avro waits, the source and JSON go on, nothing is dead-lettered', async () => {
    answered = 0
    door = await openDoor(inject('registryUrl'))
    await open({ registry: { url: door.url }, source: { interval_ms: 200, objects: { Contact: {} } } })
    await start({ source: true, sink: true })
    await waitFor(isReady)
    const create = (await latest('CreateContact'))!
    await ask(written(create, { fields: { LastName: 'Before' } }))
    door.shut()
    // Known schemas need no registry.
    expect(await ask(written(create, { fields: { LastName: 'Cached' } }))).toMatchObject({ status: 'SUCCEEDED' })
    await alter({ add: [{ name: 'Loyalty__c', type: 'double' }] })
    const json = await askJson('CreateContact', { fields: { LastName: 'Json', Loyalty__c: 1 } })
    expect(json).toMatchObject({ status: 'SUCCEEDED' })
    await waitFor(isDegraded)
    const got = await askJson('GetContactById', { recordId: json.recordId })
    expect(got.record).toMatchObject({ Loyalty__c: 1 })
    expect(await ask(written(create, { fields: { LastName: 'Still' } }))).toMatchObject({ status: 'SUCCEEDED' })
    door.open()
    await waitFor(isReady)
    const fresh = await noticed('CreateContact', 'Loyalty__c')
    expect(await ask(written(fresh, { fields: { LastName: 'Fresh', Loyalty__c: 2 } }))).toMatchObject({
      status: 'SUCCEEDED',
    })
    expect(await world.readAll(`${commander.topic}.dlq`)).toEqual([])
    expect(await commander.repliesNow()).toHaveLength(answered)
  })
})
