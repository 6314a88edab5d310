import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { resolveJars } from '../../src/stack/jars.ts'

const run = promisify(execFile)
const artifacts = ['org.apache.kafka:kafka-tools:4.3.1', 'org.slf4j:slf4j-simple:1.7.36']
const idleTimeoutMs = 6_000
const readTimeoutMs = 90_000
const writeTimeoutMs = 60_000
// Large enough for a record of a megabyte, and for several small records in one batch.
const producer = { 'batch.size': '4194304', 'linger.ms': '500', 'max.request.size': '8388608' }

export interface ConsoleRecord {
  readonly partition: number
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
}

const properties = { 'print.key': 'true', 'print.headers': 'true', 'print.partition': 'true', 'print.value': 'false' }

/** Key, headers and partition of every committed record, as Kafka's own console consumer prints them. */
export async function readWithJava(brokers: readonly string[], topic: string): Promise<ConsoleRecord[]> {
  const classpath = await resolveJars(artifacts, () => undefined)
  const { stdout } = await run(
    'java',
    [
      ...['-cp', classpath, 'org.apache.kafka.tools.consumer.ConsoleConsumer'],
      ...['--bootstrap-server', brokers.join(','), '--topic', topic, '--from-beginning'],
      ...['--isolation-level', 'read_committed', '--timeout-ms', String(idleTimeoutMs)],
      ...Object.entries(properties).flatMap(([name, value]) => ['--formatter-property', `${name}=${value}`]),
    ],
    { timeout: readTimeoutMs, maxBuffer: 64 * 1_048_576 },
  )
  return stdout
    .split('\n')
    .filter(line => line.startsWith('Partition:'))
    .map(parse)
}

/** A line is `Partition:n<TAB>name:value,name:value<TAB>key`. */
function parse(line: string): ConsoleRecord {
  const [partition, headers, key] = line.split('\t')
  const pairs = headers!
    .split(/,(?=[a-zA-Z_-]+:)/)
    .map(pair => [pair.slice(0, pair.indexOf(':')), pair.slice(pair.indexOf(':') + 1)])
  return { partition: Number(partition!.slice('Partition:'.length)), key: key!, headers: Object.fromEntries(pairs) }
}

/** Writes each value as a record, packed with the codec, by Kafka's own console producer. */
export async function writeWithJava(
  brokers: readonly string[],
  topic: string,
  codec: string,
  values: readonly string[],
): Promise<void> {
  const classpath = await resolveJars(artifacts, () => undefined)
  const args = [
    ...['-cp', classpath, 'org.apache.kafka.tools.ConsoleProducer', '--bootstrap-server', brokers.join(',')],
    ...['--topic', topic, '--compression-codec', codec],
    ...Object.entries(producer).flatMap(([name, value]) => ['--command-property', `${name}=${value}`]),
  ]
  const java = spawn('java', args, { stdio: ['pipe', 'ignore', 'ignore'], timeout: writeTimeoutMs })
  const exited = once(java, 'exit')
  java.stdin.end(values.map(value => `${value}\n`).join(''))
  const [status] = await exited
  if (status !== 0) throw new Error(`the console producer ended with ${status}`)
}
