import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConnectorError } from '../core/errors.ts'
import type { Guard, GuardedProcess } from './guarded.ts'
import { jvmFlags } from './java.ts'
import { clusterAt, freePorts, untilReady } from './probe.ts'

export const kafkaVersion = '4.3.1'
// Kafka brings no slf4j binding of its own; without one it logs nothing, errors included.
export const brokerArtifacts = [`org.apache.kafka:kafka_2.13:${kafkaVersion}`, 'org.slf4j:slf4j-simple:1.7.36']

const readyMsMax = 90_000
const formatMsMax = 60_000

/** One broker of the stack, a process of this machine. */
export interface BrokerNode {
  readonly id: number
  /** `host:port` for clients; stays the same over a restart. */
  readonly address: string
  /** Of the present process: a restart changes it. */
  readonly pid: number
  /** `SIGKILL` is the crash of a broker, `SIGSTOP` and `SIGCONT` a broker that hangs. */
  kill(signal: NodeJS.Signals): void
  /** Kills the process if it still runs, starts it again on its old data, and resolves when it has joined the cluster. */
  restart(): Promise<void>
}

interface NodeAddress {
  readonly id: number
  readonly port: number
  readonly controllerPort: number
}

/** server.properties of one node (kafka-facts 6). One node replicates nothing; three keep two in-sync replicas. */
export function serverProperties(
  node: NodeAddress,
  nodes: readonly NodeAddress[],
  dataDir: string,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const replicas = String(nodes.length)
  const inSync = String(Math.max(1, nodes.length - 1))
  return {
    'process.roles': 'broker,controller',
    'node.id': String(node.id),
    'controller.quorum.voters': nodes.map(n => `${n.id}@127.0.0.1:${n.controllerPort}`).join(','),
    listeners: `PLAINTEXT://127.0.0.1:${node.port},CONTROLLER://127.0.0.1:${node.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${node.port}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': dataDir,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '5',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': '5',
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
    'auto.create.topics.enable': 'false',
    ...extra,
  }
}

/** 16 bytes in URL-safe base64. One that begins with a dash would be read as an option of the storage tool. */
export const newClusterId = (): string => `A${randomBytes(16).toString('base64url').slice(1)}`

export interface BrokerOptions {
  readonly guard: Guard
  readonly java: string
  readonly classpath: string
  readonly count: 1 | 3
  readonly config: Readonly<Record<string, string>>
}

/** Starts a cluster of `count` nodes, each broker and controller; resolves when every node knows all of them. */
export async function startBrokers(options: BrokerOptions): Promise<BrokerNode[]> {
  const { count } = options
  const ports = await freePorts(2 * count)
  const nodes = Array.from({ length: count }, (_, i) => ({
    id: i + 1,
    port: ports[2 * i]!,
    controllerPort: ports[2 * i + 1]!,
  }))
  const clusterId = newClusterId()
  return Promise.all(nodes.map(node => startNode(options, node, nodes, clusterId)))
}

async function startNode(
  { guard, java, classpath, config }: BrokerOptions,
  node: NodeAddress,
  nodes: readonly NodeAddress[],
  clusterId: string,
): Promise<BrokerNode> {
  const name = `kafka-${node.id}`
  const propertiesFile = join(guard.dir, `${name}.properties`)
  const properties = serverProperties(node, nodes, join(guard.dir, name), config)
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`)
  await writeFile(propertiesFile, lines.join(''))

  const jvm = (flags: readonly string[], args: readonly string[]) =>
    guard.start(name, java, [
      ...jvmFlags,
      ...flags,
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-cp',
      classpath,
      ...args,
    ])
  await format(await jvm([], ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', propertiesFile]))

  const address = `127.0.0.1:${node.port}`
  const heap = nodes.length === 1 ? '-Xmx512m' : '-Xmx384m'
  const start = async (knows: (ids: readonly number[]) => boolean) => {
    const process = await jvm([heap], ['kafka.Kafka', propertiesFile])
    const probe = async () => {
      const cluster = await clusterAt(address)
      // Another run may have taken the port; then our own process is about to end.
      if (cluster.clusterId !== clusterId) throw new Error(`another cluster is at ${address}`)
      if (!knows(cluster.brokerIds)) throw new Error('not all brokers have joined')
    }
    await untilReady(`Kafka node ${node.id}`, process, probe, readyMsMax)
    return process
  }
  let current = await start(ids => ids.length === nodes.length)
  return {
    id: node.id,
    address,
    get pid() {
      return current.pid
    },
    kill: signal => current.kill(signal),
    restart: async () => {
      current.kill('SIGKILL')
      await current.exited
      current = await start(ids => ids.includes(node.id))
    },
  }
}

async function format(tool: GuardedProcess): Promise<void> {
  const timer = setTimeout(() => tool.kill('SIGKILL'), formatMsMax)
  const reason = await tool.exited
  clearTimeout(timer)
  if (reason !== 'exit code 0')
    throw new ConnectorError(
      'stack.unavailable',
      `Kafka’s storage could not be formatted (${reason}).\n${await tool.logTail()}`,
    )
}
