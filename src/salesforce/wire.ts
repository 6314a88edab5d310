import type { Session } from './auth.ts'
import type { ApiRequest, SalesforceSettings } from './client.ts'
import type { Answer, HttpRequest } from './http.ts'

/** The list of versions is open to all, and free (REST API guide, Versions). */
export const versionsRequest: ApiRequest = { method: 'GET', path: '/services/data/', repeat: 'safe' }

const clientNameDefault = 'salesforce-kafka'

/** A path and its query. Half a surrogate pair is no text that can be encoded: encodeURIComponent would throw. */
export function withQuery(path: string, query: Readonly<Record<string, string>> = {}): string {
  const search = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`)
  return search.length > 0 ? `${path}?${search.join('&')}` : path
}

/** The request as it goes to the session's instance. */
export function toHttp(
  settings: SalesforceSettings,
  session: Session,
  request: ApiRequest,
  limits: Pick<HttpRequest, 'timeoutMs' | 'mayStart'>,
): HttpRequest {
  const clientName = settings.clientName ?? clientNameDefault
  const path = request.path.startsWith('/services/')
    ? request.path
    : `/services/data/v${settings.apiVersion}${request.path}`
  return {
    method: request.method,
    origin: session.instanceUrl,
    path: withQuery(path, request.query),
    headers: {
      ...request.headers,
      ...(request.path !== versionsRequest.path && { authorization: `Bearer ${session.accessToken}` }),
      accept: request.accept === 'csv' ? 'text/csv' : 'application/json',
      'accept-encoding': 'gzip',
      'user-agent': clientName,
      'sforce-call-options': `client=${clientName}`,
      ...(request.body !== undefined && { 'content-type': 'application/json; charset=UTF-8' }),
    },
    ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
    ...limits,
    ...(request.signal && { signal: request.signal }),
  }
}

/** The header Date, epoch ms. */
export function dateOf(answer: Answer): number | undefined {
  const ms = Date.parse(answer.headers.date ?? '')
  return Number.isNaN(ms) ? undefined : ms
}

/** The path without ids, names and cursors, so that it can be a label: `/sobjects/describe`, `/query`. */
export function resourceOf(path: string): string {
  const below = path.replace(/^\/services\/data(\/v\d+\.\d)?/, '').replace(/^\//, '')
  const [first = '', ...rest] = below.split(/[/?]/)
  if (first === '') return 'versions'
  const kind = rest.find(part => ['describe', 'sobjects', 'updated', 'deleted'].includes(part))
  return `/${first}${kind ? `/${kind}` : ''}`
}
