import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { platform } from 'node:os'

/** The largest resident set in parts of the measured time, and of the whole; bytes. */
export interface Memory {
  readonly firstQuarter: number
  readonly secondQuarter: number
  readonly thirdQuarter: number
  readonly lastQuarter: number
  readonly peak: number
}

const sampleEveryMs = 500
const isLinux = platform() === 'linux'
const ticksPerSecond = isLinux ? Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) : Number.NaN

/** CPU seconds a process has used, user and system; undefined where /proc does not tell, or the process is gone. */
export function cpuSecondsOf(pid: number | undefined): number | undefined {
  const stat = pid === undefined ? undefined : readProc(pid, 'stat')
  if (stat === undefined) return undefined
  // proc(5): the name in parentheses may hold spaces; utime and stime are the 14th and 15th field, here counted behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** Samples the resident set of a process twice a second until disposed; the first time when it has had time to load. */
export class MemorySampler implements Disposable {
  readonly #pid: number
  readonly #samples: { readonly atMs: number; readonly bytes: number }[] = []
  readonly #timer: NodeJS.Timeout
  #peak = 0

  constructor(pid: number) {
    this.#pid = pid
    this.#timer = setInterval(() => this.#sample(), sampleEveryMs)
  }

  /** What was seen up to a moment of performance.now(); undefined where /proc does not tell. */
  until(endMs: number): Memory | undefined {
    const samples = this.#samples.filter(({ atMs }) => atMs <= endMs).map(({ bytes }) => bytes)
    if (samples.length === 0) return undefined
    const quarter = (n: number): number =>
      Math.max(...samples.slice(Math.floor((samples.length * (n - 1)) / 4), Math.ceil((samples.length * n) / 4)))
    const quarters = {
      firstQuarter: quarter(1),
      secondQuarter: quarter(2),
      thirdQuarter: quarter(3),
      lastQuarter: quarter(4),
    }
    return { ...quarters, peak: this.#peak }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #sample(): void {
    const status = readProc(this.#pid, 'status')
    const resident = kibOf(status, 'VmRSS')
    if (resident === undefined) return
    this.#samples.push({ atMs: performance.now(), bytes: resident })
    this.#peak = Math.max(this.#peak, kibOf(status, 'VmHWM') ?? resident)
  }
}

/** The middle value, of an even number the lower middle one. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN
}

function kibOf(status: string | undefined, name: string): number | undefined {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status ?? '')?.[1]
  return found === undefined ? undefined : Number(found) * 1_024
}

function readProc(pid: number, file: 'stat' | 'status'): string | undefined {
  if (!isLinux) return undefined
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return undefined // the process has just ended
  }
}
