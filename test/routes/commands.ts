import { randomUUID } from 'node:crypto'
import { actions, shapeOf } from '../../src/actions.ts'
import { compileWriter } from '../../src/avro/codec.ts'
import { commandSchema } from '../../src/avro/derive.ts'
import { topicRecordNameSubject } from '../../src/avro/registry.ts'
import type { Headers, IncomingRecord, ObjectDescribe, OutgoingRecord } from '../../src/core/contract.ts'
import { connectSalesforce, silentEvents } from '../../src/salesforce/client.ts'
import { commandTopicOf, replyTopicOf } from '../../src/sink/topics.ts'
import type { World } from './world.ts'

export type Json = Readonly<Record<string, unknown>>

/** A reply with its record. */
export interface Got {
  readonly record: IncomingRecord
  readonly value: Json
}

/** Writes commands for one object in both forms, and reads the replies. */
export class Commander {
  readonly topic: string
  readonly replyTopic: string
  readonly #world: World
  readonly #describe: ObjectDescribe

  static async open(world: World, object = 'Contact'): Promise<Commander> {
    const { config } = world
    const salesforce = await connectSalesforce(config.salesforce, silentEvents)
    const describe = await salesforce.describe(object)
    await salesforce.close()
    return new Commander(world, describe)
  }

  constructor(world: World, describe: ObjectDescribe) {
    this.#world = world
    this.#describe = describe
    this.topic = commandTopicOf(world.config, describe.name)
    this.replyTopic = replyTopicOf(world.config, describe.name)
  }

  json(action: string, command: Json, options: RecordOptions = {}): OutgoingRecord {
    const value = Buffer.from(JSON.stringify({ commandId: randomUUID(), action, ...command }))
    return this.raw(value, { headers: { 'content-type': Buffer.from('application/json') }, ...options })
  }

  /** As a producer with generated classes writes it: every field of the schema, null where nothing is set. */
  async avro(action: string, command: Json, options: RecordOptions = {}): Promise<OutgoingRecord> {
    const schema = commandSchema(this.#describe, shapeOf(action))
    const id = await this.#world.registry.register(topicRecordNameSubject(this.topic, schema), schema)
    const value = { commandId: randomUUID(), ...command }
    return this.raw(compileWriter<Json>(schema, id).encode(value), options)
  }

  raw(value: Buffer | null, { key = null, headers = {}, partition = 0 }: RecordOptions = {}): OutgoingRecord {
    return { topic: this.topic, partition, key: key === null ? null : Buffer.from(key), value, headers }
  }

  /** The replies in the order of the reply partition, once there are as many as asked for. */
  async replies(count: number, partition = 0): Promise<Got[]> {
    const records = await this.#world.read(this.replyTopic, count, { partition })
    return this.#decode(records)
  }

  /** All replies committed by now. */
  async repliesNow(partition = 0): Promise<Got[]> {
    return this.#decode(await this.#world.readAll(this.replyTopic, partition))
  }

  async #decode(records: readonly IncomingRecord[]): Promise<Got[]> {
    return Promise.all(records.map(async record => ({ record, value: await this.#world.decode(record) })))
  }
}

interface RecordOptions {
  readonly key?: string | null
  readonly headers?: Headers
  readonly partition?: number
}

/** A sample of the actions table with `$id` filled in. */
export const withId = (sample: Json, id: string): Json =>
  JSON.parse(JSON.stringify(sample).replaceAll('$id', id)) as Json

/** The actions of contacts; those of all objects are in test/conformance/actions.test.ts. */
export const actionNames = Object.keys(actions).filter(name => actions[name]!.object === 'Contact')
