import { fork } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { ConnectorError } from '../core/errors.ts'
import type { FromGuard, ToGuard } from './guard.ts'

/** A process that dies with us. `exited` resolves with how it ended, e.g. `SIGKILL` or `exit code 1`; it never rejects. */
export interface GuardedProcess {
  readonly pid: number
  readonly exited: Promise<string>
  kill(signal: NodeJS.Signals): void
  /** The last lines of what it wrote to stdout and stderr. */
  logTail(): Promise<string>
}

export interface Guard {
  /** A fresh directory, removed when the guard ends. */
  readonly dir: string
  start(name: string, command: string, args: readonly string[]): Promise<GuardedProcess>
  /** Kills what was started, removes `dir`, and resolves when both are done. */
  stop(): Promise<void>
}

const logTailLinesMax = 15
const logTailBytesMax = 4096
const stopMsMax = 30_000

async function logTail(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '')
  return text.slice(-logTailBytesMax).trimEnd().split('\n').slice(-logTailLinesMax).join('\n')
}

// For a guard that cannot do its work: it leads the process group of all it started.
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Starts a guard (guard.ts) in a session of its own, so that Ctrl-C reaches us and not what it guards. */
export async function startGuard(): Promise<Guard> {
  const program = join(import.meta.dirname, `guard${extname(import.meta.filename)}`)
  const child = fork(program, { detached: true, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const gone = Promise.withResolvers<void>()
  const tell = (message: ToGuard) => child.send(message)
  const watchers = new Map<number, (message: FromGuard) => void>()
  const ready = Promise.withResolvers<string>()
  child.on('message', (message: FromGuard) => {
    if (message.did === 'ready') ready.resolve(message.dir)
    else watchers.get(message.id)?.(message)
  })
  child.on('error', ready.reject)
  child.on('exit', code => {
    if (code !== 0 && child.pid) killGroup(child.pid)
    gone.resolve()
    ready.reject(new ConnectorError('stack.unavailable', `the guard process ended with exit code ${code}`))
    for (const [id, watch] of watchers) watch({ did: 'exit', id, reason: 'its guard ended' })
  })
  const dir = await ready.promise

  let lastId = 0
  const start = async (name: string, command: string, args: readonly string[]): Promise<GuardedProcess> => {
    if (!child.connected) throw new ConnectorError('stack.unavailable', `${name} did not start: its guard ended`)
    const id = ++lastId
    const logFile = join(dir, `${name}.log`)
    const started = Promise.withResolvers<number>()
    const exited = Promise.withResolvers<string>()
    watchers.set(id, message => {
      if (message.did === 'start') return started.resolve(message.pid)
      if (message.did !== 'exit') return
      watchers.delete(id)
      exited.resolve(message.reason)
      started.reject(new ConnectorError('stack.unavailable', `${name} did not start: ${message.reason}`))
    })
    tell({ do: 'start', id, command, args, logFile })
    const pid = await started.promise
    return {
      pid,
      exited: exited.promise,
      kill: signal => tell({ do: 'signal', id, signal }),
      logTail: () => logTail(logFile),
    }
  }
  const stop = async () => {
    if (child.connected) child.disconnect()
    const timer = setTimeout(() => killGroup(child.pid!), stopMsMax)
    await gone.promise
    clearTimeout(timer)
  }
  return { dir, start, stop }
}
