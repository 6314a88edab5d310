import { createHash } from 'node:crypto'
import type { SignInSettings } from '../settings.ts'
import type { OAuthAnswer, OAuthCall } from './call.ts'

const codeLifetimeMs = 15 * 60 * 1000
const codesMax = 1000

interface Code {
  readonly userId: string
  readonly redirectUri: string
  /** SHA-256 of the verifier in base64url; undefined without PKCE. */
  readonly challenge: string | undefined
  readonly expiresAtMs: number
}

/** Authorization codes that wait to be exchanged, each once. */
export class Codes {
  readonly #now: () => number
  readonly #secret: (what: string) => string
  readonly #waiting = new Map<string, Code>()

  constructor(now: () => number, secret: (what: string) => string) {
    this.#now = now
    this.#secret = secret
  }

  issue(userId: string, redirectUri: string, challenge: string | undefined): string {
    const code = `aPrx${this.#secret('authorization code')}`
    this.#waiting.set(code, { userId, redirectUri, challenge, expiresAtMs: this.#now() + codeLifetimeMs })
    const [oldest] = this.#waiting.keys()
    if (this.#waiting.size > codesMax && oldest) this.#waiting.delete(oldest)
    return code
  }

  /** The user of a live code, which is then spent; undefined if anything is wrong with it. */
  redeem(code: string, redirectUri: string, verifier: string): string | undefined {
    const found = this.#waiting.get(code)
    this.#waiting.delete(code)
    if (!found || found.redirectUri !== redirectUri || found.expiresAtMs <= this.#now()) return undefined
    const isProved =
      found.challenge === undefined || createHash('sha256').update(verifier).digest('base64url') === found.challenge
    return isProved ? found.userId : undefined
  }
}

/** What comes back on the redirect, and nowhere else, while the app is in that state (salesforce-facts 1.4). */
const redirected: Readonly<Record<SignInSettings['app'], readonly [error: string, description: string] | undefined>> = {
  installed: undefined,
  blocked: ['OAUTH_APP_BLOCKED', 'this app is blocked by admin'],
  accessDenied: ['OAUTH_APP_ACCESS_DENIED', 'user is not admin approved to access this app'],
  notAssigned: ['OAUTH_APP_ACCESS_DENIED', 'user is not admin approved to access this app'],
  approvalError: ['OAUTH_APPROVAL_ERROR_GENERIC', 'An unexpected error has occurred during authentication'],
  notApproved: ['OAUTH_APPROVAL_ERROR_GENERIC', 'An unexpected error has occurred during authentication'],
  notFound: ['OAUTH_EC_APP_NOT_FOUND', 'External client app is not installed in this org'],
}

/** `GET /services/oauth2/authorize`: the connector's user approves at once, so the answer is always the redirect. */
export function authorize({ form, client, logins, codes }: OAuthCall): OAuthAnswer {
  const redirectUri = form.get('redirect_uri') ?? ''
  if (form.get('client_id') !== client.clientId) return page('invalid_client_id', 'client identifier invalid')
  if (!URL.canParse(redirectUri)) return page('redirect_uri_mismatch', 'redirect_uri must match configuration')
  const back = (parameters: Readonly<Record<string, string>>): OAuthAnswer => {
    const target = new URL(redirectUri)
    const state = form.get('state')
    for (const [name, value] of Object.entries({ ...parameters, ...(state === null ? {} : { state }) }))
      target.searchParams.set(name, value)
    return { status: 302, text: '', headers: { Location: target.href } }
  }
  if (form.get('response_type') !== 'code')
    return back({ error: 'unsupported_response_type', error_description: 'response type not supported' })
  const refused = redirected[logins.settings.app]
  if (refused) return back({ error: refused[0], error_description: refused[1] })
  const challenge = form.get('code_challenge') ?? undefined
  return back({ code: codes.issue(logins.org.users.connector, redirectUri, challenge) })
}

/** Without a client or an address to go back to, the browser is shown the error. */
const page = (error: string, description: string): OAuthAnswer => ({
  status: 400,
  text: `<html><body>error=${error}&amp;error_description=${encodeURIComponent(description)}</body></html>`,
  headers: { 'Content-Type': 'text/html;charset=UTF-8' },
})
