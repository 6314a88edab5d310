import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { until } from '../routes/world.ts'

/** How a connector's process fails; all undefined: it does not. */
export interface Failure {
  /** A failpoint, and how often it is passed before. */
  readonly at?: string
  readonly after?: number
  readonly signal?: 'SIGKILL' | 'SIGSTOP'
  /** A rule broken on purpose (broken.ts). */
  readonly broken?: string
}

export interface ConnectorProcess {
  readonly child: ChildProcess
  /** Resolves when all halves work; also if the process dies before. */
  readonly ready: Promise<void>
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>
  readonly output: () => string
}

const readyMsMax = 60_000
const outputCharsMax = 20_000

/** The product's own command line; `ready` is when its log says it has started. */
export const commandLine = (file: string): readonly string[] => ['src/cli.ts', 'run', '--config', file]

/** Starts a connector on the config file in a process of its own. */
export function startProcess(
  file: string,
  failure: Failure,
  args: readonly string[] = ['test/chaos/connector-process.ts', file],
): ConnectorProcess {
  const env = {
    ...process.env,
    ...(failure.at ? { FAIL_AT: failure.at } : {}),
    ...(failure.after ? { FAIL_AFTER: String(failure.after) } : {}),
    ...(failure.signal ? { FAIL_SIGNAL: failure.signal } : {}),
    ...(failure.broken ? { BREAK: failure.broken } : {}),
  }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-outputCharsMax)
    })
  const ended = once(child, 'exit').then(([code, signal]) => (signal ?? code) as number | string)
  const isUp = (): boolean =>
    /^ready$|"msg":"Started\."/m.test(output) || child.exitCode !== null || child.signalCode !== null
  return { child, ready: until(isUp, readyMsMax, () => output), ended, output: () => output }
}
