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
}

const version = 1
const attemptPattern = /^[\w-]{1,64}$/

/** The metadata of an offset; '' says that nothing is known to have been sent. */
export const encodeMark = (mark: Mark | undefined): string =>
  mark === undefined
    ? ''
    : JSON.stringify({
        v: version,
        attempt: mark.attempt,
        first: Number(mark.first),
        last: Number(mark.last),
        startedAt: mark.startedAt,
      })

/** Reads the metadata of an offset. What it cannot read it does not take for "nothing was sent": it throws. */
export function decodeMark(metadata: string): Mark | undefined {
  if (metadata === '') return undefined
  const { v, attempt, first, last, startedAt } = parse(metadata)
  const numbers = [first, last, startedAt].every(n => Number.isSafeInteger(n) && Number(n) >= 0)
  if (
    v !== version ||
    typeof attempt !== 'string' ||
    !attemptPattern.test(attempt) ||
    !numbers ||
    Number(first) > Number(last)
  )
    throw new ConnectorError(
      'kafka.topic_invalid',
      'the committed offset carries metadata this version does not know',
      {
        remedy:
          'Run the version that wrote it, or reset the group’s offset by hand after looking at what was in flight.',
      },
    )
  return { attempt, first: offset(Number(first)), last: offset(Number(last)), startedAt: Number(startedAt) }
}

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
