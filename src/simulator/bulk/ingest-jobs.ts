import { setImmediate as giveWay } from 'node:timers/promises'
import { sleep } from '../../core/clock.ts'
import { requestError } from '../api-error.ts'
import { makeRequestId } from '../org/org.ts'
import { randomFrom } from '../random.ts'
import { csvText, lineEndings, readCsv } from './csv.ts'
import { type Columns, readColumns, type SavedRow, saveRow } from './ingest-rows.ts'
import { type Job, type Jobs, jobJson, jobStateError } from './jobs.ts'
import { shuffled } from './shuffled.ts'

export const ingestOperations = ['insert', 'update', 'upsert', 'delete', 'hardDelete'] as const
export type IngestOperation = (typeof ingestOperations)[number]

/** What an ingest job did with one row of its upload. */
interface Outcome extends SavedRow {
  readonly row: readonly string[]
}

/** An upload whose rows are written one by one. */
export interface IngestJob extends Job {
  readonly kind: 'ingest'
  readonly operation: IngestOperation
  readonly object: string
  readonly externalIdFieldName: string | undefined
  /** The upload, until it has been read. */
  upload: string | undefined
  header: readonly string[]
  rows: readonly (readonly string[])[]
  /** What became of the first of `rows`. */
  readonly outcomes: Outcome[]
}

/** Rows of one transaction, and of one batch of the daily allocation (salesforce-facts 9.2). */
const chunkRows = 200
const batchRows = 10_000
/** Salesforce's bound for one upload, before it grows by base64 (salesforce-facts 9.2). */
const uploadCharactersMax = 150 * 1024 * 1024

export const isIngestJob = (job: Job): job is IngestJob => 'kind' in job && job.kind === 'ingest'

/** Makes an ingest job that waits for its upload. */
export function createIngestJob(
  jobs: Jobs,
  made: Pick<IngestJob, 'operation' | 'object' | 'externalIdFieldName' | 'format' | 'userId' | 'version'>,
): IngestJob {
  const now = jobs.org.stampMs()
  const job: IngestJob = {
    ...made,
    kind: 'ingest',
    id: jobs.nextId(),
    state: 'Open',
    createdAtMs: now,
    changedAtMs: now,
    rowsHeld: 0,
    get uploadCharacters() {
      return this.upload?.length ?? 0
    },
    upload: undefined,
    header: [],
    rows: [],
    outcomes: [],
  }
  jobs.add(job)
  return job
}

/** Takes the job's one upload (salesforce-facts 9.2). */
export function putUpload(jobs: Jobs, job: IngestJob, text: string): void {
  if (job.state !== 'Open') throw jobStateError(`Job must be Open to take an upload: ${job.state}`)
  if (job.upload !== undefined) {
    throw jobStateError(
      `Found multiple contents for job: <${job.id}>, please 'Close' / 'Abort' / 'Delete' the current Job then create a new Job and make sure you only do 'PUT' once on a given Job.`,
    )
  }
  if (text.length > uploadCharactersMax) throw requestError(400, 'CLIENTINPUTERROR', 'Maximum upload size is 150 MB')
  jobs.admitUpload(text.length)
  job.upload = text
}

/** Closes the upload; the job then runs by itself. */
export function closeUpload(jobs: Jobs, job: IngestJob): void {
  if (job.state !== 'Open') throw jobStateError(`Closing already ${job.state} Job not allowed`)
  jobs.move(job, 'UploadComplete')
  jobs.after(job, () => {
    jobs.move(job, 'InProgress')
    jobs.after(job, () => {
      run(jobs, job).catch(error => jobs.move(job, 'Failed', String(error)))
    })
  })
}

async function run(jobs: Jobs, job: IngestJob): Promise<void> {
  const columns = await readUpload(jobs, job).catch(error => {
    jobs.move(job, 'Failed', error instanceof Error ? error.message : String(error))
    return undefined
  })
  if (!columns) return
  for (let at = 0; at < job.rows.length && job.state === 'InProgress'; at += chunkRows) {
    if (at % batchRows === 0) jobs.batches.spend()
    await saveChunk(jobs, job, columns, job.rows.slice(at, at + chunkRows))
    await giveWay()
  }
  if (job.state === 'InProgress') jobs.move(job, 'JobComplete')
}

