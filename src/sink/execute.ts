import assert from 'node:assert/strict'
import { sleep } from '../core/clock.ts'
import { failpoint } from '../core/failpoint.ts'
import { delayMs } from '../core/retry.ts'
import type { ApiRequest, ApiResponse } from '../salesforce/client.ts'
import { executeGroups, PartialExecution, type RowResult } from '../salesforce/composite.ts'
import type { SalesforceError } from '../salesforce/salesforce-error.ts'
import { isRepeatSafe, needsMark, uniquesOf } from './command.ts'
import { candidatesOf, type Doubtful } from './doubt.ts'
import { expired, type Item, isOnItsWay, otherContent, type Settled } from './item.ts'
import { lookFirst } from './look-first.ts'
import type { LookupParts } from './lookups.ts'
import { failed, inDoubt, judge, type Outcome, rejected, sentMax } from './outcome.ts'
import { type ExecutionParts, timeOf } from './parts.ts'
import { toGroups } from './requests.ts'
import { arrange } from './waves.ts'

const repeatLimits = { attemptsMax: 1_000, delayMsMin: 100, delayMsMax: 5_000 }
const pollMs = 50
const parkedNote = 'The command is parked in the dead letter topic; `dlq replay` executes it again.'

/** Owns every request, wait and repeat of one batch; what an answer means is decided by the pure outcome.ts. */
export class Execution {
  readonly #parts: ExecutionParts
  readonly #items: readonly Item[]
  readonly #finals = new Map<string, Item>()
  #begun = false
  #markedAt: number | undefined
  #endingSince: number | undefined

  constructor(items: readonly Item[], parts: ExecutionParts) {
    this.#items = items
    this.#parts = parts
  }

