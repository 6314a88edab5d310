import { ApiError, notFound, requestError } from './api-error.ts'
import type { ApiUsage } from './api-usage.ts'
import type { Jobs } from './bulk/jobs.ts'
import type { IdempotentAnswers } from './idempotent-answers.ts'
import type { Access } from './org/access.ts'
import type { Org } from './org/org.ts'
import type { Transaction } from './org/transaction.ts'
import type { Cursors } from './soql/cursors.ts'

/** What handlers need besides the call: the org and what the API keeps about its clients. */
export interface Api {
  readonly org: Org
  readonly cursors: Cursors
  readonly usage: ApiUsage
  /** The jobs of the Bulk API 2.0. */
  readonly jobs: Jobs
  readonly idempotentAnswers: IdempotentAnswers
}

/** One REST request, or one subrequest of a composite; `text` is the body as it came. */
export interface Call {
  readonly api: Api
  readonly method: string
  /** `scheme://host:port` as the client reached the org. */
  readonly origin: string
  readonly version: number
  /** `/services/data/vXX.X` */
  readonly root: string
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  readonly text: string
  readonly userId: string
  /** What the user may see and change. */
  readonly access: Access
  readonly transaction: Transaction
}

/** The answer: JSON text unless `headers` names another Content-Type, or no body at all. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly text?: string
  /** The same in UTF-8, where it is at hand so. */
  readonly bytes?: Buffer
  /** To be called once the bytes are no longer needed. */
  sent?(): void
  /** A row of a collection failed, which an outer allOrNone takes as its own failure (salesforce-facts 7.1). */
  readonly rowsFailed?: boolean
  /** API calls that the request counts as beyond one. */
  readonly furtherCalls?: number
}

export type Handler = (call: Call) => Answer
export type Methods = Readonly<Partial<Record<'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', Handler>>>

/** Paths below `/services/data/vXX.X/`; a segment that starts with a colon is a parameter. */
export type Routes = Readonly<Record<string, Methods>>

export const jsonAnswer = (body: unknown, status = 200): Answer => ({ status, text: JSON.stringify(body) })

export const errorAnswer = (error: ApiError): Answer => jsonAnswer(error.errors, error.status)

/** First and last version that is answered (salesforce-facts 2.1). */
export const versions = { first: 31, last: 68 } as const

interface CompiledRoute {
  readonly segments: readonly string[]
  readonly methods: Methods
}

/** A call before its path is read; the body is parsed only once there is a handler that takes it. */
export interface Incoming extends Omit<Call, 'params' | 'query' | 'version' | 'root' | 'body'> {
  readBody(): unknown
}

/** Finds the handler for a path and runs it; refusals become answers, anything else passes through. */
export type Dispatch = (path: string, incoming: Incoming) => Answer

/** Compiles the table; of routes that match a path, the first is taken. */
export function makeDispatch(routes: Routes): Dispatch {
  const compiled = Object.entries(routes).map(
    ([path, methods]): CompiledRoute => ({ segments: path.split('/'), methods }),
  )
  return (target, incoming) => {
    try {
      const { version, root, segments, query } = readTarget(target)
      const method = overriddenMethod(incoming.method, query)
      const { route, params } = matchRoute(compiled, segments)
      const handler = route.methods[method === 'HEAD' ? 'GET' : (method as keyof Methods)]
      if (!handler) throw methodNotAllowed(method, route.methods)
      const { readBody, ...call } = incoming
      return handler({ ...call, method, version, root, query, params, body: readBody() })
    } catch (error) {
      if (error instanceof ApiError) return errorAnswer(error)
      throw error
    }
  }
}

function readTarget(target: string): { version: number; root: string; segments: string[]; query: URLSearchParams } {
  const [path = '', search = ''] = splitOnce(target, '?')
  const match = /^\/services\/data\/v(\d+)\.0(?:\/(.*?))?\/?$/.exec(path)
  const version = Number(match?.[1])
  if (version < versions.first && version > 6)
    throw requestError(410, 'GONE', 'The requested resource is no longer available')
  if (!match || version > versions.last || version <= 6) throw notFound()
  const segments = (match[2] ?? '').split('/').map(decodeSegment)
  return { version, root: `/services/data/v${version}.0`, segments, query: new URLSearchParams(search) }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw notFound() // not a percent-encoding: nothing can have that name
  }
}

/** Clients without PATCH say POST and `_HttpMethod=PATCH` (salesforce-facts 2.3). */
const overriddenMethod = (method: string, query: URLSearchParams): string =>
  (method === 'POST' && query.get('_HttpMethod')?.toUpperCase()) || method

function matchRoute(
  routes: readonly CompiledRoute[],
  segments: readonly string[],
): { route: CompiledRoute; params: Record<string, string> } {
  for (const route of routes) {
    if (route.segments.length !== segments.length) continue
    const params: Record<string, string> = {}
    const matches = route.segments.every((expected, i) => {
      const actual = segments[i] ?? ''
      if (!expected.startsWith(':')) return expected.toLowerCase() === actual.toLowerCase()
      params[expected.slice(1)] = actual
      return actual !== ''
    })
    if (matches) return { route, params }
  }
  throw notFound()
}

function methodNotAllowed(method: string, methods: Methods): ApiError {
  const allowed = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter(name => name in methods)
  const names = 'GET' in methods ? ['HEAD', ...allowed] : allowed
  return requestError(405, 'METHOD_NOT_ALLOWED', `HTTP Method '${method}' not allowed. Allowed are ${names.join(',')}`)
}
