import { randomUUID } from 'node:crypto'
import { shapeOf } from '../src/actions.ts'
import { compileWriter } from '../src/avro/codec.ts'
import { commandSchema } from '../src/avro/derive.ts'
import { type SchemaRegistry, topicRecordNameSubject } from '../src/avro/registry.ts'
import { resolveSchema } from '../src/avro/schema.ts'
import { toAvro } from '../src/cli/command-value.ts'
import type { ObjectDescribe, OutgoingRecord } from '../src/core/contract.ts'
import type { KafkaConnection } from '../src/kafka/connection.ts'
import { partitionFor } from '../src/kafka/partitioner.ts'

const action = 'UpdateContact'
const recordsPerTransaction = 2_000

interface Places {
  readonly kafka: KafkaConnection
  readonly registry: SchemaRegistry
  readonly describe: ObjectDescribe
}

interface Target {
  readonly topic: string
  readonly partitions: number
  readonly format: 'json' | 'avro'
}

/** Writes one update of the title for each contact, keyed by its id; returns the ids of the commands. */
export async function writeCommands(
  places: Places,
  target: Target,
  contactIds: readonly string[],
  title: string,
): Promise<ReadonlySet<string>> {
  const encode = target.format === 'avro' ? await avroEncoder(places, target.topic) : encodeJson
  const contentType = Buffer.from(`application/${target.format}`)
  const commandIds = new Set<string>()
  const records = contactIds.map((recordId): OutgoingRecord => {
    const commandId = randomUUID()
    commandIds.add(commandId)
    const key = Buffer.from(recordId)
    const value = encode({ commandId, recordId, fields: { Title: title } })
    const partition = partitionFor(key, target.partitions)
    return { topic: target.topic, partition, key, value, headers: { 'content-type': contentType } }
  })
  const writer = places.kafka.writer(`bench-${randomUUID()}`)
  try {
    await writer.fence()
    for (let from = 0; from < records.length; from += recordsPerTransaction)
      await writer.transact('bench', tx => tx.send(records.slice(from, from + recordsPerTransaction)))
  } finally {
    await writer.close()
  }
  return commandIds
}

const encodeJson = (command: object): Buffer => Buffer.from(JSON.stringify({ action, ...command }))

async function avroEncoder({ registry, describe }: Places, topic: string): Promise<(command: object) => Buffer> {
  const schema = commandSchema(describe, shapeOf(action))
  const codec = compileWriter(schema, await registry.register(topicRecordNameSubject(topic, schema), schema))
  const type = resolveSchema(schema)
  return command => codec.encode(toAvro(type, command))
}
