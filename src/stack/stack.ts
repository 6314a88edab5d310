import { ConnectorError } from '../core/errors.ts'
import type { BrokerNode } from './broker.ts'
import { docker } from './docker.ts'
import type { Engine, EngineRequest, Started } from './engine.ts'
import { jvm } from './jvm.ts'

/** A real Kafka broker and a real schema registry, for the demo, the tests and the benchmarks. */
export interface Stack {
  /** `host:port` of each broker. */
  readonly brokers: readonly string[]
  /** URL of the registry's Confluent-compatible API. */
  readonly registryUrl: string
  /** What started them; `environment` if nothing had to be started. */
  readonly engine: 'environment' | Engine['name']
  /** The broker processes, for tests that kill and restart them; empty unless they are processes of this machine. */
  readonly nodes: readonly BrokerNode[]
  /** Ends everything that was started, and removes its data. What the environment gave is left alone. */
  stop(): Promise<void>
}

export interface StackOptions {
  /** Three are only started as processes of this machine (engine `jvm`). */
  readonly brokerNodes?: 1 | 3
  /** Settings of server.properties beyond ours; they do not reach brokers that the environment gives. */
  readonly brokerConfig?: Readonly<Record<string, string>>
  /** Told every few seconds what is going on, one sentence a call. */
  readonly progress?: (line: string) => void
  readonly env?: NodeJS.ProcessEnv
}

/**
 * Brokers and registry from KAFKA_BROKERS and SCHEMA_REGISTRY_URL; what is not set there is started, by Docker if it
 * can, else from Maven's jars. Rejects with `stack.unavailable` if neither can.
 */
export async function startStack(
  { brokerNodes = 1, brokerConfig = {}, progress = () => {}, env = process.env }: StackOptions = {},
  engines: readonly Engine[] = [docker(), jvm],
): Promise<Stack> {
  const brokers = env.KAFKA_BROKERS?.split(',')
    .map(address => address.trim())
    .filter(Boolean)
  const registryUrl = env.SCHEMA_REGISTRY_URL || undefined
  const request = { broker: !brokers?.length, registry: !registryUrl, brokerNodes, brokerConfig, progress, env }
  if (brokers?.length && registryUrl)
    return { brokers, registryUrl, engine: 'environment', nodes: [], stop: async () => {} }
  const { engine, started } = await startFirst(engines, request)
  return {
    brokers: started.brokers ?? brokers ?? [],
    registryUrl: started.registryUrl ?? registryUrl ?? '',
    engine: engine.name,
    nodes: started.nodes,
    stop: () => started.stop(),
  }
}

async function startFirst(
  engines: readonly Engine[],
  request: Omit<EngineRequest, 'last'>,
): Promise<{ engine: Engine; started: Started }> {
  const reasons = await Promise.all(engines.map(engine => engine.unusable(request)))
  const usable = engines.filter((_, i) => reasons[i] === undefined)
  for (const [i, engine] of usable.entries()) {
    const last = i === usable.length - 1
    try {
      return { engine, started: await engine.start({ ...request, last }) }
    } catch (error) {
      if (last) throw error
      request.progress(`${engine.name}: ${(error as Error).message} Trying ${usable[i + 1]!.name}.`)
    }
  }
  const found = engines.map((engine, i) => `${engine.name}: ${reasons[i]}`).join('; ')
  throw new ConnectorError(
    'stack.unavailable',
    `no way to start a Kafka broker and a schema registry here (${found})`,
    {
      remedy:
        'Install JDK 17 or newer and Maven, or start Docker, or set KAFKA_BROKERS and SCHEMA_REGISTRY_URL to ones that run.',
    },
  )
}
