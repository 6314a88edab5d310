import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../src/core/config.ts'
import { parseConfig } from '../src/core/config-load.ts'
import { connectKafka, type KafkaConnection } from '../src/kafka/connection.ts'
import { kafkaSettings } from '../src/main.ts'
import { connectSalesforce, type Salesforce, silentEvents } from '../src/salesforce/client.ts'
import { queryAllPages } from '../src/salesforce/query.ts'
import type { signInDetails } from '../src/simulator/sign-in-details.ts'
import { type Stack, startStack } from '../src/stack/stack.ts'
import { type Child, startChild } from './child.ts'

/** What a client needs to sign in, as `simulate --json` prints it. */
export type SignIn = ReturnType<typeof signInDetails>

/** A broker, a registry, a simulated org in a process of its own, and a folder for config files. */
export interface Scene {
  readonly stack: Stack
  readonly simulator: Child
  readonly signIn: SignIn
  readonly folder: string
  readonly kafka: KafkaConnection
  /** Requests since the simulator's start, counted as Salesforce counts them. */
  apiCalls(): Promise<number>
  /** Runs a command of the simulator's control endpoint; rejects with its answer if it is refused. */
  control(command: string, body: unknown): Promise<unknown>
  /** The simulated org as a reader of its own sees it. */
  reader(): Promise<OrgReader>
  /** The config of a connector with a name and topics of its own, as a file and as code sees it. */
  connector(sections: Sections): Promise<{ readonly name: string; readonly file: string; readonly config: Config }>
  /** Writes a value as JSON into the folder; returns the file. */
  write(name: string, value: unknown): Promise<string>
}

/** A signed-in client beside what is measured. */
export interface OrgReader extends AsyncDisposable {
  readonly salesforce: Salesforce
  /** Ids of the contacts that match. */
  ids(where: string): Promise<string[]>
}

/** Sections of the config file as YAML has them; everything not named is the product's default. */
export type Sections = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** Starts everything, runs the benchmark, and ends everything whatever happens in it. */
export async function withScene(contacts: number, run: (scene: Scene) => Promise<void>): Promise<void> {
  await using ending = new AsyncDisposableStack()
  const stack = await startStack({ progress: line => console.error(line) })
  ending.defer(() => stack.stop())
  const folder = await mkdtemp(join(tmpdir(), 'salesforce-kafka-bench-'))
  ending.defer(() => rm(folder, { recursive: true, force: true }))
  const simulator = ending.use(startChild(['src/cli.ts', 'simulate', '--json', '--rows', `contact=${contacts}`]))
  const signIn = JSON.parse(await simulator.nextLine()) as SignIn
  const write = async (name: string, value: unknown): Promise<string> => {
    const file = join(folder, name)
    await writeFile(file, JSON.stringify(value), { mode: 0o600 })
    return file
  }
  const connector: Scene['connector'] = async sections => {
    const name = `bench-${randomUUID().slice(0, 8)}`
    const content = configOf(name, stack, signIn, sections)
    const file = await write(`${name}.yaml`, content)
    return { name, file, config: parseConfig(JSON.stringify(content), { file, env: {} }) }
  }
  const { config } = await connector({})
  const kafka = await connectKafka(kafkaSettings(config.kafka), () => undefined)
  ending.defer(() => kafka.close())
  const apiCalls = async (): Promise<number> => {
    const answer = await fetch(`${signIn.controlUrl}/state`)
    return ((await answer.json()) as { apiCalls: number }).apiCalls
  }
  const control: Scene['control'] = async (command, body) => {
    const answer = await fetch(`${signIn.controlUrl}/${command}`, { method: 'POST', body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`control ${command}: ${answer.status} ${(await answer.text()).slice(0, 500)}`)
    return answer.json()
  }
  const reader = (): Promise<OrgReader> => openReader(config)
  await run({ stack, simulator, signIn, folder, kafka, apiCalls, control, reader, connector, write })
}

async function openReader(config: Config): Promise<OrgReader> {
  const salesforce = await connectSalesforce(config.salesforce, silentEvents)
  const ids = async (where: string): Promise<string[]> => {
    const found: string[] = []
    for await (const { rows } of queryAllPages(salesforce, `SELECT Id FROM Contact WHERE ${where}`))
      for (const row of rows) found.push(String(row.Id))
    return found
  }
  return { salesforce, ids, [Symbol.asyncDispose]: () => salesforce.close() }
}

// JSON is YAML. Times and sizes stay the product's defaults, since those are what is measured.
function configOf(name: string, stack: Stack, signIn: SignIn, sections: Sections): Record<string, unknown> {
  const { loginUrl, clientId, clientSecret } = signIn
  const own: Sections = {
    salesforce: {
      login_url: loginUrl,
      auth: { flow: 'client_credentials', client_id: clientId, client_secret: clientSecret },
    },
    kafka: { brokers: stack.brokers, topic_prefix: name, replication_factor: 1 },
    registry: { url: stack.registryUrl },
    source: { objects: { Contact: {} } },
    sink: { objects: ['Contact'] },
    http: { host: '127.0.0.1', port: 0 },
  }
  const names = new Set([...Object.keys(own), ...Object.keys(sections)])
  const merged = [...names].map(section => [section, { ...own[section], ...sections[section] }])
  return { connector: name, environment: 'bench', ...Object.fromEntries(merged) }
}
