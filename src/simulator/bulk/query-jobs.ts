import { ApiError, requestError } from '../api-error.ts'
import type { FieldType } from '../objects/definition.ts'
import type { Cells } from '../org/cell.ts'
import { randomFrom } from '../random.ts'
import type { FieldPath } from '../soql/field-path.ts'
import { runQuery } from '../soql/query.ts'
import { csvText } from './csv.ts'
import { type Job, type Jobs, jobJson } from './jobs.ts'
import { shuffled } from './shuffled.ts'

/** A query whose rows are fetched as CSV. */
export interface QueryJob extends Job {
  readonly kind: 'query'
  readonly operation: 'query' | 'queryAll'
  readonly soql: string
  readonly object: string
  paths: readonly FieldPath[]
  /** The rows as they were when the query ran. */
  rows: readonly Cells[]
}

/** Rows of one set of results when the client names no number. */
const resultRowsDefault = 50_000

export const isQueryJob = (job: Job): job is QueryJob => 'kind' in job && job.kind === 'query'

const compoundTypes: ReadonlySet<FieldType> = new Set(['address', 'location'])

/** Runs the query and refuses what cannot be had in bulk (salesforce-facts 9.1). The codes are not proven; the texts are what clients look for. */
function runInBulk(jobs: Jobs, { soql, operation, userId }: Pick<QueryJob, 'soql' | 'operation' | 'userId'>) {
  const result = runQuery(jobs.org, soql, operation === 'queryAll', jobs.org.accessOf(userId))
  const refuse = (what: string) => requestError(400, 'API_ERROR', `${what} not supported in Bulk Query`)
  if (result.countOnly || result.groups) throw refuse('Aggregate Relationships')
  if (result.outputs.length > result.paths.length) throw refuse('Nested queries')
  if (/\bOFFSET\s+\d+\s*$/i.test(soql)) throw refuse('OFFSET')
  if (result.paths.some(({ field }) => compoundTypes.has(field.type))) throw refuse('Selecting compound data')
  return result
}

/** Makes a query job; it runs by itself. */
export function createQueryJob(
  jobs: Jobs,
  made: Pick<QueryJob, 'operation' | 'soql' | 'format' | 'userId' | 'version'>,
): QueryJob {
  const { table } = runInBulk(jobs, made)
  jobs.queryJobs.spend()
  const now = jobs.org.stampMs()
  const job: QueryJob = {
    ...made,
    kind: 'query',
    id: jobs.nextId(),
    object: table.type.name,
    state: 'UploadComplete',
    createdAtMs: now,
    changedAtMs: now,
    rowsHeld: 0,
    uploadCharacters: 0,
    paths: [],
    rows: [],
  }
  jobs.add(job)
  jobs.after(job, () => {
    jobs.move(job, 'InProgress')
    jobs.after(job, () => run(jobs, job))
  })
  return job
}

function run(jobs: Jobs, job: QueryJob): void {
  try {
    const { rows, paths } = runInBulk(jobs, job)
    const versions = rows.map(row => row.cells).filter(cells => cells !== undefined)
    // Without ORDER BY the rows come in no order, as chunks that were read side by side do.
    job.rows = /\border\s+by\b/i.test(job.soql) ? versions : shuffled(versions, randomFrom(versions.length))
    job.paths = paths
    job.rowsHeld = versions.length
    jobs.move(job, 'JobComplete')
  } catch (error) {
    jobs.move(job, 'Failed', error instanceof ApiError ? error.message : String(error))
  }
}

/** One set of results: CSV from `locator` on, and the locator of the next, `null` after the last (salesforce-facts 9.1). */
export function queryResults(job: QueryJob, locator: string | null, rowsMax: number) {
  const from = locator === null ? 0 : Number(Buffer.from(locator, 'base64url').toString())
  if (!Number.isInteger(from) || from < 0 || from > job.rows.length || locator === '')
    throw requestError(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
  const to = Math.min(job.rows.length, from + (rowsMax || resultRowsDefault))
  const header = job.paths.map(({ field, parents }) => [...parents.map(step => step.name), field.name].join('.'))
  const rows = job.rows.slice(from, to).map(cells => job.paths.map(path => csvCell(path, cells)))
  return {
    text: csvText([header, ...rows], job.format),
    rows: to - from,
    next: to < job.rows.length ? Buffer.from(String(to)).toString('base64url') : 'null',
  }
}

function csvCell({ field, read }: FieldPath, cells: Cells): string | null {
  const cell = read(cells)
  if (cell === null) return null
  if (field.type === 'datetime') return new Date(Number(cell)).toISOString()
  if (typeof cell === 'string') return cell
  const isWhole = Number.isInteger(cell) && field.type !== 'int' && field.type !== 'boolean'
  return isWhole ? `${cell}.0` : String(cell)
}

/** A query job as JSON; the numbers appear once it is asked for again. */
export function queryJobJson(job: QueryJob, full: boolean): string {
  const numbers = {
    jobType: 'V2Query',
    numberRecordsProcessed: job.rows.length,
    retries: 0,
    totalProcessingTime: Math.max(0, job.changedAtMs - job.createdAtMs),
    isPkChunkingSupported: true,
  }
  const { operation, object } = job
  return jobJson(job, { operation, object }, full ? numbers : {})
}
