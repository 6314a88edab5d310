import { eventTopicOf, objectSlug } from '../avro/names.ts'
import type { SchemaRegistry } from '../avro/registry.ts'
import type { Config } from '../core/config.ts'
import type { ObjectDescribe } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import type { KafkaConnection } from '../kafka/connection.ts'
import type { Ledger } from '../kafka/ledger.ts'
import type { Salesforce } from '../salesforce/client.ts'
import { SalesforceError } from '../salesforce/salesforce-error.ts'
import type { Events } from '../telemetry/events.ts'
import { traceparent } from '../telemetry/trace.ts'
import { PartLimits } from './part-limits.ts'
import { Selection } from './selection.ts'
import type { EventTopic } from './serialize.ts'
import { Shapes } from './shape.ts'
import type { PreparedTask } from './task.ts'

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

/** Checks the object's topics and puts together what its task needs; its schema is registered once it runs. */
export async function prepareTask(
  parts: PrepareParts,
  object: string,
  shared: Pick<PreparedTask, 'reads' | 'audits' | 'beat' | 'signals'> & { readonly timeZone: string | undefined },
  onHealth: PreparedTask['onHealth'],
): Promise<PreparedTask> {
  const { config, kafka, salesforce } = parts
  const { source, environment, connector } = config
  const describe = await salesforce.describe(object).catch(error => {
    throw error instanceof SalesforceError && error.errorCode === 'NOT_FOUND' ? unknownObject(object, error) : error
  })
  refuseUnreadable(describe)
  const options = source.objects[object]!
  const { to, messageBytesMax, deadLetterTopic } = await prepareTopic(parts, describe)
  const shapes = new Shapes({
    ...parts,
    object,
    to,
    numbers: source.numbers,
    describeAgeMsMax: source.describeIntervalMs,
    selectionOf: each => new Selection(each, options.triggers, shared.timeZone),
    nowMs: () => performance.now(),
  })
  return {
    kafka,
    salesforce,
    events: parts.events,
    shapes,
    limits: new PartLimits({
      topic: to.topic,
      messageBytesMax,
      recordsMax: source.recordsMax,
      bytesMax: source.bytesMax,
    }),
    skipsOwnChanges: source.skipOwnChanges,
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
    audits: shared.audits,
    beat: shared.beat,
    signals: shared.signals,
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
    start: options.start ?? source.start,
    snapshotBulkRowsMin: source.snapshotBulkRowsMin,
    onHealth,
  }
}

const unknownObject = (object: string, cause: SalesforceError): ConnectorError =>
  new ConnectorError('config.invalid', `source.objects.${object}: the org has no such object that the user may see`, {
    remedy: 'Correct the name (Setup > Object Manager, API Name), or give the connector’s user Read on the object.',
    cause,
  })

/** What a row's place and its type are told from; a few objects, as history and some views of others, lack one. */
const placeFields = ['Id', 'CreatedDate', 'SystemModstamp']

/** Throws 'config.invalid' for an object whose changes no query can find. */
export function refuseUnreadable({ name, queryable, fields }: ObjectDescribe): void {
  const lacking = placeFields.filter(each => !fields.some(field => field.name === each))
  if (queryable && lacking.length === 0) return
  const why = queryable ? `it has no ${lacking.join(', ')}` : 'the user may not query it'
  throw new ConnectorError('config.invalid', `source.objects.${name} cannot be polled: ${why}`, {
    remedy: queryable
      ? 'Take it out of source.objects: its changes cannot be told from its rows.'
      : 'Give the connector’s user Read on the object, or take it out of source.objects.',
  })
}

/** Makes sure of the object's topics. */
async function prepareTopic(parts: PrepareParts, describe: ObjectDescribe) {
  const { kafka } = parts
  const { topicPrefix, replicationFactor, eventPartitions, createTopics } = parts.config.kafka
  const topic = eventTopicOf(topicPrefix, describe.name)
  const deadLetterTopic = `${topic}.dlq`
  const specs = [
    { topic, partitions: eventPartitions, replicationFactor, config: {} },
    { topic: deadLetterTopic, partitions: 1, replicationFactor, config: {} },
  ]
  if (createTopics) await kafka.ensureTopics(specs)
  const found = await kafka.describeTopic(topic)
  if (!found || !(await kafka.describeTopic(deadLetterTopic)))
    throw new ConnectorError('kafka.topic_invalid', `topic ${found ? deadLetterTopic : topic} does not exist`, {
      remedy: 'Create it, or set kafka.create_topics: true.',
    })
  const to: Omit<EventTopic, 'codec'> = {
    topic,
    partitions: found.partitions,
    typePrefix: `salesforce.${objectSlug(describe.name)}`,
    traceparent: () => traceparent(),
  }
  return { to, messageBytesMax: found.messageBytesMax, deadLetterTopic }
}
