import type { ObjectDescribe, RecordId } from '../core/contract.ts'
import { ConnectorError, isConnectorError } from '../core/errors.ts'
import { type Session, signIn } from './auth.ts'
import { ProbingBreaker } from './breaker.ts'
import { type ApiUsage, readApiUsage } from './budget.ts'
import type { ApiRequest, ApiResponse, Salesforce, SalesforceEvents, SalesforceSettings } from './client.ts'
import { Describes } from './describe.ts'
import type { Answer, Http, NoAnswer } from './http.ts'
import { judge, type Verdict, withheld } from './judge.ts'
import { requestSafely } from './request-safely.ts'
import { SalesforceError } from './salesforce-error.ts'
import { SessionKeeper } from './session.ts'
import { dateOf, resourceOf, toHttp, versionsRequest } from './wire.ts'

const probeDelaysDefault = { delayMsMin: 1_000, delayMsMax: 30_000 }
/** Sign-ins and probes need no longer; a shorter request timeout shortens them too. */
const shortRequestMsMax = 30_000

/** The client behind connectSalesforce; `start` comes before anything else. */
export class RestClient implements Salesforce {
  readonly apiVersion: string
  readonly breaker: ProbingBreaker
  apiUsage: ApiUsage | undefined
  readonly #settings: SalesforceSettings
  readonly #events: SalesforceEvents
  readonly #http: Http
  readonly #sessions: SessionKeeper
  readonly #describes: Describes
  readonly #shortMs: number
  #session: Session | undefined
  /** Salesforce's time at a moment of our monotonic clock. */
  #time = { serverMs: Date.now(), atMs: performance.now() }

  constructor(settings: SalesforceSettings, events: SalesforceEvents, http: Http) {
    this.apiVersion = settings.apiVersion
    this.#settings = settings
    this.#events = events
    this.#http = http
    this.#shortMs = Math.min(shortRequestMsMax, settings.requestTimeoutMs)
    this.#sessions = new SessionKeeper(
      () => signIn(settings, http, { timeoutMs: this.#shortMs }),
      session => {
        this.#session = session
        const { orgId, userId, instanceUrl } = session
        events.signedIn({ orgId, userId, instanceUrl })
      },
    )
    this.#describes = new Describes((path, ifModifiedSince) =>
      requestSafely(this, {
        method: 'GET',
        path,
        repeat: 'safe',
        ...(ifModifiedSince !== undefined && { headers: { 'if-modified-since': ifModifiedSince } }),
      }),
    )
    this.breaker = new ProbingBreaker({
      probe: signal => this.#probe(signal),
      delays: settings.probeDelays ?? probeDelaysDefault,
      onOpen: reason => events.breakerOpened({ reason }),
      onClose: openMs => events.breakerClosed({ openMs }),
    })
  }

  get orgId(): RecordId {
    return this.#signedIn().orgId
  }

  get userId(): RecordId {
    return this.#signedIn().userId
  }

  get instanceUrl(): string {
    return this.#signedIn().instanceUrl
  }

  #signedIn(): Session {
    if (this.#session) return this.#session
    throw new ConnectorError('internal.bug', 'the client was used before it signed in', { remedy: 'Report this.' })
  }

  async start(): Promise<void> {
    await this.#sessions.current({ timeoutMs: this.#shortMs })
    const { body } = await this.#send<unknown>(versionsRequest, always)
    const offered = Array.isArray(body) ? body.map(({ version }: { version: string }) => version) : []
    if (!offered.includes(this.apiVersion))
      throw new ConnectorError('config.invalid', `the org does not offer API version ${this.apiVersion}`, {
        remedy: `Set salesforce.api_version to one of ${offered.slice(-5).join(', ')}.`,
      })
  }

  /** While the breaker is open nothing is sent: asked now, and again when the request's turn at a connection comes. */
  request<T>(request: ApiRequest): Promise<ApiResponse<T>> {
    return this.#send<T>(request, () => !this.breaker.isOpen)
  }

