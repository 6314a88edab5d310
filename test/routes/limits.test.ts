import { Kafka } from 'kafkajs'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { ConnectorError } from '../../src/core/errors.ts'
import type { KafkaConnection } from '../../src/kafka/connection.ts'
import type { Transaction } from '../../src/kafka/transaction.ts'
import { type Event, eventsOf, eventTopic, polls, sum, told } from './org-changes.ts'
import { startWorld, type World } from './world.ts'

let world: World
afterEach(() => world.close())

const rows = 30
async function open(source: object, rowsAtStart = rows): Promise<World['simulator']> {
  world = await startWorld({
    config: {
      source: { interval_ms: 200, idle_interval_ms: 200, start: 'earliest', objects: { Contact: {} }, ...source },
    },
    simulator: { rows: { contact: rowsAtStart } },
  })
  return world.simulator
}

const deadLetters = async (): Promise<Event[]> => {
  const records = await world.readAll(`${eventTopic(world)}.dlq`)
  return Promise.all(records.map(async record => (await world.decode(record)) as Event))
}

/** Sees every record that is written in a transaction, and may refuse them. */
function watched(onSend: (transaction: number, keys: readonly string[], bytes: number) => void) {
  return (kafka: KafkaConnection): KafkaConnection => ({
    ...kafka,
    writer: id => {
      const writer = kafka.writer(id)
      let transaction = 0
      const watch = (tx: Transaction): Transaction => ({
        sendOffset: commit => tx.sendOffset(commit),
        send: async records => {
          const ours = records.filter(({ topic }) => topic === eventTopic(world))
          const bytes = ours.reduce((total, { value }) => total + (value?.length ?? 0), 0)
          onSend(
            transaction,
            ours.map(({ key }) => String(key)),
            bytes,
          )
          await tx.send(records)
        },
      })
      return {
        transactionalId: writer.transactionalId,
        fence: () => writer.fence(),
        close: () => writer.close(),
        transact: (label, work) => {
          transaction++
          return writer.transact(label, tx => work(watch(tx)))
        },
      }
    },
  })
}

describe('the size of a transaction', () => {
  test.each([
    ['records_max', { records_max: 7 }, 7, Number.POSITIVE_INFINITY],
    ['bytes_max', { bytes_max: 4_096 }, rows, 4_096],
  ])('keeps to %s, and a page goes in several', async (_, source, recordsMax, bytesMax) => {
    await open(source)
    const sent: { records: number; bytes: number }[] = []
    const wrapKafka = watched((_, keys, bytes) => keys.length > 0 && sent.push({ records: keys.length, bytes }))
    await world.start({ source: true }, { wrapKafka })
    await eventsOf(world, rows)
    await polls(world)
    expect(new Set(await told(world)).size).toBe(rows)
    expect(await told(world)).toHaveLength(rows)
    expect(sent.length).toBeGreaterThan(2)
    for (const { records, bytes } of sent) {
      expect(records).toBeLessThanOrEqual(recordsMax)
      if (records > 1) expect(bytes).toBeLessThanOrEqual(bytesMax)
    }
  })

  test('a part that fails loses nothing of its page and repeats nothing', async () => {
    await open({ records_max: 5 })
    let failures = 0
    const wrapKafka = watched((_, keys) => {
      if (keys.length > 0 && failures++ % 2 === 1) throw new ConnectorError('kafka.transaction_failed', 'in a test')
    })
    await world.start({ source: true }, { wrapKafka })
    await eventsOf(world, rows)
    await polls(world)
    const seen = await told(world)
    expect(seen).toHaveLength(rows)
    expect(new Set(seen).size).toBe(rows)
  })
})

