import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { table } from '../src/cli/terminal.ts'
import type { IncomingRecord, Offset } from '../src/core/contract.ts'
import { commandTopicOf, replyTopicOf } from '../src/sink/topics.ts'
import { buildProduct, productFlags } from './build.ts'
import { type Child, startChild } from './child.ts'
import { readOptions } from './options.ts'
import { type Scene, withScene } from './scene.ts'
import { signInTo } from './simulator-client.ts'

const intervalMs = 1_000
const pauseMsMax = 400
const contacts = 1_000
const answerMsMax = 60_000
const readyMsMax = 120_000

/** How long one change takes to become a readable event, and one command a readable reply, while nothing else happens. */
const options = readOptions({ changes: 200, commands: 200 }, {})

const program = buildProduct()
await withScene(contacts, async scene => {
  const lines = [['what', 'count', 'p50 ms', 'p99 ms', 'most ms']]
  const figures = { changes: await changes(scene), api: await apiAlone(scene), commands: await commands(scene) }
  const names = {
    changes: `committed in Salesforce -> event readable, interval ${intervalMs} ms`,
    api: "the API's own time for one update",
    commands: 'command committed -> reply readable',
  }
  for (const [name, times] of Object.entries(figures)) {
    const { p50, p99, most } = quantiles(times)
    lines.push([names[name as keyof typeof names], String(times.length), ...[p50, p99, most].map(ms => ms.toFixed(1))])
  }
  const [api, sink] = [quantiles(figures.api), quantiles(figures.commands)]
  lines.push(["the same less the API's own", '', (sink.p50 - api.p50).toFixed(1), (sink.p99 - api.p99).toFixed(1), ''])
  console.log(['', ...table(lines), ''].join('\n'))
  const at = new Date().toISOString()
  const folder = join(import.meta.dirname, 'results')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `latency-${at.replaceAll(':', '')}.json`)
  writeFileSync(file, `${JSON.stringify({ benchmark: 'latency', at, options, load: loadavg(), figures }, null, 2)}\n`)
  console.log(`written: ${file}`)
})

function quantiles(times: readonly number[]): { readonly p50: number; readonly p99: number; readonly most: number } {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
  return { p50: at(0.5), p99: at(0.99), most: sorted.at(-1)! }
}

/** Contacts made one by one, at moments that have nothing to do with those of the polls. */
async function changes(scene: Scene): Promise<number[]> {
  const objects = { Contact: {} }
  const { name, file } = await scene.connector({ source: { start: 'now', interval_ms: intervalMs, objects } })
  await using child = startChild([...productFlags, program, 'run', '--source', '--config', file])
  await ready(child)
  await using events = await watch(scene, `${name}.contact.events`, record => String(record.key))
  const times: number[] = []
  for (let n = 0; n < options.changes; n++) {
    const one = { operation: 'create', object: 'Contact', fields: { LastName: `Latency ${n}` } }
    const { ids } = (await scene.control('rows', one)) as { ids: string[] }
    const committedAtMs = performance.now()
    times.push((await events.seen(ids[0]!)) - committedAtMs)
    await sleep(Math.random() * pauseMsMax)
  }
  return times
}

/** One update at a time, as the sink sends it. */
async function apiAlone(scene: Scene): Promise<number[]> {
  await using reader = await scene.reader()
  await using org = await signInTo(scene.signIn, false)
  const ids = (await reader.ids('CreatedDate != null')).slice(0, options.commands)
  const times: number[] = []
  for (const Id of ids) {
    const records = [{ attributes: { type: 'Contact' }, Id, Title: 'Alone' }]
    const beganMs = performance.now()
    await org.send('PATCH', `${org.root}/composite/sobjects`, JSON.stringify({ allOrNone: false, records }))
    times.push(performance.now() - beganMs)
  }
  return times
}

async function commands(scene: Scene): Promise<number[]> {
  await using reader = await scene.reader()
  const ids = (await reader.ids('CreatedDate != null')).slice(0, options.commands)
  const { file, config } = await scene.connector({ kafka: { command_partitions: 1 } })
  const [topic, replyTopic] = [commandTopicOf(config, 'Contact'), replyTopicOf(config, 'Contact')]
  await using child = startChild([...productFlags, program, 'run', '--sink', '--config', file])
  await ready(child)
  await using replies = await watch(scene, replyTopic, ({ value }) => JSON.parse(String(value)).commandId as string)
  const writer = scene.kafka.writer(`bench-${randomUUID()}`)
  const times: number[] = []
  try {
    await writer.fence()
    for (const recordId of ids) {
      const commandId = randomUUID()
      const value = { action: 'UpdateContact', commandId, recordId, fields: { Title: commandId.slice(0, 8) } }
      const headers = { 'content-type': Buffer.from('application/json') }
      const record = { topic, partition: 0, key: Buffer.from(recordId), headers }
      await writer.transact('bench', tx => tx.send([{ ...record, value: Buffer.from(JSON.stringify(value)) }]))
      const committedAtMs = performance.now()
      times.push((await replies.seen(commandId)) - committedAtMs)
      await sleep(Math.random() * 20)
    }
  } finally {
    await writer.close()
  }
  return times
}

/** Waits until the connector's readiness says yes. */
async function ready(child: Child): Promise<void> {
  let url: string | undefined
  child.onLine(line => {
    url ??= /"httpUrl":"([^"]+)"/.exec(line)?.[1]
  })
  for (const deadline = performance.now() + readyMsMax; performance.now() < deadline; await sleep(200)) {
    child.check()
    if (url !== undefined && (await fetch(`${url}/health/ready`)).ok) return
  }
  throw new Error('the connector did not become ready')
}

interface Watcher extends AsyncDisposable {
  /** When the record with that name could be read, on the clock of performance.now(). */
  seen(name: string): Promise<number>
}

/** Reads every partition of the topic from its end on. */
async function watch(scene: Scene, topic: string, nameOf: (record: IncomingRecord) => string): Promise<Watcher> {
  const found = await scene.kafka.describeTopic(topic)
  if (!found) throw new Error(`${topic} does not exist`)
  const ending = new AbortController()
  const times = new Map<string, number>()
  const waiting = new Map<string, (atMs: number) => void>()
  const read = async (partition: number, from: Offset): Promise<void> => {
    const options = { topic, partition, from, signal: ending.signal, waitMsMax: 500, bytesMax: 1_048_576 }
    for await (const records of scene.kafka.readPartition(options)) {
      const now = performance.now()
      for (const record of records) {
        const name = nameOf(record)
        times.set(name, now)
        waiting.get(name)?.(now)
      }
    }
  }
  const ends = await Promise.all(
    Array.from({ length: found.partitions }, async (_, partition) => scene.kafka.endOffset(topic, partition)),
  )
  const reading = Promise.all(ends.map((end, partition) => read(partition, end)))
  const seen = async (name: string): Promise<number> => {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const timer = setTimeout(() => reject(new Error(`${name} was not seen in ${topic}`)), answerMsMax)
    waiting.set(name, resolve)
    reading.catch(reject)
    try {
      return times.get(name) ?? (await promise)
    } finally {
      clearTimeout(timer)
      waiting.delete(name)
    }
  }
  const dispose = async (): Promise<void> => {
    ending.abort()
    await reading
  }
  return { seen, [Symbol.asyncDispose]: dispose }
}
