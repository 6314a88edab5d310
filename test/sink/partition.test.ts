import { describe, expect, test } from 'vitest'
import { compileWriter } from '../../src/avro/codec.ts'
import { replySchema } from '../../src/avro/derive.ts'
import type { SchemaRegistry } from '../../src/avro/registry.ts'
import type { Config } from '../../src/core/config.ts'
import { type IncomingRecord, type Offset, offset } from '../../src/core/contract.ts'
import { LiveGeneration } from '../../src/kafka/generation.ts'
import type { ApiRequest, Salesforce } from '../../src/salesforce/client.ts'
import { SalesforceError } from '../../src/salesforce/salesforce-error.ts'
import { decodeMark } from '../../src/sink/attempt.ts'
import { allowedTopics } from '../../src/sink/copies.ts'
import { OwnedPartition } from '../../src/sink/partition.ts'
import type { Route } from '../../src/sink/topics.ts'
import { createEvents } from '../../src/telemetry/events.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { everyType } from '../avro/contact-describe.ts'
import { KafkaFake } from './kafka-fake.ts'
import { contact, jsonRecord, recordId } from './parts.ts'

type Answer = (request: ApiRequest) => unknown

const schema = replySchema(everyType)
const messageBytesMax = 1_000_000
const route: Route = {
  commandTopic: 'contact.commands',
  object: contact(),
  replies: {
    topic: 'contact.replies',
    slug: 'contact',
    orgId: 'o',
    describe: everyType,
    schema,
    codec: compileWriter(schema, 1 as never),
    messageBytesMax,
  },
  deadLetters: { topic: 'contact.commands.dlq', partitions: 1, messageBytesMax, connector: 'c' },
}
const rowsOf = (request: ApiRequest) => (request.body as { records: object[] }).records
/** Each row has an id of its own: two rows with one are not believed. */
const idOf = (index: number): string => (index === 0 ? recordId : `003${String(index).padStart(15, '0')}`)
const success: Answer = request => rowsOf(request).map((_, index) => ({ id: idOf(index), success: true, errors: [] }))

/** An owner of a partition with a Salesforce that answers as a test says. */
async function own(answer: Answer, batchCommandsMax = 100, drainMsMax = 0) {
  const kafka = new KafkaFake()
  const generation = new LiveGeneration(1)
  const requests: ApiRequest[] = []
  const salesforce = {
    apiVersion: '68.0',
    userId: '005000000000001AAA',
    now: () => 1_000_000.5,
    breaker: { isOpen: false, reason: undefined, whenClosed: async () => undefined },
    request: async (request: ApiRequest) => {
      requests.push(request)
      return { status: 200, headers: {}, body: answer(request), serverDateMs: undefined }
    },
  } as unknown as Salesforce
  const config = { sink: { batchCommandsMax, duplicateWindowCount: 100, duplicateWindowMs: 1_000 } } as Config
  const events = createEvents(createLog({ level: 'error', to: { write: () => undefined } }), createMetrics())
  const parts = { config, kafka: kafka.connection, registry: {} as SchemaRegistry, salesforce, events, groupId: 'g' }
  const times = { copies: allowedTopics([], async () => undefined), heartbeatAgeMsMax: 60_000, drainMsMax }
  const owned = new OwnedPartition({ ...parts, ...times }, route, 0, kafka.writer, generation)
  await owned.open()
  const moves: [string, Offset][] = []
  const take = (records: readonly IncomingRecord[]) =>
    owned.take({
      topic: route.commandTopic,
      partition: 0,
      records,
      highWatermark: offset(100),
      generation,
      resolve: to => moves.push(['resolve', to]),
      rewind: to => moves.push(['rewind', to]),
    })
  return { kafka, generation, requests, salesforce, owned, moves, take }
}

const create = (at: number, LastName = 'x', key?: string): IncomingRecord =>
  jsonRecord(
    at,
    { commandId: `c-${at}`, action: 'CreateContact', fields: { LastName } },
    key ? { key: Buffer.from(key) } : {},
  )
const update = (at: number): IncomingRecord =>
  jsonRecord(at, { commandId: `c-${at}`, action: 'UpdateContact', recordId, fields: { Phone: '1' } })
const labels = (kafka: KafkaFake) => kafka.commits.map(({ label, position }) => [label, position.offset])
const statuses = (kafka: KafkaFake) =>
  kafka.commits.flatMap(({ records }) => records.map(({ value }) => JSON.parse(String(value)).status as string))

