import { type Awaited, readAll, watchTopic } from './arrivals.ts'
import { measure, type Run } from './measure.ts'
import { profileFlags, readOptions } from './options.ts'
import type { ReferenceSettings } from './reference/source.ts'
import { inRounds, report } from './report.ts'
import { type Scene, withScene } from './scene.ts'

const connectorName = 'connector'
const referenceName = 'jsforce + kafkajs, at-least-once, no position'
const partitions = 4

/** How fast a backlog of contacts becomes events, beside the plainest loop that moves the same rows. */
const options = readOptions({ rows: 100_000, rounds: 3 }, {})

await withScene(options.rows, async scene => {
  const runs = await inRounds(options.rounds, [round => connector(scene, round), round => reference(scene, round)])
  report('source', options, runs, [connectorName, referenceName])
})

async function connector(scene: Scene, round: number): Promise<Run> {
  const { name, file } = await scene.connector({ source: { start: 'earliest' } })
  const args = [...profileFlags(options.profile), 'src/cli.ts', 'run', '--source', '--config', file]
  return run(scene, { name: connectorName, round, args, topic: `${name}.contact.events` })
}

async function reference(scene: Scene, round: number): Promise<Run> {
  const { name } = await scene.connector({})
  const topic = `${name}.contact.rows`
  const { loginUrl, clientId, clientSecret, apiVersion: version } = scene.signIn
  const { brokers } = scene.stack
  const settings: ReferenceSettings = { loginUrl, clientId, clientSecret, version, brokers, topic }
  const args = ['bench/reference/source.ts', await scene.write(`${name}.json`, settings)]
  return run(scene, { name: referenceName, round, args, topic })
}

interface Subject {
  readonly name: string
  readonly round: number
  readonly args: readonly string[]
  readonly topic: string
}

async function run(scene: Scene, { topic, ...subject }: Subject): Promise<Run> {
  // Made beforehand for both, so that neither is measured making it.
  await scene.kafka.ensureTopics([{ topic, partitions, replicationFactor: 1, config: {} }])
  const awaited: Awaited = { topic, partitions, count: options.rows }
  const measured = await measure(scene, {
    ...subject,
    count: options.rows,
    watch: child => watchTopic(scene.kafka, awaited, child),
  })
  await checkEachOnce(scene, awaited)
  return measured
}

/** A figure counts only if every row is there, and once. */
async function checkEachOnce(scene: Scene, awaited: Awaited): Promise<void> {
  const keys = new Set<string>()
  let records = 0
  for await (const { key } of readAll(scene.kafka, awaited)) {
    keys.add(String(key))
    records++
  }
  if (keys.size !== awaited.count || records !== awaited.count)
    throw new Error(`${awaited.topic} has ${records} records of ${keys.size} rows, not ${awaited.count} of each`)
}
