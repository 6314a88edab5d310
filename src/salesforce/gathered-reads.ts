import type { ApiRequest, Salesforce } from './client.ts'
import { answerOfRead, compositeOfReads, queriesMax, type Read, subrequestsMax } from './composite-reads.ts'
import { requestSafely } from './request-safely.ts'
import { SalesforceError } from './salesforce-error.ts'
import { withQuery } from './wire.ts'

/** A URI takes 16,384 bytes with its host and the rest; a longer query goes inside a composite (salesforce-facts 2.8). */
const uriBytesMax = 12_000

interface Waiting {
  readonly read: Read
  readonly resolve: (body: unknown) => void
  readonly reject: (error: unknown) => void
}

const isQuery = ({ path }: Read): boolean => path === '/queryAll' || path === '/query'

/** Reads that are asked for in the same turn share API calls: up to five queries and 25 reads go in each. */
export class GatheredReads {
  readonly #salesforce: Pick<Salesforce, 'request' | 'breaker' | 'apiVersion'>
  #waiting: Waiting[] = []

  constructor(salesforce: Pick<Salesforce, 'request' | 'breaker' | 'apiVersion'>) {
    this.#salesforce = salesforce
  }

  /** The JSON body of the answer; undefined for a 304. Throws SalesforceError; `internal.stopped` once the signal aborts, though others wait on. */
  read(read: Read, signal?: AbortSignal): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const stop = (): void => reject(stopped())
    if (signal?.aborted) return Promise.reject(stopped())
    signal?.addEventListener('abort', stop, { once: true })
    if (this.#waiting.length === 0) setImmediate(() => this.#send())
    this.#waiting.push({ read, resolve, reject })
    return promise.finally(() => signal?.removeEventListener('abort', stop))
  }

  #send(): void {
    const waiting = this.#waiting
    this.#waiting = []
    const queries = waiting.filter(({ read }) => isQuery(read))
    const others = waiting.filter(({ read }) => !isQuery(read))
    while (queries.length + others.length > 0) {
      const some = queries.splice(0, queriesMax)
      some.push(...others.splice(0, subrequestsMax - some.length))
      this.#share(some).catch(error => {
        for (const { reject } of some) reject(error)
      })
    }
  }

  async #share(some: readonly Waiting[]): Promise<void> {
    const only = some.length === 1 ? some[0]! : undefined
    if (only && withQuery(only.read.path, only.read.query).length <= uriBytesMax) {
      const request: ApiRequest = { method: 'GET', ...only.read, repeat: 'safe' }
      only.resolve((await requestSafely<unknown>(this.#salesforce, request)).body)
      return
    }
    const body = compositeOfReads(
      some.map(({ read }) => read),
      this.#salesforce.apiVersion,
    )
    const request: ApiRequest = { method: 'POST', path: '/composite', body, repeat: 'safe' }
    const answer = await requestSafely<unknown>(this.#salesforce, request)
    for (const [index, { resolve, reject }] of some.entries()) {
      try {
        resolve(answerOfRead(answer.body, index))
      } catch (error) {
        reject(error)
      }
    }
  }
}

const stopped = (): SalesforceError =>
  new SalesforceError({
    code: 'internal.stopped',
    message: 'the connector stopped waiting for Salesforce',
    remedy: '',
    executed: 'no',
    retryable: true,
  })
