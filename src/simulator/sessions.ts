import { randomBytes } from 'node:crypto'

/** Default session timeout of an org (salesforce-facts 1.2). */
const sessionMs = 2 * 60 * 60 * 1000
/** The oldest session ends when more are open. */
const sessionsMax = 10_000

interface Session {
  readonly userId: string
  expiresAtMs: number
}

/** The access tokens that were given out. */
export class Sessions {
  readonly #orgId: string
  readonly #now: () => number
  readonly #open = new Map<string, Session>()

  constructor(orgId: string, now: () => number) {
    this.#orgId = orgId
    this.#now = now
  }

  /** A new access token: the 15-character org id, `!`, and a secret (salesforce-facts 1.2). */
  open(userId: string): string {
    const token = `${this.#orgId.slice(0, 15)}!AQ${randomBytes(48).toString('base64url')}`
    this.#open.set(token, { userId, expiresAtMs: this.#now() + sessionMs })
    const [oldest] = this.#open.keys()
    if (this.#open.size > sessionsMax && oldest) this.#open.delete(oldest)
    return token
  }

  /** The user of a live token; a use in the second half of the session's time prolongs it (salesforce-facts 1.2). */
  userOf(token: string): string | undefined {
    const session = this.#open.get(token)
    const now = this.#now()
    if (!session || session.expiresAtMs <= now) return undefined
    if (session.expiresAtMs - now < sessionMs / 2) session.expiresAtMs = now + sessionMs
    return session.userId
  }

  revoke(token: string): void {
    this.#open.delete(token)
  }

  /** Every client meets 401 INVALID_SESSION_ID next. */
  expireAll(): void {
    this.#open.clear()
  }
}
