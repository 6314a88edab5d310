import { ApiError, requestError } from './api-error.ts'
import type { ApiUsage } from './api-usage.ts'
import { Jobs } from './bulk/jobs.ts'
import type { HttpAnswer, HttpRequest } from './http.ts'
import { IdempotentAnswers } from './idempotent-answers.ts'
import { readJsonBody } from './json-body.ts'
import { commitLate } from './org/commit-late.ts'
import { makeRequestId, type Org } from './org/org.ts'
import { type Answer, type Api, type Dispatch, errorAnswer, jsonAnswer, makeDispatch, versions } from './router.ts'
import { blobRoutes } from './routes/blob.ts'
import { bulkRoutes } from './routes/bulk.ts'
import { collectionRoutes } from './routes/collections.ts'
import { compositeRoutes } from './routes/composite.ts'
import { batchRoutes } from './routes/composite-batch.ts'
import { graphRoutes } from './routes/composite-graph.ts'
import { treeRoutes } from './routes/composite-tree.ts'
import { externalIdRoutes } from './routes/external-id.ts'
import { limitsRoutes } from './routes/limits.ts'
import { metadataRoutes } from './routes/metadata.ts'
import { queryRoutes } from './routes/query.ts'
import { replicationRoutes } from './routes/replication.ts'
import { rowRoutes } from './routes/rows.ts'
import { uiApiRoutes } from './routes/ui-api.ts'
import type { Sessions } from './sessions.ts'
import type { Cursors } from './soql/cursors.ts'

const uriBytesMax = 16_384
/** How often a write that waits for another transaction's row looks again (switch rowLockWaitMs). */
const rowLockPollMs = 20
const jsonHeaders = { 'Content-Type': 'application/json;charset=UTF-8' }
const seasons = ['Spring', 'Summer', 'Winter'] as const

/** The version list: no session, not counted (salesforce-facts 2.1). v66.0 is Spring '26; three releases a year. */
export function versionList(): Answer {
  const all = Array.from({ length: versions.last - versions.first + 1 }, (_, i) => versions.first + i)
  const label = (version: number) => {
    const season = seasons[version % seasons.length]
    const year = 26 + Math.floor((version - 66) / seasons.length) + (season === 'Winter' ? 1 : 0)
    return `${season} '${String(year).padStart(2, '0')}`
  }
  return jsonAnswer(
    all.map(version => ({ label: label(version), url: `/services/data/v${version}.0`, version: `${version}.0` })),
  )
}

/** The REST API of the org: session, limits, body, then the route, in one transaction. */
export class Rest {
  readonly #org: Org
  readonly #sessions: Sessions
  readonly #usage: ApiUsage
  readonly #api: Api
  readonly #dispatch: Dispatch
  /** How long a written row stays unseen after it was stamped; the answer waits as long (salesforce-facts 3.6). */
  get commitDelayMs(): number {
    return this.#org.commitDelay.fixedMs
  }
  set commitDelayMs(ms: number) {
    this.#org.commitDelay.fixedMs = ms
  }

  constructor(org: Org, sessions: Sessions, usage: ApiUsage, cursors: Cursors, commitDelayMs: number) {
    this.#org = org
    this.#sessions = sessions
    this.#usage = usage
    this.commitDelayMs = commitDelayMs
    const jobs = new Jobs(org)
    this.#api = { org, cursors, usage, jobs, idempotentAnswers: new IdempotentAnswers(org.now) }
    this.#dispatch = makeDispatch({
      ...metadataRoutes,
      ...limitsRoutes,
      ...queryRoutes,
      ...replicationRoutes,
      ...compositeRoutes(() => this.#dispatch),
      ...batchRoutes(() => this.#dispatch),
      ...graphRoutes(() => this.#dispatch),
      ...treeRoutes,
      ...collectionRoutes,
      ...bulkRoutes,
      ...uiApiRoutes,
      ...blobRoutes,
      ...rowRoutes,
      ...externalIdRoutes,
    })
  }

  /** Executes the request; resolves once its writes are committed. `rowLocks` rows of it fail with UNABLE_TO_LOCK_ROW. */
  async handle(request: HttpRequest, rowLocks: number, committed: (ms: number) => Promise<void>): Promise<HttpAnswer> {
    let answer: Answer
    try {
      this.#refuse(request)
      answer = await this.#execute(request, rowLocks, committed)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      answer = errorAnswer(error)
    }
    const headers = { ...jsonHeaders, 'Sforce-Limit-Info': this.#usage.header, ...answer.headers }
    return {
      status: answer.status,
      headers,
      text: answer.bytes ?? answer.text,
      ...(answer.sent ? { sent: answer.sent } : {}),
    }
  }

  async #execute(request: HttpRequest, rowLocks: number, committed: (ms: number) => Promise<void>): Promise<Answer> {
    const userId = this.#userOf(request.headers.authorization ?? '')
    if (this.#usage.used >= this.#usage.max)
      throw requestError(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.')
    this.#usage.count()
    const { method, headers, text } = request
    const transaction = this.#org.begin({ userId, requestId: makeRequestId() }, rowLocks)
    try {
      const run = () =>
        this.#dispatch(request.target, {
          api: this.#api,
          method,
          origin: request.origin,
          headers,
          readBody: () => readJsonBody(request),
          text,
          userId,
          access: this.#org.accessOf(userId),
          transaction,
        })
      let answer = run()
      const waitMs = this.#org.switches.rowLockWaitMs
      for (let waited = 0; transaction.blockedBy && waited < waitMs; waited += rowLockPollMs) {
        transaction.rollbackTo(0)
        transaction.blockedBy = undefined
        await committed(rowLockPollMs)
        answer = run()
      }
      this.#usage.count(answer.furtherCalls ?? 0)
      if (answer.status >= 300) transaction.rollbackTo(0)
      await commitLate(this.#org, transaction, committed)
      return answer
    } finally {
      transaction.rollback()
    }
  }

  #refuse({ target, headers }: HttpRequest): void {
    if (target.length > uriBytesMax) throw requestError(414, 'URI_TOO_LONG', 'URI too long')
    const headerBytes = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0)
    if (target.length + headerBytes > uriBytesMax)
      throw requestError(431, 'REQUEST_HEADER_FIELDS_TOO_LARGE', 'Headers too large')
  }

  /** The session's user. Throws 401 and 403 as salesforce-facts 1.5 lists. */
  #userOf(authorization: string): string {
    const [, scheme = '', token = ''] = /^(\S+)\s+(\S+)$/.exec(authorization.trim()) ?? []
    if (authorization !== '' && !/^(bearer|oauth)$/i.test(scheme))
      throw requestError(401, 'INVALID_AUTH_HEADER', 'INVALID_HEADER_TYPE')
    return this.#sessions.apiUser(token)
  }
}
