import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeFramed } from '../../src/avro/codec.ts'
import { objectSlug } from '../../src/avro/names.ts'
import { connectRegistry, type SchemaRegistry } from '../../src/avro/registry.ts'
import { parseConfig } from '../../src/core/config-load.ts'
import { connectKafka, type KafkaConnection } from '../../src/kafka/connection.ts'
import type { TransactionalWriter } from '../../src/kafka/transaction.ts'
import { kafkaSettings } from '../../src/main.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { configText, readAll, testEvents } from '../routes/world.ts'
import type { Expected, Observed, SeenEvent, SeenReply } from './checker.ts'
import { type ConnectorProcess, commandLine, type Failure, startProcess } from './process.ts'

/** A command to send; `$command` in it stands for its id, by which its effect is found in the org. */
export interface SceneCommand {
  readonly action: string
  readonly target?: string
  readonly command: object
}

// Short enough that a dead member is given up soon; the margins are those the config checks (design 4.1).
export const times = {
  session_timeout_ms: 3_000,
  rebalance_timeout_ms: 5_000,
  heartbeat_interval_ms: 300,
  transaction_timeout_ms: 2_500,
}
const requestTimeoutMs = 1_500
const arrivalMsMax = 60_000

export interface SceneOptions {
  readonly sink?: Readonly<Record<string, unknown>>
  readonly source?: Readonly<Record<string, unknown>>
  /** Of the command and reply topics; 1 unless given. */
  readonly partitions?: number
}

/** An org, topics of its own, and connectors in processes that can be killed. */
export class Scene {
  readonly simulator: Simulator
  readonly expected = {
    commands: [] as Expected['commands'][number][],
    changes: [] as Expected['changes'][number][],
  }
  readonly #kafka: KafkaConnection
  readonly #registry: SchemaRegistry
  readonly #writer: TransactionalWriter
  readonly #prefix: string
  readonly #eventTopics: readonly string[]
  readonly #folder: string
  readonly #partitions: number
  readonly #processes: ConnectorProcess[] = []

  static async open({ sink = {}, source, partitions = 1 }: SceneOptions = {}): Promise<Scene> {
    const simulator = await startSimulator()
    const defaults = JSON.parse(configText(simulator))
    const text = configText(simulator, {
      kafka: { ...defaults.kafka, ...times, command_partitions: partitions },
      salesforce: { ...defaults.salesforce, request_timeout_ms: requestTimeoutMs },
      sink,
      ...(source && { source }),
      http: { host: '127.0.0.1', port: 0 },
      log: { level: 'info' },
    })
    const folder = await mkdtemp(join(tmpdir(), 'scene-'))
    await writeFile(join(folder, 'connector.yaml'), text)
    const config = parseConfig(text, { file: 'connector.yaml', env: {} })
    const kafka = await connectKafka(kafkaSettings(config.kafka), testEvents(config).kafkaSaid)
    const writer = kafka.writer(`scene-${randomUUID()}`)
    await writer.fence()
    const prefix = `${config.kafka.topicPrefix}.contact`
    const registry = connectRegistry(config.registry)
    const eventTopics = Object.keys(config.source.objects).map(
      object => `${config.kafka.topicPrefix}.${objectSlug(object)}.events`,
    )
    const scene = new Scene({ simulator, kafka, writer, registry, prefix, eventTopics, folder, partitions })
    // Topics exist and the start position is set before anything is asked of a connector that fails.
    const first = scene.start()
    await scene.stop(first)
    return scene
  }

  private constructor(parts: {
    simulator: Simulator
    kafka: KafkaConnection
    writer: TransactionalWriter
    registry: SchemaRegistry
    prefix: string
    eventTopics: readonly string[]
    folder: string
    partitions: number
  }) {
    this.simulator = parts.simulator
    this.#kafka = parts.kafka
    this.#writer = parts.writer
    this.#registry = parts.registry
    this.#prefix = parts.prefix
    this.#eventTopics = parts.eventTopics
    this.#folder = parts.folder
    this.#partitions = parts.partitions
  }

