import { afterEach, describe, expect, test } from 'vitest'
import type { Headers } from '../../src/core/contract.ts'
import { startWorld, type World, type WorldOptions } from './world.ts'

const settledMs = 1_500

let world: World
afterEach(() => world.close())

const eventTopic = (): string => `${world.config.kafka.topicPrefix}.contact.events`
const open = async (options?: WorldOptions): Promise<void> => {
  world = await startWorld(options)
}

type Event = Readonly<Record<string, unknown>> & { readonly record: Readonly<Record<string, unknown>> }

async function events(count: number): Promise<Event[]> {
  const records = await world.read(eventTopic(), count)
  return Promise.all(records.map(async record => (await world.decode(record)) as Event))
}

const text = (headers: Headers, name: string): string => String(headers[name])

describe('the triggers of Contact', () => {
  test('carry the envelope, the row, the headers and the key that the design names', async () => {
    await open()
    await world.start({ source: true })
    const { org, orgId } = world.simulator
    const fields = {
      LastName: 'Okafor',
      Credit_Limit__c: 12.5,
      VIP__c: true,
      Interests__c: 'Music;Travel',
      Birthdate: '1990-02-28',
    }
    const id = org.create('Contact', fields)
    const [record] = await world.read(eventTopic(), 1)
    const value = (await world.decode(record!)) as Event
    expect(value).toMatchObject({ type: 'CREATED', trigger: 'contact-created', object: 'Contact', recordId: id, orgId })
    expect(value).toMatchObject({ masterRecordId: null, changedByConnector: false })
    expect(value.record).toMatchObject({
      Id: id,
      LastName: 'Okafor',
      Credit_Limit__c: 12.5,
      VIP__c: true,
      IsDeleted: false,
    })
    expect(value.record).toMatchObject({ Interests__c: ['Music', 'Travel'], Title: null })
    expect(value.occurredAt).toBe(Date.parse(String(org.row('Contact', id)?.SystemModstamp)))
    const { headers, key } = record!
    expect(key?.toString()).toBe(id)
    expect(text(headers, 'ce_id')).toBe(value.eventId)
    expect(text(headers, 'ce_source')).toBe(`/salesforce/${orgId}`)
    expect(text(headers, 'ce_type')).toBe('salesforce.contact.created')
    expect(text(headers, 'ce_specversion')).toBe('1.0')
    expect(text(headers, 'ce_subject')).toBe(id)
    expect(text(headers, 'ce_time')).toBe(new Date(Number(value.occurredAt)).toISOString())
    expect(text(headers, 'content-type')).toBe('application/avro')
    expect(text(headers, 'traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/)
  })

  test('that are switched off do not fire', async () => {
    await open({ config: { source: { interval_ms: 200, objects: { Contact: { triggers: { updated: false } } } } } })
    await world.start({ source: true })
    const id = world.simulator.org.create('Contact', { LastName: 'Quiet' })
    await events(1)
    world.simulator.org.update('Contact', id, { Title: 'Unheard' })
    const other = world.simulator.org.create('Contact', { LastName: 'Loud' })
    expect((await events(2)).map(event => event.recordId)).toEqual([id, other])
    world.simulator.org.delete('Contact', id)
    expect((await events(3)).map(event => event.type)).toEqual(['CREATED', 'CREATED', 'DELETED'])
  })
})

describe('the position', () => {
  test('survives a restart: what changed meanwhile comes once, with the right type, and nothing comes again', async () => {
    await open()
    const { org } = world.simulator
    const first = await world.start({ source: true })
    const before = org.create('Contact', { LastName: 'Before' })
    await events(1)
    await first.stop()
    org.update('Contact', before, { Title: 'Edited meanwhile' })
    const meanwhile = org.create('Contact', { LastName: 'Meanwhile' })
    await world.start({ source: true })
    const seen = await events(3)
    expect(
      seen
        .slice(1)
        .map(event => [event.recordId, event.type])
        .sort(),
    ).toEqual(
      [
        [before, 'UPDATED'],
        [meanwhile, 'CREATED'],
      ].sort(),
    )
    const calls = world.simulator.apiCalls()
    await expect.poll(() => world.simulator.apiCalls(), { timeout: 10_000 }).toBeGreaterThan(calls + 5)
    expect(await world.readAll(eventTopic())).toHaveLength(3)
  })

  test('starts where the config says: earliest gives what the org holds, as CREATED', async () => {
    await open({ config: { source: { interval_ms: 200, start: 'earliest' } }, simulator: { rows: { contact: 4_321 } } })
    await world.start({ source: true })
    const seen = await events(4_321)
    expect(new Set(seen.map(event => event.recordId)).size).toBe(4_321)
    expect(new Set(seen.map(event => event.type))).toEqual(new Set(['CREATED']))
  })

  test('an idle source writes nothing', async () => {
    await open()
    await world.start({ source: true })
    world.simulator.org.create('Contact', { LastName: 'Only' })
    await events(1)
    const topic = `${world.config.kafka.topicPrefix}.connector.offsets`
    const end = await world.kafka.endOffset(topic, 1)
    const calls = world.simulator.apiCalls()
    await expect.poll(() => world.simulator.apiCalls(), { timeout: 10_000 }).toBeGreaterThan(calls + 10)
    expect(await world.kafka.endOffset(topic, 1)).toBe(end)
  })

  test('late commits come: stamped before, visible after others were published', async () => {
    await open()
    await world.start({ source: true })
    const late = world.simulator.org.begin()
    const lateId = late.create('Contact', { LastName: 'Late' })
    await new Promise(resolve => setTimeout(resolve, settledMs)) // the others must carry a later stamp
    world.simulator.org.create('Contact', { LastName: 'Early' })
    await events(1)
    late.commit()
    const seen = await events(2)
    expect(seen[1]).toMatchObject({ recordId: lateId, type: 'CREATED' })
    expect(Number(seen[1]!.occurredAt)).toBeLessThan(Number(seen[0]!.occurredAt))
  })
})

describe('an org that does not answer', () => {
  test('is said in readiness, and reading goes on where it stood', async () => {
    await open()
    const connector = await world.start({ source: true })
    const first = world.simulator.org.create('Contact', { LastName: 'Before' })
    await events(1)
    world.simulator.faults.add({ action: 'answer', answer: 'serverUnavailable', match: { times: 'always' } })
    const second = world.simulator.org.create('Contact', { LastName: 'Meanwhile' })
    await expect
      .poll(() => connector.ready(), { timeout: 20_000 })
      .toEqual([expect.stringMatching(/^source: nothing is sent to Salesforce/)])
    world.simulator.faults.clear()
    expect((await events(2)).map(event => event.recordId)).toEqual([first, second])
    await expect.poll(() => connector.ready(), { timeout: 20_000 }).toEqual([])
  })

  test('drops the connection in the middle of a backlog: each row comes once', async () => {
    await open({ config: { source: { interval_ms: 200, start: 'earliest' } }, simulator: { rows: { contact: 9_000 } } })
    const path = '/query/'
    world.simulator.faults.add(
      { action: 'dropAfter', match: { path, skip: 1 } },
      { action: 'answer', answer: 'badGatewayHtml', match: { path, skip: 2 } },
    )
    await world.start({ source: true })
    const seen = await events(9_000)
    expect(new Set(seen.map(event => event.recordId)).size).toBe(9_000)
    expect(await world.readAll(eventTopic())).toHaveLength(9_000)
  })
})

test('an object that the org does not have is refused at start, by its name', async () => {
  await open({ config: { source: { objects: { Contact: {}, Nonsense__c: {} } } } })
  await expect(world.start({ source: true })).rejects.toMatchObject({
    code: 'config.invalid',
    message: 'source.objects.Nonsense__c: the org has no such object that the user may see',
  })
})

test('a topic that takes only small batches gets its records in small batches', async () => {
  await open({ config: { source: { interval_ms: 200, start: 'earliest' } }, simulator: { rows: { contact: 500 } } })
  const limit = { 'max.message.bytes': '8000' }
  await world.kafka.ensureTopics([{ topic: eventTopic(), partitions: 1, replicationFactor: 1, config: limit }])
  await world.start({ source: true })
  expect(await events(500)).toHaveLength(500)
})
