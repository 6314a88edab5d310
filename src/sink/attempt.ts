import type { Offset } from '../core/contract.ts'
import { offset } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'

/**
 * The attempt mark (design 4.2): metadata on an unchanged offset that says which commands may have been sent, and since
 * when. `startedAt` is Salesforce's time in epoch ms, earlier than anything the attempt can have created.
 */
export interface Mark {
  readonly attempt: string
  readonly first: Offset
  readonly last: Offset
  readonly startedAt: number
  /** The idempotency field by which the attempt sends creates, if the object had one. */
  readonly field?: string
}

const version = 1
const attemptPattern = /^[\w-]{1,64}$/
const fieldPattern = /^[A-Za-z]\w{0,79}$/

/**
 * The metadata of an offset: the mark, and the idempotency field by which creates are sent from there on; '' says that
 * nothing is known to have been sent, and that there is no such field.
 */
export function encodeMark(mark: Mark | undefined, field?: string): string {
  if (mark === undefined) return field === undefined ? '' : JSON.stringify({ v: version, field })
  const { attempt, first, last, startedAt } = mark
  const sentBy = mark.field ?? field
  return JSON.stringify({
    v: version,
    attempt,
    first: Number(first),
    last: Number(last),
    startedAt,
    ...(sentBy !== undefined && { field: sentBy }),
  })
}

/** Reads the metadata of an offset. What it cannot read it does not take for "nothing was sent": it throws. */
export function decodeMark(metadata: string): Mark | undefined {
  if (metadata === '') return undefined
  const { v, attempt, first, last, startedAt, field } = parse(metadata)
  if (v !== version || !(field === undefined || isField(field))) throw unknownMetadata()
  if (attempt === undefined && field !== undefined) return undefined
  const numbers = [first, last, startedAt].every(n => Number.isSafeInteger(n) && Number(n) >= 0)
  if (typeof attempt !== 'string' || !attemptPattern.test(attempt) || !numbers || Number(first) > Number(last))
    throw unknownMetadata()
  const range = { first: offset(Number(first)), last: offset(Number(last)), startedAt: Number(startedAt) }
  return { attempt, ...range, ...(field !== undefined && { field }) }
}

/** The idempotency field that the metadata names, if it names one. */
export function decodeField(metadata: string): string | undefined {
  const { field } = metadata === '' ? {} : parse(metadata)
  return isField(field) ? field : undefined
}

const isField = (value: unknown): value is string => typeof value === 'string' && fieldPattern.test(value)

const unknownMetadata = (): ConnectorError =>
  new ConnectorError('kafka.topic_invalid', 'the committed offset carries metadata this version does not know', {
    remedy: 'Run the version that wrote it, or reset the group’s offset by hand after looking at what was in flight.',
  })

function parse(metadata: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(metadata)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** Whether the mark says that the record at this offset may have been sent. */
export const covers = (mark: Mark | undefined, at: Offset): boolean =>
  mark !== undefined && at >= mark.first && at <= mark.last

/** What is left of a mark once everything before `next` has its reply. Keeps the attempt and its start. */
export const restOf = (mark: Mark | undefined, next: Offset): Mark | undefined =>
  mark === undefined || mark.last < next ? undefined : { ...mark, first: mark.first < next ? next : mark.first }
