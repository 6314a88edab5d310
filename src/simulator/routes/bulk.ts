import { notFound, requestError } from '../api-error.ts'
import {
  abortJob,
  closeUpload,
  createIngestJob,
  type IngestJob,
  type IngestOperation,
  ingestJobJson,
  ingestOperations,
  ingestResults,
  isIngestJob,
  putUpload,
} from '../bulk/ingest-jobs.ts'
import { hasEnded, type Job, jobStateError, readFormat } from '../bulk/jobs.ts'
import { createQueryJob, isQueryJob, type QueryJob, queryJobJson, queryResults } from '../bulk/query-jobs.ts'
import type { Answer, Call, Routes } from '../router.ts'
import { bodyObject } from './body.ts'

const json = (text: string): Answer => ({ status: 200, text })
const csv = (text: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status: 200,
  text,
  headers: { 'Content-Type': 'text/csv', ...headers },
})

const queryJobOf = ({ api, params, userId }: Call): QueryJob => api.jobs.get(params.id ?? '', userId, isQueryJob)
const ingestJobOf = ({ api, params, userId }: Call): IngestJob => api.jobs.get(params.id ?? '', userId, isIngestJob)

const listOf = (texts: readonly string[]): Answer =>
  json(`{"done":true,"records":[${texts.join(',')}],"nextRecordsUrl":null}`)

function createQuery(call: Call): Answer {
  const body = bodyObject(call)
  const { operation, query } = body
  if (operation !== 'query' && operation !== 'queryAll')
    throw requestError(400, 'INVALIDOPERATION', `Unable to find operation with value: ${operation}`)
  if (typeof query !== 'string' || query === '') throw requestError(400, 'API_ERROR', 'query is required')
  const { userId, version } = call
  const job = createQueryJob(call.api.jobs, { operation, soql: query, format: readFormat(body), userId, version })
  return json(queryJobJson(job, false))
}

function patchQuery(call: Call): Answer {
  const job = queryJobOf(call)
  if (bodyObject(call).state !== 'Aborted') throw requestError(400, 'INVALIDJOBSTATE', 'state must be Aborted')
  abortJob(call.api.jobs, job)
  return json(queryJobJson(job, true))
}

function results(call: Call): Answer {
  const job = queryJobOf(call)
  // The error's code and text are not proven, its status is (salesforce-facts 9.1).
  if (job.version !== call.version) {
    throw requestError(409, 'API_ERROR', `The job was created with API version ${job.version}.0`)
  }
  if (job.state !== 'JobComplete') throw jobStateError(`Job is not complete: ${job.state}`)
  const rowsMax = Number(call.query.get('maxRecords') ?? 0)
  if (!Number.isInteger(rowsMax) || rowsMax < 0) throw requestError(400, 'API_ERROR', 'maxRecords must be a number')
  const { text, rows, next } = queryResults(job, call.query.get('locator'), rowsMax)
  return csv(text, { 'Sforce-Locator': next, 'Sforce-NumberOfRecords': String(rows) })
}

/** A job that still runs is not deleted; an ingest job whose upload is closed may be (Bulk API 2.0 guide, Delete a Job). */
function remove(call: Call, job: Job): Answer {
  if (!hasEnded(job) && !(isIngestJob(job) && job.state === 'UploadComplete'))
    throw jobStateError(`Deleting ${job.state} Job not allowed`)
  call.api.jobs.delete(job)
  return { status: 204 }
}

function createIngest(call: Call): Answer {
  const body = bodyObject(call)
  const { object, operation, externalIdFieldName } = body
  if (!ingestOperations.includes(operation as IngestOperation))
    throw requestError(400, 'INVALIDOPERATION', `Unable to find operation with value: ${operation}`)
  const table = call.api.org.table(String(object))
  if (!table || !call.access.may('read', table.type))
    throw requestError(400, 'INVALIDENTITY', `Entity '${object}' is not supported by the Bulk API.`)
  const key = typeof externalIdFieldName === 'string' ? externalIdFieldName : undefined
  if (operation === 'upsert') {
    const field = table.type.field(key ?? '')
    if (!field || !(field.externalId || field.idLookup))
      throw requestError(400, 'INVALIDJOB', `Field name provided, ${key} is not an External ID or indexed field`)
  }
  const { userId, version } = call
  const job = createIngestJob(call.api.jobs, {
    operation: operation as IngestOperation,
    object: table.type.name,
    externalIdFieldName: key,
    format: readFormat(body),
    userId,
    version,
  })
  return json(ingestJobJson(job, false))
}

function upload(call: Call): Answer {
  const job = ingestJobOf(call)
  const type = call.headers['content-type'] ?? ''
  if (!/^text\/csv\b/i.test(type)) {
    const message = `Content-Type header specified in HTTP request is not supported: ${type}`
    throw requestError(415, 'UNSUPPORTED_MEDIA_TYPE', message)
  }
  putUpload(call.api.jobs, job, call.text)
  return { status: 201 }
}

function patchIngest(call: Call): Answer {
  const job = ingestJobOf(call)
  const { state } = bodyObject(call)
  if (state === 'UploadComplete') closeUpload(call.api.jobs, job)
  else if (state === 'Aborted') abortJob(call.api.jobs, job)
  else throw requestError(400, 'INVALIDJOBSTATE', 'state must be UploadComplete or Aborted')
  return json(ingestJobJson(job, true))
}

const resultsNamed = {
  successfulresults: 'successful',
  failedresults: 'failed',
  unprocessedrecords: 'unprocessed',
} as const

function ingestResultsOf(call: Call): Answer {
  const name = call.params.results?.toLowerCase() ?? ''
  if (!Object.hasOwn(resultsNamed, name)) throw notFound()
  return csv(ingestResults(ingestJobOf(call), resultsNamed[name as keyof typeof resultsNamed]))
}

/** Bulk API 2.0 (salesforce-facts 9). */
export const bulkRoutes: Routes = {
  'jobs/query': {
    GET: ({ api, userId }) => listOf(api.jobs.list(userId, isQueryJob).map(job => queryJobJson(job, false))),
    POST: createQuery,
  },
  'jobs/query/:id': {
    GET: call => json(queryJobJson(queryJobOf(call), true)),
    PATCH: patchQuery,
    DELETE: call => remove(call, queryJobOf(call)),
  },
  'jobs/query/:id/results': { GET: results },
  'jobs/ingest': {
    GET: ({ api, userId }) => listOf(api.jobs.list(userId, isIngestJob).map(job => ingestJobJson(job, false))),
    POST: createIngest,
  },
  'jobs/ingest/:id': {
    GET: call => json(ingestJobJson(ingestJobOf(call), true)),
    PATCH: patchIngest,
    DELETE: call => remove(call, ingestJobOf(call)),
  },
  'jobs/ingest/:id/batches': { PUT: upload },
  'jobs/ingest/:id/:results': { GET: ingestResultsOf },
}
