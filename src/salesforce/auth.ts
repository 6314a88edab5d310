import type { RecordId } from '../core/contract.ts'
import { type AuthSettings, formOf } from './grants.ts'
import type { Answer, Http, NoAnswer } from './http.ts'
import { to18 } from './ids.ts'
import { judge } from './judge.ts'
import { SalesforceError } from './salesforce-error.ts'
import { type SignInRefusal, signInRefusal } from './sign-in-refusals.ts'
import { TokenStore } from './token-store.ts'
import { dateOf } from './wire.ts'

/** A signed-in session. Holds the access token: never part of a log, an error or a record. */
export interface Session {
  readonly accessToken: string
  /** Origin that every API call goes to. */
  readonly instanceUrl: string
  readonly orgId: RecordId
  readonly userId: RecordId
}

/** Something about signing in that works, but should be changed. No argument holds a secret. */
export type OnWarning = (e: { readonly warning: string; readonly remedy: string }) => void

/** Date is cut to the second and travels for a while: a difference up to this is no skew. */
const skewMsMin = 5_000

/**
 * Signs in, by any of the flows, as often as asked. Throws SalesforceError, always with executed 'no':
 * `salesforce.unauthorized` with what an admin can do, `salesforce.limit_exceeded` after too many sign-ins,
 * `salesforce.unreachable`, `salesforce.bad_answer`; and `config.invalid` for a key or a token file that is none.
 */
export class SignIn {
  readonly #auth: AuthSettings
  readonly #origin: string
  readonly #http: Http
  readonly #onWarning: OnWarning
  readonly #store: TokenStore | undefined
  /** Salesforce's clock less ours. */
  #skewMs = 0

  constructor(
    settings: { readonly loginUrl: string; readonly auth: AuthSettings },
    http: Http,
    onWarning: OnWarning = () => undefined,
  ) {
    this.#auth = settings.auth
    this.#origin = new URL(settings.loginUrl).origin
    this.#http = http
    this.#onWarning = onWarning
    if (settings.auth.flow === 'refresh_token')
      this.#store = new TokenStore(settings.auth, (warning, remedy) => onWarning({ warning, remedy }))
    if (settings.auth.flow === 'password')
      onWarning({
        warning: 'signing in with a password, which new orgs refuse and Salesforce is going to remove',
        remedy: 'Set salesforce.auth.flow to client_credentials or jwt_bearer.',
      })
  }

  /** One sign-in; `timeoutMs` bounds each of its requests, of which there is one, and two if our clock is wrong. */
  async run(timeoutMs: number): Promise<Session> {
    if (!this.#store) return readSession(bodyOf(await this.#ask(timeoutMs)), this.#origin)
    return this.#store.use(timeoutMs, async (refreshToken, keep) => {
      const body = bodyOf(await this.#ask(timeoutMs, refreshToken))
      const { refresh_token: next } = (body ?? {}) as Record<string, unknown>
      if (typeof next === 'string' && next !== '') keep(next) // before anything that may fail
      return readSession(body, this.#origin)
    })
  }

  async #ask(timeoutMs: number, refreshToken?: string): Promise<Answer | NoAnswer> {
    const outcome = await this.#post(timeoutMs, refreshToken)
    const refusal = this.#refusalOf(outcome)
    if (!refusal) return outcome
    if (refusal.consequence !== 'correct-clock' || !this.#correctClock(outcome)) throw new SalesforceError(refusal)
    const again = await this.#post(timeoutMs, refreshToken)
    const lasting = this.#refusalOf(again)
    if (lasting) throw new SalesforceError(lasting)
    return again
  }

  #post(timeoutMs: number, refreshToken: string | undefined): Promise<Answer | NoAnswer> {
    const moment = {
      origin: this.#origin,
      nowMs: Date.now() + this.#skewMs,
      ...(refreshToken !== undefined && { refreshToken }),
    }
    return this.#http.exchange({
      method: 'POST',
      origin: this.#origin,
      path: '/services/oauth2/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams(formOf(this.#auth, moment)).toString(),
      timeoutMs,
    })
  }

  #refusalOf(outcome: Answer | NoAnswer): SignInRefusal | undefined {
    return outcome.kind === 'answer' ? signInRefusal(outcome.status, outcome.text, this.#auth.flow) : undefined
  }

  /** Takes Salesforce's time from the header Date; false if ours agrees with it, so that a new assertion changes nothing. */
  #correctClock(outcome: Answer | NoAnswer): boolean {
    const serverMs = outcome.kind === 'answer' ? dateOf(outcome) : undefined
    if (serverMs === undefined) return false
    const skewMs = serverMs - Date.now()
    if (Math.abs(skewMs - this.#skewMs) < skewMsMin) return false
    this.#skewMs = skewMs
    const seconds = Math.round(Math.abs(skewMs) / 1_000)
    this.#onWarning({
      warning: `the clock of this machine is ${seconds} s ${skewMs > 0 ? 'behind' : 'ahead of'} that of Salesforce, whose time is used to sign in`,
      remedy: 'Set the clock of this machine, and keep it set by NTP.',
    })
    return true
  }
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
