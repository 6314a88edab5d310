import { isConnectorError } from './core/errors.ts'
import type { Assignment, GroupMember } from './kafka/consumer.ts'
import { GatheredReads } from './salesforce/gathered-reads.ts'
import { Beat } from './source/beat.ts'
import { type PrepareParts, prepareTask } from './source/prepare.ts'
import { openSignals } from './source/signals-feed.ts'
import { type PreparedTask, runTask } from './source/task.ts'
import { checkTriggerOptions, userTimeZone } from './source/trigger-checks.ts'

/** What the source is built from; tests replace `kafka` to break rules on purpose. */
export interface SourceParts extends PrepareParts {
  /** The rhythm of polls; tests give their own clock. */
  readonly beat?: Pick<Beat, 'next' | 'now'>
  /** Called once, with what no task can recover from. */
  readonly onFatal: (error: unknown) => void
}

export interface Source {
  /** What is still missing before events flow; empty when ready. */
  ready(): string[]
  /** Finishes the open transactions, leaves the group. */
  stop(): Promise<void>
}

/**
 * The source's route: an instance polls the objects whose partitions of the offsets topic it is assigned.
 * Poll (poll.ts) -> what is new (record.ts) -> Avro record (serialize.ts) -> one transaction with the position (transaction.ts).
 */
export async function startSource(parts: SourceParts): Promise<Source> {
  const tasks = new Map<number, PreparedTask>()
  const ailments = new Map<string, string>()
  // Objects polled at the same time share API calls.
  const reads = new GatheredReads(parts.salesforce)
  const auditor = parts.salesforce.withPriority('audit')
  const audits = { salesforce: auditor, reads: new GatheredReads(auditor) }
  const { objects } = parts.config.source
  const [timeZone] = await Promise.all([
    userTimeZone(objects, reads, parts.salesforce.userId),
    checkTriggerOptions(objects, reads),
  ])
  const signals = await openSignals(parts)
  const shared = { reads, audits, beat: parts.beat ?? new Beat(), signals, timeZone }
  for (const object of Object.keys(objects)) {
    const task = await prepareTask(parts, object, shared, ailment => {
      if (ailment === undefined) ailments.delete(object)
      else ailments.set(object, ailment)
    })
    tasks.set(task.place.partition, task)
  }
  const owner = new Owner(parts, tasks, ailments)
  const { environment, connector } = parts.config
  owner.member = await parts.kafka.joinGroup({
    groupId: `${environment}.${connector}.source`,
    topics: [parts.offsetsTopic],
    partitionsConcurrentMax: 1,
    onAssignment: assignment => owner.assign(assignment),
    onCrash: error => parts.onFatal(error),
  })
  return {
    ready: () => owner.ready(),
    stop: async () => {
      await Promise.all([owner.stop(), signals.close()])
    },
  }
}

/** Keeps one running task for each partition this instance is assigned. */
class Owner {
  readonly #parts: SourceParts
  readonly #tasks: ReadonlyMap<number, PreparedTask>
  readonly #running = new Map<number, { readonly stop: AbortController; readonly ended: Promise<void> }>()
  /** Why an object of ours is not being read, by its name. */
  readonly #ailments: Map<string, string>
  #joined = false
  member: GroupMember | undefined

  constructor(parts: SourceParts, tasks: ReadonlyMap<number, PreparedTask>, ailments: Map<string, string>) {
    this.#parts = parts
    this.#tasks = tasks
    this.#ailments = ailments
  }

  assign(assignment: Assignment): void {
    this.#joined = true
    for (const { partition } of assignment.lost) this.#release(partition)
    for (const { partition } of [...assignment.gained, ...assignment.retained]) this.#start(partition)
    this.#parts.events.assigned({ half: 'source', gained: assignment.gained.length, lost: assignment.lost.length })
  }

  #release(partition: number): void {
    const running = this.#running.get(partition)
    running?.stop.abort()
    const object = this.#tasks.get(partition)?.place.object
    if (object === undefined) return
    this.#ailments.delete(object) // the next owner answers for it
    // Once its task has ended: until then it may still tell of the object.
    const tell = (): void => this.#parts.events.revoked({ half: 'source', objects: [object] })
    if (running) void running.ended.then(tell)
    else tell()
  }

  #start(partition: number): void {
    const task = this.#tasks.get(partition)
    const running = this.#running.get(partition)
    if (!task || (running && !running.stop.signal.aborted)) return
    // Until its start is on record, rows created now may lie before it.
    this.#ailments.set(task.place.object, 'it is being taken over')
    const former = running?.ended
    const stop = new AbortController()
    const ended = (async () => {
      await former
      await runTask(task, stop.signal)
    })().catch(error => this.#failed(partition, task, error, stop.signal))
    this.#running.set(partition, { stop, ended })
  }

  /** Rule 7: a fenced task stops, and does not fence back in the same generation; it leaves the group and joins anew. */
  async #failed(partition: number, task: PreparedTask, error: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    this.#parts.events.taskFailed({ task: `source ${task.place.object}`, error, stage: 'transaction' })
    if (!isConnectorError(error, 'kafka.fenced')) return this.#parts.onFatal(error)
    this.#parts.events.fenced({ transactionalId: task.transactionalId })
    this.#running.delete(partition)
    void this.member?.rejoin().catch(cause => this.#parts.onFatal(cause))
  }

  ready(): string[] {
    if (!this.#joined) return ['source: not yet a member of its consumer group']
    const { breaker } = this.#parts.salesforce
    const outage = breaker.isOpen ? [`source: nothing is sent to Salesforce (${breaker.reason})`] : []
    return [...outage, ...[...this.#ailments].map(([name, why]) => `source: ${name} is not being read (${why})`)]
  }

  async stop(): Promise<void> {
    for (const { stop } of this.#running.values()) stop.abort()
    await Promise.all([...this.#running.values()].map(({ ended }) => ended))
    await this.member?.stop()
  }
}