  /** Sends it, and a second time only if a 401 said that the first had no effect. */
  async #send<T>(request: ApiRequest, mayStart: () => boolean): Promise<ApiResponse<T>> {
    const startedMs = performance.now()
    const timeoutMs = request.timeoutMs ?? this.#settings.requestTimeoutMs
    const patience = () => ({
      timeoutMs: timeoutMs - (performance.now() - startedMs),
      ...(request.signal && { signal: request.signal }),
    })
    for (let attempt = 1; ; attempt++) {
      if (!mayStart()) throw new SalesforceError(withheld(this.breaker.reason))
      const session = await this.#signedInWith(() => this.#sessions.current(patience()))
      const outcome = await this.#exchange(session, request, { timeoutMs: patience().timeoutMs, mayStart })
      const verdict = judge(outcome, request)
      if (verdict.kind === 'done') return responseOf<T>(outcome as Answer, verdict.body)
      if (verdict.kind === 'failed') throw this.#failed(verdict, session)
      this.#sessions.expire(session)
      if (attempt === 2) throw new SalesforceError(verdict.failure)
    }
  }

  /** A sign-in that fails because Salesforce is out of reach opens the breaker as a request does. */
  async #signedInWith(get: () => Promise<Session>): Promise<Session> {
    try {
      return await get()
    } catch (error) {
      if (isConnectorError(error, 'salesforce.unreachable')) this.breaker.open('unreachable', error.message)
      if (isConnectorError(error, 'salesforce.limit_exceeded')) this.breaker.open('limit', error.message)
      throw error
    }
  }

  #failed(verdict: Extract<Verdict, { kind: 'failed' }>, session: Session): SalesforceError {
    if (verdict.moved) this.#sessions.expire(session)
    if (verdict.opens) this.breaker.open(verdict.opens, verdict.failure.message)
    return new SalesforceError(verdict.failure)
  }

  async #exchange(
    session: Session,
    request: ApiRequest,
    limits: { timeoutMs: number; mayStart: () => boolean },
  ): Promise<Answer | NoAnswer> {
    if (limits.timeoutMs <= 0)
      return { kind: 'no-answer', sent: false, reason: 'timeout', cause: new Error('signing in took all the time') }
    const startedMs = performance.now()
    const outcome = await this.#http.exchange(toHttp(this.#settings, session, request, limits))
    const answer = outcome.kind === 'answer' ? outcome : undefined
    if (answer) this.#learn(answer)
    this.#events.requestDone({
      method: request.method,
      resource: resourceOf(request.path),
      status: answer?.status,
      ms: performance.now() - startedMs,
      apiUsed: this.apiUsage?.used,
      apiMax: this.apiUsage?.max,
    })
    return outcome
  }

  #learn(answer: Answer): void {
    this.apiUsage = readApiUsage(answer.headers['sforce-limit-info']) ?? this.apiUsage
    const serverMs = dateOf(answer)
    if (serverMs !== undefined) this.#time = { serverMs, atMs: performance.now() }
  }

  /** First what is free, then one call; a refusal is an answer too, and the next request will tell it (design 4.2). */
  async #probe(signal: AbortSignal): Promise<void> {
    try {
      await this.#send({ ...versionsRequest, signal, timeoutMs: this.#shortMs }, always)
      await this.#send({ method: 'GET', path: '/limits', repeat: 'safe', signal, timeoutMs: this.#shortMs }, always)
    } catch (error) {
      if (isConnectorError(error) && refusals.has(error.code)) return
      throw error
    }
  }

  describe(object: string): Promise<ObjectDescribe> {
    return this.#describes.get(object)
  }

  now(): number {
    return this.#time.serverMs + Math.floor(performance.now() - this.#time.atMs)
  }

  async close(): Promise<void> {
    this.breaker.stop()
    await this.#http.close()
  }
}

const refusals = new Set(['salesforce.refused', 'salesforce.unauthorized', 'salesforce.other_org'])
const always = (): boolean => true

const responseOf = <T>(answer: Answer, body: unknown): ApiResponse<T> => ({
  status: answer.status,
  headers: answer.headers,
  body: body as T,
  serverDateMs: dateOf(answer),
})
