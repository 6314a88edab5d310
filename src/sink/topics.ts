import { actions, shapeOf } from '../actions.ts'
import { compileWriter } from '../avro/codec.ts'
import { commandSchema, replySchema } from '../avro/derive.ts'
import { namespaceOf, objectSlug } from '../avro/names.ts'
import { type SchemaRegistry, topicRecordNameSubject } from '../avro/registry.ts'
import type { Config } from '../core/config.ts'
import type { ObjectDescribe, ReplyValue } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import type { KafkaConnection } from '../kafka/connection.ts'
import type { TopicDescription } from '../kafka/topics.ts'
import type { Salesforce } from '../salesforce/client.ts'
import type { SinkObject } from './command.ts'
import type { DeadLetterTopic } from './reject.ts'
import type { ReplyWriter } from './reply.ts'

/** One object's part of the sink: its commands, replies and dead letters. */
export interface Route {
  readonly commandTopic: string
  readonly object: SinkObject
  readonly replies: ReplyWriter
  readonly deadLetters: DeadLetterTopic
}

export interface RouteParts {
  readonly config: Config
  readonly kafka: KafkaConnection
  readonly registry: SchemaRegistry
  readonly salesforce: Salesforce
}

/** What a dead letter may be larger than its command: its error headers (design 4.7). */
const deadLetterReserveBytes = 65_536

export const commandTopicOf = (config: Config, object: string): string =>
  `${config.kafka.topicPrefix}.${objectSlug(object)}.commands`
export const replyTopicOf = (config: Config, object: string): string =>
  `${config.kafka.topicPrefix}.${objectSlug(object)}.replies`

/** Creates what is missing, checks the topics of an object, registers its schemas. Throws 'kafka.topic_invalid', 'config.invalid'. */
export async function openRoute(parts: RouteParts, name: string): Promise<Route> {
  const { config, registry, salesforce } = parts
  const describe = await salesforce.describe(name)
  const object = sinkObject(describe, config.sink.idempotencyFields[name])
  const commandTopic = commandTopicOf(config, name)
  const topic = replyTopicOf(config, name)
  const { replies, deadLetters } = await openTopics(parts, commandTopic, topic)
  const schema = replySchema(describe)
  const schemaId = await registry.register(topicRecordNameSubject(topic, schema), schema)
  for (const action of object.actions.keys()) {
    const command = commandSchema(describe, shapeOf(action))
    await registry.register(topicRecordNameSubject(commandTopic, command), command)
  }
  return {
    commandTopic,
    object,
    replies: {
      topic,
      slug: object.slug,
      orgId: salesforce.orgId,
      describe,
      schema,
      codec: compileWriter<ReplyValue>(schema, schemaId),
      messageBytesMax: replies.messageBytesMax,
    },
    deadLetters: { ...deadLetters, topic: `${commandTopic}.dlq`, connector: config.connector },
  }
}

function sinkObject(describe: ObjectDescribe, idempotencyField: string | undefined): SinkObject {
  const own = Object.entries(actions).filter(([, action]) => action.object === describe.name)
  if (own.length === 0)
    throw new ConnectorError('config.invalid', `sink.objects names ${describe.name}, which has no actions`, {
      remedy: `Take it out; ${namespaceOf(describe.name)} has no commands in this version.`,
    })
  if (idempotencyField !== undefined) checkIdempotencyField(describe, idempotencyField)
  return { describe, slug: objectSlug(describe.name), actions: new Map(own), idempotencyField }
}

/** Exactly-once creates rest on Salesforce refusing a second row with the same value, so the field must promise that. */
function checkIdempotencyField(describe: ObjectDescribe, name: string): void {
  const field = describe.fields.find(each => each.name === name)
  if (field?.type === 'string' && field.externalId && field.unique && field.createable && field.updateable) return
  throw new ConnectorError(
    'config.invalid',
    `sink.idempotency_fields: ${describe.name}.${name} is not a text field that is External ID, Unique and writeable`,
    { remedy: 'Create it in Setup as Text(255), External ID and Unique, and let the connector’s user edit it.' },
  )
}

async function openTopics(
  { config, kafka }: RouteParts,
  commandTopic: string,
  replyTopic: string,
): Promise<{ replies: TopicDescription; deadLetters: TopicDescription }> {
  const { createTopics, commandPartitions: partitions, replicationFactor } = config.kafka
  const deadLetterTopic = `${commandTopic}.dlq`
  const kept = { 'cleanup.policy': 'delete' }
  // An existing topic may have any number of partitions: the replies follow it.
  if (createTopics && !(await kafka.describeTopic(commandTopic)))
    await kafka.ensureTopics([{ topic: commandTopic, partitions, replicationFactor, config: kept }])
  const commands = await describeTopic(kafka, commandTopic)
  const bytes = { 'max.message.bytes': String(commands.messageBytesMax + deadLetterReserveBytes) }
  if (createTopics)
    await kafka.ensureTopics([
      { topic: replyTopic, partitions: commands.partitions, replicationFactor, config: kept },
      { topic: deadLetterTopic, partitions: 1, replicationFactor, config: { ...kept, ...bytes } },
    ])
  const replies = await describeTopic(kafka, replyTopic)
  const deadLetters = await describeTopic(kafka, deadLetterTopic)
  if (replies.partitions < commands.partitions)
    throw invalid(
      `${replyTopic} has ${replies.partitions} partitions, ${commandTopic} has ${commands.partitions}`,
      'Give the reply topic at least as many.',
    )
  if (replies.cleanupPolicy !== 'delete')
    throw invalid(
      `${replyTopic} has cleanup.policy=${replies.cleanupPolicy}`,
      'Set it to delete: replies with the same key must all stay.',
    )
  if (deadLetters.messageBytesMax < commands.messageBytesMax + deadLetterReserveBytes)
    throw invalid(
      `${deadLetterTopic} takes ${deadLetters.messageBytesMax} bytes a record`,
      `Set its max.message.bytes to ${bytes['max.message.bytes']} or more.`,
    )
  return { replies, deadLetters }
}

async function describeTopic(kafka: KafkaConnection, topic: string): Promise<TopicDescription> {
  const found = await kafka.describeTopic(topic)
  if (!found) throw invalid(`topic ${topic} does not exist`, 'Create it, or set kafka.create_topics: true.')
  return found
}

const invalid = (message: string, remedy: string): ConnectorError =>
  new ConnectorError('kafka.topic_invalid', message, { remedy })
