import { notFound, requestError } from '../api-error.ts'
import { datetimeText } from '../org/cell.ts'
import type { Org } from '../org/org.ts'
import { makeRecordId } from '../org/record-id.ts'
import { type CsvFormat, delimiters, lineEndings } from './csv.ts'
import { DailyCount } from './daily-count.ts'

export type JobState = 'Open' | 'UploadComplete' | 'InProgress' | 'JobComplete' | 'Failed' | 'Aborted'

/** What query jobs and ingest jobs have in common. Times are epoch milliseconds of the org. */
export interface Job {
  readonly id: string
  readonly format: CsvFormat
  readonly userId: string
  /** API version it was made with. */
  readonly version: number
  readonly createdAtMs: number
  changedAtMs: number
  state: JobState
  errorMessage?: string
  /** Rows kept for its results. */
  rowsHeld: number
  /** Size of its upload while that has not been read. */
  readonly uploadCharacters: number
}

/** Results and job info are kept this long (salesforce-facts 9.2). */
const keptMsMax = 7 * 24 * 60 * 60 * 1000
/** Jobs and rows of results that are held at most; the oldest ended jobs go first. */
const jobsMax = 10_000
const rowsHeldMax = 5_000_000
const uploadCharactersHeldMax = 1024 ** 3
/** Daily allocations (salesforce-facts 9.2). */
const queryJobsPerDayMax = 10_000
const batchesPerDayMax = 15_000

export const hasEnded = (job: Job): boolean => ['JobComplete', 'Failed', 'Aborted'].includes(job.state)

/** The jobs of the Bulk API 2.0, and when they go on: each state lasts `bulkStateMs` of the org's time,
 *  and none is left while `bulkJobs` says `hold`. */
export class Jobs {
  readonly org: Org
  readonly queryJobs: DailyCount
  readonly batches: DailyCount
  readonly #jobs = new Map<string, Job>()
  readonly #due = new Map<Job, { readonly atMs: number; readonly step: () => void }>()
  #timer: NodeJS.Timeout | undefined
  #sequence = 0

  constructor(org: Org) {
    this.org = org
    this.queryJobs = new DailyCount('Bulk API 2.0 query job', queryJobsPerDayMax, org.now)
    this.batches = new DailyCount('Bulk API batch', batchesPerDayMax, org.now)
  }

  nextId(): string {
    return makeRecordId('750', ++this.#sequence)
  }

  /** Throws if as many jobs as may be are open or running. */
  add(job: Job): void {
    this.#evict()
    if (this.#jobs.size >= jobsMax) throw requestError(400, 'EXCEEDEDQUOTA', `At most ${jobsMax} jobs can be open`)
    this.#jobs.set(job.id, job)
  }

  /** Throws if the uploads that have not been read yet would become too large together. */
  admitUpload(characters: number): void {
    let held = characters
    for (const job of this.#jobs.values()) held += job.uploadCharacters
    if (held > uploadCharactersHeldMax)
      throw requestError(400, 'EXCEEDEDQUOTA', 'Too much data has been uploaded to jobs that are still open')
  }

  /** The user's job. Throws 404 for one that is not there or somebody else's. */
  get<J extends Job>(id: string, userId: string, is: (job: Job) => job is J): J {
    this.kick()
    this.#evict()
    const job = this.#jobs.get(id) ?? [...this.#jobs.values()].find(each => each.id.slice(0, 15) === id)
    if (!job || job.userId !== userId || !is(job)) throw notFound()
    return job
  }

  list<J extends Job>(userId: string, is: (job: Job) => job is J): J[] {
    this.kick()
    this.#evict()
    return [...this.#jobs.values()].filter(job => job.userId === userId).filter(is)
  }

  delete(job: Job): void {
    this.#jobs.delete(job.id)
    this.#due.delete(job)
  }

  move(job: Job, state: JobState, errorMessage?: string): void {
    job.state = state
    job.changedAtMs = this.org.stampMs()
    if (errorMessage !== undefined) job.errorMessage = errorMessage
    if (hasEnded(job)) this.#due.delete(job)
  }

  /** Runs `step` once the job's state has lasted long enough. */
  after(job: Job, step: () => void): void {
    this.#due.set(job, { atMs: this.org.now() + this.org.switches.bulkStateMs, step })
    this.#arm()
  }

  /** Takes every step that is due; each request for a job asks, so that a clock that is set by hand is enough. */
  kick(): void {
    if (this.org.switches.bulkJobs === 'hold') return
    for (const [job, { atMs, step }] of this.#due) {
      if (this.org.now() < atMs) continue
      this.#due.delete(job)
      step()
    }
    this.#arm()
  }

  #arm(): void {
    clearTimeout(this.#timer)
    if (this.#due.size === 0) return
    const next = Math.min(...[...this.#due.values()].map(({ atMs }) => atMs))
    this.#timer = setTimeout(() => this.kick(), Math.max(1, next - this.org.now())).unref()
  }

  #evict(): void {
    let rows = 0
    for (const job of this.#jobs.values()) rows += job.rowsHeld
    for (const job of this.#jobs.values()) {
      const isOld = job.createdAtMs < this.org.now() - keptMsMax
      if (!isOld && this.#jobs.size < jobsMax && rows <= rowsHeldMax) return
      if (!isOld && !hasEnded(job)) continue
      rows -= job.rowsHeld
      this.delete(job)
    }
  }
}

/** `columnDelimiter` and `lineEnding` of a new job. Throws for a value that is none. */
export function readFormat(body: Readonly<Record<string, unknown>>): CsvFormat {
  const pick = <T extends object>(name: string, known: T, fallback: keyof T): keyof T => {
    const value = body[name] ?? fallback
    if (typeof value === 'string' && Object.hasOwn(known, value)) return value as keyof T
    throw requestError(400, 'INVALIDJOB', `Unable to find ${name} with value: ${value}`)
  }
  if ((body.contentType ?? 'CSV') !== 'CSV') throw requestError(400, 'INVALIDJOB', 'contentType must be CSV')
  return {
    columnDelimiter: pick('columnDelimiter', delimiters, 'COMMA'),
    lineEnding: pick('lineEnding', lineEndings, 'LF'),
  }
}

export const jobStateError = (message: string): Error => requestError(400, 'INVALIDJOBSTATE', message)

/** A job as JSON; `apiVersion` is a number with a point (salesforce-facts 9.1). */
export function jobJson(job: Job, head: object, tail: object = {}): string {
  const json = JSON.stringify({
    id: job.id,
    ...head,
    createdById: job.userId,
    createdDate: datetimeText(job.createdAtMs),
    systemModstamp: datetimeText(job.changedAtMs),
    state: job.state,
    concurrencyMode: 'Parallel',
    contentType: 'CSV',
    apiVersion: job.version,
    ...tail,
    lineEnding: job.format.lineEnding,
    columnDelimiter: job.format.columnDelimiter,
    ...(job.errorMessage === undefined ? {} : { errorMessage: job.errorMessage }),
  })
  return json.replace(`"apiVersion":${job.version}`, `"apiVersion":${job.version}.0`)
}
