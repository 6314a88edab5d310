import { setTimeout as sleep } from 'node:timers/promises'
import { type Awaited, readAll, watchTopic } from './arrivals.ts'
import { buildProduct, productFlags } from './build.ts'
import { contactFields } from './contact-fields.ts'
import { measure, type Run } from './measure.ts'
import { profileFlags, readOptions } from './options.ts'
import type { ReferenceSettings } from './reference/source.ts'
import { inRounds, report } from './report.ts'
import { type Scene, withScene } from './scene.ts'

const connectorName = 'connector'
const changingName = 'connector, 10 % of the rows changing'
const referenceName = 'jsforce + kafkajs, at-least-once, no position'
const partitions = 4
const intervalMs = 1_000
/** Long enough for the last changes to be polled and committed. */
const quietMs = 15_000
const changesPerCall = 100
const pauseMs = 20

/** How fast a backlog of contacts becomes events, also while they change, beside the plainest loop that moves the same rows. */
const options = readOptions(
  { rows: 1_000_000, rounds: 1, fields: 40 },
  { only: ['all', 'connector', 'changing', 'reference'] },
)
const isWanted = (kind: string): boolean => options.only === 'all' || options.only === kind

const program = buildProduct()
await withScene(options.rows, async scene => {
  const fields = await contactFields(scene.signIn, options.fields)
  const sides = [
    ...(isWanted('connector') ? [(round: number) => connector(scene, fields, round, false)] : []),
    ...(isWanted('reference') ? [(round: number) => reference(scene, fields, round)] : []),
    // Last, for it changes the rows.
    ...(isWanted('changing') ? [(round: number) => connector(scene, fields, round, true)] : []),
  ]
  const runs = await inRounds(options.rounds, sides)
  report('source', options, runs, [connectorName, referenceName])
})

async function connector(scene: Scene, fields: readonly string[], round: number, changing: boolean): Promise<Run> {
  const triggers = { created: { fields }, updated: { fields } }
  const objects = { Contact: { triggers } }
  const { name, file } = await scene.connector({ source: { start: 'earliest', interval_ms: intervalMs, objects } })
  const args = [...productFlags, ...profileFlags(options.profile), program, 'run', '--source', '--config', file]
  const topic = `${name}.contact.events`
  if (!changing) return run(scene, { name: connectorName, round, args, topic })
  return run(scene, { name: changingName, round, args, topic, changes: await changesOf(scene, round) })
}

async function reference(scene: Scene, fields: readonly string[], round: number): Promise<Run> {
  const { name } = await scene.connector({})
  const topic = `${name}.contact.rows`
  const { loginUrl, clientId, clientSecret, apiVersion: version } = scene.signIn
  const { brokers } = scene.stack
  const settings: ReferenceSettings = { loginUrl, clientId, clientSecret, version, brokers, topic, fields }
  const args = ['bench/reference/source.ts', await scene.write(`${name}.json`, settings)]
  return run(scene, { name: referenceName, round, args, topic })
}

/** Rows that are changed while the backlog is read, and to what. */
interface Changes {
  readonly ids: readonly string[]
  readonly title: string
}

/** Every tenth row, in an order that has nothing to do with that of their stamps. */
async function changesOf(scene: Scene, round: number): Promise<Changes> {
  await using org = await scene.reader()
  const ids = (await org.ids('CreatedDate != null')).toSorted().filter((_, i) => i % 10 === 0)
  return { ids, title: `Changed in round ${round}` }
}

interface Subject {
  readonly name: string
  readonly round: number
  readonly args: readonly string[]
  readonly topic: string
  readonly changes?: Changes
}

async function run(scene: Scene, { topic, changes, ...subject }: Subject): Promise<Run> {
  // Made beforehand for both, so that neither is measured making it.
  await scene.kafka.ensureTopics([{ topic, partitions, replicationFactor: 1, config: {} }])
  const awaited: Awaited = { topic, partitions, count: options.rows }
  const measured = await measure(scene, {
    ...subject,
    count: options.rows,
    watch: child => {
      const more = changes ? { quietMs, after: change(scene, changes) } : {}
      return watchTopic(scene.kafka, awaited, child, more)
    },
  })
  await checkEach(scene, awaited, changes)
  return measured
}

async function change(scene: Scene, { ids, title }: Changes): Promise<void> {
  for (let at = 0; at < ids.length; at += changesPerCall) {
    const rows = ids.slice(at, at + changesPerCall)
    await scene.control(
      'rows',
      rows.map(id => ({ operation: 'update', object: 'Contact', id, fields: { Title: title } })),
    )
    await sleep(pauseMs)
  }
}

/**
 * A figure counts only if every row is there, and once; of a changed one every state that was read, the last one being
 * the changed one, and no event twice.
 */
async function checkEach(scene: Scene, awaited: Awaited, changes: Changes | undefined): Promise<void> {
  const changed = new Map(changes?.ids.map(id => [id, false]))
  const seen = new Map<string, number>()
  const events = new Set<string>()
  let records = 0
  for await (const { key, value, headers } of readAll(scene.kafka, awaited)) {
    const id = String(key)
    seen.set(id, (seen.get(id) ?? 0) + 1)
    records++
    if (!changes) continue
    events.add(String(headers.ce_id))
    if (changed.has(id)) changed.set(id, value?.includes(changes.title) ?? false)
  }
  const repeated = [...seen].filter(([id, times]) => times > (changed.has(id) ? 2 : 1)).length
  const stale = [...changed.values()].filter(isLast => !isLast).length
  const doubled = changes ? records - events.size : 0
  if (seen.size !== awaited.count || repeated + stale + doubled > 0)
    throw new Error(
      `${awaited.topic} has ${records} records of ${seen.size} rows (of ${awaited.count}): ${repeated} rows too often, ` +
        `${doubled} events twice, ${stale} changed rows without their last state`,
    )
}
