import type { ObjectDescribe, RecordId } from '../core/contract.ts'
import { ConnectorError, isConnectorError } from '../core/errors.ts'
import type { Priority } from './allowance.ts'
import { type Session, SignIn } from './auth.ts'
import { type Breaker, ProbingBreaker } from './breaker.ts'
import { budgetDefaults, readApiUsage } from './budget.ts'
import type { ApiRequest, ApiResponse, Salesforce, SalesforceEvents, SalesforceSettings } from './client.ts'
import { type DescribeAnswer, Describes } from './describe.ts'
import { GatheredReads } from './gathered-reads.ts'
import { type BudgetStatus, type CallEnd, type CallKind, Governor, type Turn } from './governor.ts'
import type { Answer, Http, NoAnswer } from './http.ts'
import { judge, type Verdict, withheld } from './judge.ts'
import { meteredHttp } from './metered-http.ts'
import { Hindrance, PrioritizedClient } from './prioritized.ts'
import { requestSafely } from './request-safely.ts'
import { SalesforceError } from './salesforce-error.ts'
import { SessionKeeper } from './session.ts'
import { dateOf, toHttp, versionsRequest } from './wire.ts'

const probeDelaysDefault = { delayMsMin: 1_000, delayMsMax: 30_000 }
/** Sign-ins and probes need no longer; a shorter request timeout shortens them too. */
const shortRequestMsMax = 30_000

/** The client behind connectSalesforce; `start` comes before anything else. */
export class RestClient implements Salesforce {
  readonly apiVersion: string
  readonly breaker: Breaker
  readonly #settings: SalesforceSettings
  readonly #http: Http
  readonly #probing: ProbingBreaker
  readonly #governor: Governor
  readonly #sessions: SessionKeeper
  readonly #describes: Describes
  readonly #reads = new GatheredReads(this)
  readonly #shortMs: number
  #session: Session | undefined
  /** Salesforce's time at a moment of our monotonic clock. */
  #time = { serverMs: Date.now(), atMs: performance.now() }