describe('a record that cannot be written', () => {
  test('since it is larger than the topic allows becomes a stub without content, and the rest goes on', async () => {
    const { org } = await open({}, 0)
    const limit = { 'max.message.bytes': '20000' }
    await world.kafka.ensureTopics([{ topic: eventTopic(world), partitions: 1, replicationFactor: 1, config: limit }])
    await world.start({ source: true })
    const large = org.create('Contact', { LastName: 'Large', Description: 'ä'.repeat(15_000) })
    const small = org.create('Contact', { LastName: 'Small' })
    expect(await eventsOf(world, 1)).toMatchObject([{ recordId: small }])
    expect(await deadLetters()).toMatchObject([
      { recordId: large, object: 'Contact', type: 'CREATED', reason: 'the record is larger than the topic allows' },
    ])
    expect(JSON.stringify(await deadLetters())).not.toContain('ää')
    org.update('Contact', large, { Description: 'Short again' })
    expect((await eventsOf(world, 2))[1]).toMatchObject({ recordId: large, type: 'UPDATED' })
    expect(sum(await world.metrics(), 'connector_dead_letters_total')).toBe(1)
  })

  test('since the topic allows less than it did: the limit is read anew', async () => {
    const { org } = await open({}, 0)
    await world.start({ source: true })
    org.create('Contact', { LastName: 'Before' })
    await eventsOf(world, 1)
    const admin = new Kafka({ brokers: [...inject('kafkaBrokers')], logLevel: 0 }).admin()
    await admin.connect()
    const configEntries = [{ name: 'max.message.bytes', value: '20000' }]
    await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: eventTopic(world), configEntries }] })
    await admin.disconnect()
    const ids = [15_000, 10, 15_000, 10].map(length =>
      org.create('Contact', { LastName: `Of ${length}`, Description: 'ä'.repeat(length) }),
    )
    expect((await eventsOf(world, 3)).map(({ recordId }) => recordId).slice(1)).toEqual([ids[1], ids[3]])
    const reason = 'the record is larger than the topic allows'
    expect((await deadLetters()).map(each => [each.recordId, each.reason])).toEqual([
      [ids[0], reason],
      [ids[2], reason],
    ])
  })

  test('since the brokers refuse it for good is found among the others', async () => {
    const { org } = await open({ start: 'now' })
    const ids = org.rows('Contact').map(({ Id }) => String(Id))
    const refused = ids[11]!
    const wrapKafka = watched((_, keys) => {
      if (keys.includes(refused)) throw new ConnectorError('record.refused', 'in a test')
    })
    await world.start({ source: true }, { wrapKafka })
    const together = org.begin()
    for (const id of ids) together.update('Contact', id, { Title: 'Edited' })
    together.commit()
    const seen = await eventsOf(world, rows - 1)
    expect(seen.map(({ recordId }) => recordId)).toEqual(ids.filter(id => id !== refused))
    expect(await deadLetters()).toMatchObject([{ recordId: refused, reason: 'the brokers refuse the record' }])
    await polls(world)
    expect(await told(world)).toHaveLength(rows - 1)
  })
})

describe('changes by the connector’s own user', () => {
  test.each([false, true])('are marked, or left out (skip_own_changes: %s)', async skip => {
    const { org, userId } = await open({ skip_own_changes: skip }, 0)
    await world.start({ source: true })
    const own = org.begin(userId)
    const id = own.create('Contact', { LastName: 'Own' })
    own.commit()
    const other = org.create('Contact', { LastName: 'Other' })
    if (!skip) {
      const byRecord = new Map((await eventsOf(world, 2)).map(event => [event.recordId, event.changedByConnector]))
      expect([byRecord.get(id), byRecord.get(other)]).toEqual([true, false])
      return
    }
    await eventsOf(world, 1)
    org.update('Contact', id, { Title: 'By somebody' })
    await eventsOf(world, 2)
    const edit = org.begin(userId)
    edit.update('Contact', other, { Title: 'By the connector' })
    edit.commit()
    await polls(world)
    // What a system process does to a row that the connector edited last is not the connector's.
    await new Promise(resolve => setTimeout(resolve, 1_100))
    org.touch('Contact', other, { Department: 'By a process' })
    await eventsOf(world, 3)
    await polls(world)
    expect(await told(world)).toEqual([`${other} CREATED`, `${id} UPDATED`, `${other} UPDATED`])
  })
})
