import { ApiError, type ErrorItem } from '../api-error.ts'
import { type Answer, type Call, jsonAnswer } from '../router.ts'

/** What became of one row of a collection (salesforce-facts 7.5). */
export interface RowResult {
  readonly id?: string
  readonly success: boolean
  readonly errors: readonly RowFailure[]
  readonly created?: boolean
}

/** In collections and trees an error's code is called `statusCode`. */
export interface RowFailure {
  readonly statusCode: string
  readonly message: string
  readonly fields: readonly string[]
}

export const rowFailure = ({ errorCode, message, fields = [] }: ErrorItem): RowFailure => ({
  statusCode: errorCode,
  message,
  fields,
})

export const rowSuccess = (id: string, rest: { created?: boolean } = {}): RowResult => ({
  id,
  success: true,
  errors: [],
  ...rest,
})

const rolledBack: RowResult = {
  success: false,
  errors: [
    {
      statusCode: 'ALL_OR_NONE_OPERATION_ROLLED_BACK',
      message: 'Record rolled back because not all records were valid and the request was using AllOrNone header',
      fields: [],
    },
  ],
}

/** Runs the writes one by one, each a result of its own; with allOrNone one failure takes all of them back. */
export function writeAll(call: Call, allOrNone: boolean, writes: readonly (() => RowResult)[]): Answer {
  const { transaction } = call
  const start = transaction.changes.length
  const results = writes.map(write => {
    const before = transaction.changes.length
    try {
      return write()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      transaction.rollbackTo(before)
      return { success: false, errors: error.errors.map(rowFailure) }
    }
  })
  const rowsFailed = results.some(result => !result.success)
  if (!rowsFailed || !allOrNone) return { ...jsonAnswer(results), rowsFailed }
  transaction.rollbackTo(start)
  return { ...jsonAnswer(results.map(result => (result.success ? rolledBack : result))), rowsFailed }
}
