import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * The guard: a process of its own that starts the stack's JVMs and outlives its parent only to clean up after it.
 * The IPC channel is the lifeline. The kernel closes it however the parent ends, `kill -9` included; the guard then
 * kills what it started and removes the data directory, which it made itself.
 */
export type ToGuard =
  | Readonly<{ do: 'start'; id: number; command: string; args: readonly string[]; logFile: string }>
  | Readonly<{ do: 'signal'; id: number; signal: NodeJS.Signals }>

export type FromGuard =
  | Readonly<{ did: 'ready'; dir: string }>
  | Readonly<{ did: 'start'; id: number; pid: number }>
  | Readonly<{ did: 'exit'; id: number; reason: string }>

function guard(): void {
  const dir = mkdtempSync(join(tmpdir(), 'salesforce-kafka-'))
  const children = new Map<number, ChildProcess>()
  let closing = false

  const tell = (message: FromGuard) => {
    // A parent that dies between the check and the send is noticed by 'disconnect', so the send's error says nothing new.
    if (process.connected) process.send?.(message, () => {})
  }
  const finishWhenEmpty = () => {
    if (!closing || children.size > 0) return
    rmSync(dir, { recursive: true, force: true })
    process.exit(0)
  }
  const close = () => {
    closing = true
    for (const child of children.values()) child.kill('SIGKILL')
    finishWhenEmpty()
  }
  const start = ({ id, command, args, logFile }: Extract<ToGuard, { do: 'start' }>) => {
    if (closing) return
    const log = openSync(logFile, 'a')
    const child = spawn(command, args, { cwd: dir, stdio: ['ignore', log, log] })
    closeSync(log)
    children.set(id, child)
    const ended = (reason: string) => {
      if (!children.delete(id)) return
      tell({ did: 'exit', id, reason })
      finishWhenEmpty()
    }
    child.on('spawn', () => tell({ did: 'start', id, pid: child.pid! }))
    child.on('error', error => ended(error.message))
    child.on('exit', (code, signal) => ended(signal ?? `exit code ${code}`))
  }

  process.on('disconnect', close)
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, close)
  process.on('message', (message: ToGuard) => {
    if (message.do === 'start') start(message)
    else children.get(message.id)?.kill(message.signal)
  })
  tell({ did: 'ready', dir })
}

guard()
