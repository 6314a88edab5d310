import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import { table } from '../src/cli/terminal.ts'
import type { Run } from './measure.ts'
import { median } from './usage.ts'

const resultsFolder = join(import.meta.dirname, 'results')
const unknown = '?'

const columns: readonly (readonly [head: string, cell: (run: Run) => string])[] = [
  ['round', run => String(run.round)],
  ['what', run => run.name],
  ['load', run => run.load.toFixed(1)],
  ['first s', run => run.firstSeconds.toFixed(2)],
  ['total s', run => run.seconds.toFixed(2)],
  ['/s', run => run.perSecond.toFixed(0)],
  ['/s after first', run => run.perSecondAfterFirst.toFixed(0)],
  ['CPU s', run => shown(run.cpuSeconds.process)],
  ['simulator', run => shown(run.cpuSeconds.simulator)],
  ['broker', run => shown(run.cpuSeconds.broker)],
  ['CPU µs each', run => shown(each(run, run.cpuSeconds.process), 0)],
  ['RSS MiB 1st', run => mib(run.memory?.firstQuarter)],
  ['2nd', run => mib(run.memory?.secondQuarter)],
  ['3rd', run => mib(run.memory?.thirdQuarter)],
  ['last quarter', run => mib(run.memory?.lastQuarter)],
  ['peak', run => mib(run.memory?.peak)],
  ['API calls', run => String(run.apiCalls)],
  ['calls/1000', run => ((run.apiCalls / run.count) * 1_000).toFixed(2)],
  ['batch', run => String(run.batch ?? '-')],
  ['transactions', run => String(run.transactions ?? '-')],
]

const shown = (value: number | undefined, digits = 2): string => value?.toFixed(digits) ?? unknown
const each = ({ count }: Run, seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : (seconds / count) * 1_000_000
const mib = (bytes: number | undefined): string => (bytes === undefined ? unknown : (bytes / 1_048_576).toFixed(0))

/** Prints the runs and how the first named kind compares with the second, and writes both as JSON. */
export function report(
  benchmark: string,
  options: Readonly<Record<string, unknown>>,
  runs: readonly Run[],
  [measured, reference]: readonly [string, string],
): void {
  const head = columns.map(([name]) => name)
  const lines = table([head, ...runs.map(run => columns.map(([, cell]) => cell(run)))])
  const total = ratio(runs, measured, reference, run => run.perSecond)
  const afterFirst = ratio(runs, measured, reference, run => run.perSecondAfterFirst)
  console.log(['', ...lines, ''].join('\n'))
  if (Number.isFinite(total)) {
    console.log(`${measured} : ${reference}, medians of the same run`)
    console.log(`  from the start of the process: ${total.toFixed(2)}`)
    console.log(`  after the first effect:        ${afterFirst.toFixed(2)}`)
  }
  const machine = { platform: platform(), cpu: cpus()[0]?.model, cpus: cpus().length, memoryBytes: totalmem() }
  const at = new Date().toISOString()
  const result = { benchmark, at, options, node: process.version, machine, loadAtEnd: loadavg(), runs }
  mkdirSync(resultsFolder, { recursive: true })
  const file = join(resultsFolder, `${benchmark}-${at.replaceAll(':', '')}.json`)
  writeFileSync(file, `${JSON.stringify({ ...result, ratio: { measured, reference, total, afterFirst } }, null, 2)}\n`)
  console.log(`written: ${file}`)
}

function ratio(runs: readonly Run[], measured: string, reference: string, value: (run: Run) => number): number {
  const of = (name: string): number => median(runs.filter(run => run.name === name).map(value))
  return of(measured) / of(reference)
}

/** Runs both sides in each round, first the one, in the next round the other: what warms up, warms up for both. */
export async function inRounds(rounds: number, sides: readonly ((round: number) => Promise<Run>)[]): Promise<Run[]> {
  const runs: Run[] = []
  for (let round = 1; round <= rounds; round++)
    for (const side of round % 2 === 1 ? sides : sides.toReversed()) {
      const run = await side(round)
      console.error(`round ${round}, ${run.name}: ${run.seconds.toFixed(1)} s`)
      runs.push(run)
    }
  return runs
}
