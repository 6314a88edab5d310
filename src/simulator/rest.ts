import { ApiError, requestError } from './api-error.ts'
import type { ApiUsage } from './api-usage.ts'
import type { HttpAnswer, HttpRequest } from './http.ts'
import { makeRequestId, type Org } from './org/org.ts'
import { type Answer, type Api, type Dispatch, errorAnswer, jsonAnswer, makeDispatch, versions } from './router.ts'
import { collectionRoutes } from './routes/collections.ts'
import { compositeRoutes } from './routes/composite.ts'
import { metadataRoutes } from './routes/metadata.ts'
import { queryRoutes } from './routes/query.ts'
import { replicationRoutes } from './routes/replication.ts'
import { rowRoutes } from './routes/rows.ts'
import type { Sessions } from './sessions.ts'
import type { Cursors } from './soql/cursors.ts'

const uriBytesMax = 16_384
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
  commitDelayMs: number

  constructor(org: Org, sessions: Sessions, usage: ApiUsage, cursors: Cursors, commitDelayMs: number) {
    this.#org = org
    this.#sessions = sessions
    this.#usage = usage
    this.#api = { org, cursors, limits: usage }
    this.commitDelayMs = commitDelayMs
    this.#dispatch = makeDispatch({
      ...metadataRoutes,
      ...queryRoutes,
      ...replicationRoutes,
      ...compositeRoutes(() => this.#dispatch),
      ...collectionRoutes,
      ...rowRoutes,
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
    return { status: answer.status, headers, text: answer.text }
  }

  async #execute(request: HttpRequest, rowLocks: number, committed: (ms: number) => Promise<void>): Promise<Answer> {
    const userId = this.#userOf(request.headers.authorization ?? '')
    if (this.#usage.used >= this.#usage.max)
      throw requestError(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.')
    this.#usage.count()
    const { method, headers, text } = request
    const body = readBody(request)
    const transaction = this.#org.begin({ userId, requestId: makeRequestId() }, rowLocks)
    try {
      const answer = this.#dispatch(request.target, {
        api: this.#api,
        method,
        headers,
        body,
        text,
        userId,
        access: this.#org.accessOf(userId),
        transaction,
      })
      if (answer.status >= 300) transaction.rollbackTo(0)
      if (transaction.changes.length > 0 && this.commitDelayMs > 0) {
        transaction.park()
        await committed(this.commitDelayMs)
      }
      transaction.commit()
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

  /** The session's user. Throws 401 as salesforce-facts 1.5 lists. */
  #userOf(authorization: string): string {
    const [, scheme = '', token = ''] = /^(\S+)\s+(\S+)$/.exec(authorization.trim()) ?? []
    if (authorization !== '' && !/^(bearer|oauth)$/i.test(scheme))
      throw requestError(401, 'INVALID_AUTH_HEADER', 'INVALID_HEADER_TYPE')
    const userId = this.#sessions.userOf(token)
    if (userId === undefined) throw requestError(401, 'INVALID_SESSION_ID', 'Session expired or invalid')
    return userId
  }
}

/** The body as JSON; undefined if there is none. Throws 415 and JSON_PARSER_ERROR (salesforce-facts 2.2). */
function readBody({ method, text, headers }: HttpRequest): unknown {
  if (text === '' || method === 'GET' || method === 'HEAD' || method === 'DELETE') return undefined
  const type = headers['content-type'] ?? ''
  if (!/^application\/json\b/i.test(type)) {
    throw requestError(
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      `Content-Type header specified in HTTP request is not supported: ${type}`,
    )
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    const position = Number(/position (\d+)/.exec(String(cause))?.[1] ?? firstBad(text))
    const character = text.charAt(position)
    const what = `Unexpected character ('${character}' (code ${character.charCodeAt(0)}))`
    const lines = text.slice(0, position).split('\n')
    const where = `at [line:${lines.length}, column:${(lines.at(-1)?.length ?? 0) + 1}]`
    throw requestError(
      400,
      'JSON_PARSER_ERROR',
      position < text.length ? `${what}: expected a valid value ${where}` : `Unexpected end-of-input ${where}`,
    )
  }
}

/** Node names no position for a bad first character, nor for an input that ends too early. */
const firstBad = (text: string): number =>
  /^\s*[[{"\-\d]|^\s*(true|false|null)/.test(text) ? text.length : text.search(/\S/)
