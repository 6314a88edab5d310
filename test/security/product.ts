import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { marks } from './marks.ts'

const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

/** A config with a secret wherever one can stand; `auth` is the flow. */
export function configWith(auth: object, loginUrl: string, directory: string): object {
  return {
    connector: 'marked',
    environment: 'test',
    salesforce: { login_url: loginUrl, auth: { ...auth, ...tokenFile(auth, directory) }, request_timeout_ms: 2_000 },
    kafka: {
      // Nobody listens there.
      brokers: ['127.0.0.1:1'],
      sasl: { mechanism: 'plain', username: 'user', password: marks.saslPassword },
      request_timeout_ms: 500,
    },
    registry: { url: 'http://127.0.0.1:1', username: 'user', password: marks.registryPassword },
    http: { host: '127.0.0.1', port: 0 },
    log: { level: 'debug' },
  }
}

const tokenFile = (auth: object, directory: string): object =>
  'refresh_token' in auth ? { token_file: join(directory, 'token.json') } : {}

/** A directory of this test's own. */
export function ownDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'secrets-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}

/** Runs the product in a process of its own until it ends; answers all that it printed. */
export async function runProduct(
  config: object,
  directory: string,
  given: { args?: readonly string[]; env?: Record<string, string> } = {},
): Promise<{ code: number | null; output: string }> {
  const file = join(directory, 'connector.yaml')
  writeFileSync(file, JSON.stringify(config))
  const args = [cli, ...(given.args ?? ['run', '--debug', '--json']), '--config', file]
  const child = spawn(process.execPath, args, { stdio: 'pipe', env: { ...process.env, ...given.env } })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}
