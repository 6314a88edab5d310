import type { ObjectDescribe, RecordId } from '../core/contract.ts'
import type { Priority } from './allowance.ts'
import type { Breaker } from './breaker.ts'
import type { BudgetSettings } from './budget.ts'
import type { DescribeChanged } from './describe-changes.ts'
import type { BudgetStatus, GovernorEvents } from './governor.ts'
import type { AuthSettings } from './grants.ts'
import { openHttp } from './http.ts'
import type { ExchangeDone } from './metered-http.ts'
import { RestClient } from './rest-client.ts'

export interface SalesforceSettings {
  /** My Domain, or login.salesforce.com, test.salesforce.com. */
  readonly loginUrl: string
  readonly auth: AuthSettings
  /** As '68.0'. */
  readonly apiVersion: string
  /** For one call from its start to the last byte of its answer, a new sign-in included. */
  readonly requestTimeoutMs: number
  /** Shown in the org's logs and as the origin of its change events (Sforce-Call-Options). */
  readonly clientName?: string
  /** How much of the org's daily limit may be used; by default budgetDefaults (budget.ts). */
  readonly budget?: Partial<BudgetSettings>
  /** Pauses between the probes of an open breaker; by default 1 s to 30 s. */
  readonly probeDelays?: { readonly delayMsMin: number; readonly delayMsMax: number }
}

/** What the client tells telemetry. No argument holds a secret or the content of a row. */
export interface SalesforceEvents extends GovernorEvents {
  /** Every exchange over HTTP, sign-ins included. */
  requestDone(e: ExchangeDone): void
  signedIn(e: { readonly orgId: string; readonly userId: string; readonly instanceUrl: string }): void
  /** Signing in works, but should be changed. */
  signInWarned(e: { readonly warning: string; readonly remedy: string }): void
  breakerOpened(e: { readonly reason: string }): void
  breakerClosed(e: { readonly openMs: number }): void
  /** Seen as `describe` asked Salesforce again. */
  describeChanged(e: DescribeChanged): void
}

/** For a client that nobody watches. */
export const silentEvents: SalesforceEvents = {
  requestDone() {},
  signedIn() {},
  signInWarned() {},
  breakerOpened() {},
  breakerClosed() {},
  budgetSeen() {},
  budgetMoved() {},
  callWaited() {},
  inFlightReduced() {},
  describeChanged() {},
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below /services/data/vXX.X, as '/composite'; or an absolute path of the instance, as a nextRecordsUrl. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** What a success is answered in; JSON unless said otherwise. The body of CSV is its text. */
  readonly accept?: 'csv'
  readonly headers?: Readonly<Record<string, string>>
  /** Rule 6. Decides what an unknown outcome is called; the client itself repeats only what a 401 refused. */
  readonly repeat: 'safe' | 'unsafe'
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

export interface ApiResponse<T> {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** undefined if the answer has no body. */
  readonly body: T
  /** The header Date, epoch ms, cut to the second. */
  readonly serverDateMs: number | undefined
}

/** A signed-in client of one org. */
export interface Salesforce {
  readonly orgId: RecordId
  readonly userId: RecordId
  readonly instanceUrl: string
  readonly apiVersion: string
  /** Resolves on 2xx and 304; throws SalesforceError on anything else, with whether it was executed. */
  request<T>(request: ApiRequest): Promise<ApiResponse<T>>
  /** From memory for `ageMsMax`, by default five minutes, at most; the same object as long as nothing changed. */
  describe(object: string, ageMsMax?: number): Promise<ObjectDescribe>
  /** Salesforce's time, epoch ms: the last Date header, cut to the second, and the time since. Never ahead of the org. */
  now(): number
  /** Open while Salesforce is out of reach or the budget of API calls is used up. */
  readonly breaker: Breaker
  /** As of the last answer that told it. */
  readonly budget: BudgetStatus
  /** The same client, whose requests go before or after others when calls are short; without it they are commands. */
  withPriority(priority: Priority): Salesforce
  /** Ends at once: open requests fail. */
  close(): Promise<void>
}

/** Signs in and checks that the org offers the API version. Throws what signIn throws, and `config.invalid`. */
export async function connectSalesforce(settings: SalesforceSettings, events: SalesforceEvents): Promise<Salesforce> {
  const http = openHttp()
  const client = new RestClient(settings, events, http)
  try {
    await client.start()
    return client
  } catch (error) {
    await client.close()
    throw error
  }
}
