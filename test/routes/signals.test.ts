import { afterEach, describe, expect, test } from 'vitest'
import { sendSignal, signalsTopic, stateOf } from './operator.ts'
import { startWorld, type World } from './world.ts'

let world: World
afterEach(() => world.close())

const open = async (rows = 0, source: object = {}): Promise<void> => {
  const config = { source: { interval_ms: 100, idle_interval_ms: 100, objects: { Contact: {} }, ...source } }
  world = await startWorld({ config, simulator: { rows: { contact: rows } } })
}
const eventTopic = (): string => `${world.config.kafka.topicPrefix}.contact.events`
const count = async (): Promise<number> => (await world.readAll(eventTopic())).length
const types = async (number: number): Promise<unknown[]> => {
  const records = await world.read(eventTopic(), number)
  return Promise.all(records.map(async record => (await world.decode(record)).type))
}
const patience = { timeout: 20_000 }
const applied = (id: string) =>
  expect.poll(async () => (await stateOf(world)).control?.last, patience).toMatchObject({ id, outcome: 'applied' })
/** Waits until the org has been asked so many times more. */
const moreCalls = (number: number) => {
  const before = world.simulator.apiCalls()
  return expect.poll(() => world.simulator.apiCalls(), patience).toBeGreaterThanOrEqual(before + number)
}
/** Calls of a second, in which a running source makes several. */
const callsOfASecond = async (): Promise<number> => {
  const before = world.simulator.apiCalls()
  await new Promise(resolve => setTimeout(resolve, 1_000))
  return world.simulator.apiCalls() - before
}

describe('pause', () => {
  test('ends the calls for the object, survives a restart, and resume goes on where it stood', async () => {
    await open()
    const { org } = world.simulator
    const first = await world.start({ source: true })
    await moreCalls(3)
    await applied(await sendSignal(world, { type: 'pause', objects: ['Contact'] }))
    expect((await stateOf(world)).control?.paused).toBe(true)
    expect(await callsOfASecond()).toBe(0)
    await first.stop()
    org.create('Contact', { LastName: 'Meanwhile' })
    await world.start({ source: true })
    expect(await callsOfASecond()).toBe(0)
    expect(await count()).toBe(0)
    await applied(await sendSignal(world, { type: 'resume' }))
    expect(await types(1)).toEqual(['CREATED'])
  })

  test('ends a backlog in its middle; the rest comes with resume, and nothing twice', async () => {
    await open(6_000, { start: 'earliest', page_rows_max: 200 })
    world.simulator.faults.add({ action: 'delay', delayMs: 200, match: { path: '/query/', times: 'always' } })
    await world.start({ source: true })
    await world.read(eventTopic(), 400)
    await applied(await sendSignal(world, { type: 'pause' }))
    await expect.poll(callsOfASecond, patience).toBe(0)
    const before = await count()
    expect(before).toBeLessThan(6_000)
    expect(await callsOfASecond()).toBe(0)
    expect(await count()).toBe(before)
    world.simulator.faults.clear()
    await applied(await sendSignal(world, { type: 'resume' }))
    const records = await world.read(eventTopic(), 6_000)
    expect(new Set(records.map(({ key }) => String(key))).size).toBe(6_000)
    expect(await count()).toBe(6_000)
  })
})

describe('reset, while it runs', () => {
  test('to earliest gives everything again from there, with the same ids of events', async () => {
    await open()
    world.simulator.org.bulkWrite('Contact', 300, n => ({ LastName: `L${n}` }))
    await world.start({ source: true })
    expect(await count()).toBe(0)
    await applied(await sendSignal(world, { type: 'reset', to: 'earliest', objects: ['Contact'] }))
    expect(new Set(await types(300))).toEqual(new Set(['CREATED']))
    await applied(await sendSignal(world, { type: 'reset', to: new Date(0).toISOString() }))
    const ids = (await world.read(eventTopic(), 600)).map(({ headers }) => String(headers.ce_id))
    expect(new Set(ids).size).toBe(300)
    expect((await stateOf(world)).position?.startMs).toBe(0)
  })

  test('to now leaves out what was not read yet; to a snapshot gives all rows first', async () => {
    await open()
    const { org } = world.simulator
    await world.start({ source: true })
    await applied(await sendSignal(world, { type: 'pause' }))
    org.create('Contact', { LastName: 'Left out' })
    await new Promise(resolve => setTimeout(resolve, 2_100)) // the reset's second must be a later one
    await applied(await sendSignal(world, { type: 'reset', to: 'now' }))
    await applied(await sendSignal(world, { type: 'resume' }))
    await moreCalls(5)
    expect(await count()).toBe(0)
    org.create('Contact', { LastName: 'Read' })
    expect(await types(1)).toEqual(['CREATED'])
    await new Promise(resolve => setTimeout(resolve, 1_100)) // the snapshot's too
    await applied(await sendSignal(world, { type: 'reset', to: 'snapshot' }))
    expect(await types(3)).toEqual(['CREATED', 'SNAPSHOT', 'SNAPSHOT'])
    await moreCalls(5)
    expect(await count()).toBe(3)
  })
})

test('audit asks getUpdated and getDeleted at once', async () => {
  await open()
  await world.start({ source: true })
  // An audit needs more than a minute to ask about.
  await applied(await sendSignal(world, { type: 'reset', to: new Date(Date.now() - 3_600_000).toISOString() }))
  await moreCalls(10)
  world.simulator.faults.add({ action: 'delay', delayMs: 1, match: { body: '/updated' } })
  await applied(await sendSignal(world, { type: 'audit', objects: ['Contact'] }))
  await expect.poll(() => world.simulator.faults.waiting, patience).toEqual([])
})

test('what is no signal is passed over, and what follows it is obeyed once, also by the next owner', async () => {
  await open()
  const first = await world.start({ source: true })
  const { connector } = world.config
  const bad: unknown[] = [
    'not JSON',
    { id: 'a', connector, type: 'explode' },
    { id: 'b', connector, type: 'reset' },
    { id: 'c', connector, type: 'pause', objects: ['Nothing__c'] },
    { id: 'd', connector: 'another', type: 'pause' },
    { id: 'e', connector, type: 'pause', more: true },
  ]
  const records = bad.map(value => ({
    topic: signalsTopic(world),
    partition: 0,
    key: null,
    value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  }))
  await world.write([...records, { ...records[0]!, value: null }])
  world.simulator.org.create('Contact', { LastName: 'Again' })
  await world.read(eventTopic(), 1)
  await applied(await sendSignal(world, { type: 'reset', to: new Date(Date.now() - 3_600_000).toISOString() }))
  await world.read(eventTopic(), 2)
  expect((await stateOf(world)).control?.paused).toBe(false)
  await first.stop()
  await world.start({ source: true })
  await moreCalls(10)
  expect(await count()).toBe(2)
})
