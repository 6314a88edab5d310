import type { Row } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import type { ApiResponse, Salesforce } from './client.ts'
import { callOf, halve, type Part, readResults, refusedRow, splitGroups } from './collections.ts'
import { refusesEveryRow } from './error-codes.ts'
import { judgeSubresponse } from './judge.ts'
import { spread, takeParts } from './packing.ts'
import { type ApiError, type Executed, SalesforceError } from './salesforce-error.ts'

/** Rows that one kind of collections call can carry. */
export interface RowGroup {
  readonly operation: 'create' | 'update' | 'delete' | 'upsert' | 'retrieve'
  readonly object: string
  /** Of an upsert; each row carries its value. */
  readonly externalIdField?: string
  /** Options, as Sforce-Auto-Assign. Not Accept, Authorization, Content-Type. */
  readonly headers?: Readonly<Record<string, string>>
  /** Rows of update, delete and retrieve carry `id`; those of delete and retrieve nothing else. */
  readonly rows: readonly object[]
  /** Of a retrieve. */
  readonly fields?: readonly string[]
  /** Rows that go together at most; 200 unless it is less. */
  readonly rowsMax?: number
}

export type RowResult =
  /** `created` for an upsert; `record` for a retrieve, null if there is no such row that the user may see. */
  | { readonly ok: true; readonly id: string | null; readonly created?: boolean; readonly record?: Row | null }
  | {
      readonly ok: false
      readonly errors: readonly ApiError[]
      readonly executed: Executed
      readonly retryable: boolean
    }

/** The rows' results by group and row; undefined for a row that was certainly not executed and has no answer. */
export type PartialResults = readonly (readonly (RowResult | undefined)[])[]

/** A request failed before every row had its answer; `cause` says why, and whether it is worth another try. */
export class PartialExecution extends ConnectorError {
  override readonly cause: SalesforceError
  readonly results: PartialResults
  constructor(cause: SalesforceError, results: PartialResults) {
    super(cause.code, cause.message, { cause, remedy: cause.remedy })
    this.name = 'PartialExecution'
    this.cause = cause
    this.results = results
  }
}

/**
 * Executes the groups' rows, up to 1,000 in one call, one call after the other, and answers by group and row. A row's
 * refusal is its result, not an error. Throws PartialExecution when a request fails: the rows of a request with an
 * unknown outcome are marked so, and nothing more is sent.
 */