/** The upload as rows. Throws what fails the whole job, with the text that the job then shows. */
async function readUpload(jobs: Jobs, job: IngestJob): Promise<Columns> {
  const text = job.upload ?? ''
  job.upload = undefined
  const firstLine = text.slice(0, text.indexOf('\n') + 1)
  if (firstLine !== '' && firstLine.endsWith('\r\n') !== (lineEndings[job.format.lineEnding] === '\r\n')) {
    throw new Error(
      `ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is ${job.format.lineEnding}`,
    )
  }
  const [header, ...rows] = await readCsv(text, job.format).catch(error => {
    throw new Error(`InvalidBatch : Failed to parse CSV. ${error instanceof Error ? error.message : error}`)
  })
  if (!header) throw new Error('InvalidBatch : The upload has no header row')
  job.header = header
  job.rows = rows
  job.rowsHeld = rows.length
  return readColumns(jobs.org, job, header)
}

/** Writes up to 200 rows in one transaction; those that fail are taken back alone. */
async function saveChunk(jobs: Jobs, job: IngestJob, columns: Columns, rows: readonly (readonly string[])[]) {
  const transaction = jobs.org.begin({ userId: job.userId, requestId: makeRequestId() })
  try {
    const outcomes = rows.map(row => ({ row, ...saveRow(jobs.org, transaction, job, columns, row) }))
    const delayMs = jobs.org.commitDelay.nextMs()
    if (delayMs > 0 && transaction.changes.length > 0) {
      transaction.park()
      await sleep(delayMs)
    }
    transaction.commit()
    job.outcomes.push(...outcomes)
  } finally {
    transaction.rollback()
  }
}

/** Ends the job before its time: what is saved stays (salesforce-facts 9.2). */
export function abortJob(jobs: Jobs, job: Job): void {
  if (job.state === 'JobComplete') throw jobStateError('Aborting already Completed Job not allowed')
  if (job.state === 'Failed' || job.state === 'Aborted')
    throw jobStateError(`Aborting already ${job.state} Job not allowed`)
  jobs.move(job, 'Aborted')
}

const isSaved = ({ error }: Outcome): boolean => error === undefined

/** The rows that were saved, failed, or never reached, as CSV; their order is not the upload's (salesforce-facts 9.2). */
export function ingestResults(job: IngestJob, which: 'successful' | 'failed' | 'unprocessed'): string {
  if (which === 'unprocessed')
    return job.upload ?? csvText([job.header, ...job.rows.slice(job.outcomes.length)], job.format)
  const saved = which === 'successful'
  const header = ['sf__Id', saved ? 'sf__Created' : 'sf__Error', ...job.header]
  const rows = shuffled(
    job.outcomes.filter(outcome => isSaved(outcome) === saved),
    randomFrom(job.outcomes.length),
  )
  const cells = rows.map(({ row, id, created, error }) => [id ?? '', saved ? String(created) : (error ?? ''), ...row])
  return csvText([header, ...cells], job.format)
}

/** An ingest job as JSON; the numbers appear once it is asked for again. */
export function ingestJobJson(job: IngestJob, full: boolean): string {
  const { operation, object, externalIdFieldName } = job
  const contentUrl = `services/data/v${job.version}.0/jobs/ingest/${job.id}/batches`
  const times = { retries: 0, totalProcessingTime: Math.max(0, job.changedAtMs - job.createdAtMs) }
  const numbers = {
    ...times,
    apiActiveProcessingTime: times.totalProcessingTime,
    apexProcessingTime: 0,
    numberRecordsProcessed: job.outcomes.length,
    numberRecordsFailed: job.outcomes.filter(outcome => !isSaved(outcome)).length,
  }
  const head = { operation, object, ...(externalIdFieldName === undefined ? {} : { externalIdFieldName }) }
  return jobJson(job, head, { jobType: 'V2Ingest', contentUrl, ...(full ? numbers : {}) })
}
