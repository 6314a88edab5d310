import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OutgoingRecord } from '../../src/core/contract.ts'
import { commandTopicOf } from '../../src/sink/topics.ts'
import { Commander, type Got, type Json } from './commands.ts'
import { SpringClient } from './spring-client.ts'
import { startWorld, type World } from './world.ts'

const copies = `spring-${randomUUID().slice(0, 8)}`

describe('replies', () => {
  let world: World
  let commander: Commander
  let answered = 0

  beforeAll(async () => {
    world = await startWorld({
      config: {
        sink: {
          reply_topics: [copies],
          allow: { Contact: ['CreateContact', 'UpdateContact', 'GetContactById', 'DeleteContact'] },
        },
      },
    })
    const config = (bytes: number) => ({ 'max.message.bytes': String(bytes) })
    const commands = commandTopicOf(world.config, 'Contact')
    await world.kafka.ensureTopics([
      { topic: commands, partitions: 1, replicationFactor: 1, config: config(1_048_576) },
      { topic: commands.replace(/commands$/, 'replies'), partitions: 1, replicationFactor: 1, config: config(20_000) },
      { topic: copies, partitions: 3, replicationFactor: 1, config: config(20_000) },
    ])
    await world.start({ sink: true })
    commander = await Commander.open(world)
  })
  afterAll(() => world?.close())

  const newContact = (fields: Json = {}): string =>
    world.simulator.org.create('Contact', { LastName: 'One', ...fields })

  async function ask(...records: OutgoingRecord[]): Promise<Got[]> {
    await world.write(records)
    answered += records.length
    return (await commander.replies(answered)).slice(-records.length)
  }

  test.each(['json', 'avro'] as const)('every field of a reply, as %s', async form => {
    const id = newContact({ Title: 'Captain' })
    const commandId = randomUUID()
    const before = Date.now() - 60_000
    const get = await commander[form]('GetContactById', { commandId, recordId: id })
    const [got, again] = await ask(get, get)
    const { record, command, startedAt, finishedAt, ...rest } = got!.value
    const content = `{"action":"GetContactById","fields":{},"fieldsToNull":[],"options":{},"recordId":"${id}"}`
    expect(rest).toEqual({
      commandId,
      commandHash: createHash('sha256').update(content).digest('hex'),
      action: 'GetContactById',
      status: 'SUCCEEDED',
      recordId: id,
      created: null,
      errors: [],
      warnings: [],
      retryable: false,
      attempts: 1,
      duplicate: false,
      candidates: [],
    })
    expect(record).toMatchObject({ Id: id, LastName: 'One', Title: 'Captain', VIP__c: false })
    const { offset } = command as { offset: number }
    expect(command).toEqual({ topic: commander.topic, partition: 0, offset })
    expect(again!.value).toEqual({
      ...got!.value,
      duplicate: true,
      command: { ...(command as Json), offset: offset + 1 },
    })
    const times = [startedAt, finishedAt].map(time => (form === 'json' ? Date.parse(String(time)) : Number(time)))
    expect(times[0]).toBeGreaterThan(before)
    expect(times[1]).toBeGreaterThanOrEqual(times[0]!)
    expect(times[1]).toBeLessThan(Date.now() + 60_000)
  })

  test('errors carry code, message, fields and remedy; created says whether the row is new', async () => {
    const [failed, made] = await ask(
      commander.json('CreateContact', { fields: { FirstName: 'Nameless' } }),
      await commander.avro('CreateContact', { fields: { LastName: 'New' } }),
    )
    expect(failed!.value).toMatchObject({
      status: 'FAILED',
      recordId: null,
      created: null,
      retryable: false,
      errors: [
        {
          code: 'REQUIRED_FIELD_MISSING',
          message: expect.stringContaining('LastName'),
          fields: ['LastName'],
          remedy: expect.stringMatching(/./),
        },
      ],
    })
    expect(made!.value).toMatchObject({ created: true, recordId: expect.stringMatching(/^003\w{15}$/) })
  })

  test.each(['json', 'avro'] as const)('an action that sink.allow does not name is REJECTED, as %s', async form => {
    const id = newContact()
    const [reply] = await ask(
      // Its schema is not registered by the connector; a producer may have it all the same.
      await commander[form]('SetContactEmailOptOut', { recordId: id, optedOut: true }),
    )
    expect(reply!.value).toMatchObject({
      status: 'REJECTED',
      retryable: false,
      attempts: 0,
      errors: [{ code: 'command.not_allowed', remedy: expect.stringContaining('sink.allow.Contact') }],
    })
    expect(world.simulator.org.row('Contact', id)?.HasOptedOutOfEmail).toBe(false)
  })

  test('a reply that is too large for its topic comes without its row, and says so; a duplicate of it as well', async () => {
    const id = newContact({ Description: 'x'.repeat(30_000) })
    const get = commander.json('GetContactById', { recordId: id }, { key: 'k' })
    const [first, second] = await ask(get, get)
    expect(first!.value).toMatchObject({
      status: 'FAILED',
      recordId: id,
      record: null,
      warnings: [expect.stringContaining('larger than the reply topic takes')],
      errors: [{ code: 'record.too_large', remedy: expect.stringContaining('max.message.bytes') }],
    })
    expect(second!.value).toMatchObject({ duplicate: true, status: 'FAILED', record: null })
    expect(first!.record.key?.toString()).toBe('k')
  })

  for (const binaryCorrelation of [true, false])
    for (const replyPartition of [2, undefined])
      for (const form of ['json', 'avro'] as const)
        test(`a ReplyingKafkaTemplate is answered: ${binaryCorrelation ? 'binary' : 'text'} correlation, partition ${replyPartition ?? 'by key'}, ${form}`, async () => {
          const where = replyPartition === undefined ? {} : { replyPartition }
          // Without a partition header and without a key, replies go to partition 0.
          const client = new SpringClient(world, { replyTopic: copies, binaryCorrelation, ...where })
          const ids = [newContact(), newContact(), newContact()]
          const asked = await Promise.all(ids.map(recordId => commander[form]('GetContactById', { recordId })))
          const replies = await Promise.all(asked.map(record => client.sendAndReceive(record)))
          answered += asked.length
          for (const [i, record] of replies.entries()) {
            expect(record.headers['content-type']?.toString()).toBe(`application/${form}`)
            expect(await world.decode(record)).toMatchObject({ status: 'SUCCEEDED', recordId: ids[i], warnings: [] })
          }
          await client.close()
        })

  test('a header without a value is an empty one: no reply topic, no partition, an empty correlation id', async () => {
    const empty = Buffer.alloc(0)
    const headers = { kafka_replyTopic: empty, kafka_replyPartition: empty, kafka_correlationId: empty }
    const [reply] = await ask(commander.json('GetContactById', { recordId: newContact() }, { headers }))
    expect(reply!.value).toMatchObject({
      status: 'SUCCEEDED',
      warnings: [expect.stringContaining('it names no topic')],
    })
    expect(reply!.record.headers.kafka_correlationId).toEqual(empty)
  })
})
