import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { root } from './container.ts'
import { until } from './until.ts'

/** `run` in a process of its own. */
export interface ConnectorChild {
  readonly process: ChildProcess
  /** Base URL of /metrics and /health. */
  readonly url: string
  /** What it logged so far. */
  logged(): string
  /** Sends a signal and waits for the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** Starts `run --config file`, and waits until /health/ready says 200. */
export async function startConnectorChild(file: string): Promise<ConnectorChild> {
  const child = spawn(process.execPath, [join(root, 'src/cli.ts'), 'run', '--config', file], { stdio: 'pipe' })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  const url = await until(() => {
    if (child.exitCode !== null) throw new Error(`run exited with ${child.exitCode}:\n${output}`)
    return /"httpUrl":"([^"]+)"/.exec(output)?.[1]
  })
  await until(async () => ((await fetch(`${url}/health/ready`)).status === 200 ? true : undefined))
  return {
    process: child,
    url,
    logged: () => output,
    async end(signal) {
      const exit = once(child, 'exit')
      child.kill(signal)
      const [code] = (await exit) as [number | null]
      return code
    },
  }
}
