import { verify } from 'node:crypto'
import { audiences } from '../hosts.ts'
import type { OAuthClient } from '../oauth-client.ts'
import type { OAuthCall } from './call.ts'
import { OAuthRefusal } from './login.ts'
import { type OrgUser, userNamed } from './users.ts'

interface Assertion {
  readonly claims: Readonly<Record<string, unknown>>
  readonly isSigned: boolean
}

/** The user whom a JWT assertion names, once issuer, signature, audience and time are right (salesforce-facts 1.3). Throws OAuthRefusal. */
export function assertedUser(call: OAuthCall, jwt: string): OrgUser {
  const { client, origin, logins } = call
  const { org, settings } = logins
  const assertion = readAssertion(jwt, client)
  if (!assertion) throw new OAuthRefusal('invalid_grant', 'invalid assertion')
  const { iss, sub, aud, exp } = assertion.claims
  if (iss !== client.clientId) throw new OAuthRefusal('invalid_client_id', 'client identifier invalid')
  if (!assertion.isSigned) throw new OAuthRefusal('invalid_grant', 'invalid assertion')
  const named = [aud].flat().map(each => String(each).replace(/\/$/, ''))
  if (!named.some(each => each === origin || each === settings.instanceUrl || audiences.has(each)))
    throw new OAuthRefusal('invalid_grant', 'audience is invalid')
  if (!isTimely(exp, org.now(), org.switches.assertionLifetimeMsMax))
    throw new OAuthRefusal('invalid_grant', 'expired authorization code')
  const user = typeof sub === 'string' ? userNamed(org, sub) : undefined
  if (!user) throw new OAuthRefusal('invalid_grant', "user hasn't approved this consumer")
  return user
}

/** From here on a number can only be milliseconds; as seconds it would be the year 5138. */
const millisecondsMin = 100_000_000_000

/** `exp` is whole seconds, as a number or, from simple-salesforce, as text; clients round it up.
 *  The sf command line (@salesforce/core) sends milliseconds, and Salesforce lets it in. */
function isTimely(exp: unknown, nowMs: number, lifetimeMsMax: number): boolean {
  if (typeof exp !== 'number' && !(typeof exp === 'string' && /^\d{1,12}$/.test(exp))) return false
  if (Number(exp) >= millisecondsMin) return true
  const expiresAtMs = Number(exp) * 1000
  return expiresAtMs > nowMs && expiresAtMs <= Math.ceil(nowMs / 1000) * 1000 + lifetimeMsMax
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
