import { judgeSubresponse } from './judge.ts'
import { SalesforceError } from './salesforce-error.ts'
import { withQuery } from './wire.ts'

/** A GET below /services/data/vXX.X. */
export interface Read {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

/** Of one composite request; a queryAll counts among the queries (salesforce-facts 7). */
export const subrequestsMax = 25
export const queriesMax = 5

/** The body of a composite request of these reads. */
export const compositeOfReads = (reads: readonly Read[], apiVersion: string): object => ({
  allOrNone: false,
  collateSubrequests: false,
  compositeRequest: reads.map((read, index) => ({
    method: 'GET',
    url: `/services/data/v${apiVersion}${withQuery(read.path, read.query)}`,
    referenceId: referenceOf(index),
    ...(read.headers && { httpHeaders: read.headers }),
  })),
})

/** The answer to the read at `index` in the answer to the composite; undefined for a 304. Throws SalesforceError. */
export function answerOfRead(composite: unknown, index: number): unknown {
  const list = (composite as { compositeResponse?: (Subresponse | null)[] } | null)?.compositeResponse
  const response = Array.isArray(list) ? list.find(each => each?.referenceId === referenceOf(index)) : undefined
  const status = typeof response?.httpStatusCode === 'number' ? response.httpStatusCode : 0
  const verdict = judgeSubresponse(status, response?.body, { method: 'GET', repeat: 'safe' })
  if (verdict.kind === 'done') return verdict.body
  throw new SalesforceError(verdict.failure)
}

interface Subresponse {
  readonly body?: unknown
  readonly httpStatusCode?: unknown
  readonly referenceId?: unknown
}

const referenceOf = (index: number): string => `read${index}`
