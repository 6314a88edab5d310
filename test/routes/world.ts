import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { decodeFramed } from '../../src/avro/codec.ts'
import { connectRegistry, type SchemaRegistry } from '../../src/avro/registry.ts'
import type { Config } from '../../src/core/config.ts'
import { parseConfig } from '../../src/core/config-load.ts'
import { type IncomingRecord, type Offset, type OutgoingRecord, offset } from '../../src/core/contract.ts'
import { connectKafka, type KafkaConnection } from '../../src/kafka/connection.ts'
import type { TransactionalWriter } from '../../src/kafka/transaction.ts'
import { type Connector, type Halves, kafkaSettings, type Replacements, startConnector } from '../../src/main.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts'
import { createEvents, type Events } from '../../src/telemetry/events.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'

/** Sections of the config file, as YAML has them, laid over the defaults of tests. */
export type ConfigChanges = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export interface WorldOptions {
  readonly config?: ConfigChanges
  readonly simulator?: SimulatorOptions
}

/** A simulated org, a broker, a registry, and a connector of its own name and topics between them. */
export interface World {
  readonly simulator: Simulator
  readonly config: Config
  /** The config file, for connectors in processes of their own. */
  readonly configText: string
  /** A connection beside the connector's. */
  readonly kafka: KafkaConnection
  readonly registry: SchemaRegistry
  /** The connectors' metrics, as Prometheus reads them. */
  metrics(): Promise<string>
  /** Starts a connector on the config and waits until it is ready; several may run. */
  start(halves?: Partial<Halves>, replacements?: Replacements): Promise<Connector>
  /** Writes records in one transaction. */
  write(records: readonly OutgoingRecord[]): Promise<void>
  /** Follows a partition from `from` until `count` records were seen. */
  read(topic: string, count: number, options?: { partition?: number; from?: Offset }): Promise<IncomingRecord[]>
  /** Everything committed in the partition by now. */
  readAll(topic: string, partition?: number): Promise<IncomingRecord[]>
  /** A value as JSON if it is written so, as Avro otherwise; longs and times are numbers. */
  decode(record: IncomingRecord): Promise<Readonly<Record<string, unknown>>>
  close(): Promise<void>
}

const readWaitMsMax = 200
const readBytesMax = 8 * 1_048_576
const arrivalMsMax = 40_000
const readyMsMax = 30_000

/** The config file of a test's connector: short times, random names. */
export function configText(
  simulator: Pick<Simulator, 'url' | 'clientId' | 'clientSecret'>,
  changes: ConfigChanges = {},
): string {
  const id = randomUUID().slice(0, 8)
  const { clientId, clientSecret } = simulator
  const auth = { flow: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  const sections: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    salesforce: { login_url: simulator.url, auth, request_timeout_ms: 2_000 },
    kafka: {
      brokers: inject('kafkaBrokers'),
      topic_prefix: `world-${id}`,
      replication_factor: 1,
      command_partitions: 1,
      event_partitions: 1,
      session_timeout_ms: 6_000,
      rebalance_timeout_ms: 8_000,
      heartbeat_interval_ms: 300,
      transaction_timeout_ms: 3_000,
    },
    registry: { url: inject('registryUrl') },
    source: { interval_ms: 200, objects: { Contact: {} } },
    sink: { objects: ['Contact'] },
    http: { host: '127.0.0.1', port: 0 },
    log: { level: 'error' },
  }
  const merged = Object.fromEntries(
    Object.entries(sections).map(([name, section]) => [name, { ...section, ...changes[name] }]),
  )
  return JSON.stringify({ connector: `world-${id}`, environment: 'test', ...merged })
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const simulator = await startSimulator(options.simulator)
  const text = configText(simulator, options.config)
  const config = parseConfig(text, { file: 'world.yaml', env: {} })
  const metrics = createMetrics()
  const events = testEvents(config, metrics)
  const kafka = await connectKafka(kafkaSettings(config.kafka), events.kafkaSaid)
  const registry = connectRegistry(config.registry)
  const connectors: Connector[] = []
  let writer: TransactionalWriter | undefined
  return {
    simulator,
    config,
    configText: text,
    kafka,
    registry,
    metrics: () => metrics.registry.metrics(),
    async start(halves = {}, replacements = {}) {
      const connector = await startConnector(config, events, { source: false, sink: false, ...halves }, replacements)
      connectors.push(connector)
      await until(
        () => connector.ready().length === 0,
        readyMsMax,
        () => connector.ready().join('; '),
      )
      return connector
    },
    async write(records) {
      if (!writer) {
        writer = kafka.writer(`writer-${randomUUID()}`)
        await writer.fence()
      }
      await writer.transact('test', tx => tx.send(records))
    },
    read: (topic, count, from) => readSome(kafka, topic, count, from),
    readAll: (topic, partition = 0) => readAll(kafka, topic, partition),
    decode: record => decode(record, registry),
    async close() {
      await Promise.all(connectors.map(connector => connector.stop()))
      await writer?.close()
      await kafka.close()
      await simulator.close()
    },
  }
}

export const testEvents = (config: Config, metrics = createMetrics()): Events =>
  createEvents(createLog({ level: config.log.level, secrets: [] }), metrics)

/** Waits until the condition holds; throws with `why` after `msMax`. */
export async function until(condition: () => boolean, msMax: number, why: () => string): Promise<void> {
  const deadline = Date.now() + msMax
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited ${msMax} ms in vain: ${why()}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

async function readSome(
  kafka: KafkaConnection,
  topic: string,
  count: number,
  { partition = 0, from = offset(0) }: { partition?: number; from?: Offset } = {},
): Promise<IncomingRecord[]> {
  const signal = AbortSignal.timeout(arrivalMsMax)
  const seen: IncomingRecord[] = []
  const reading = { topic, partition, from, signal, waitMsMax: readWaitMsMax, bytesMax: readBytesMax }
  for await (const records of kafka.readPartition(reading)) {
    seen.push(...records)
    if (seen.length >= count) return seen
  }
  throw new Error(`${topic}/${partition} had ${seen.length} of ${count} records after ${arrivalMsMax} ms`)
}

/** Everything committed in the partition by now. */
export async function readAll(kafka: KafkaConnection, topic: string, partition = 0): Promise<IncomingRecord[]> {
  const end = await kafka.endOffset(topic, partition)
  const seen: IncomingRecord[] = []
  const reading = { topic, partition, from: offset(0), until: end, waitMsMax: readWaitMsMax, bytesMax: readBytesMax }
  for await (const records of kafka.readPartition(reading)) seen.push(...records)
  return seen
}

async function decode(record: IncomingRecord, registry: SchemaRegistry): Promise<Readonly<Record<string, unknown>>> {
  const value = record.value ?? Buffer.from('null')
  if (value[0] === 0) return (await decodeFramed(value, registry)).value
  return JSON.parse(value.toString()) as Record<string, unknown>
}