  /**
   * Settles the items, wave by wave. Returns with some unsettled if the generation is ending and time is up. Throws when
   * the generation is over ('internal.stopped'), and on what only an operator can mend.
   */
  async run(): Promise<void> {
    // Rule 4: what shares a key, a row or an id runs one after the other, in the order of the partition.
    for (const wave of arrange(this.#items, item => uniquesOf(item.command))) {
      if (this.#isTimeUp()) break
      for (const item of wave) this.#settleUnsent(item)
      await this.#answerDoubtful(wave)
      const goesOn = await this.#send(wave.filter(item => !item.settled))
      for (const item of wave) this.#remember(item)
      if (!goesOn) break
    }
    if (this.#begun) failpoint('execute:after')
  }

  /** Everything that needs no request: repeated ids, expired commands. */
  #settleUnsent(item: Item): void {
    const { command } = item
    const now = timeOf(this.#parts.salesforce)
    item.startedAt = now
    const former = this.#finals.get(command.commandId)
    if (former) {
      const outcome = former.command.hash === command.hash ? undefined : rejected(otherContent(), command.recordId)
      this.#settle(item, outcome ? { kind: 'outcome', outcome } : { kind: 'duplicate', of: former })
      return
    }
    const known = this.#parts.recall(command)
    if (known) this.#settle(item, known)
    else this.#expire(item)
  }

  /** What has expired is not sent any more, nor sent again. */
  #expire(item: Item): void {
    const { expiresAt } = item.command
    if (item.settled || expiresAt === null || expiresAt > timeOf(this.#parts.salesforce)) return
    const outcome = item.unanswered
      ? inDoubt(item.command, [], ['It has expired; it is not executed again.'])
      : expired(item.command)
    this.#settleAs(item, outcome)
  }

  #settle(item: Item, settled: Settled): void {
    // Salesforce's time is corrected by each answer, and may step back by up to a second.
    item.finishedAt = Math.max(item.startedAt, timeOf(this.#parts.salesforce))
    item.settled = settled
  }

  #settleAs(item: Item, outcome: Outcome, parked = false): void {
    this.#settle(item, { kind: 'outcome', outcome, parked })
  }

  /** Later commands of the batch with the same id are answered from this one. */
  #remember(item: Item): void {
    if (item.settled?.kind !== 'outcome') return
    const { status, retryable } = item.settled.outcome
    if (status !== 'REJECTED' && !retryable) this.#finals.set(item.command.commandId, item)
  }

  /** Sends the items until each is settled. False: the generation is ending, some are left. */
  async #send(items: readonly Item[]): Promise<boolean> {
    let left = items
    for (let round = 1; left.length > 0; round++) {
      if (!(await this.#pass(left))) return false
      for (const item of left) this.#expire(item)
      left = left.filter(item => !item.settled)
      await this.#request(await lookFirst(left, this.#lookups, (item, outcome) => this.#settleAs(item, outcome)))
      await this.#parts.reconsider(left)
      await this.#answerDoubtful(left)
      left = left.filter(item => !item.settled)
      if (left.length > 0) await this.#pause(delayMs(repeatLimits, Math.min(round, repeatLimits.attemptsMax)))
    }
    return true
  }

  /** Waits until Salesforce is in reach, and puts the attempt on record. False: the generation is ending. */
  async #pass(items: readonly Item[]): Promise<boolean> {
    const { salesforce } = this.#parts
    if (salesforce.breaker.isOpen && !(await this.#waitForSalesforce())) return false
    if (items.some(item => needsMark(item.command))) this.#markedAt ??= await this.#parts.mark()
    if (this.#isTimeUp()) return false
    if (!this.#begun) failpoint('execute:before')
    this.#begun = true
    return true
  }

  /** An outage: meanwhile nothing may look as if it had been sent. */
  async #waitForSalesforce(): Promise<boolean> {
    const { salesforce, generation } = this.#parts
    if (!this.#items.some(isOnItsWay)) {
      await this.#parts.unmark()
      this.#markedAt = undefined
    }
    const stop = new AbortController()
    const watch = setInterval(() => (generation.isEnding() ? stop.abort() : undefined), pollMs)
    try {
      await salesforce.breaker.whenClosed(AbortSignal.any([stop.signal, generation.signal]))
      return true
    } catch (error) {
      this.#checkGeneration()
      if (stop.signal.aborted) return false
      throw error
    } finally {
      clearInterval(watch)
    }
  }

  get #lookups(): LookupParts {
    const { salesforce, generation, mark } = this.#parts
    return {
      apiVersion: salesforce.apiVersion,
      userId: salesforce.userId,
      request: request => this.#requestInTime(request),
      startedAt: async () => this.#markedAt ?? (await mark()),
      signal: generation.signal,
    }
  }

  async #request(items: readonly Item[]): Promise<void> {
    const { salesforce, describe, generation } = this.#parts
    const grouped = toGroups(items, describe)
    // Rule 8: an attempt that is not repeat-safe, or is a delete, is on record before its request is sent.
    assert.ok(this.#markedAt !== undefined || !items.some(item => needsMark(item.command)))
    let results: readonly (readonly (RowResult | undefined)[])[]
    let cause: SalesforceError | undefined
    try {
      results = await executeGroups(
        { apiVersion: salesforce.apiVersion, request: request => this.#requestInTime(request) },
        grouped.map(each => each.group),
        { signal: generation.signal },
      )
    } catch (error) {
      this.#checkGeneration()
      if (!(error instanceof PartialExecution)) throw error
      results = error.results
      cause = error.cause
    }
    assert.equal(results.length, grouped.length)
    for (const [g, { items: rows }] of grouped.entries())
      for (const [r, item] of rows.entries()) this.#judge(item, results[g]?.[r], cause)
    if (cause?.consequence === 'stop') throw cause
  }

  /** Design 4.1: a request that ends before the session can ends before another member can own the partition. */
  async #requestInTime<T>(request: ApiRequest): Promise<ApiResponse<T>> {
    const { salesforce, generation, heartbeatAgeMsMax } = this.#parts
    while (generation.heartbeatAgeMs() >= heartbeatAgeMsMax) await this.#pause(pollMs)
    this.#checkGeneration()
    return salesforce.request<T>(request)
  }

  #judge(item: Item, result: RowResult | undefined, cause: SalesforceError | undefined): void {
    if (result === undefined) {
      // Not sent. A passing reason leaves it for the next round; the request's own fault does not pass.
      if (cause?.consequence === 'reply-error') this.#settleAs(item, failed(item.command.recordId, cause))
      return
    }
    item.sent++
    if (!result.ok && result.executed === 'no' && result.retryable) item.refused++
    const verdict = judge(item.command, result, item)
    if (verdict.kind === 'settled') this.#settleAs(item, verdict.outcome)
    else if (verdict.kind === 'in-doubt') this.#doubt(item)
    else item.unanswered ||= verdict.unanswered
  }

  /** No more requests for this one. An unsafe one is settled with candidates, by `answerDoubtful`. */
  #doubt(item: Item): void {
    item.unanswered = true
    if (isRepeatSafe(item.command)) this.#settleAs(item, inDoubt(item.command, [], []))
  }

  /** Rule 6: what may have been executed and is not repeat-safe is sent again only where the operator says so. */
  async #answerDoubtful(items: readonly Item[]): Promise<void> {
    const { inDoubt: policy } = this.#parts
    for (const item of items) {
      if (item.settled || !item.unanswered || isRepeatSafe(item.command)) continue
      if (policy === 'retry' && item.sent < sentMax) continue
      const { ids, warnings } = await candidatesOf(item.command, this.#doubtful)
      const parked = policy === 'park'
      this.#settleAs(item, inDoubt(item.command, ids, parked ? [...warnings, parkedNote] : warnings), parked)
    }
  }

  get #doubtful(): Doubtful {
    const { salesforce, describe, generation, mark } = this.#parts
    return {
      salesforce,
      describe,
      signal: generation.signal,
      taken: this.#items.flatMap(({ settled }) =>
        settled?.kind === 'outcome' ? (settled.outcome.recordId ?? []) : [],
      ),
      startedAt: async () => this.#markedAt ?? (await mark()),
      mayGoOn: async () => !(salesforce.breaker.isOpen && !(await this.#waitForSalesforce())) && !this.#isTimeUp(),
      pause: round => this.#pause(delayMs(repeatLimits, Math.min(round, repeatLimits.attemptsMax))),
    }
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, this.#parts.generation.signal).catch(() => undefined)
    this.#checkGeneration()
  }

  /** Rule 7: evicted members send and commit nothing more. The signal's reason is 'internal.stopped'. */
  #checkGeneration(): void {
    this.#parts.generation.signal.throwIfAborted()
  }

  #isTimeUp(): boolean {
    if (!this.#parts.generation.isEnding()) return false
    this.#endingSince ??= performance.now()
    return performance.now() - this.#endingSince > this.#parts.drainMsMax
  }
}
