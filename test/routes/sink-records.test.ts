import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IncomingRecord, OutgoingRecord } from '../../src/core/contract.ts'
import type { Connector } from '../../src/main.ts'
import { commandTopicOf } from '../../src/sink/topics.ts'
import { Commander, type Got, type Json } from './commands.ts'
import { startWorld, type World } from './world.ts'

const copies = `copies-${randomUUID().slice(0, 8)}`
const compacted = `compacted-${randomUUID().slice(0, 8)}`
const missing = `missing-${randomUUID().slice(0, 8)}`

describe('the sink, by what its records hold', () => {
  let world: World
  let commander: Commander
  let connector: Connector
  let answered = 0

  beforeAll(async () => {
    world = await startWorld({ config: { sink: { reply_topics: [copies, compacted, missing] } } })
    const commands = commandTopicOf(world.config, 'Contact')
    await world.kafka.ensureTopics([
      { topic: commands, partitions: 1, replicationFactor: 1, config: { 'max.message.bytes': '2097152' } },
      { topic: copies, partitions: 3, replicationFactor: 1, config: { 'max.message.bytes': '20000' } },
      { topic: compacted, partitions: 1, replicationFactor: 1, config: { 'cleanup.policy': 'compact' } },
    ])
    connector = await world.start({ sink: true })
    commander = await Commander.open(world)
  })
  afterAll(() => world?.close())

  const newContact = (): string => world.simulator.org.create('Contact', { LastName: 'Someone' })

  async function ask(...records: OutgoingRecord[]): Promise<Got[]> {
    await world.write(records)
    answered += records.length
    return (await commander.replies(answered)).slice(-records.length)
  }

  const created = (lastName: string) =>
    world.simulator.org.rows('Contact').filter(row => row.LastName === lastName).length

  test('a repeated command gets the same reply, as a duplicate, and no second call', async () => {
    const commandId = randomUUID()
    const command = { commandId, fields: { LastName: 'Twice', VIP__c: true } }
    const json = commander.json('CreateContact', command)
    const avro = await commander.avro('CreateContact', command)
    // Together (the second one in the same batch), later, and in the other form.
    const [first, second] = await ask(json, json)
    const [third, fourth] = await ask(json, avro)
    expect(first!.value).toMatchObject({ status: 'SUCCEEDED', duplicate: false, created: true })
    for (const { value } of [second!, third!]) {
      const { command, duplicate, ...rest } = value
      expect(duplicate).toBe(true)
      expect({ ...rest, command: first!.value.command, duplicate: false }).toEqual(first!.value)
      expect(command).not.toEqual(first!.value.command)
    }
    expect(fourth!.value).toMatchObject({ status: 'SUCCEEDED', duplicate: true, recordId: first!.value.recordId })
    expect(fourth!.value.commandHash).toBe(first!.value.commandHash)
    expect(created('Twice')).toBe(1)
  })

  test('a commandId used again for something else is rejected, and the first one still stands', async () => {
    const commandId = randomUUID()
    const command = (lastName: string) => commander.json('CreateContact', { commandId, fields: { LastName: lastName } })
    const [first, other, again] = await ask(command('Mine'), command('Another'), command('Mine'))
    expect(first!.value.status).toBe('SUCCEEDED')
    expect(other!.value).toMatchObject({ status: 'REJECTED', errors: [{ code: 'command.invalid' }] })
    expect(again!.value).toMatchObject({ status: 'SUCCEEDED', duplicate: true, recordId: first!.value.recordId })
    expect(created('Another')).toBe(0)
  })

  test('duplicates are known across a restart, a read row included', async () => {
    const get = { commandId: randomUUID(), recordId: newContact() }
    const create = { commandId: randomUUID(), fields: { LastName: 'Lasting' } }
    const records = async () => [commander.json('GetContactById', get), await commander.avro('CreateContact', create)]
    const before = await ask(...(await records()))
    await connector.stop()
    connector = await world.start({ sink: true })
    const after = await ask(...(await records()))
    const crossed = await ask(await commander.avro('GetContactById', get), commander.json('CreateContact', create))
    for (const [i, { value }] of after.entries())
      expect({ ...value, duplicate: false, command: before[i]!.value.command }).toEqual(before[i]!.value)
    expect(crossed.map(({ value }) => value.duplicate)).toEqual([true, true])
    expect((crossed[0]!.value.record as Json).CreatedDate).toBe(
      Date.parse(String((before[0]!.value.record as Json).CreatedDate)),
    )
    expect(created('Lasting')).toBe(1)
  })

  test('commands of one key keep their order, whatever they do', async () => {
    const id = newContact()
    const titles = Array.from({ length: 12 }, (_, i) => `Title ${i}`)
    const replies = await ask(
      ...titles.map(Title => commander.json('UpdateContact', { recordId: id, fields: { Title } }, { key: 'one' })),
      commander.json('GetContactById', { recordId: id }, { key: 'one' }),
      commander.json('DeleteContact', { recordId: id }, { key: 'one' }),
      commander.json('UpdateContact', { recordId: id, fields: { Title: 'Too late' } }, { key: 'one' }),
    )
    expect(replies.map(({ value }) => value.status)).toEqual([
      ...titles.map(() => 'SUCCEEDED'),
      'SUCCEEDED',
      'SUCCEEDED',
      'FAILED',
    ])
    expect((replies[12]!.value.record as Json).Title).toBe('Title 11')
    expect(replies[14]!.value.errors).toMatchObject([{ code: 'ENTITY_IS_DELETED' }])
  })

  test('an expired command is rejected, a later one executed', async () => {
    const command = (expiresAt: unknown, LastName: string) =>
      commander.json('CreateContact', { fields: { LastName }, expiresAt })
    const now = Date.now()
    const [late, early, wrong] = await ask(
      command(now - 1_000, 'Late'),
      command(new Date(now + 3_600_000).toISOString(), 'Early'),
      command('tomorrow', 'Wrong'),
    )
    expect(late!.value).toMatchObject({ status: 'REJECTED', errors: [{ code: 'command.expired' }], attempts: 0 })
    expect(early!.value.status).toBe('SUCCEEDED')
    expect(wrong!.value).toMatchObject({ status: 'REJECTED', errors: [{ code: 'command.invalid' }] })
    expect([created('Late'), created('Early'), created('Wrong')]).toEqual([0, 1, 0])
  })

  test('a copy goes where kafka_replyTopic says, or the reply says why not', async () => {
    const partition = Buffer.alloc(4)
    partition.writeInt32BE(2)
    const command = (topic: string, at?: Buffer | string, key: string | null = 'k') =>
      commander.json(
        'GetContactById',
        { recordId: newContact() },
        {
          key,
          headers: { kafka_replyTopic: Buffer.from(topic), ...(at && { kafka_replyPartition: Buffer.from(at) }) },
        },
      )
    const replies = await ask(
      command(copies, partition),
      command(copies, '1'),
      command(copies, '3'),
      command(missing),
      command('not-allowed'),
      command(compacted, '0', null),
    )
    const [binary] = await world.readAll(copies, 2)
    const [digits] = await world.readAll(copies, 1)
    expect(binary!.value).toEqual(replies[0]!.record.value)
    expect(binary!.headers).toEqual(replies[0]!.record.headers)
    expect(digits!.value).toEqual(replies[1]!.record.value)
    const warnings = replies.map(({ value }) => (value.warnings as string[]).join())
    expect(warnings.map(warning => /: (.*)$/.exec(warning)?.[1])).toEqual([
      undefined,
      undefined,
      'it has no such partition.',
      'it does not exist.',
      'it is not in sink.reply_topics.',
      'it is compacted, and the command has no key.',
    ])
    expect(replies.every(({ value }) => value.status === 'SUCCEEDED')).toBe(true)
  })

  test('a copy that is too large is left out with a warning', async () => {
    const id = world.simulator.org.create('Contact', { LastName: 'Long', Description: 'x'.repeat(25_000) })
    const headers = { kafka_replyTopic: Buffer.from(copies) }
    const [reply] = await ask(commander.json('GetContactById', { recordId: id }, { headers }))
    expect(reply!.value.warnings).toEqual([expect.stringContaining('too large for that topic')])
    expect((reply!.value.record as Json).Description).toHaveLength(25_000)
  })

  const frame = (schemaId: number, body = ''): Buffer => {
    const value = Buffer.alloc(5 + body.length)
    value.writeInt32BE(schemaId, 1)
    value.write(body, 5)
    return value
  }
  const unreadable: Readonly<Record<string, Buffer | null>> = {
    'empty value': Buffer.alloc(0),
    tombstone: null,
    'unknown schema id': frame(0x7fffffff, 'abc'),
    'bad frame': Buffer.from([1, 2, 3, 4, 5, 6]),
    'short frame': Buffer.from([0, 0, 1]),
    'JSON that ends early': Buffer.from('{"commandId":"1"'),
    'JSON that is not UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    'no commandId': Buffer.from('{"action":"CreateContact","fields":{"LastName":"Nobody"}}'),
    '1 MiB of nothing': Buffer.alloc(1_048_576, 'x'),
  }

  test('what cannot be read becomes a dead letter, byte for byte, and the next command is answered', async () => {
    const headers = { trace: Buffer.from([1, 0, 255]), 'content-type': Buffer.from('text/plain') }
    const records = Object.values(unreadable).map(value => commander.raw(value, { key: 'key', headers }))
    const whole = await commander.avro('CreateContact', { fields: { LastName: 'Cut' } })
    records.push({ ...whole, value: whole.value!.subarray(0, whole.value!.length - 3) })
    const [reply] = await ask(
      ...records.slice(0, 0),
      commander.json('CreateContact', { fields: { LastName: 'Before' } }),
    )
    await world.write([...records, commander.json('CreateContact', { fields: { LastName: 'Afterwards' } })])
    answered += 1
    expect((await commander.replies(answered)).at(-1)!.value.status).toBe('SUCCEEDED')
    const letters = await world.readAll(`${commander.topic}.dlq`)
    expect(letters.map(({ value }) => value)).toEqual(records.map(({ value }) => value))
    const { offset } = reply!.value.command as { offset: number }
    for (const [i, letter] of letters.entries()) expectLetter(letter, records[i]!, offset)
    expect(created('Nobody') + created('Cut')).toBe(0)
  })

  function expectLetter(letter: IncomingRecord, original: OutgoingRecord, after: number): void {
    const { key, headers } = letter
    expect(key).toEqual(original.key)
    expect(headers).toMatchObject(original.headers ?? {})
    const say = (name: string) => String(headers[`__connect.errors.${name}`])
    expect(say('topic')).toBe(commander.topic)
    expect(say('partition')).toBe('0')
    expect(Number(say('offset'))).toBeGreaterThan(after)
    expect(say('connector.name')).toBe(world.config.connector)
    expect(say('exception.class.name')).toBe('command.unreadable')
    expect(say('exception.message')).not.toBe('')
  }

  test('what can be read, but is wrong, is answered with what to correct, and the next command is answered', async () => {
    const id = newContact()
    const before = world.simulator.org.effects.length
    const wrong = [
      commander.json('CreateContact', { fields: { LastName: 'A', Surname: 'A' } }),
      commander.json('CreateContact', { fields: { LastName: 7 } }),
      commander.json('CreateContact', { fields: 'LastName' }),
      commander.json('CreateContact', { fields: { LastName: 'A', Description: 'x'.repeat(200_000) } }),
      commander.json('CreateLead', { fields: { LastName: 'A' } }),
      commander.json('', {}),
      commander.json('CreateContact', { fields: { LastName: 'A', CreatedDate: '2020-01-01T00:00:00Z' } }),
      commander.json('UpdateContact', { recordId: `${id}' OR Name != '`, fields: { Title: 'x' } }),
      commander.json('UpdateContact', { recordId: id, fields: { Title: 'x' }, fieldsToNull: ['Title'] }),
      commander.json('UpdateContact', { recordId: id, fieldsToNull: ['LastName'] }),
      commander.json('DeleteContact', { recordId: [id] }),
      commander.json('CreateContact', { fields: { __proto__x: 1, LastName: 'A' } }),
    ]
    const replies = await ask(...wrong, commander.json('CreateContact', { fields: { LastName: 'Right' } }))
    for (const { value } of replies.slice(0, -1)) {
      expect(value).toMatchObject({ status: 'REJECTED', retryable: false, attempts: 0 })
      expect(value.errors).toMatchObject([{ code: 'command.invalid', remedy: expect.stringMatching(/./) }])
    }
    expect(replies.at(-1)!.value.status).toBe('SUCCEEDED')
    expect(world.simulator.org.effects.length).toBe(before + 1)
  })
})
