import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { resolveJars } from '../../src/stack/jars.ts'

const run = promisify(execFile)
const artifacts = ['org.apache.kafka:kafka-tools:4.3.1', 'org.slf4j:slf4j-simple:1.7.36']
const idleTimeoutMs = 6_000
const readTimeoutMs = 90_000

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
