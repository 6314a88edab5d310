import { compileWriter, rowReader } from './avro/codec.ts'
import { eventSchema } from './avro/derive.ts'
import { objectSlug } from './avro/names.ts'
import { type SchemaRegistry, topicNameSubject } from './avro/registry.ts'
import type { Config } from './core/config.ts'
import type { EventType, EventValue } from './core/contract.ts'
import { ConnectorError, isConnectorError } from './core/errors.ts'
import type { KafkaConnection } from './kafka/connection.ts'
import type { Assignment, GroupMember } from './kafka/consumer.ts'
import type { Ledger } from './kafka/ledger.ts'
import type { Salesforce } from './salesforce/client.ts'
import { runTask, type TaskParts } from './source/task.ts'
import type { Events } from './telemetry/events.ts'
import { traceparent } from './telemetry/trace.ts'
import { triggers } from './triggers.ts'

/** What the source is built from; tests replace `kafka` to break rules on purpose. */
export interface SourceParts {
  readonly config: Config
  readonly kafka: KafkaConnection
  readonly registry: SchemaRegistry
  readonly salesforce: Salesforce
  readonly events: Events
  readonly ledger: Ledger
  readonly offsetsTopic: string
  /** Called once, with what no task can recover from. */
  readonly onFatal: (error: unknown) => void
}

export interface Source {
  /** What is still missing before events flow; empty when ready. */
  ready(): string[]
  /** Finishes the open transactions, leaves the group. */
  stop(): Promise<void>
}

/**
 * The source's route: an instance polls the objects whose partitions of the offsets topic it is assigned.
 * Poll (poll.ts) -> what is new (record.ts) -> Avro record (serialize.ts) -> one transaction with the position (transaction.ts).
 */
export async function startSource(parts: SourceParts): Promise<Source> {
  const tasks = new Map<number, TaskParts>()
  const ailments = new Map<string, string>()
  for (const object of Object.keys(parts.config.source.objects)) {
    const task = await prepareTask(parts, object, ailment => {
      if (ailment === undefined) ailments.delete(object)
      else ailments.set(object, ailment)
    })
    tasks.set(task.place.partition, task)
  }
  const owner = new Owner(parts, tasks, ailments)
  const { environment, connector } = parts.config
  owner.member = await parts.kafka.joinGroup({
    groupId: `${environment}.${connector}.source`,
    topics: [parts.offsetsTopic],
    partitionsConcurrentMax: 1,
    onAssignment: assignment => owner.assign(assignment),
    onCrash: error => parts.onFatal(error),
  })
  return { ready: () => owner.ready(), stop: () => owner.stop() }
}

/** Registers the object's schema, checks its topics and puts together what its task needs. */
async function prepareTask(parts: SourceParts, object: string, onHealth: TaskParts['onHealth']): Promise<TaskParts> {
  const { config, kafka, registry, salesforce } = parts
  const { source, kafka: kafkaConfig, environment, connector } = config
  const describe = await salesforce.describe(object)
  const slug = objectSlug(describe.name)
  const topic = `${kafkaConfig.topicPrefix}.${slug}.events`
  const deadLetterTopic = `${topic}.dlq`
  const replicationFactor = kafkaConfig.replicationFactor
  const specs = [
    { topic, partitions: kafkaConfig.eventPartitions, replicationFactor, config: {} },
    { topic: deadLetterTopic, partitions: 1, replicationFactor, config: {} },
  ]
  if (kafkaConfig.createTopics) await kafka.ensureTopics(specs)
  const schema = eventSchema(describe)
  const schemaId = await registry.register(topicNameSubject(topic), schema)
  const found = await kafka.describeTopic(topic)
  if (!found || !(await kafka.describeTopic(deadLetterTopic)))
    throw new ConnectorError('kafka.topic_invalid', `topic ${found ? deadLetterTopic : topic} does not exist`, {
      remedy: 'Create it, or set kafka.create_topics: true.',
    })
  const options = source.objects[object]!
  const types = new Map<EventType, string>()
  for (const [name, trigger] of Object.entries(triggers))
    if (trigger.object === object && options.triggers[trigger.option]) types.set(trigger.type, name)
  const toRecord = rowReader(describe)
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
      toRecord,
    },
    to: {
      topic,
      partitions: found.partitions,
      messageBytesMax: found.messageBytesMax,
      codec: compileWriter<EventValue>(schema, schemaId),
      typePrefix: `salesforce.${slug}`,
      traceparent: () => traceparent(),
    },
    deadLetterTopic,
    place: {
      topic: parts.offsetsTopic,
      partition: parts.ledger.partitions.get(object)!,
      connector,
      orgId: salesforce.orgId,
      object,
    },
    transactionalId: `${environment}.${connector}.source.${object}`,
    intervalMs: options.intervalMs ?? source.intervalMs,
    lookbackMs: source.lookbackMs,
    pageRowsMax: source.pageRowsMax,
    startMs: () => startMsOf(source.start, salesforce.now()),
    onHealth,
  }
}

