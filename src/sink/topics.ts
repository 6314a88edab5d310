import { actionsOf } from '../actions.ts'
import { objectSlug } from '../avro/names.ts'
import type { SchemaRegistry } from '../avro/registry.ts'
import type { Config } from '../core/config.ts'
import type { ObjectDescribe } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import type { KafkaConnection } from '../kafka/connection.ts'
import type { TopicDescription } from '../kafka/topics.ts'
import type { Salesforce } from '../salesforce/client.ts'
import type { Events } from '../telemetry/events.ts'
import type { SinkObject } from './command.ts'
import type { DeadLetterTopic } from './reject.ts'
import { LiveShapes, type Shapes } from './shape.ts'

/** One object's part of the sink: its commands, replies and dead letters. */
export interface Route {
  readonly commandTopic: string
  readonly replyTopic: string
  readonly shapes: Shapes
  readonly deadLetters: DeadLetterTopic
}

export interface RouteParts {
  readonly config: Config
  readonly kafka: KafkaConnection
  readonly registry: SchemaRegistry
  readonly salesforce: Salesforce
  readonly events: Events
  readonly onFatal: (error: unknown) => void
}

/** What a dead letter may be larger than its command: its error headers (design 4.7). */
const deadLetterReserveBytes = 65_536

export const commandTopicOf = (config: Config, object: string): string =>
  `${config.kafka.topicPrefix}.${objectSlug(object)}.commands`
export const replyTopicOf = (config: Config, object: string): string =>
  `${config.kafka.topicPrefix}.${objectSlug(object)}.replies`

/** Creates what is missing, checks the topics of an object; its schemas are registered once its shapes are started. Throws 'kafka.topic_invalid', 'config.invalid'. */
export async function openRoute(parts: RouteParts, name: string): Promise<Route & { readonly shapes: LiveShapes }> {
  const { config, salesforce } = parts
  const describe = await salesforce.describe(name)
  const commandTopic = commandTopicOf(config, name)
  const replyTopic = replyTopicOf(config, name)
  const objectOf = (current: ObjectDescribe): SinkObject => sinkObject(current, config.sink)
  objectOf(describe)
  const { replies, deadLetters } = await openTopics(parts, commandTopic, replyTopic)
  const to = {
    topic: replyTopic,
    slug: objectSlug(describe.name),
    orgId: salesforce.orgId,
    messageBytesMax: replies.messageBytesMax,
  }
  const describeAgeMsMax = config.sink.describeIntervalMs
  const nowMs = (): number => performance.now()
  const shapes = new LiveShapes({ ...parts, commandTopic, to, objectOf, describeAgeMsMax, nowMs }, describe)
  return {
    commandTopic,
    replyTopic,
    shapes,
    deadLetters: { ...deadLetters, topic: `${commandTopic}.dlq`, connector: config.connector },
  }
}

function sinkObject(describe: ObjectDescribe, sink: Config['sink']): SinkObject {
  const { idempotencyFields, allow, inDoubt, inDoubtObjects } = sink
  const idempotencyField = idempotencyFields[describe.name]
  const actions = actionsOf(describe)
  if (actions.size === 0)
    throw new ConnectorError('config.invalid', `sink.objects names ${describe.name}, which has no actions`, {
      remedy: `Take it out, or give the connector's user rights on it: it may neither read nor write ${describe.name}.`,
    })
  if (idempotencyField !== undefined) checkIdempotencyField(describe, idempotencyField)
  const allowed = allow[describe.name]
  const unknown = allowed?.filter(name => !actions.has(name)) ?? []
  if (unknown.length > 0)
    throw new ConnectorError(
      'config.invalid',
      `sink.allow.${describe.name} names ${unknown.join(', ')}: no such action`,
      {
        remedy: `Use ${[...actions.keys()].join(', ')}.`,
      },
    )
  const policy = inDoubtObjects[describe.name] ?? inDoubt
  const own = { describe, slug: objectSlug(describe.name), actions, idempotencyField, inDoubt: policy }
  return allowed ? { ...own, allowed: new Set(allowed) } : own
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
