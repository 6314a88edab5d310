import type { BrokerNode } from './broker.ts'

/** What is wanted of an engine; at least one of `broker` and `registry`. */
export interface EngineRequest {
  readonly broker: boolean
  readonly registry: boolean
  readonly brokerNodes: 1 | 3
  readonly brokerConfig: Readonly<Record<string, string>>
  readonly env: NodeJS.ProcessEnv
  /** No other engine is left to fall back on, so a slow download is waited for. */
  readonly last: boolean
  readonly progress: (line: string) => void
}

/** What an engine started. `brokers` and `registryUrl` are undefined where they were not wanted. */
export interface Started {
  readonly brokers: readonly string[] | undefined
  readonly registryUrl: string | undefined
  readonly nodes: readonly BrokerNode[]
  stop(): Promise<void>
}

/** One way to get a broker and a registry. */
export interface Engine {
  readonly name: 'docker' | 'jvm'
  /** Why the engine cannot be used here, e.g. `no Docker daemon answers`; undefined if it can. */
  unusable(request: Pick<EngineRequest, 'brokerNodes' | 'env'>): Promise<string | undefined>
  start(request: EngineRequest): Promise<Started>
}