function startMsOf(start: Config['source']['start'], nowMs: number): number {
  if (start === 'earliest') return 0
  const ms = start === 'now' ? nowMs : start
  return Math.floor(ms / 1_000) * 1_000
}

/** Keeps one running task for each partition this instance is assigned. */
class Owner {
  readonly #parts: SourceParts
  readonly #tasks: ReadonlyMap<number, TaskParts>
  readonly #running = new Map<number, { readonly stop: AbortController; readonly ended: Promise<void> }>()
  /** Why an object of ours is not being read, by its name. */
  readonly #ailments: Map<string, string>
  #joined = false
  member: GroupMember | undefined

  constructor(parts: SourceParts, tasks: ReadonlyMap<number, TaskParts>, ailments: Map<string, string>) {
    this.#parts = parts
    this.#tasks = tasks
    this.#ailments = ailments
  }

  assign(assignment: Assignment): void {
    this.#joined = true
    for (const { partition } of assignment.lost) this.#release(partition)
    for (const { partition } of [...assignment.gained, ...assignment.retained]) this.#start(partition)
    this.#parts.events.assigned({ half: 'source', gained: assignment.gained.length, lost: assignment.lost.length })
  }

  #release(partition: number): void {
    this.#running.get(partition)?.stop.abort()
    const object = this.#tasks.get(partition)?.place.object
    if (object === undefined) return
    this.#ailments.delete(object) // the next owner answers for it
    this.#parts.events.revoked({ half: 'source', objects: [object] })
  }

  #start(partition: number): void {
    const task = this.#tasks.get(partition)
    const running = this.#running.get(partition)
    if (!task || (running && !running.stop.signal.aborted)) return
    const former = running?.ended
    const stop = new AbortController()
    const ended = (async () => {
      await former
      await runTask(task, stop.signal)
    })().catch(error => this.#failed(partition, task, error, stop.signal))
    this.#running.set(partition, { stop, ended })
  }

  /** Rule 7: a fenced task stops, and does not fence back in the same generation; it leaves the group and joins anew. */
  async #failed(partition: number, task: TaskParts, error: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    this.#parts.events.taskFailed({ task: `source ${task.place.object}`, error, stage: 'transaction' })
    if (!isConnectorError(error, 'kafka.fenced')) return this.#parts.onFatal(error)
    this.#parts.events.fenced({ transactionalId: task.transactionalId })
    this.#running.delete(partition)
    void this.member?.rejoin().catch(cause => this.#parts.onFatal(cause))
  }

  ready(): string[] {
    if (!this.#joined) return ['source: not yet a member of its consumer group']
    const { breaker } = this.#parts.salesforce
    const outage = breaker.isOpen ? [`source: Salesforce does not answer (${breaker.reason})`] : []
    return [...outage, ...[...this.#ailments].map(([name, why]) => `source: ${name} is not being read (${why})`)]
  }

  async stop(): Promise<void> {
    for (const { stop } of this.#running.values()) stop.abort()
    await Promise.all([...this.#running.values()].map(({ ended }) => ended))
    await this.member?.stop()
  }
}
