import { loadavg } from 'node:os'
import type { Arrivals } from './arrivals.ts'
import { type Child, startChild } from './child.ts'
import type { Scene } from './scene.ts'
import { cpuSecondsOf, type Memory, MemorySampler } from './usage.ts'

/** One measured run of the connector, or of what it is compared with. CPU seconds and memory are undefined where unknown. */
export interface Run {
  readonly name: string
  readonly round: number
  /** Load average of the last minute when it began; other work on the machine makes figures worse. */
  readonly load: number
  readonly count: number
  /** From the start of its process until the first effect could be seen, and until the last. */
  readonly firstSeconds: number
  readonly seconds: number
  readonly perSecond: number
  /** Between the first effect and the last; what was there at the first is not counted. */
  readonly perSecondAfterFirst: number
  readonly cpuSeconds: {
    readonly process: number | undefined
    readonly simulator: number | undefined
    readonly broker: number | undefined
  }
  readonly memory: Memory | undefined
  readonly apiCalls: number
  /** The median number of commands that were carried out together; undefined for what has no batches. */
  readonly batch?: number
  /** Committed Kafka transactions, as the connector's own metrics tell; undefined for what has none. */
  readonly transactions: number | undefined
}

/** What is run: a process, and how its effects are watched. */
export interface Subject {
  readonly name: string
  readonly round: number
  /** Node, unless given. */
  readonly program?: string
  readonly args: readonly string[]
  readonly count: number
  watch(child: Child): Promise<Arrivals>
}

/** Runs the process until its last effect, and ends it. Rejects if it fails. */
export async function measure(scene: Scene, subject: Subject): Promise<Run> {
  const load = loadavg()[0] ?? Number.NaN
  const brokerPid = scene.stack.nodes[0]?.pid
  const apiCalls = await scene.apiCalls()
  const before = { simulator: cpuSecondsOf(scene.simulator.pid), broker: cpuSecondsOf(brokerPid) }
  await using child = startChild(subject.args, subject.program)
  using memory = new MemorySampler(child.pid)
  const log: string[] = []
  child.onLine(line => void log.push(line))
  // The last reading before the end counts: a process that ends by itself can no longer be asked.
  let processCpu: number | undefined
  const watching = setInterval(() => {
    processCpu = cpuSecondsOf(child.pid) ?? processCpu
  }, 100)
  const arrivals = await subject.watch(child).finally(() => clearInterval(watching))
  const seconds = (arrivals.lastAtMs - child.startedAtMs) / 1_000
  const afterFirstSeconds = (arrivals.lastAtMs - arrivals.firstAtMs) / 1_000
  return {
    name: subject.name,
    round: subject.round,
    load,
    count: subject.count,
    firstSeconds: (arrivals.firstAtMs - child.startedAtMs) / 1_000,
    seconds,
    perSecond: subject.count / seconds,
    perSecondAfterFirst: (subject.count - arrivals.firstCount) / afterFirstSeconds,
    cpuSeconds: {
      process: cpuSecondsOf(child.pid) ?? processCpu,
      simulator: difference(cpuSecondsOf(scene.simulator.pid), before.simulator),
      broker: difference(cpuSecondsOf(brokerPid), before.broker),
    },
    memory: memory.until(arrivals.lastAtMs),
    apiCalls: (await scene.apiCalls()) - apiCalls,
    transactions: await transactionsOf(log),
  }
}

const difference = (after: number | undefined, before: number | undefined): number | undefined =>
  after === undefined || before === undefined ? undefined : after - before

async function transactionsOf(log: readonly string[]): Promise<number | undefined> {
  const url = log.map(line => /"httpUrl":"([^"]+)"/.exec(line)?.[1]).find(found => found !== undefined)
  if (url === undefined) return undefined
  const metrics = await (await fetch(`${url}/metrics`)).text()
  const found = /^connector_transactions_total\{[^}]*outcome="committed"[^}]*\} (\d+)$/m.exec(metrics)?.[1]
  return found === undefined ? undefined : Number(found)
}
