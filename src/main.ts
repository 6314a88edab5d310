import { connectRegistry } from './avro/registry.ts'
import type { Config } from './core/config.ts'
import type { KafkaSettings } from './kafka/client.ts'
import { connectKafka, type KafkaConnection } from './kafka/connection.ts'
import { agree } from './kafka/ledger.ts'
import { connectSalesforce } from './salesforce/client.ts'
import { startSink } from './sink.ts'
import { type SourceParts, startSource } from './source.ts'
import type { Events } from './telemetry/events.ts'

/** Which halves run; both by default. */
export interface Halves {
  readonly source: boolean
  readonly sink: boolean
}

export interface Connector {
  /** What is still missing before every half works; empty when ready. */
  ready(): string[]
  /** Drains: finishes what is open, takes nothing new, leaves the groups. */
  stop(): Promise<void>
  /** Rejects with what the connector cannot recover from; resolves after `stop`. */
  readonly finished: Promise<void>
}

interface Half {
  ready(): string[]
  stop(): Promise<void>
}

/** What tests put in place of the real thing, to break a rule on purpose and see the checker notice. */
export interface Replacements {
  readonly wrapKafka?: (kafka: KafkaConnection) => KafkaConnection
  readonly beat?: SourceParts['beat']
}

// Shown in Salesforce's logs, and in the changeOrigin of Change Data Capture (Sforce-Call-Options).
const clientName = 'salesforce-kafka'

/** The part of the config that says how to reach Kafka. */
export function kafkaSettings(kafka: Config['kafka']): KafkaSettings {
  const { ca, ssl, ...settings } = kafka
  return { ...settings, ssl: ca === undefined ? ssl : { ca } }
}

/** Connects to Salesforce, Kafka and the registry, agrees on the org, and starts the halves. Throws ConnectorError. */
export async function startConnector(
  config: Config,
  events: Events,
  halves: Halves = { source: true, sink: true },
  replacements: Replacements = {},
): Promise<Connector> {
  const salesforce = await connectSalesforce({ ...config.salesforce, budget: config.salesforce, clientName }, events)
  const connected = await connectKafka(kafkaSettings(config.kafka), events.kafkaSaid).catch(async error => {
    await salesforce.close()
    throw error
  })
  const kafka = replacements.wrapKafka?.(connected) ?? connected
  const registry = connectRegistry(config.registry)
  let fail: (error: unknown) => void = () => undefined
  let end: () => void = () => undefined
  const finished = new Promise<void>((resolve, reject) => {
    end = resolve
    fail = reject
  })
  finished.catch(() => undefined) // whoever waits for it sees the error; nobody waiting is no crash
  const started: Half[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(started.map(half => half.stop()))
    await connected.close()
    await salesforce.close()
    end()
  }
  try {
    const offsetsTopic = await ensureOffsetsTopic(kafka, config)
    const place = { topic: offsetsTopic, environment: config.environment, connector: config.connector }
    const objects = halves.source ? Object.keys(config.source.objects) : []
    const ledger = await agree(kafka, place, salesforce.orgId, objects)
    const { beat } = replacements
    const shared = { config, kafka, registry, events, onFatal: fail }
    const [polls, commands] = [salesforce.withPriority('poll'), salesforce.withPriority('command')]
    if (halves.source)
      started.push(await startSource({ ...shared, ...(beat && { beat }), salesforce: polls, ledger, offsetsTopic }))
    if (halves.sink) started.push(await startSink({ ...shared, salesforce: commands }))
  } catch (error) {
    await stop()
    throw error
  }
  return { ready: () => started.flatMap(half => half.ready()), stop, finished }
}

// Small segments and an eager cleaner keep the topic short, so that a take-over reads little (design 4.4).
const offsetsTopicConfig = {
  'cleanup.policy': 'compact',
  'segment.bytes': String(16 * 1_048_576),
  'segment.ms': String(10 * 60_000),
  'min.cleanable.dirty.ratio': '0.1',
}

async function ensureOffsetsTopic(kafka: KafkaConnection, config: Config): Promise<string> {
  const topic = `${config.kafka.topicPrefix}.connector.offsets`
  const replicationFactor = config.kafka.replicationFactor
  await kafka.ensureTopics([{ topic, partitions: 1, replicationFactor, config: offsetsTopicConfig }])
  return topic
}
