import type { SchemaRegistry } from './avro/registry.ts'
import type { Config } from './core/config.ts'
import { ConnectorError } from './core/errors.ts'
import type { KafkaConnection } from './kafka/connection.ts'
import type { GroupMember } from './kafka/consumer.ts'
import type { Salesforce } from './salesforce/client.ts'
import { allowedTopics } from './sink/copies.ts'
import { PartitionOwner } from './sink/owner.ts'
import type { SinkParts } from './sink/parts.ts'
import { openRoute, type Route } from './sink/topics.ts'
import type { Events } from './telemetry/events.ts'

export interface Sink {
  /** What is still missing before commands are answered; empty when ready. */
  ready(): string[]
  /** Finishes the open batches, leaves the group. */
  stop(): Promise<void>
}

/**
 * The sink's route. An instance takes the commands of the partitions it is assigned (sink/owner.ts), batch by batch
 * (sink/partition.ts): read (deserialize.ts) -> look up what came before (duplicates.ts) -> put the attempt on record
 * (attempt.ts) -> arrange in waves (waves.ts) -> execute (execute.ts) -> reply (reply.ts) or reject (reject.ts) -> one
 * transaction with the offset (transaction.ts). Throws ConnectorError if topics, schemas or config do not fit.
 */
export async function startSink(parts: {
  readonly config: Config
  readonly kafka: KafkaConnection
  readonly registry: SchemaRegistry
  readonly salesforce: Salesforce
  readonly events: Events
  /** Called with what no partition can recover from. */
  readonly onFatal: (error: unknown) => void
}): Promise<Sink> {
  const { config, kafka, salesforce, onFatal } = parts
  const opened = []
  for (const object of config.sink.objects) opened.push(await openRoute(parts, object))
  const routes = new Map<string, Route>(opened.map(route => [route.commandTopic, route]))
  const shapes = opened.map(route => route.shapes)
  const groupId = `${config.environment}.${config.connector}.sink`
  const waiting = new Map<string, string>()
  const shared: SinkParts = {
    ...parts,
    groupId,
    copies: copyTopics(config, kafka, routes),
    ...timesOf(config),
    waiting,
  }
  const joining = Promise.withResolvers<GroupMember>()
  const rejoin = (): void => void joining.promise.then(member => member.rejoin()).catch(onFatal)
  const owner = new PartitionOwner(shared, routes, rejoin, onFatal)
  const member = await kafka.joinGroup({
    groupId,
    topics: [...routes.keys()],
    partitionsConcurrentMax: config.sink.partitionsConcurrentMax,
    onBatch: batch => owner.take(batch),
    onAssignment: assignment => owner.assign(assignment),
    onCrash: onFatal,
  })
  joining.resolve(member)
  for (const each of shapes) each.start()
  const stop = async (): Promise<void> => {
    await member.stop()
    await owner.close()
    for (const each of shapes) each.stop()
  }
  const ailments = (): string[] => [...shapes.flatMap(({ ailment }) => ailment ?? []), ...waiting.values()]
  return { ready: () => [...reasons(owner, salesforce), ...ailments().map(why => `sink: ${why}`)], stop }
}

function reasons(owner: PartitionOwner, { breaker }: Salesforce): string[] {
  const missing: string[] = []
  if (!owner.hasJoined) missing.push('sink: not yet a member of its consumer group')
  if (breaker.isOpen) missing.push(`sink: nothing is sent to Salesforce (${breaker.reason})`)
  return missing
}

/** Copies into our own reply topics would be taken for replies of ours when duplicates are looked up. */
function copyTopics(config: Config, kafka: KafkaConnection, routes: ReadonlyMap<string, Route>) {
  const own = new Set([...routes.values()].map(route => route.replyTopic))
  const wrong = config.sink.replyTopics.filter(topic => own.has(topic))
  if (wrong.length > 0)
    throw new ConnectorError(
      'config.invalid',
      `sink.reply_topics names ${wrong.join(', ')}, which gets the replies anyway`,
      {
        remedy: 'Take it out of sink.reply_topics.',
      },
    )
  return allowedTopics(config.sink.replyTopics, topic => kafka.describeTopic(topic))
}

function timesOf({
  kafka,
  salesforce,
  shutdownTimeoutMs,
}: Config): Pick<SinkParts, 'heartbeatAgeMsMax' | 'drainMsMax'> {
  const requestMs = salesforce.requestTimeoutMs
  const rebalanceMs = kafka.rebalanceTimeoutMs - requestMs - kafka.transactionTimeoutMs
  return {
    heartbeatAgeMsMax: kafka.sessionTimeoutMs - requestMs,
    // Whatever comes first: the others go on without us, or the process is stopped.
    drainMsMax: Math.max(0, Math.min(rebalanceMs, shutdownTimeoutMs / 2)),
  }
}
