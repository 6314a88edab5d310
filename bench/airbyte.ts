import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, fetch as fetchBy } from 'undici'
import { table } from '../src/cli/terminal.ts'
import { pythonWith } from '../test/readers/python.ts'
import { watchTopic } from './arrivals.ts'
import { buildProduct, productFlags } from './build.ts'
import { startChild } from './child.ts'
import { readOptions } from './options.ts'
import { type Scene, type SignIn, withScene } from './scene.ts'

const packages = ['airbyte-source-salesforce==2.10.3']
const objects = ['Account', 'Campaign', 'Contact', 'Lead', 'Opportunity', 'Order', 'Product2', 'Task']
const partitions = 4
const intervalMs = 1_000

/** API calls for the same work: a backlog of contacts and then syncs that find nothing, by the connector and by Airbyte's source. */
const options = readOptions({ rows: 100_000, syncs: 100 }, {})

/** Calls for a backlog, and for `syncs` readings after it; what came in the backlog. */
interface Cost {
  readonly what: string
  readonly records: number
  readonly backlogCalls: number
  readonly idleCalls: number
  readonly cpuSeconds?: number
}

const costs: Cost[] = []
await withScene(options.rows, async scene => {
  const program = buildProduct()
  costs.push(await connector(scene, program, ['Contact']), await connector(scene, program, objects))
  await withAirbyte(scene.folder, async airbyte => {
    costs.push(await airbyteCost(airbyte, ['Contact']), await airbyteCost(airbyte, objects))
  })
})
print()

function print(): void {
  const head = ['what', 'records', 'calls for the backlog', `calls for ${options.syncs} readings after it`, 'each']
  const rows = costs.map(({ what, records, backlogCalls, idleCalls }) =>
    [what, records, backlogCalls, idleCalls, (idleCalls / options.syncs).toFixed(2)].map(String),
  )
  console.log(['', ...table([head, ...rows]), ''].join('\n'))
  const at = new Date().toISOString()
  const file = join(import.meta.dirname, 'results', `airbyte-${at.replaceAll(':', '')}.json`)
  void mkdir(join(import.meta.dirname, 'results'), { recursive: true })
    .then(() => writeFile(file, `${JSON.stringify({ benchmark: 'airbyte', at, options, costs }, null, 2)}\n`))
    .then(() => console.log(`written: ${file}`))
}

async function connector(scene: Scene, program: string, names: readonly string[]): Promise<Cost> {
  const source = {
    start: 'earliest',
    interval_ms: intervalMs,
    idle_interval_ms: intervalMs,
    objects: Object.fromEntries(names.map(name => [name, {}])),
  }
  const { name, file } = await scene.connector({ source })
  const topic = `${name}.contact.events`
  await scene.kafka.ensureTopics([{ topic, partitions, replicationFactor: 1, config: {} }])
  const before = await scene.apiCalls()
  await using child = startChild([...productFlags, program, 'run', '--source', '--config', file])
  await watchTopic(scene.kafka, { topic, partitions, count: options.rows }, child)
  const between = await scene.apiCalls()
  await sleep(options.syncs * intervalMs)
  const idleCalls = (await scene.apiCalls()) - between
  return { what: labelOf('connector', names), records: options.rows, backlogCalls: between - before, idleCalls }
}

function labelOf(what: string, names: readonly string[]): string {
  return `${what}, ${names.length === 1 ? names[0] : `${names.length} objects`}`
}

interface Airbyte {
  readonly signIn: SignIn
  readonly folder: string
  apiCalls(): Promise<number>
  /** Runs one of its commands and returns the messages that are no log. */
  run(args: readonly string[]): Promise<Message[]>
}

/** A message of the Airbyte protocol, as far as it is read here. */
interface Message {
  readonly type: string
  readonly state?: unknown
  readonly catalog?: { readonly streams: readonly { readonly name: string }[] }
}

/** Airbyte's source has Salesforce's hosts built in: it meets an org of its own, with the same rows, through a proxy. */
async function withAirbyte(folder: string, run: (airbyte: Airbyte) => Promise<void>): Promise<void> {
  // By Python itself: the script names the folder that it was installed in before that was renamed.
  const python = await pythonWith(packages)
  const script = join(python, '..', 'source-salesforce')
  const flags = ['--tls', join(folder, 'tls'), '--proxy', '--rows', `contact=${options.rows}`]
  await using simulator = startChild(['src/cli.ts', 'simulate', '--json', ...flags])
  const signIn = JSON.parse(await simulator.nextLine()) as SignIn & { caFile: string; proxyUrl: string }
  const agent = new Agent({ connect: { ca: readFileSync(signIn.caFile) } })
  await using ending = new AsyncDisposableStack()
  ending.defer(() => agent.close())
  const env = { ...process.env, HTTPS_PROXY: signIn.proxyUrl, REQUESTS_CA_BUNDLE: signIn.caFile }
  const apiCalls = async (): Promise<number> => {
    const answer = await fetchBy(`${signIn.controlUrl}/state`, { dispatcher: agent })
    return ((await answer.json()) as { apiCalls: number }).apiCalls
  }
  await run({ signIn, folder, apiCalls, run: args => messagesOf(python, [script, ...args], env) })
}

async function messagesOf(python: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Message[]> {
  const child = spawn(python, args, { env, stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const messages: Message[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{')) continue
    const message = JSON.parse(line) as Message
    // Of a record only that it came is kept.
    if (message.type === 'RECORD') messages.push({ type: 'RECORD' })
    else if (message.type !== 'LOG') messages.push(message)
  }
  const code = await ended
  if (code !== 0) throw new Error(`source-salesforce ${args[1]} ended with ${code}`)
  return messages
}

async function airbyteCost({ signIn, folder, apiCalls, run }: Airbyte, names: readonly string[]): Promise<Cost> {
  const write = async (name: string, value: unknown): Promise<string> => {
    const file = join(folder, name)
    await writeFile(file, JSON.stringify(value), { mode: 0o600 })
    return file
  }
  const config = await write('airbyte.json', {
    auth_type: 'Client',
    client_id: signIn.clientId,
    client_secret: signIn.clientSecret,
    refresh_token: signIn.refreshToken,
  })
  const found = (await run(['discover', '--config', config])).find(({ type }) => type === 'CATALOG')?.catalog
  const wanted = (found?.streams ?? []).filter(({ name }) => names.includes(name))
  const streams = wanted.map(stream => ({
    stream,
    sync_mode: 'incremental',
    destination_sync_mode: 'append',
    cursor_field: ['SystemModstamp'],
  }))
  if (streams.length !== names.length) throw new Error(`discover told of ${streams.length} of ${names.length} streams`)
  const catalog = await write('catalog.json', { streams })
  const states = new Map<string, unknown>()
  const sync = async (): Promise<number> => {
    const state = states.size > 0 ? ['--state', await write('state.json', [...states.values()])] : []
    const messages = await run(['read', '--config', config, '--catalog', catalog, ...state])
    for (const { type, state } of messages) if (type === 'STATE') states.set(streamOf(state), state)
    return messages.filter(({ type }) => type === 'RECORD').length
  }
  const before = await apiCalls()
  const records = await sync()
  const between = await apiCalls()
  for (let n = 0; n < options.syncs; n++) await sync()
  const idleCalls = (await apiCalls()) - between
  return { what: labelOf('Airbyte 2.10.3', names), records, backlogCalls: between - before, idleCalls }
}

function streamOf(state: unknown): string {
  return JSON.stringify((state as { stream: { stream_descriptor: unknown } }).stream.stream_descriptor)
}
