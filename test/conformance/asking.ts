import { randomUUID } from 'node:crypto'
import type { CommandSample } from '../../src/actions/action.ts'
import { actionsOf, shapeOf } from '../../src/actions.ts'
import { compileWriter } from '../../src/avro/codec.ts'
import { commandSchema } from '../../src/avro/derive.ts'
import { topicRecordNameSubject } from '../../src/avro/registry.ts'
import { resolveSchema } from '../../src/avro/schema.ts'
import { fieldType, toAvro } from '../../src/cli/command-value.ts'
import type { ObjectDescribe, OutgoingRecord } from '../../src/core/contract.ts'
import { isConnectorError } from '../../src/core/errors.ts'
import { connectSalesforce, silentEvents } from '../../src/salesforce/client.ts'
import { commandTopicOf, replyTopicOf } from '../../src/sink/topics.ts'
import type { Json } from '../routes/commands.ts'
import type { World } from '../routes/world.ts'

export type Format = 'json' | 'avro'

/** A command under its action's name; as JSON unless it says otherwise. */
export interface Asked {
  readonly action: string
  readonly command: CommandSample
  readonly format?: Format
  readonly commandId?: string
}

/** Writes commands for several objects, and reads their replies by commandId. */
export class Asking {
  readonly #world: World
  readonly #describes: ReadonlyMap<string, ObjectDescribe>
  readonly #read = new Map<string, number>()

  static async open(world: World, objects: readonly string[]): Promise<Asking> {
    const salesforce = await connectSalesforce(world.config.salesforce, silentEvents)
    const describes = await Promise.all(objects.map(object => salesforce.describe(object)))
    await salesforce.close()
    return new Asking(world, new Map(describes.map(each => [each.name, each])))
  }

  constructor(world: World, describes: ReadonlyMap<string, ObjectDescribe>) {
    this.#world = world
    this.#describes = describes
  }

  /** The values of the replies, in the order of the commands; all are written in one transaction. */
  async ask(object: string, ...asked: readonly Asked[]): Promise<Json[]> {
    const known = asked.map(each => ({ commandId: randomUUID(), ...each }))
    const records = await Promise.all(known.map(each => this.record(object, each)))
    if (records.some(record => record === undefined)) throw new Error('the schema has no such field')
    await this.#world.write(records.filter(record => record !== undefined))
    const replies = await this.replies(object, records.length)
    return known.map(({ commandId }) => replies.find(reply => reply.commandId === commandId)!)
  }

  /** The next replies of the object's topic. */
  async replies(object: string, count: number): Promise<Json[]> {
    const before = this.#read.get(object) ?? 0
    const records = await this.#world.read(replyTopicOf(this.#world.config, object), before + count)
    this.#read.set(object, records.length)
    return Promise.all(records.slice(before).map(record => this.#world.decode(record)))
  }

  /** The command as a record; undefined if its schema keeps it from being written: it has no such field, or one of another type. */
  async record(object: string, { action, command, format, commandId }: Asked): Promise<OutgoingRecord | undefined> {
    const topic = commandTopicOf(this.#world.config, object)
    const record = { topic, partition: 0, key: null }
    if (format !== 'avro') return { ...record, value: Buffer.from(JSON.stringify({ ...command, commandId, action })) }
    const describe = this.#describes.get(object)!
    const schema = commandSchema(describe, shapeOf(action, actionsOf(describe).get(action)))
    const type = resolveSchema(schema)
    const fields = fieldType(type, 'fields')
    const isKnown =
      Object.keys(command).every(key => fieldType(type, key)) &&
      Object.keys((command.fields as Json | undefined) ?? {}).every(key => fieldType(fields, key))
    const id = await this.#world.registry.register(topicRecordNameSubject(topic, schema), schema)
    try {
      if (isKnown)
        return { ...record, value: compileWriter<unknown>(schema, id).encode(toAvro(type, { ...command, commandId })) }
    } catch (error) {
      if (!isConnectorError(error, 'internal.bug')) throw error
    }
    return undefined
  }
}

/** Runs a command of the simulated org's control endpoint. */
export async function control(world: World, name: string, body: unknown = {}): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${world.simulator.controlUrl}/${name}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${name}: ${await answer.text()}`)
}
