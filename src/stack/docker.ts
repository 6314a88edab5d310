import { kafkaVersion, newClusterId, serverProperties } from './broker.ts'
import { run, ticking, within } from './command.ts'
import type { Engine, EngineRequest, Started } from './engine.ts'
import type { GuardedProcess } from './guarded.ts'
import { clusterAt, freePorts, probeRegistry, untilReady } from './probe.ts'
import { registryPath, registryVersion } from './registry.ts'

const kafkaImage = `apache/kafka:${kafkaVersion}`
const registryImage = `apicurio/apicurio-registry:${registryVersion}`
const registryPort = 8080
const dataDir = '/var/lib/kafka/data'

const infoMsMax = 5_000
const pullMsMax = 60_000
const pullAloneMsMax = 15 * 60_000
const startMsMax = 120_000
const readyMsMax = 60_000
const logTailLinesMax = '15'

interface Container {
  getHost(): string
  getMappedPort(port: number): number
  getId(): string
  stop(): Promise<unknown>
}

interface ContainerBuilder {
  withEnvironment(environment: Record<string, string>): this
  withExposedPorts(...ports: (number | { container: number; host: number })[]): this
  withStartupTimeout(startupTimeoutMs: number): this
  start(): Promise<Container>
}

/** The part of testcontainers that we use. Declared here, because the published package does not bring it. */
export interface Containers {
  readonly GenericContainer: new (image: string) => ContainerBuilder
}

async function loadContainers(): Promise<Containers> {
  const name: string = 'testcontainers'
  return import(name)
}

/** Broker and registry as containers. Testcontainers' own reaper container removes them if this process is killed. */
export function docker(execute: typeof run = run, load: () => Promise<Containers> = loadContainers): Engine {
  const has = (image: string) =>
    execute('docker', ['image', 'inspect', '--format', '{{.Id}}', image], infoMsMax).then(
      () => true,
      () => false,
    )

  const pull = async (image: string, { last, progress }: EngineRequest) => {
    if (await has(image)) return
    const limitMs = last ? pullAloneMsMax : pullMsMax
    progress(`Pulling the image ${image}.`)
    const pulling = execute('docker', ['pull', '--quiet', image], limitMs)
    await ticking(pulling, seconds => `Pulling the image ${image}: ${seconds} s.`, progress)
  }

  return {
    name: 'docker',
    unusable: async ({ brokerNodes }) => {
      if (brokerNodes !== 1) return `${brokerNodes} nodes are only started as Java processes`
      const version = await execute('docker', ['info', '--format', '{{.ServerVersion}}'], infoMsMax).catch(() => '')
      if (!version.trim()) return 'no Docker daemon answers'
      return load().then(
        () => undefined,
        () => 'the package testcontainers is not installed',
      )
    },
    start: async request => {
      const images = [request.broker && kafkaImage, request.registry && registryImage].filter(image => image !== false)
      await Promise.all(images.map(image => pull(image, request)))
      const line = `Starting ${images.join(' and ')} in Docker`
      request.progress(`${line}.`)
      const starting = within(
        startMsMax,
        `not up after ${startMsMax} ms`,
        startContainers(request, await load(), execute),
      )
      return ticking(starting, seconds => `${line}: ${seconds} s.`, request.progress)
    },
  }
}

async function startContainers(
  request: EngineRequest,
  { GenericContainer }: Containers,
  execute: typeof run,
): Promise<Started> {
  const started: Container[] = []
  const up = async (builder: ContainerBuilder): Promise<Up> => {
    const container = await builder.withStartupTimeout(readyMsMax).start()
    started.push(container)
    const logTail = () => execute('docker', ['logs', '--tail', logTailLinesMax, container.getId()], infoMsMax)
    // That a container ends is not noticed here; the wait for it is bounded.
    return { container, log: { exited: new Promise(() => {}), logTail } }
  }
  const stop = async () => {
    await Promise.all(started.map(container => container.stop()))
  }
  // Both are waited for even if one fails, so that none comes up after the stop.
  const [broker, registry] = await Promise.allSettled([
    request.broker ? startBroker(new GenericContainer(kafkaImage), up, request.brokerConfig) : undefined,
    request.registry ? startRegistry(new GenericContainer(registryImage), up) : undefined,
  ])
  if (broker.status === 'fulfilled' && registry.status === 'fulfilled')
    return {
      brokers: broker.value === undefined ? undefined : [broker.value],
      registryUrl: registry.value,
      nodes: [],
      stop,
    }
  await stop()
  throw broker.status === 'rejected' ? broker.reason : (registry as PromiseRejectedResult).reason
}

interface Up {
  readonly container: Container
  readonly log: Pick<GuardedProcess, 'exited' | 'logTail'>
}

// The broker listens inside its container on the very port that is published, so that its advertised address holds
// for clients outside and for the broker itself, which connects to it to write transaction markers.
async function startBroker(
  builder: ContainerBuilder,
  up: (builder: ContainerBuilder) => Promise<Up>,
  config: Readonly<Record<string, string>>,
): Promise<string> {
  const [port, controllerPort] = (await freePorts(2)) as [number, number]
  const node = { id: 1, port, controllerPort }
  const listeners = `PLAINTEXT://:${port},CONTROLLER://127.0.0.1:${controllerPort}`
  const properties = serverProperties(node, [node], dataDir, { listeners, ...config })
  const { log } = await up(
    builder
      .withEnvironment({ CLUSTER_ID: newClusterId(), ...toEnvironment(properties) })
      .withExposedPorts({ container: port, host: port }),
  )
  const address = `127.0.0.1:${port}`
  await untilReady('Kafka', log, async () => void (await clusterAt(address)), readyMsMax)
  return address
}

async function startRegistry(
  builder: ContainerBuilder,
  up: (builder: ContainerBuilder) => Promise<Up>,
): Promise<string> {
  const { container, log } = await up(
    builder.withEnvironment({ QUARKUS_LOG_LEVEL: 'WARN' }).withExposedPorts(registryPort),
  )
  const url = `http://${container.getHost()}:${container.getMappedPort(registryPort)}${registryPath}`
  await untilReady('Apicurio Registry', log, () => probeRegistry(url), readyMsMax)
  return url
}

// The image makes server.properties of these (apache/kafka, docker/README: `.` is written as `_`).
const toEnvironment = (properties: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [`KAFKA_${key.toUpperCase().replaceAll('.', '_')}`, value]),
  )
