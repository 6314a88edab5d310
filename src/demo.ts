import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectRegistry } from './avro/registry.ts'
import { describeRecord } from './cli/describe-record.ts'
import { sendCommand } from './cli/send.ts'
import { followTopics } from './cli/tail.ts'
import type { Terminal } from './cli/terminal.ts'
import type { Topics } from './cli/topics.ts'
import { sleep } from './core/clock.ts'
import type { Config } from './core/config.ts'
import { parseConfig } from './core/config-load.ts'
import { ConnectorError } from './core/errors.ts'
import { playTriggers } from './demo/changes.ts'
import { playActions } from './demo/commands.ts'
import { demoConfig } from './demo/config.ts'
import type { Score, Stage } from './demo/script.ts'
import { Seen } from './demo/watch.ts'
import { connectKafka } from './kafka/connection.ts'
import { type Connector, kafkaSettings, startConnector } from './main.ts'
import { type Simulator, startSimulator } from './simulator/simulator.ts'
import { startStack } from './stack/stack.ts'
import { createEvents } from './telemetry/events.ts'
import { createLog } from './telemetry/log.ts'
import { createMetrics } from './telemetry/metrics.ts'

const readyWaitMsMax = 60_000
const replyWaitMsMax = 30_000
const changeEveryMs = 3_000

/** What the demo saw: the scores of its two parts. */
export interface DemoResult {
  readonly triggers: Score
  readonly actions: Score
}

/** Where the demo's lines go: `tell` for people, `showRecord` for each record consumed. */
export interface DemoOutput {
  readonly terminal: Terminal
  readonly tell: (line: string) => void
}

/**
 * Starts a broker, a registry, a simulated org and the connector; plays every trigger and action and watches the topics.
 * Without `once` it then goes on changing contacts until the signal aborts. Throws 'stack.unavailable' if it can start no broker.
 */
export async function runDemo(once: boolean, output: DemoOutput, signal: AbortSignal): Promise<DemoResult> {
  await using ending = new AsyncDisposableStack()
  const { tell } = output
  const stack = await startStack({ progress: tell })
  ending.defer(() => stack.stop())
  const simulator = await startSimulator({ rows: { contact: 100 } })
  ending.defer(() => simulator.close())
  const folder = await mkdtemp(join(tmpdir(), 'salesforce-kafka-demo-'))
  ending.defer(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'connector.yaml')
  const { url: loginUrl, clientId, clientSecret } = simulator
  // Brokers from the environment may remember an earlier demo, with another org behind the same names.
  const name = stack.engine === 'environment' ? `demo-${randomUUID().slice(0, 8)}` : 'salesforce'
  const text = demoConfig({
    name,
    brokers: stack.brokers,
    registryUrl: stack.registryUrl,
    loginUrl,
    clientId,
    clientSecret,
  })
  await writeFile(file, text)
  const config = parseConfig(text, { file, env: {} })
  tell('Starting the connector.')
  const connector = await startReady(config, signal)
  ending.defer(() => connector.stop())
  const kafka = await connectKafka(kafkaSettings(config.kafka), () => undefined)
  ending.defer(() => kafka.close())
  const topics: Topics = { config, kafka, registry: connectRegistry(config.registry) }
  const watching = new AbortController()
  const seen = new Seen()
  const watched = watch(topics, seen, output, watching.signal)
  ending.defer(async () => {
    watching.abort()
    await watched
  })
  const stage: Stage = {
    org: simulator.org,
    seen,
    say: line => tell(`\n${output.terminal.paint('bold', line)}`),
    send: async (command, as) => {
      await sendCommand(topics, command, { avro: as === 'avro', timeoutMs: replyWaitMsMax })
    },
  }
  const triggers = await playTriggers(stage)
  const actions = await playActions(stage)
  if (!once) await goOn(simulator, file, output, signal)
  return { triggers, actions }
}

async function startReady(config: Config, signal: AbortSignal): Promise<Connector> {
  const log = createLog({ level: 'error', to: process.stderr })
  const connector = await startConnector(config, createEvents(log, createMetrics()))
  const late = AbortSignal.any([signal, AbortSignal.timeout(readyWaitMsMax)])
  while (connector.ready().length > 0) {
    if (!late.aborted) await sleep(50, late).catch(() => undefined)
    else {
      const missing = connector.ready().join('; ')
      await connector.stop()
      throw new ConnectorError('internal.stopped', `the connector did not become ready: ${missing}`)
    }
  }
  return connector
}

async function watch(topics: Topics, seen: Seen, output: DemoOutput, signal: AbortSignal): Promise<void> {
  await followTopics(topics, { what: 'all', object: [], from: 'beginning' }, signal, record => {
    if (record.value) seen.add(record.value)
    output.terminal.out(describeRecord(record, output.terminal))
  })
}

/** Somebody works on the contacts until Ctrl-C, so that there is something to watch. */
async function goOn(simulator: Simulator, file: string, output: DemoOutput, signal: AbortSignal): Promise<void> {
  output.tell('')
  output.tell('The demo goes on until Ctrl-C. What to try next, in another terminal:')
  output.tell(`  node src/cli.ts send CreateContact --field LastName=Curie --config ${file}`)
  output.tell(`  node src/cli.ts tail --config ${file}`)
  output.tell(`  curl ${simulator.controlUrl}/state`)
  let id = ''
  for (let n = 0; !signal.aborted; n++) {
    if (n % 3 === 0) id = simulator.org.create('Contact', { LastName: `Visitor ${n / 3 + 1}` })
    else if (n % 3 === 1) simulator.org.update('Contact', id, { Title: 'Edited by somebody else' })
    else simulator.org.delete('Contact', id)
    await sleep(changeEveryMs, signal).catch(() => undefined)
  }
}
