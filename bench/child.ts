import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A process that is measured. */
export interface Child extends AsyncDisposable {
  readonly pid: number
  /** When it was started, on the clock of performance.now(). */
  readonly startedAtMs: number
  /** Gets each line of its stdout from now on. */
  onLine(listener: (line: string) => void): void
  /** The next line of its stdout; rejects if the process ends before. */
  nextLine(): Promise<string>
  /** Throws with the end of its output if it has ended with another code than 0. */
  check(): void
  /** Resolves when it has ended by itself; rejects as `check` throws. */
  finish(): Promise<void>
  /** Asks it to end and waits; kills it after a while. */
  stop(): Promise<void>
}

const outputLinesMax = 40
const stopMsMax = 20_000

/** Starts `node <args>`, or another program, with this process's environment. */
export function startChild(args: readonly string[], program = process.execPath): Child {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const startedAtMs = performance.now()
  const ended = once(child, 'close')
  const listeners = new Set<(line: string) => void>()
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', line => {
      output.push(line)
      if (output.length > outputLinesMax) output.shift()
      if (stream === child.stdout) for (const listener of [...listeners]) listener(line)
    })
  const check = (): void => {
    if (!hasEnded(child) || child.exitCode === 0) return
    throw new Error(`${args.join(' ')} ended with ${child.signalCode ?? child.exitCode}:\n${output.join('\n')}`)
  }
  const finish = async (): Promise<void> => {
    await ended
    check()
  }
  const stop = async (): Promise<void> => {
    const timer = setTimeout(() => child.kill('SIGKILL'), stopMsMax)
    if (!hasEnded(child)) child.kill('SIGTERM')
    await ended
    clearTimeout(timer)
  }
  return {
    pid: child.pid!,
    startedAtMs,
    onLine: listener => void listeners.add(listener),
    nextLine: () => nextLine(listeners, finish),
    check,
    finish,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

async function nextLine(listeners: Set<(line: string) => void>, finish: () => Promise<void>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  listeners.add(resolve)
  finish().then(() => reject(new Error('the process ended without a line')), reject)
  try {
    return await promise
  } finally {
    listeners.delete(resolve)
  }
}
