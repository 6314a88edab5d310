import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const readerPackages = ['confluent-kafka==2.16.1', 'fastavro==1.13.1']
const installTimeoutMs = 240_000
const readTimeoutMs = 60_000

/** A Python with these packages, made once and kept in the project's cache folder. */
export async function pythonWith(packages: readonly string[]): Promise<string> {
  const home = join('.cache', `python-${packages.join('-').replaceAll('=', '')}`)
  if (!existsSync(home)) {
    mkdirSync('.cache', { recursive: true })
    const making = `${home}.${process.pid}`
    await run('python3', ['-m', 'venv', '--copies', making], { timeout: installTimeoutMs })
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]
    await run(join(making, 'bin', 'python'), install, { timeout: installTimeoutMs })
    rmSync(home, { recursive: true, force: true })
    renameSync(making, home)
  }
  return join(home, 'bin', 'python')
}

export interface ReadRecord {
  readonly partition: number
  readonly key: string | null
  readonly headers: Readonly<Record<string, string>>
  readonly value: Readonly<Record<string, unknown>>
}

/** Every committed record of the topic, decoded by librdkafka and fastavro. */
export async function readWithPython(
  brokers: readonly string[],
  registryUrl: string,
  topic: string,
): Promise<ReadRecord[]> {
  const args = ['test/readers/read.py', brokers.join(','), registryUrl, topic]
  const { stdout } = await run(await pythonWith(readerPackages), args, {
    timeout: readTimeoutMs,
    maxBuffer: 64 * 1_048_576,
  })
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as ReadRecord)
}