  constructor(settings: SalesforceSettings, events: SalesforceEvents, http: Http) {
    this.apiVersion = settings.apiVersion
    this.#settings = settings
    this.#http = meteredHttp(http, done => events.requestDone(done))
    this.#shortMs = Math.min(shortRequestMsMax, settings.requestTimeoutMs)
    const signIn = new SignIn(settings, this.#http, warning => events.signInWarned(warning))
    this.#sessions = new SessionKeeper(
      () => signIn.run(this.#shortMs),
      session => {
        this.#session = session
        const { orgId, userId, instanceUrl } = session
        events.signedIn({ orgId, userId, instanceUrl })
      },
    )
    this.#describes = new Describes(
      (path, ifModifiedSince) => this.#fetchDescribe(path, ifModifiedSince),
      () => performance.now(),
      change => events.describeChanged(change),
    )
    this.#governor = new Governor({
      settings: { ...budgetDefaults, ...settings.budget },
      events,
      recheck: () => this.#recheck(),
    })
    this.#probing = new ProbingBreaker({
      probe: signal => this.#probe(signal),
      delays: settings.probeDelays ?? probeDelaysDefault,
      onOpen: reason => events.breakerOpened({ reason }),
      onClose: openMs => events.breakerClosed({ openMs }),
    })
    this.breaker = new Hindrance(this.#probing, this.#governor)
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
    await this.#sessions.start({ timeoutMs: this.#shortMs })
    const { body } = await this.#send<unknown>(versionsRequest, unhindered)
    const offered = Array.isArray(body) ? body.map(({ version }: { version: string }) => version) : []
    if (!offered.includes(this.apiVersion))
      throw new ConnectorError('config.invalid', `the org does not offer API version ${this.apiVersion}`, {
        remedy: `Set salesforce.api_version to one of ${offered.slice(-5).join(', ')}.`,
      })
  }

  request<T>(request: ApiRequest): Promise<ApiResponse<T>> {
    return this.#request<T>(request, 'command')
  }

  withPriority(priority: Priority): Salesforce {
    return new PrioritizedClient(this, (request, given) => this.#request(request, given), priority)
  }

  /** While the breaker is open nothing is sent: asked now, and again when the request's turn at a connection comes. */
  #request<T>(request: ApiRequest, priority: Priority): Promise<ApiResponse<T>> {
    const kind = request.path === versionsRequest.path ? 'free' : priority
    return this.#send<T>(request, { kind, mayStart: () => !this.#probing.isOpen })
  }

  /** Sends it, and a second time only if a 401 said that the first had no effect. */
  async #send<T>(request: ApiRequest, { kind, mayStart }: Sending): Promise<ApiResponse<T>> {
    const startedMs = performance.now()
    const timeoutMs = request.timeoutMs ?? this.#settings.requestTimeoutMs
    const patience = () => ({
      timeoutMs: timeoutMs - (performance.now() - startedMs),
      ...(request.signal && { signal: request.signal }),
    })
    for (let attempt = 1; ; attempt++) {
      if (!mayStart()) throw new SalesforceError(withheld(this.#probing.reason))
      const session = await this.#signedInWith(() => this.#sessions.current(patience()))
      const turn = await this.#governor.enter(kind, patience())
      const limits = { timeoutMs: patience().timeoutMs, mayStart }
      const { outcome, verdict } = await this.#exchange(session, request, limits, turn)
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
      if (isConnectorError(error, 'salesforce.unreachable')) this.#probing.open('unreachable', error.message)
      if (isConnectorError(error, 'salesforce.limit_exceeded')) this.#probing.open('limit', error.message)
      throw error
    }
  }

  #failed(verdict: Extract<Verdict, { kind: 'failed' }>, session: Session): SalesforceError {
    if (verdict.moved) this.#sessions.expire(session)
    // Too many at a time is no outage: the governor sends fewer (salesforce-facts 8.2).
    if (verdict.opens && refusedFor(verdict) !== 'concurrency')
      this.#probing.open(verdict.opens, verdict.failure.message)
    return new SalesforceError(verdict.failure)
  }

  async #exchange(
    session: Session,
    request: ApiRequest,
    limits: { timeoutMs: number; mayStart: () => boolean },
    turn: Turn,
  ): Promise<{ outcome: Answer | NoAnswer; verdict: Verdict }> {
    const outcome =
      limits.timeoutMs > 0 ? await this.#http.exchange(toHttp(this.#settings, session, request, limits)) : late()
    const answer = outcome.kind === 'answer' ? outcome : undefined
    const verdict = judge(outcome, request)
    const usage = readApiUsage(answer?.headers['sforce-limit-info'])
    turn.end({ answered: answer !== undefined, usage, refusedFor: refusedFor(verdict) })
    const serverMs = answer && dateOf(answer)
    if (serverMs !== undefined) this.#time = { serverMs, atMs: performance.now() }
    return { outcome, verdict }
  }

  /** First what is free, then one call; a refusal is an answer too, and the next request will tell it (design 4.2). */
  async #probe(signal: AbortSignal): Promise<void> {
    try {
      await this.#send({ ...versionsRequest, signal, timeoutMs: this.#shortMs }, unhindered)
      await this.#send({ ...limitsRequest, signal, timeoutMs: this.#shortMs }, { ...unhindered, kind: 'probe' })
    } catch (error) {
      if (isConnectorError(error) && refusals.has(error.code)) return
      throw error
    }
  }

  /** Objects that are asked about in the same turn share an API call, as long as none has changed. */
  async #fetchDescribe(path: string, ifModifiedSince: string | undefined): Promise<DescribeAnswer> {
    if (ifModifiedSince === undefined) return requestSafely(this, { method: 'GET', path, repeat: 'safe' })
    const headers = { 'If-Modified-Since': ifModifiedSince }
    const body = (await this.#reads.read({ path, query: {}, headers })) ?? undefined
    return { status: body === undefined ? 304 : 200, headers: {}, body }
  }

  /** Whether usage has fallen; while the breaker is open, its own probes tell. */
  async #recheck(): Promise<void> {
    if (this.#probing.isOpen) return
    const mayStart = (): boolean => !this.#probing.isOpen
    await this.#send({ ...limitsRequest, timeoutMs: this.#shortMs }, { kind: 'probe', mayStart })
  }

  get budget(): BudgetStatus {
    return this.#governor.status
  }

  describe(object: string, ageMsMax?: number): Promise<ObjectDescribe> {
    return this.#describes.get(object, ageMsMax)
  }

  now(): number {
    return this.#time.serverMs + Math.floor(performance.now() - this.#time.atMs)
  }

  async close(): Promise<void> {
    this.#probing.stop()
    this.#governor.stop()
    await this.#http.close()
  }
}

const refusals = new Set(['salesforce.refused', 'salesforce.unauthorized', 'salesforce.other_org'])
/** Its answer tells the usage whatever it is, a refusal too. */
const limitsRequest: ApiRequest = { method: 'GET', path: '/limits', repeat: 'safe' }

/** How a request passes the governor and the breaker. */
interface Sending {
  readonly kind: CallKind
  readonly mayStart: () => boolean
}

const unhindered: Sending = { kind: 'free', mayStart: () => true }

const late = (): NoAnswer => ({
  kind: 'no-answer',
  sent: false,
  reason: 'timeout',
  cause: new Error('signing in, or waiting for its turn, took all the time'),
})

/** The limit that Salesforce refused it for, as judge.ts tells them apart. */
function refusedFor(verdict: Verdict): CallEnd['refusedFor'] {
  if (verdict.kind !== 'failed' || verdict.failure.code !== 'salesforce.limit_exceeded') return undefined
  return verdict.opens === 'limit' ? 'day' : 'concurrency'
}

const responseOf = <T>(answer: Answer, body: unknown): ApiResponse<T> => ({
  status: answer.status,
  headers: answer.headers,
  body: body as T,
  serverDateMs: dateOf(answer),
})