export async function executeGroups(
  salesforce: Pick<Salesforce, 'request' | 'apiVersion'>,
  groups: readonly RowGroup[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<RowResult[][]> {
  const results: (RowResult | undefined)[][] = groups.map(group => new Array(group.rows.length).fill(undefined))
  const record = (part: Part, rows: readonly RowResult[]): void => {
    for (const [i, index] of part.indexes.entries()) results[part.groupIndex]![index] = rows[i]
  }
  const queue = spread(splitGroups(groups))
  for (const part of queue) callOf(part) // a bad name or id is told before anything is sent
  while (queue.length > 0) {
    const parts = takeParts(queue)
    try {
      const outcomes = await send(salesforce, parts, options.signal)
      // What was refused as a whole is taken apart before anything else is sent.
      queue.unshift(...outcomes.flatMap((outcome, i) => settle(parts[i]!, outcome, record)))
    } catch (error) {
      if (!(error instanceof SalesforceError)) throw error
      if (error.executed === 'unknown')
        for (const part of parts)
          record(
            part,
            part.indexes.map(() => unansweredRow(error)),
          )
      throw new PartialExecution(error, results)
    }
  }
  return results as RowResult[][]
}

type Outcome =
  | { readonly kind: 'rows'; readonly rows: readonly RowResult[] }
  | { readonly kind: 'refused'; readonly errors: readonly ApiError[] }
  /** The whole call was refused, though maybe for the sake of one part: each is tried on its own. */
  | { readonly kind: 'apart' }

/** Writes down the results; answers the parts to be sent in place of one that was refused as a whole. */
function settle(part: Part, outcome: Outcome, record: (part: Part, rows: readonly RowResult[]) => void): Part[] {
  if (outcome.kind === 'apart') return [{ ...part, direct: true }]
  if (outcome.kind === 'rows') {
    record(part, outcome.rows)
    return []
  }
  const row = refusedRow(outcome.errors)
  const mayBeOneRow =
    part.indexes.length > 1 && !row.retryable && !outcome.errors.some(({ code }) => refusesEveryRow(code))
  // A retrieve's fields are the same for all its rows.
  const isFieldOfAll = part.group.operation === 'retrieve' && outcome.errors[0]?.code === 'INVALID_FIELD'
  if (mayBeOneRow && !isFieldOfAll) return halve(part)
  record(
    part,
    part.indexes.map(() => row),
  )
  return []
}

/** Rule 6: only a create must not be sent twice; a repeated delete finds its row gone. */
const repeatOf = (part: Part): 'safe' | 'unsafe' => (part.group.operation === 'create' ? 'unsafe' : 'safe')

async function send(
  salesforce: Pick<Salesforce, 'request' | 'apiVersion'>,
  parts: readonly Part[],
  signal: AbortSignal | undefined,
): Promise<Outcome[]> {
  const repeat = parts.some(part => repeatOf(part) === 'unsafe') ? 'unsafe' : 'safe'
  const rest = { repeat, ...(signal && { signal }) } as const
  try {
    if (parts.length === 1) {
      const part = parts[0]!
      const { body } = await salesforce.request<unknown>({ ...callOf(part), ...rest })
      return [rowsOf(part, body)]
    }
    const body = compositeOf(parts, salesforce.apiVersion)
    const answer = await salesforce.request<unknown>({ method: 'POST', path: '/composite', body, ...rest })
    return readComposite(parts, answer)
  } catch (error) {
    const aboutRows = error instanceof SalesforceError && refusals.has(error.code) && error.errors.length > 0
    if (!aboutRows || error.executed !== 'no') throw error
    return parts.map(() =>
      parts.length > 1 && !error.retryable ? { kind: 'apart' } : { kind: 'refused', errors: error.errors },
    )
  }
}

/** Codes of an answer about the rows; with any other, nothing more can be sent. */
const refusals: ReadonlySet<string> = new Set(['salesforce.refused', 'salesforce.busy'])

const referenceOf = (index: number): string => `part${index}`

function compositeOf(parts: readonly Part[], apiVersion: string): object {
  return {
    allOrNone: false,
    collateSubrequests: false,
    compositeRequest: parts.map((part, index) => {
      const { method, path, body, headers } = callOf(part)
      return {
        method,
        url: `/services/data/v${apiVersion}${path}`,
        referenceId: referenceOf(index),
        ...(body !== undefined && { body }),
        ...(Object.keys(headers).length > 0 && { httpHeaders: headers }),
      }
    }),
  }
}

interface Subresponse {
  readonly body?: unknown
  readonly httpStatusCode?: unknown
  readonly referenceId?: unknown
}

function readComposite(parts: readonly Part[], answer: ApiResponse<unknown>): Outcome[] {
  const list = (answer.body as { compositeResponse?: unknown } | null)?.compositeResponse
  const responses = Array.isArray(list) ? (list as (Subresponse | null)[]) : []
  return parts.map((part, index) => {
    const [response, ...others] = responses.filter(each => each?.referenceId === referenceOf(index))
    // Two answers to one request: nothing tells which is the right one.
    return response && others.length === 0 ? readSubresponse(part, response) : unreadable(part)
  })
}

/** The same judgement as of a request of its own, for the same statuses and bodies. */
function readSubresponse(part: Part, { body, httpStatusCode }: Subresponse): Outcome {
  if (typeof httpStatusCode !== 'number') return unreadable(part)
  const verdict = judgeSubresponse(httpStatusCode, body, { method: 'POST', repeat: repeatOf(part) })
  if (verdict.kind === 'done') return rowsOf(part, verdict.body)
  const { executed, errors = [] } = verdict.failure
  if (executed === 'no' && errors.length > 0) return { kind: 'refused', errors }
  const row = unansweredRow({ ...verdict.failure, errors })
  return { kind: 'rows', rows: part.indexes.map(() => row) }
}

function rowsOf(part: Part, body: unknown): Outcome {
  const rows = readResults(part, body)
  return rows ? { kind: 'rows', rows } : unreadable(part)
}

function unreadable(part: Part): Outcome {
  const message = 'Salesforce answered with success, but not with one result for each row'
  const row = unansweredRow({
    code: 'salesforce.bad_answer',
    message,
    executed: 'unknown',
    retryable: true,
    errors: [],
  })
  return { kind: 'rows', rows: part.indexes.map(() => row) }
}

/** A row without an answer of its own: the failure of its request is its result. */
const unansweredRow = (
  failure: Pick<SalesforceError, 'code' | 'message' | 'errors' | 'executed' | 'retryable'>,
): RowResult => ({
  ok: false,
  errors: failure.errors.length > 0 ? failure.errors : [{ code: failure.code, message: failure.message, fields: [] }],
  executed: failure.executed,
  retryable: failure.retryable,
})
