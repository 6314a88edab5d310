import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import type { RecordId } from '../core/contract.ts'
import type { Answer, Http, NoAnswer } from './http.ts'
import { to18 } from './ids.ts'
import { judge } from './judge.ts'
import { SalesforceError } from './salesforce-error.ts'
import { signInRefusal } from './sign-in-refusals.ts'

/** How the connector signs in: OAuth 2.0 without a person (salesforce-facts 1.3). */
export type AuthSettings =
  | { readonly flow: 'client_credentials'; readonly clientId: string; readonly clientSecret: string }
  | {
      readonly flow: 'jwt_bearer'
      readonly clientId: string
      readonly username: string
      /** RSA, PEM. */
      readonly privateKey: string
      /** `aud` of the assertion; by default the origin of the login URL. */
      readonly audience?: string
    }

/** A signed-in session. Holds the access token: never part of a log, an error or a record. */
export interface Session {
  readonly accessToken: string
  /** Origin that every API call goes to. */
  readonly instanceUrl: string
  readonly orgId: RecordId
  readonly userId: RecordId
}

/** Salesforce asks for at most three minutes (JWT bearer flow). */
const assertionLifeSeconds = 180

/**
 * Signs in. Throws SalesforceError, always with executed 'no': `salesforce.unauthorized` with what an admin can do,
 * `salesforce.limit_exceeded` after too many sign-ins, `salesforce.unreachable`; and `config.invalid` for a key that
 * is none.
 */
export async function signIn(
  settings: { readonly loginUrl: string; readonly auth: AuthSettings },
  http: Http,
  limits: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<Session> {
  const { origin } = new URL(settings.loginUrl)
  const outcome = await http.exchange({
    method: 'POST',
    origin,
    path: '/services/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams(grantOf(settings.auth, origin, Date.now())).toString(),
    timeoutMs: limits.timeoutMs,
    ...(limits.signal && { signal: limits.signal }),
  })
  const refusal = outcome.kind === 'answer' ? signInRefusal(outcome.status, outcome.text) : undefined
  if (refusal) throw new SalesforceError(refusal)
  return readSession(bodyOf(outcome), origin)
}

/** The form of the flow; a further flow is a further case. */
function grantOf(auth: AuthSettings, origin: string, nowMs: number): Record<string, string> {
  switch (auth.flow) {
    case 'client_credentials':
      return { grant_type: 'client_credentials', client_id: auth.clientId, client_secret: auth.clientSecret }
    case 'jwt_bearer':
      return {
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: assertionOf(auth, origin, Math.floor(nowMs / 1_000)),
      }
  }
}

function assertionOf(auth: AuthSettings & { flow: 'jwt_bearer' }, origin: string, nowSeconds: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = {
    iss: auth.clientId,
    sub: auth.username,
    aud: auth.audience ?? origin,
    exp: nowSeconds + assertionLifeSeconds,
  }
  const unsigned = `${part({ alg: 'RS256' })}.${part(claims)}`
  return `${unsigned}.${sign('RSA-SHA256', Buffer.from(unsigned), rsaKey(auth.privateKey)).toString('base64url')}`
}

function rsaKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'rsa') return key
  } catch {
    // Said below: the parser's own words could quote the key.
  }
  throw new SalesforceError({
    code: 'config.invalid',
    message: 'salesforce.auth.private_key is not an RSA private key in PEM form',
    remedy: 'Give the private key that belongs to the certificate uploaded to the connected app, without a passphrase.',
    executed: 'no',
    retryable: false,
  })
}

/** The token endpoint's JSON; whatever stood in the way, no API call was carried out, so executed is 'no'. */
function bodyOf(outcome: Answer | NoAnswer): unknown {
  const verdict = judge(outcome, { method: 'POST', repeat: 'safe' })
  if (verdict.kind === 'done') return verdict.body
  const failure = { ...verdict.failure, executed: 'no' as const }
  throw new SalesforceError({ ...failure, message: `signing in: ${failure.message}` })
}

function readSession(body: unknown, loginOrigin: string): Session {
  const { access_token, instance_url, id } = (body ?? {}) as Record<string, unknown>
  const [, orgId, userId] = /\/id\/(00D[A-Za-z0-9]{12,15})\/(005[A-Za-z0-9]{12,15})$/.exec(String(id)) ?? []
  const badAnswer = (what: string): SalesforceError =>
    new SalesforceError({
      code: 'salesforce.bad_answer',
      message: `signing in: the answer of ${loginOrigin} ${what}`,
      remedy: 'Check that salesforce.login_url is a login host of Salesforce.',
      executed: 'no',
      retryable: true,
    })
  if (typeof access_token !== 'string' || access_token === '') throw badAnswer('has no access_token')
  if (orgId === undefined || userId === undefined) throw badAnswer('does not name the org and the user')
  if (typeof instance_url !== 'string' || !URL.canParse(instance_url)) throw badAnswer('has no instance_url')
  const instance = new URL(instance_url)
  // The token goes with every call: never from an encrypted login to a plain instance.
  if (loginOrigin.startsWith('https:') && instance.protocol !== 'https:')
    throw badAnswer('names an instance without TLS')
  return { accessToken: access_token, instanceUrl: instance.origin, orgId: to18(orgId), userId: to18(userId) }
}
