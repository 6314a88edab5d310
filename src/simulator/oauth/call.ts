import type { OAuthClient } from '../oauth-client.ts'
import type { Codes } from './authorize.ts'
import type { Logins } from './login.ts'

/** One request to the OAuth endpoints; `origin` is `scheme://host:port` as the client reached it. */
export interface OAuthCall {
  readonly logins: Logins
  readonly client: OAuthClient
  readonly codes: Codes
  readonly origin: string
  readonly authorization: string
  /** The form, or without one the query: many clients send a POST's parameters there. */
  readonly form: URLSearchParams
}

export interface OAuthAnswer {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A JSON object under the status. */
export const oauthAnswer = (body: object, status = 200): OAuthAnswer => ({ status, text: JSON.stringify(body) })
