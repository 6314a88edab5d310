import { createHmac, verify } from 'node:crypto'
import type { OAuthClient } from '../oauth-client.ts'
import type { Org } from '../org/org.ts'
import type { Sessions } from '../sessions.ts'

/** What the OAuth endpoints need; `origin` is `http://host:port` as the client reached it. */
export interface OAuthCall {
  readonly org: Org
  readonly sessions: Sessions
  readonly client: OAuthClient
  readonly origin: string
  readonly authorization: string
  readonly form: URLSearchParams
}

export interface OAuthAnswer {
  readonly status: number
  readonly text: string
  readonly contentType?: string
}

/** How far ahead `exp` may lie: documented as 3 minutes, 5 are accepted in practice (salesforce-facts 1.3). */
const assertionAheadMsMax = 5 * 60 * 1000
const publicLoginUrls: ReadonlySet<string> = new Set(['https://login.salesforce.com', 'https://test.salesforce.com'])

const answer = (body: object, status = 200): OAuthAnswer => ({ status, text: JSON.stringify(body) })

/** An error object of salesforce-facts 1.4; always 400. */
const refuse = (error: string, description: string): OAuthAnswer =>
  answer({ error, error_description: description }, 400)

export const identityUrl = (origin: string, org: Org, userId: string): string => `${origin}/id/${org.orgId}/${userId}`

/** `POST /services/oauth2/token` (salesforce-facts 1.2 to 1.4). */
export function token(call: OAuthCall): OAuthAnswer {
  const grant = call.form.get('grant_type')
  if (!grant) return refuse('invalid_request', 'missing required parameter: grant_type')
  if (grant === 'client_credentials') return clientCredentials(call)
  if (grant === 'urn:ietf:params:oauth:grant-type:jwt-bearer') return jwtBearer(call)
  return refuse('unsupported_grant_type', 'grant type not supported')
}

function clientCredentials(call: OAuthCall): OAuthAnswer {
  const { clientId, clientSecret } = givenCredentials(call)
  if (!clientId) return refuse('invalid_request', 'missing required parameter: client_id')
  if (clientId !== call.client.clientId) return refuse('invalid_client_id', 'client identifier invalid')
  if (clientSecret !== call.client.clientSecret) return refuse('invalid_client', 'invalid client credentials')
  const { org, client, origin, sessions } = call
  const userId = org.users.connector
  const id = identityUrl(origin, org, userId)
  const issuedAt = String(org.now())
  return answer({
    access_token: sessions.open(userId),
    signature: createHmac('sha256', client.clientSecret)
      .update(id + issuedAt)
      .digest('base64'),
    scope: 'api',
    instance_url: origin,
    id,
    token_type: 'Bearer',
    issued_at: issuedAt,
    api_instance_url: origin,
  })
}

/** From the form, or HTTP Basic. */
function givenCredentials({ form, authorization }: OAuthCall): { clientId: string; clientSecret: string } {
  const basic = /^Basic (.+)$/i.exec(authorization)?.[1]
  if (basic === undefined)
    return { clientId: form.get('client_id') ?? '', clientSecret: form.get('client_secret') ?? '' }
  const [clientId = '', ...rest] = Buffer.from(basic, 'base64').toString('utf8').split(':')
  return { clientId, clientSecret: rest.join(':') }
}

interface Assertion {
  readonly claims: Readonly<Record<string, unknown>>
  readonly isSigned: boolean
}

/** The claims, and whether this app's key signed them with RS256; undefined if it is no JWT. */
function readAssertion(jwt: string, client: OAuthClient): Assertion | undefined {
  const [header = '', payload = '', signature = ''] = jwt.split('.')
  try {
    const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'))
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    const signed = Buffer.from(`${header}.${payload}`)
    const isSigned =
      alg === 'RS256' && verify('RSA-SHA256', signed, client.publicKey, Buffer.from(signature, 'base64url'))
    return typeof claims === 'object' && claims !== null ? { claims, isSigned } : undefined
  } catch {
    return undefined // not JSON in base64url: the caller answers "invalid assertion"
  }
}

function jwtBearer(call: OAuthCall): OAuthAnswer {
  const { org, client, origin, sessions } = call
  const jwt = call.form.get('assertion')
  if (!jwt) return refuse('invalid_request', 'missing required parameter: assertion')
  const assertion = readAssertion(jwt, client)
  if (!assertion) return refuse('invalid_grant', 'invalid assertion')
  const { iss, sub, aud, exp } = assertion.claims
  if (iss !== client.clientId) return refuse('invalid_client_id', 'client identifier invalid')
  if (!assertion.isSigned) return refuse('invalid_grant', 'invalid assertion')
  const audiences = [aud].flat().map(each => String(each).replace(/\/$/, ''))
  if (!audiences.some(each => each === origin || publicLoginUrls.has(each)))
    return refuse('invalid_grant', 'audience is invalid')
  const aheadMs = typeof exp === 'number' ? exp * 1000 - org.now() : Number.NaN
  if (!(aheadMs > 0 && aheadMs <= assertionAheadMsMax)) return refuse('invalid_grant', 'expired authorization code')
  const userId = org.users.connector
  if (sub !== org.username(userId)) return refuse('invalid_grant', "user hasn't approved this consumer")
  return answer({
    access_token: sessions.open(userId),
    scope: 'api',
    instance_url: origin,
    id: identityUrl(origin, org, userId),
    token_type: 'Bearer',
  })
}

/** `POST /services/oauth2/revoke` */
export function revoke(call: OAuthCall): OAuthAnswer {
  call.sessions.revoke(call.form.get('token') ?? '')
  return { status: 200, text: '' }
}

/** The identity URL and `/services/oauth2/userinfo`; a dead token is answered in plain text (salesforce-facts 1.5). */
export function identity(call: OAuthCall, userId: string | undefined): OAuthAnswer {
  if (userId === undefined) return { status: 403, text: 'Bad_OAuth_Token', contentType: 'text/html;charset=UTF-8' }
  const { org, origin } = call
  const username = org.username(userId) ?? ''
  const id = identityUrl(origin, org, userId)
  return answer({
    id,
    sub: id,
    asserted_user: true,
    user_id: userId,
    organization_id: org.orgId,
    username,
    preferred_username: username,
    display_name: 'Integration User',
    name: 'Integration User',
    email: username,
    user_type: 'STANDARD',
    active: true,
    urls: { rest: `${origin}/services/data/v{version}/`, sobjects: `${origin}/services/data/v{version}/sobjects/` },
  })
}
