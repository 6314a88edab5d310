import { requestError } from './api-error.ts'
import { userOfId } from './oauth/users.ts'
import type { Org } from './org/org.ts'
import type { SignInSettings } from './settings.ts'

/** The oldest session ends when more are open; so with refresh tokens, spent ones included. */
const sessionsMax = 10_000
const refreshTokensMax = 10_000

/** One access token that was given out. */
export interface Session {
  readonly userId: string
  /** Separated by blanks. */
  readonly scope: string
  readonly openedAtMs: number
  readonly timeoutMs: number
  expiresAtMs: number
  callsLeft: number
  /** What the user granted the app, if the session came from a refresh token. */
  readonly grant: Grant | undefined
}

/** The approval behind a chain of refresh tokens, of which only the current one is good. */
export interface Grant {
  readonly userId: string
  readonly scope: string
  current: string
}

/** The access tokens and refresh tokens that were given out. */
export class Sessions {
  readonly #org: Org
  readonly #settings: Readonly<SignInSettings>
  readonly #secret: (what: string) => string
  readonly #open = new Map<string, Session>()
  readonly #grants = new Map<string, Grant>()

  constructor(org: Org, settings: Readonly<SignInSettings>, secret: (what: string) => string) {
    this.#org = org
    this.#settings = settings
    this.#secret = secret
  }

  /** A new access token: the 15-character org id, `!`, and a secret (salesforce-facts 1.2). */
  open(userId: string, scope = this.#settings.scope, grant?: Grant): string {
    const { sessionTimeoutMs: timeoutMs, sessionCallsMax } = this.#settings
    const token = `${this.#org.orgId.slice(0, 15)}!AQ${this.#secret('access token')}`
    const now = this.#org.now()
    const callsLeft = sessionCallsMax || Number.POSITIVE_INFINITY
    const session = { userId, scope, openedAtMs: now, timeoutMs, expiresAtMs: now + timeoutMs, callsLeft, grant }
    this.#open.set(token, session)
    evict(this.#open, sessionsMax)
    return token
  }

  /** The session of a live token of an active user, not counted as a use. */
  peek(token: string): Session | undefined {
    const session = this.#open.get(token)
    if (!session || session.expiresAtMs <= this.#org.now() || session.callsLeft <= 0) return undefined
    return userOfId(this.#org, session.userId)?.isActive ? session : undefined
  }

  /** As `peek`, and a use: one in the second half of the session's time prolongs it (salesforce-facts 1.2). */
  use(token: string): Session | undefined {
    const session = this.peek(token)
    if (!session) return undefined
    session.callsLeft--
    const now = this.#org.now()
    if (session.expiresAtMs - now < session.timeoutMs / 2) session.expiresAtMs = now + session.timeoutMs
    return session
  }

  /** The user behind an API call. Throws ApiError as salesforce-facts 1.5 lists. */
  apiUser(token: string): string {
    const session = this.use(token)
    if (!session) throw requestError(401, 'INVALID_SESSION_ID', 'Session expired or invalid')
    if (!/\b(api|full)\b/.test(session.scope))
      throw requestError(401, 'INVALID_SESSION_ID', 'This session is not valid for use with the REST API')
    const { api } = this.#settings
    if (api === 'disabledForOrg')
      throw requestError(403, 'API_DISABLED_FOR_ORG', 'The REST API is not enabled for this Organization.')
    if (api === 'disabledForUser')
      throw requestError(403, 'API_DISABLED_FOR_ORG', 'API is not enabled for this Organization or Partner')
    if (api === 'suspended') throw requestError(403, 'API_CURRENTLY_DISABLED', 'API is disabled for this User')
    return session.userId
  }

  /** A refresh token for what the user granted; `refresh_token` joins the scope. */
  grant(userId: string): string {
    const scopes = new Set(['refresh_token', ...this.#settings.scope.split(' ')])
    return this.#renew({ userId, scope: [...scopes].join(' '), current: '' })
  }

  /** The grant whose current refresh token this is; no use of it. */
  grantOf(refreshToken: string): Grant | undefined {
    const grant = this.#grants.get(refreshToken)
    return grant?.current === refreshToken ? grant : undefined
  }

  /** The grant of a refresh token, and with rotation the token that replaces it; undefined for a dead one.
   *  A token that was replaced before ends the whole grant (help.salesforce.com 005316711). */
  redeem(refreshToken: string): { readonly grant: Grant; readonly next: string | undefined } | undefined {
    const grant = this.#grants.get(refreshToken)
    if (!grant) return undefined
    if (grant.current !== refreshToken) {
      this.#endGrant(grant)
      return undefined
    }
    return { grant, next: this.#settings.refreshTokensRotate ? this.#renew(grant) : undefined }
  }

  /** Ends an access token, or a refresh token with every session it opened (salesforce-facts 1.1). Returns whether it was known. */
  revoke(token: string): boolean {
    const grant = this.#grants.get(token)
    if (grant) this.#endGrant(grant)
    return this.#open.delete(token) || grant !== undefined
  }

  /** Every client meets 401 INVALID_SESSION_ID next. */
  expireAll(): void {
    this.#open.clear()
  }

  #renew(grant: Grant): string {
    grant.current = `5Aep861${this.#secret('refresh token')}`
    this.#grants.set(grant.current, grant)
    evict(this.#grants, refreshTokensMax)
    return grant.current
  }

  #endGrant(grant: Grant): void {
    for (const [token, session] of this.#open) if (session.grant === grant) this.#open.delete(token)
    for (const [token, other] of this.#grants) if (other === grant) this.#grants.delete(token)
  }
}

function evict(map: Map<string, unknown>, sizeMax: number): void {
  const [oldest] = map.keys()
  if (map.size > sizeMax && oldest !== undefined) map.delete(oldest)
}
