import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { ConnectorError } from '../core/errors.ts'
import { ticking } from './command.ts'

const downloadMsMax = 15 * 60_000
const errorLinesMax = 3
// Colours would hide the words that are looked for.
const maven = { command: 'mvn', flags: ['-Dstyle.color=never'] as readonly string[] }
const restBytesMax = 4096

/**
 * What Maven's console says of its downloads, line by line. Interactive mode is left on, although nobody answers:
 * with `-B` Maven does not tell how much of a file has come.
 */
export class DownloadLog {
  files = 0
  current = ''
  readonly errors: string[] = []
  #rest = ''

  read(chunk: string): void {
    const lines = (this.#rest + chunk).split(/[\r\n]+/)
    this.#rest = lines.pop()!.slice(-restBytesMax)
    for (const line of lines) this.#readLine(line)
  }

  #readLine(line: string): void {
    const progress = /^Progress \(\d+\): (.*\S)/.exec(line)
    if (progress) this.current = progress[1]!
    else if (/^Downloaded from .*\.(jar|tar\.gz) /.test(line)) {
      this.files++
      this.current = ''
    } else if (line.includes('ERROR') && this.errors.length < errorLinesMax) this.errors.push(line)
  }

  toString(): string {
    const files = `${this.files} ${this.files === 1 ? 'file' : 'files'} done`
    return this.current ? `${files}, now ${this.current}` : files
  }
}

/** Runs Maven in `dir` for the files of `title`, telling how far it is; rejects with Maven's own first error lines. */
export async function runMaven(
  title: string,
  dir: string,
  args: readonly string[],
  progress: (line: string) => void,
  { command, flags } = maven,
): Promise<void> {
  progress(`Downloading ${title} with Maven (once; kept for the next time).`)
  const log = new DownloadLog()
  const child = spawn(command, [...flags, ...args], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: downloadMsMax,
  })
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', chunk => log.read(chunk))
  const ended = once(child, 'close') as Promise<[number | null]>
  const [code] = await ticking(ended, seconds => `Downloading ${title}: ${log}, ${seconds} s.`, progress)
  if (code === 0) return
  const why = code === null ? 'it was stopped' : log.errors.join(' ') || `exit code ${code}`
  throw new ConnectorError('stack.unavailable', `Maven could not download ${title}: ${why}`, {
    remedy: 'Check the network, and the proxy or mirror in Maven’s settings.xml, then run it again.',
  })
}
