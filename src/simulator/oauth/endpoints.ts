import type { HttpAnswer, HttpRequest } from '../http.ts'
import type { OAuthClient } from '../oauth-client.ts'
import { authorize, type Codes } from './authorize.ts'
import { type OAuthAnswer, type OAuthCall, oauthAnswer } from './call.ts'
import { identity, introspect } from './identity.ts'
import { type Logins, OAuthRefusal } from './login.ts'
import { checkClient, token } from './token.ts'

/** What stands behind the OAuth endpoints. */
export interface OAuthServed {
  readonly logins: Logins
  readonly client: OAuthClient
  readonly codes: Codes
}

/** The OAuth endpoints and the identity URL (salesforce-facts 1.1); undefined for any other path. */
export function oauth(served: OAuthServed, request: HttpRequest): HttpAnswer | undefined {
  const [path = '', search = ''] = request.target.split('?')
  const call: OAuthCall = {
    logins: served.logins,
    client: served.client,
    codes: served.codes,
    origin: request.origin,
    authorization: request.headers.authorization ?? '',
    form: new URLSearchParams(request.method === 'POST' && request.text !== '' ? request.text : search),
  }
  const answer = route(call, request.method, path.replace(/\/$/, ''))
  if (!answer) return undefined
  const headers = { 'Content-Type': 'application/json;charset=UTF-8', 'Cache-Control': 'no-store', ...answer.headers }
  return { status: answer.status, headers, text: answer.text }
}

function route(call: OAuthCall, method: string, path: string): OAuthAnswer | undefined {
  if (path === '/services/oauth2/token' && method === 'POST') return token(call)
  if (path === '/services/oauth2/revoke') return revoke(call)
  if (path === '/services/oauth2/introspect' && method === 'POST') return introspected(call)
  if (path === '/services/oauth2/authorize') return authorize(call)
  if (path === '/services/oauth2/userinfo') return identity(call)
  const [, orgId, userId] = /^\/id\/(\w+)\/(\w+)$/.exec(path) ?? []
  return orgId === call.logins.org.orgId && userId ? identity(call, userId) : undefined
}

/** `/services/oauth2/revoke`: 200 without a body; a token that nobody knows is 400. */
function revoke({ form, logins }: OAuthCall): OAuthAnswer {
  const isKnown = logins.sessions.revoke(form.get('token') ?? '')
  return isKnown
    ? { status: 200, text: '' }
    : oauthAnswer({ error: 'unsupported_token_type', error_description: 'this token type is not supported' }, 400)
}

function introspected(call: OAuthCall): OAuthAnswer {
  try {
    checkClient(call, true)
    return introspect(call)
  } catch (error) {
    if (!(error instanceof OAuthRefusal)) throw error
    return oauthAnswer({ error: error.error, error_description: error.message }, 400)
  }
}
