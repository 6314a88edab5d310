import { compileWriter, rowReader } from '../avro/codec.ts'
import { eventSchema } from '../avro/derive.ts'
import { objectSlug } from '../avro/names.ts'
import { type SchemaRegistry, topicNameSubject } from '../avro/registry.ts'
import type { Config } from '../core/config.ts'
import type { EventType, EventValue, ObjectDescribe } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import type { KafkaConnection } from '../kafka/connection.ts'
import type { Ledger } from '../kafka/ledger.ts'
import type { Salesforce } from '../salesforce/client.ts'
import type { Events } from '../telemetry/events.ts'
import { traceparent } from '../telemetry/trace.ts'
import { triggers } from '../triggers.ts'
import type { EventTopic } from './serialize.ts'
import type { TaskParts } from './task.ts'

/** What a task is put together from. */
export interface PrepareParts {
  readonly config: Config
  readonly kafka: KafkaConnection
  readonly registry: SchemaRegistry
  readonly salesforce: Salesforce
  readonly events: Events
  readonly ledger: Ledger
  readonly offsetsTopic: string
}

/** Registers the object's schema, checks its topics and puts together what its task needs. */
export async function prepareTask(
  parts: PrepareParts,
  object: string,
  shared: Pick<TaskParts, 'reads' | 'beat'>,
  onHealth: TaskParts['onHealth'],
): Promise<TaskParts> {
  const { config, kafka, salesforce } = parts
  const { source, environment, connector } = config
  const describe = await salesforce.describe(object)
  const options = source.objects[object]!
  const types = new Map<EventType, string>()
  for (const [name, trigger] of Object.entries(triggers))
    if (trigger.object === object && options.triggers[trigger.option]) types.set(trigger.type, name)
  const { to, deadLetterTopic } = await prepareTopic(parts, describe)
  return {
    kafka,
    salesforce,
    events: parts.events,
    describe,
    context: {
      object,
      orgId: salesforce.orgId,
      userId: salesforce.userId,
      triggerOf: type => types.get(type),
      toRecord: rowReader(describe),
    },
    to,
    deadLetterTopic,
    place: {
      topic: parts.offsetsTopic,
      partition: parts.ledger.partitions.get(object)!,
      connector,
      orgId: salesforce.orgId,
      object,
    },
    transactionalId: `${environment}.${connector}.source.${object}`,
    reads: shared.reads,
    beat: shared.beat,
    now: () => salesforce.now(),
    spans: { lookbackMs: source.lookbackMs, auditMs: source.auditIntervalMs },
    pace: {
      intervalMs: options.intervalMs ?? source.intervalMs,
      idleIntervalMs: source.idleIntervalMs,
      auditIntervalMs: source.auditIntervalMs,
      lookbackMs: source.lookbackMs,
      pageRowsMax: source.pageRowsMax,
    },
    pageRowsMax: source.pageRowsMax,
    windowEntriesMax: source.windowEntriesMax,
    startMs: () => startMsOf(source.start, salesforce.now()),
    onHealth,
  }
}

/** Makes sure of the object's topics and registers its schema. */
async function prepareTopic(parts: PrepareParts, describe: ObjectDescribe) {
  const { kafka, registry } = parts
  const { topicPrefix, replicationFactor, eventPartitions, createTopics } = parts.config.kafka
  const slug = objectSlug(describe.name)
  const topic = `${topicPrefix}.${slug}.events`
  const deadLetterTopic = `${topic}.dlq`
  const specs = [
    { topic, partitions: eventPartitions, replicationFactor, config: {} },
    { topic: deadLetterTopic, partitions: 1, replicationFactor, config: {} },
  ]
  if (createTopics) await kafka.ensureTopics(specs)
  const schema = eventSchema(describe)
  const schemaId = await registry.register(topicNameSubject(topic), schema)
  const found = await kafka.describeTopic(topic)
  if (!found || !(await kafka.describeTopic(deadLetterTopic)))
    throw new ConnectorError('kafka.topic_invalid', `topic ${found ? deadLetterTopic : topic} does not exist`, {
      remedy: 'Create it, or set kafka.create_topics: true.',
    })
  const to: EventTopic = {
    topic,
    partitions: found.partitions,
    messageBytesMax: found.messageBytesMax,
    codec: compileWriter<EventValue>(schema, schemaId),
    typePrefix: `salesforce.${slug}`,
    traceparent: () => traceparent(),
  }
  return { to, deadLetterTopic }
}

function startMsOf(start: Config['source']['start'], nowMs: number): number {
  if (start === 'earliest') return 0
  const ms = start === 'now' ? nowMs : start
  return Math.floor(ms / 1_000) * 1_000
}
