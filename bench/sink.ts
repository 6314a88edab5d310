import { randomUUID } from 'node:crypto'
import { decodeFramed } from '../src/avro/codec.ts'
import { connectRegistry } from '../src/avro/registry.ts'
import type { Config } from '../src/core/config.ts'
import { commandTopicOf, replyTopicOf } from '../src/sink/topics.ts'
import { pythonWith } from '../test/readers/python.ts'
import { type Awaited, readAll, watchLines, watchTopic } from './arrivals.ts'
import { buildProduct, productFlags } from './build.ts'
import { writeCommands } from './commands.ts'
import { measure, type Run } from './measure.ts'
import { profileFlags, readOptions } from './options.ts'
import type { ReferenceSettings } from './reference/sink.ts'
import { inRounds, report } from './report.ts'
import { type OrgReader, type Scene, withScene } from './scene.ts'
import { median } from './usage.ts'

const connectorName = 'connector'
const referenceName = 'jsforce collections, 200 a call'
const packages = ['simple-salesforce==1.12.10']

/**
 * How fast updates waiting on the command topic are executed and answered, with a simulated org that answers at once and
 * with ones that take their time, beside the bare calls of others, without commands to read or replies to write.
 */
const options = readOptions(
  { commands: 100_000, partitions: 4, rounds: 1, single: 2_000 },
  { format: ['json', 'avro'], latencies: ['0,100,500', '0'] },
)

const program = buildProduct()
const python = await pythonWith(packages)
await withScene(options.commands, async scene => {
  await using org = await scene.reader()
  const ids = await org.ids(`CreatedDate != null`)
  const latencies = options.latencies.split(',').map(Number)
  const runs = await inRounds(options.rounds, [
    ...latencies.map(ms => (round: number) => connector(scene, org, ids, round, ms)),
    round => reference(scene, org, ids, round),
    round => simpleSalesforce(scene, org, ids.slice(0, options.single), round, false),
    round => simpleSalesforce(scene, org, ids, round, true),
  ])
  report(`sink-${options.format}`, options, runs, [connectorName, referenceName])
})

/** From now on every call takes so long beside what it takes anyway. */
async function slowDown(scene: Scene, delayMs: number): Promise<void> {
  const match = { path: '^/services/data/', times: 'always' }
  await scene.control('faults', { action: 'delay', delayMs, match })
}

async function connector(
  scene: Scene,
  org: OrgReader,
  ids: readonly string[],
  round: number,
  latencyMs: number,
): Promise<Run> {
  const { partitions, format } = options
  const { file, config } = await scene.connector({ kafka: { command_partitions: partitions } })
  const topics = [commandTopicOf(config, 'Contact'), replyTopicOf(config, 'Contact')] as const
  const kept = { 'cleanup.policy': 'delete' }
  await scene.kafka.ensureTopics(topics.map(topic => ({ topic, partitions, replicationFactor: 1, config: kept })))
  const title = `Updated ${randomUUID()}`
  const describe = await org.salesforce.describe('Contact')
  const commandIds = await writeCommands(
    { kafka: scene.kafka, registry: connectRegistry(config.registry), describe },
    { topic: topics[0], partitions, format: format === 'avro' ? 'avro' : 'json' },
    ids,
    title,
  )
  const replies: Awaited = { topic: topics[1], partitions, count: ids.length }
  if (latencyMs > 0) await slowDown(scene, latencyMs)
  const measured = await measure(scene, {
    name: latencyMs > 0 ? `${connectorName}, API ${latencyMs} ms` : connectorName,
    round,
    args: [...productFlags, ...profileFlags(options.profile), program, 'run', '--sink', '--config', file],
    count: ids.length,
    watch: child => watchTopic(scene.kafka, replies, child),
  }).finally(() => fetch(`${scene.signIn.controlUrl}/faults`, { method: 'DELETE' }))
  const batch = await checkReplies(scene, config, replies, commandIds)
  await checkOrg(org, ids, title)
  return { ...measured, batch }
}

async function reference(scene: Scene, org: OrgReader, ids: readonly string[], round: number): Promise<Run> {
  const title = `Updated ${randomUUID()}`
  const { loginUrl, clientId, clientSecret, apiVersion: version } = scene.signIn
  const settings: ReferenceSettings = { loginUrl, clientId, clientSecret, version, ids, title }
  const file = await scene.write(`reference-${round}.json`, settings)
  const measured = await measure(scene, {
    name: referenceName,
    round,
    args: ['bench/reference/sink.ts', file],
    count: ids.length,
    watch: watchLines,
  })
  await checkOrg(org, ids, title)
  return measured
}

/** simple-salesforce 1.12.10: a call for each update, or a job of Bulk API 2.0. */
async function simpleSalesforce(
  scene: Scene,
  org: OrgReader,
  ids: readonly string[],
  round: number,
  bulk: boolean,
): Promise<Run> {
  const title = `Updated ${randomUUID()}`
  const { loginUrl, clientId, clientSecret, apiVersion: version } = scene.signIn
  const settings = { loginUrl, clientId, clientSecret, version, ids, title, bulk }
  const file = await scene.write(`simple-salesforce-${round}.json`, settings)
  const measured = await measure(scene, {
    name: bulk ? 'simple-salesforce, bulk 2.0' : 'simple-salesforce, a call each',
    round,
    program: python,
    args: ['bench/reference/simple_salesforce_sink.py', file],
    count: ids.length,
    watch: watchLines,
  })
  await checkOrg(org, ids, title)
  return measured
}

/**
 * A figure counts only if every command has one reply, and that says SUCCEEDED. The median number of commands that began
 * and ended together, which is how many shared a batch.
 */
async function checkReplies(
  scene: Scene,
  config: Config,
  replies: Awaited,
  commandIds: ReadonlySet<string>,
): Promise<number> {
  const registry = connectRegistry(config.registry)
  const succeeded = new Set<string>()
  const batches = new Map<string, number>()
  let records = 0
  for await (const { value, partition } of readAll(scene.kafka, replies)) {
    records++
    if (value === null) continue
    const reply = value[0] === 0 ? (await decodeFramed(value, registry)).value : JSON.parse(value.toString())
    const batch = `${partition} ${reply.startedAt} ${reply.finishedAt}`
    batches.set(batch, (batches.get(batch) ?? 0) + 1)
    if (reply.status === 'SUCCEEDED' && commandIds.has(reply.commandId)) succeeded.add(reply.commandId)
  }
  if (records !== commandIds.size || succeeded.size !== commandIds.size)
    throw new Error(
      `${replies.topic}: ${records} replies, ${succeeded.size} commands succeeded, not ${commandIds.size} of each`,
    )
  return median([...batches.values()])
}

async function checkOrg(org: OrgReader, ids: readonly string[], title: string): Promise<void> {
  const updated = await org.ids(`Title = '${title}'`)
  if (new Set(updated).size !== ids.length) throw new Error(`${updated.length} of ${ids.length} contacts were updated`)
}
