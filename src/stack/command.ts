import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const outputBytesMax = 1024 * 1024

/** Runs a program to its end and returns what it wrote (stdout, then stderr); rejects if it fails or takes longer than `timeoutMs`. */
export async function run(command: string, args: readonly string[], timeoutMs = 60_000): Promise<string> {
  const { stdout, stderr } = await execute(command, args, { timeout: timeoutMs, maxBuffer: outputBytesMax })
  return stdout + stderr
}

/** Runs `work` and, while it takes, says every few seconds that it goes on. `line` gets the elapsed whole seconds. */
export async function ticking<T>(
  work: Promise<T>,
  line: (elapsedSeconds: number) => string,
  progress: (line: string) => void,
  everyMs = 2_000,
): Promise<T> {
  const startedAt = performance.now()
  const timer = setInterval(() => progress(line(Math.round((performance.now() - startedAt) / 1000))), everyMs)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}

/** `work`, or a rejection with `message` if it takes longer than `limitMs`. The work itself is not stopped. */
export async function within<T>(limitMs: number, message: string, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(message)), limitMs)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