  start(failure: Failure = {}): ConnectorProcess {
    const started = startProcess(join(this.#folder, 'connector.yaml'), failure)
    this.#processes.push(started)
    return started
  }

  /** Starts the connector as an operator does. */
  run(): ConnectorProcess {
    const file = join(this.#folder, 'connector.yaml')
    const started = startProcess(file, {}, commandLine(file))
    this.#processes.push(started)
    return started
  }

  /** Ends a connector as an operator does, once it is ready. Throws unless it exits with 0. */
  async stop({ child, ready, ended, output }: ConnectorProcess): Promise<void> {
    await ready
    child.kill('SIGTERM')
    const how = await ended
    if (how !== 0) throw new Error(`the connector ended with ${how}: ${output()}`)
  }

  /** Sends commands in one transaction, and expects their effects. */
  async send(commands: readonly SceneCommand[]): Promise<void> {
    const records = commands.map(({ action, target, command }) => {
      const id = randomUUID()
      const partition = this.expected.commands.length % this.#partitions
      this.expected.commands.push({ id, action, ...(target ? { target } : {}) })
      const own = JSON.parse(JSON.stringify(command).replaceAll('$command', id)) as object
      const value = JSON.stringify({ commandId: id, action, ...(target ? { recordId: target } : {}), ...own })
      return {
        topic: `${this.#prefix}.commands`,
        partition,
        key: Buffer.from(target ?? id),
        value: Buffer.from(value),
        headers: { 'content-type': Buffer.from('application/json') },
      }
    })
    await this.#writer.transact('scene', tx => tx.send(records))
  }

  /** The events committed by now. */
  async events(): Promise<SeenEvent[]> {
    const records = (await Promise.all(this.#eventTopics.map(topic => readAll(this.#kafka, topic)))).flat()
    return Promise.all(
      records.map(async ({ value }) => (await decodeFramed(value!, this.#registry)).value as unknown as SeenEvent),
    )
  }

  /** The replies committed by now. */
  async replies(): Promise<SeenReply[]> {
    const partitions = Array.from({ length: this.#partitions }, (_, partition) => partition)
    const reading = partitions.map(partition => readAll(this.#kafka, `${this.#prefix}.replies`, partition))
    return (await Promise.all(reading)).flat().map(record => JSON.parse(record.value!.toString()) as SeenReply)
  }

  /** Waits until every command has a reply and every change an event, or `enough` says so. */
  async settle(enough: () => boolean = () => false): Promise<void> {
    for (const deadline = Date.now() + arrivalMsMax; !enough() && Date.now() < deadline; ) {
      const [replies, events] = [await this.replies(), await this.events()]
      const answered = this.expected.commands.every(({ id }) => replies.some(({ commandId }) => commandId === id))
      const isSeen = ({ recordId, type }: Expected['changes'][number]): boolean =>
        events.some(event => event.recordId === recordId && event.type === type)
      if (answered && this.expected.changes.every(isSeen)) return
    }
  }

  /** What the topics and the org show now. */
  async observe(): Promise<Observed> {
    const createdBy = new Map<string, string[]>()
    const effects = new Set<string>()
    for (const row of this.simulator.org.rows('Contact', { deleted: true })) {
      const command = /^made-(.*)$/.exec(String(row.LastName))?.[1]
      if (command) createdBy.set(command, [...(createdBy.get(command) ?? []), String(row.Id)])
      if (row.Title) effects.add(String(row.Title))
    }
    for (const { id, action, target } of this.expected.commands)
      if (action === 'DeleteContact' && this.simulator.org.row('Contact', target!)?.IsDeleted === true) effects.add(id)
    return { events: await this.events(), replies: await this.replies(), createdBy, effects }
  }

  async close(): Promise<void> {
    for (const { child } of this.#processes) if (child.exitCode === null) child.kill('SIGKILL')
    await Promise.all(this.#processes.map(({ ended }) => ended))
    await this.#writer.close()
    await this.#kafka.close()
    await this.simulator.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** Opens a scene, and closes it whatever happens in it. */
export async function withScene(run: (scene: Scene) => Promise<void>, options: SceneOptions = {}): Promise<void> {
  const scene = await Scene.open(options)
  try {
    await run(scene)
  } finally {
    await scene.close()
  }
}