describe('a partition in one generation', () => {
  test('an attempt is on record before the request, at the unchanged offset; its reply takes it off (rule 8)', async () => {
    const { kafka, take, requests } = await own(request => {
      expect(labels(kafka)).toEqual([['mark', 0n]])
      expect(decodeMark(kafka.position.metadata)).toMatchObject({ first: 0n, last: 1n, startedAt: 998_000 })
      return success(request)
    })
    await take([create(0), create(1)])
    expect(requests).toHaveLength(1)
    expect(labels(kafka)).toEqual([
      ['mark', 0n],
      ['replies', 2n],
    ])
    expect(kafka.position.metadata).toBe('')
  })

  test('what is repeat-safe needs no mark', async () => {
    const { kafka, take } = await own(success)
    await take([update(0)])
    expect(labels(kafka)).toEqual([['replies', 1n]])
  })

  test('a batch is committed in parts of the size configured', async () => {
    const { kafka, take, moves } = await own(success, 2)
    await take([0, 1, 2, 3, 4].map(at => create(at)))
    expect(labels(kafka).filter(([label]) => label === 'replies')).toEqual([
      ['replies', 2n],
      ['replies', 4n],
      ['replies', 5n],
    ])
    expect(moves.map(([, to]) => to)).toEqual([2n, 4n, 5n])
  })

  test('records fetched before the fence are dropped; a gap is one only after a rewind', async () => {
    const { kafka, take, moves } = await own(success)
    await take([update(3)])
    expect([moves, kafka.commits]).toEqual([[['rewind', 0n]], []])
    await take([update(3)])
    expect(labels(kafka)).toEqual([['replies', 4n]])
    await take([update(3)])
    expect(moves.at(-1)).toEqual(['rewind', 4n])
    await take([update(7)])
    expect(kafka.offset).toBe(8n)
  })

  test('evicted during the request: nothing is committed, the mark stays for the next owner (rule 7)', async () => {
    const { kafka, take, generation } = await own(request => {
      generation.end('test')
      return success(request)
    })
    await expect(take([create(0)])).rejects.toMatchObject({ code: 'internal.stopped' })
    expect(labels(kafka)).toEqual([['mark', 0n]])
  })

  test('a rebalance announced during the request: what is in hand is committed, nothing new is taken (rule 7)', async () => {
    const { kafka, take, generation, requests, moves } = await own(
      request => {
        generation.announceEnd()
        return success(request)
      },
      2,
      60_000,
    )
    await take([create(0), create(1), create(2)])
    expect(requests).toHaveLength(1)
    expect(kafka.offset).toBe(2n)
    expect(moves.at(-1)).toEqual(['rewind', 2n])
  })

  test('stopped between two waves: the settled beginning is committed, and what was sent beyond it keeps its mark', async () => {
    const { kafka, take, generation } = await own(request => {
      generation.announceEnd()
      const until = performance.now() + 2
      while (performance.now() < until); // time is up (drainMsMax 0) only once some has passed
      return success(request)
    })
    await take([create(0, 'a', 'k'), create(1, 'b', 'k'), create(2, 'c', 'other')])
    expect(statuses(kafka)).toEqual(['SUCCEEDED'])
    expect(kafka.offset).toBe(1n)
    expect(decodeMark(kafka.position.metadata)).toMatchObject({ first: 1n, last: 2n, startedAt: 998_000 })
  })

  test('an outage before anything was sent: the mark is taken back, and put again before the request', async () => {
    const unreachable = new SalesforceError({
      code: 'salesforce.unreachable',
      message: 'm',
      remedy: '',
      executed: 'no',
      retryable: true,
    })
    const { kafka, take, salesforce, requests } = await own(request => {
      if (requests.length > 1) return success(request)
      Object.assign(salesforce.breaker, { isOpen: true })
      throw unreachable
    })
    Object.assign(salesforce.breaker, {
      whenClosed: async () => {
        expect(kafka.position).toEqual({ offset: 0n, metadata: '' })
        Object.assign(salesforce.breaker, { isOpen: false })
      },
    })
    await take([create(0)])
    expect(labels(kafka)).toEqual([
      ['mark', 0n],
      ['mark', 0n],
      ['mark', 0n],
      ['replies', 1n],
    ])
    expect(statuses(kafka)).toEqual(['SUCCEEDED'])
  })

  test('the owner’s own failed commit: the same replies are committed again, and nothing is sent again', async () => {
    const { kafka, take, requests } = await own(success)
    kafka.faults.push(undefined, { code: 'kafka.transaction_failed', committed: false })
    await take([create(0)])
    expect(requests).toHaveLength(1)
    expect(labels(kafka)).toEqual([
      ['mark', 0n],
      ['replies', 1n],
    ])
  })

  test('a reply that its topic refuses as too large becomes smaller until it fits', async () => {
    const { kafka, take } = await own(success)
    const tooLarge = { code: 'record.too_large', committed: false } as const
    kafka.faults.push(tooLarge, tooLarge, tooLarge)
    await take([update(0)])
    expect(labels(kafka)).toEqual([['replies', 1n]])
  })
})
