import { compileWriter } from '../../src/avro/codec.ts'
import { replySchema } from '../../src/avro/derive.ts'
import type { SchemaRegistry } from '../../src/avro/registry.ts'
import type { Config } from '../../src/core/config.ts'
import { type IncomingRecord, type Offset, offset } from '../../src/core/contract.ts'
import { LiveGeneration } from '../../src/kafka/generation.ts'
import type { ApiRequest, Salesforce } from '../../src/salesforce/client.ts'
import type { SinkObject } from '../../src/sink/command.ts'
import { allowedTopics } from '../../src/sink/copies.ts'
import { OwnedPartition } from '../../src/sink/partition.ts'
import type { ReplyWriter } from '../../src/sink/reply.ts'
import type { Shapes, SinkShape } from '../../src/sink/shape.ts'
import type { Route } from '../../src/sink/topics.ts'
import { createEvents } from '../../src/telemetry/events.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { everyType } from '../avro/contact-describe.ts'
import { KafkaFake } from './kafka-fake.ts'
import { contact, jsonRecord, recordId } from './parts.ts'

/** What Salesforce answers; may throw. */
export type Answer = (request: ApiRequest) => unknown

const schema = replySchema(everyType)
const messageBytesMax = 1_000_000
const replies: ReplyWriter = {
  topic: 'contact.replies',
  slug: 'contact',
  orgId: 'o',
  describe: everyType,
  schema,
  codec: compileWriter(schema, 1 as never),
  messageBytesMax,
}
/** A shape that never changes. */
export const fixed = (shape: SinkShape): Shapes => ({
  current: () => shape,
  doubt: async () => shape,
  registered: async () => shape,
})
export const route: Route = {
  commandTopic: 'contact.commands',
  replyTopic: 'contact.replies',
  shapes: fixed({ object: contact(), replies }),
  deadLetters: { topic: 'contact.commands.dlq', partitions: 1, messageBytesMax, connector: 'c' },
}
export const rowsOf = (request: ApiRequest) => (request.body as { records: object[] }).records
/** Each row has an id of its own: two rows with one are not believed. */
export const idOf = (index: number): string => (index === 0 ? recordId : `003${String(index).padStart(15, '0')}`)
export const success: Answer = request =>
  rowsOf(request).map((_, index) => ({ id: idOf(index), success: true, errors: [] }))

/** An owner of a partition with a Salesforce that answers as a test says. */
export async function own(
  answer: Answer,
  batchCommandsMax = 100,
  drainMsMax = 0,
  options: Partial<SinkObject> = {},
  kafka = new KafkaFake(),
) {
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
  const times = {
    copies: allowedTopics([], async () => undefined),
    heartbeatAgeMsMax: 60_000,
    drainMsMax,
    waiting: new Map(),
  }
  const to = { ...route, shapes: fixed({ replies, object: { ...contact(), ...options } }) }
  const owned = new OwnedPartition({ ...parts, ...times }, to, 0, kafka.writer, generation)
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

export const create = (at: number, LastName = 'x', key?: string): IncomingRecord =>
  jsonRecord(
    at,
    { commandId: `c-${at}`, action: 'CreateContact', fields: { LastName } },
    key ? { key: Buffer.from(key) } : {},
  )
export const update = (at: number): IncomingRecord =>
  jsonRecord(at, { commandId: `c-${at}`, action: 'UpdateContact', recordId, fields: { Phone: '1' } })
export const labels = (kafka: KafkaFake) => kafka.commits.map(({ label, position }) => [label, position.offset])
export const statuses = (kafka: KafkaFake) =>
  kafka.commits.flatMap(({ records }) => records.map(({ value }) => JSON.parse(String(value)).status as string))
