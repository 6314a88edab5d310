import type { ObjectDescribe, RecordId } from '../core/contract.ts'
import type { Priority } from './allowance.ts'
import type { Breaker } from './breaker.ts'
import type { ApiRequest, ApiResponse, Salesforce } from './client.ts'
import type { BudgetStatus, Governor } from './governor.ts'

type Send = <T>(request: ApiRequest, priority: Priority) => Promise<ApiResponse<T>>

/** A client as its parts see it: the same session and budget, requests of one priority. */
export class PrioritizedClient implements Salesforce {
  readonly #client: Salesforce
  readonly #send: Send
  readonly #priority: Priority

  constructor(client: Salesforce, send: Send, priority: Priority) {
    this.#client = client
    this.#send = send
    this.#priority = priority
  }

  get orgId(): RecordId {
    return this.#client.orgId
  }

  get userId(): RecordId {
    return this.#client.userId
  }

  get instanceUrl(): string {
    return this.#client.instanceUrl
  }

  get apiVersion(): string {
    return this.#client.apiVersion
  }

  get breaker(): Breaker {
    return this.#client.breaker
  }

  get budget(): BudgetStatus {
    return this.#client.budget
  }

  request<T>(request: ApiRequest): Promise<ApiResponse<T>> {
    return this.#send<T>(request, this.#priority)
  }

  describe(object: string, ageMsMax?: number): Promise<ObjectDescribe> {
    return this.#client.describe(object, ageMsMax)
  }

  withPriority(priority: Priority): Salesforce {
    return this.#client.withPriority(priority)
  }

  now(): number {
    return this.#client.now()
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

/** What keeps requests back, seen as one: Salesforce is out of reach, or the budget of API calls is used up. */
export class Hindrance implements Breaker {
  readonly #breaker: Breaker
  readonly #governor: Pick<Governor, 'isOpen' | 'reason' | 'whenOpen'>

  constructor(breaker: Breaker, governor: Pick<Governor, 'isOpen' | 'reason' | 'whenOpen'>) {
    this.#breaker = breaker
    this.#governor = governor
  }

  get isOpen(): boolean {
    return this.#breaker.isOpen || !this.#governor.isOpen
  }

  get reason(): string | undefined {
    if (this.#breaker.isOpen) return this.#breaker.reason
    return this.#governor.isOpen ? undefined : this.#governor.reason
  }

  async whenClosed(signal?: AbortSignal): Promise<void> {
    while (this.isOpen) {
      await this.#breaker.whenClosed(signal)
      await this.#governor.whenOpen(signal)
    }
  }
}
