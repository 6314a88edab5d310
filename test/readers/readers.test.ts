import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IncomingRecord } from '../../src/core/contract.ts'
import { Commander } from '../routes/commands.ts'
import { startWorld, type World } from '../routes/world.ts'
import { type ConsoleRecord, readWithJava } from './java.ts'
import { type ReadRecord, readWithPython } from './python.ts'

const timeout = 300_000 // the first run installs Python's packages and downloads Kafka's tools

let world: World
let contactId: string
let ours: { events: readonly IncomingRecord[]; replies: readonly IncomingRecord[] }
const topic = (kind: string): string => `${world.config.kafka.topicPrefix}.contact.${kind}`

/** One contact created by somebody, one by a command, and one transaction that was aborted. */
beforeAll(async () => {
  world = await startWorld()
  await world.start({ source: true, sink: true })
  const fields = {
    LastName: 'Okafor',
    Credit_Limit__c: 2500.5,
    VIP__c: true,
    Interests__c: 'Music;Travel',
    Birthdate: '1990-02-28',
  }
  contactId = world.simulator.org.create('Contact', fields)
  await world.read(topic('events'), 1)
  const commander = await Commander.open(world)
  await world.write([
    await commander.avro(
      'UpdateContact',
      { recordId: contactId, fields: { Title: 'Read elsewhere' } },
      { key: contactId },
    ),
  ])
  await commander.replies(1)
  await world.read(topic('events'), 2)
  const writer = world.kafka.writer('readers-aborted')
  await writer.fence()
  const aborted = {
    topic: topic('events'),
    partition: 0,
    key: Buffer.from('aborted'),
    value: Buffer.from([0, 0, 0, 0, 1]),
  }
  const refuse = writer.transact('aborted', async tx => {
    await tx.send([aborted])
    throw new Error('aborted on purpose')
  })
  await expect(refuse).rejects.toThrow('on purpose')
  await writer.close()
  ours = { events: await world.readAll(topic('events')), replies: await world.readAll(topic('replies')) }
}, timeout)
afterAll(() => world.close())

const brokers = (): readonly string[] => world.config.kafka.brokers
const keysOf = (records: readonly IncomingRecord[]): (string | undefined)[] => records.map(({ key }) => key?.toString())
const headersOf = (record: IncomingRecord): Record<string, string> =>
  Object.fromEntries(Object.entries(record.headers).map(([name, value]) => [name, String(value)]))

describe('librdkafka and fastavro, without any of our code', () => {
  const read = (kind: string): Promise<ReadRecord[]> =>
    readWithPython(brokers(), world.config.registry.url, topic(kind))

  test('decode an event: envelope, row, key and headers', { timeout }, async () => {
    const [event, ...rest] = await read('events')
    expect(rest).toHaveLength(1)
    expect(event).toMatchObject({ key: contactId, headers: headersOf(ours.events[0]!) })
    expect(event!.value).toMatchObject({ type: 'CREATED', recordId: contactId, orgId: world.simulator.orgId })
    expect(event!.value.occurredAt).toMatch(/^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\+00:00$/)
    expect(event!.value.record).toMatchObject({
      LastName: 'Okafor',
      Credit_Limit__c: 2500.5,
      VIP__c: true,
      Interests__c: ['Music', 'Travel'],
      Birthdate: '1990-02-28',
    })
  })

  test('decode a reply', { timeout }, async () => {
    const [reply, ...rest] = await read('replies')
    expect(rest).toEqual([])
    expect(reply).toMatchObject({ key: contactId, headers: headersOf(ours.replies[0]!) })
    expect(reply!.value).toMatchObject({
      status: 'SUCCEEDED',
      action: 'UpdateContact',
      recordId: contactId,
      errors: [],
    })
  })
})

describe('Kafka’s console consumer, read_committed', () => {
  test.each(['events', 'replies'] as const)('sees the same %s: count, keys, headers', { timeout }, async kind => {
    const seen: ConsoleRecord[] = await readWithJava(brokers(), topic(kind))
    expect(seen.map(({ key }) => key)).toEqual(keysOf(ours[kind]))
    expect(seen.map(({ headers }) => headers)).toEqual(ours[kind].map(headersOf))
  })
})
