import type { LeadStatus, ReplyError, ReplyStatus, Row } from '../core/contract.ts'
import type { ConnectorError } from '../core/errors.ts'
import type { RowResult } from '../salesforce/composite.ts'
import { codeEntry } from '../salesforce/error-codes.ts'
import type { ApiError } from '../salesforce/salesforce-error.ts'
import { type Command, isRepeatSafe } from './command.ts'

/** What became of a command: the part of its reply that execution decides. */
export interface Outcome {
  readonly status: ReplyStatus
  readonly recordId: string | null
  readonly created: boolean | null
  /** The row of a get, as REST returned it. */
  readonly row: Row | null
  /** What GetAllLeadStatuses found. */
  readonly leadStatuses: readonly LeadStatus[] | null
  readonly errors: readonly ReplyError[]
  readonly warnings: readonly string[]
  readonly retryable: boolean
  readonly candidates: readonly string[]
}

/** What was done for a command so far. */
export interface Attempts {
  /** Requests that were sent, or may have been. */
  readonly sent: number
  /** Answers that refused it for a passing reason. */
  readonly refused: number
  /** Whether an earlier request, ours or a former owner's, may have been executed without its answer reaching us. */
  readonly unanswered: boolean
}

export type Verdict =
  | { readonly kind: 'settled'; readonly outcome: Outcome }
  | { readonly kind: 'repeat'; readonly unanswered: boolean }
  | { readonly kind: 'in-doubt' }

/** Requests of one command, unanswered ones among them, before it is answered as it stands. */
export const sentMax = 5
/** Refusals of one command for a passing reason, as UNABLE_TO_LOCK_ROW, before it is FAILED with retryable: true. */
const refusedMax = 5
/** Rows that are sent together, by how often they were refused: those that lock one another get apart. */
const rowsMaxByRefusals = [200, 50, 10, 1] as const

/** How many rows may go together with one that was refused so often for a passing reason. */
export const rowsTogetherMax = (refused: number): number => rowsMaxByRefusals[refused] ?? 1

const plain = {
  recordId: null,
  created: null,
  row: null,
  leadStatuses: null,
  errors: [],
  warnings: [],
  retryable: false,
  candidates: [],
}

/** What a look-up found, without a request of the command's own. */
export const succeededWith = (found: Partial<Outcome>): Outcome => ({ ...plain, status: 'SUCCEEDED', ...found })

/** Pure. What the answer of Salesforce to one row means for its command; `attempts` includes the request answered. */
export function judge(command: Command, result: RowResult, attempts: Attempts): Verdict {
  if (result.ok) return settled(withDoubt(succeeded(command, result), command, attempts))
  // Rule 6: what was not answered is repeated only if that has no second effect.
  if (result.executed === 'unknown')
    return isRepeatSafe(command) && attempts.sent < sentMax
      ? { kind: 'repeat', unanswered: true }
      : { kind: 'in-doubt' }
  if (isGone(command, result) && attempts.unanswered)
    return settled({
      ...plain,
      status: 'SUCCEEDED',
      recordId: command.recordId,
      warnings: ['The row was already deleted when the request was repeated.'],
    })
  if (result.retryable && attempts.refused < refusedMax) return { kind: 'repeat', unanswered: false }
  if (isThereAlready(command, result, attempts) && attempts.sent < sentMax) return { kind: 'repeat', unanswered: false }
  const warnings = attempts.unanswered ? ['An earlier attempt was not answered; it may have been executed.'] : []
  return settled({ ...refused(command, result.errors), warnings, retryable: result.retryable })
}

/** A success after an attempt that was not answered may be the second effect (policy `retry`). */
const withDoubt = (outcome: Outcome, command: Command, { unanswered }: Attempts): Outcome =>
  unanswered && !isRepeatSafe(command)
    ? {
        ...outcome,
        warnings: [...outcome.warnings, 'An earlier attempt was not answered; it may have been executed as well.'],
      }
    : outcome

/** Not executed, for Salesforce's own reasons. */
export const refused = (command: Command, errors: readonly ApiError[]): Outcome => ({
  ...plain,
  status: 'FAILED',
  recordId: command.recordId,
  errors: errors.map(error => replyError(error.code, error.message, error.fields)),
})

/**
 * Somebody, or an attempt of ours that was not answered, was first: the look-up before the next attempt tells who
 * (sink/lookups.ts). A user that was there before is Salesforce's error.
 */
const isThereAlready = (
  { definition }: Command,
  { errors }: RowResult & { readonly ok: false },
  { unanswered }: Attempts,
): boolean =>
  (definition.lookup === 'campaign-member' && errors.some(({ code }) => code === 'DUPLICATE_VALUE')) ||
  (definition.lookup === 'username' && unanswered && errors.some(({ code }) => code === 'DUPLICATE_USERNAME'))

const settled = (outcome: Outcome): Verdict => ({ kind: 'settled', outcome })

/** The repeat of a delete whose first attempt is on record: gone is what was asked for (design 4.2). */
const isGone = (command: Command, result: RowResult & { readonly ok: false }): boolean =>
  command.definition.operation === 'delete' && result.errors.some(error => error.code === 'ENTITY_IS_DELETED')

function succeeded(command: Command, result: RowResult & { readonly ok: true }): Outcome {
  const recordId = result.id ?? command.recordId
  switch (command.definition.operation) {
    case 'create':
    case 'upsert':
      return { ...plain, status: 'SUCCEEDED', recordId, created: result.created ?? true }
    case 'get':
      return result.record ? { ...plain, status: 'SUCCEEDED', recordId, row: result.record } : notFound(command)
    default:
      return { ...plain, status: 'SUCCEEDED', recordId }
  }
}

const notFound = (command: Command): Outcome => ({
  ...plain,
  status: 'FAILED',
  recordId: command.recordId,
  errors: [replyError('NOT_FOUND', `No ${command.object} with this id that the connector’s user may read.`, [])],
})

/** Not sent, and never will be: the command itself is at fault. */
export const rejected = (error: ConnectorError, recordId: string | null = null): Outcome => ({
  ...plain,
  status: 'REJECTED',
  recordId,
  errors: [{ code: error.code, message: error.message, fields: [], remedy: error.remedy }],
})

/** Answered, but not with anything that could be used. */
export const failed = (recordId: string | null, error: ConnectorError): Outcome => ({
  ...plain,
  status: 'FAILED',
  recordId,
  errors: [{ code: error.code, message: error.message, fields: [], remedy: error.remedy }],
})

/** Sent, or perhaps sent by a former owner, and not answered; `candidates` are the ids that may be its effect. */
export const inDoubt = (command: Command, candidates: readonly string[], warnings: readonly string[]): Outcome => ({
  ...plain,
  status: 'IN_DOUBT',
  recordId: command.recordId,
  errors: [
    {
      code: 'salesforce.unknown_outcome',
      message: 'The request was sent, or may have been, and its answer was lost.',
      fields: [],
      remedy:
        candidates.length > 0
          ? 'See whether one of the candidates is its effect.'
          : 'Look in Salesforce for its effect.',
    },
  ],
  retryable: isRepeatSafe(command) && command.expiresAt === null,
  candidates,
  warnings,
})

const replyError = (code: string, message: string, fields: readonly string[]): ReplyError => ({
  code,
  message,
  fields,
  remedy: codeEntry(code).remedy,
})
