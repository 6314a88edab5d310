import { randomUUID } from 'node:crypto'
import { decodeFramed } from '../src/avro/codec.ts'
import { connectRegistry } from '../src/avro/registry.ts'
import type { Config } from '../src/core/config.ts'
import { connectSalesforce, type Salesforce, silentEvents } from '../src/salesforce/client.ts'
import { queryAllPages } from '../src/salesforce/query.ts'
import { commandTopicOf, replyTopicOf } from '../src/sink/topics.ts'
import { type Awaited, readAll, watchLines, watchTopic } from './arrivals.ts'
import { writeCommands } from './commands.ts'
import { measure, type Run } from './measure.ts'
import { profileFlags, readOptions } from './options.ts'
import type { ReferenceSettings } from './reference/sink.ts'
import { inRounds, report } from './report.ts'
import { type Scene, withScene } from './scene.ts'

const connectorName = 'connector'
const referenceName = 'jsforce collections, 200 a call'

/** How fast updates waiting on the command topic are executed and answered, beside the bare calls without Kafka. */
const options = readOptions({ commands: 10_000, partitions: 4, rounds: 3 }, { format: ['json', 'avro'] })

await withScene(options.commands, async scene => {
  await using org = await openOrg(scene)
  const ids = await org.ids(`CreatedDate != null`)
  const runs = await inRounds(options.rounds, [
    round => connector(scene, org, ids, round),
    round => reference(scene, org, ids, round),
  ])
  report(`sink-${options.format}`, options, runs, [connectorName, referenceName])
})

/** The simulated org as a reader of its own sees it. */
interface OrgReader extends AsyncDisposable {
  readonly salesforce: Salesforce
  /** Ids of the contacts that match. */
  ids(where: string): Promise<string[]>
}

async function openOrg(scene: Scene): Promise<OrgReader> {
  const { config } = await scene.connector({})
  const salesforce = await connectSalesforce(config.salesforce, silentEvents)
  const ids = async (where: string): Promise<string[]> => {
    const found: string[] = []
    for await (const { rows } of queryAllPages(salesforce, `SELECT Id FROM Contact WHERE ${where}`))
      for (const row of rows) found.push(String(row.Id))
    return found
  }
  return { salesforce, ids, [Symbol.asyncDispose]: () => salesforce.close() }
}

async function connector(scene: Scene, org: OrgReader, ids: readonly string[], round: number): Promise<Run> {
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
  const measured = await measure(scene, {
    name: connectorName,
    round,
    args: [...profileFlags(options.profile), 'src/cli.ts', 'run', '--sink', '--config', file],
    count: ids.length,
    watch: child => watchTopic(scene.kafka, replies, child),
  })
  await checkReplies(scene, config, replies, commandIds)
  await checkOrg(org, ids, title)
  return measured
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

/** A figure counts only if every command has one reply, and that says SUCCEEDED. */
async function checkReplies(
  scene: Scene,
  config: Config,
  replies: Awaited,
  commandIds: ReadonlySet<string>,
): Promise<void> {
  const registry = connectRegistry(config.registry)
  const succeeded = new Set<string>()
  let records = 0
  for await (const { value } of readAll(scene.kafka, replies)) {
    records++
    if (value === null) continue
    const reply = value[0] === 0 ? (await decodeFramed(value, registry)).value : JSON.parse(value.toString())
    if (reply.status === 'SUCCEEDED' && commandIds.has(reply.commandId)) succeeded.add(reply.commandId)
  }
  if (records !== commandIds.size || succeeded.size !== commandIds.size)
    throw new Error(
      `${replies.topic}: ${records} replies, ${succeeded.size} commands succeeded, not ${commandIds.size} of each`,
    )
}

async function checkOrg(org: OrgReader, ids: readonly string[], title: string): Promise<void> {
  const updated = await org.ids(`Title = '${title}'`)
  if (new Set(updated).size !== ids.length) throw new Error(`${updated.length} of ${ids.length} contacts were updated`)
}
