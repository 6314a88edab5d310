import { createMask } from '../telemetry/mask.ts'
import type { ApiError } from './salesforce-error.ts'

const errorsMax = 100
const fieldsMax = 100
const errorMessageCharsMax = 4_000
/** A code stands in metrics, logs and replies, so it must look like one. */
const codePattern = /^\w[\w.:-]{0,99}$/

/**
 * Salesforce's error array `[{errorCode | statusCode, message, fields?}]`, cut to a bounded size and without session
 * ids, which a rule or flow of the org can put into a message; empty if the value is something else.
 */
export function readErrors(value: unknown): ApiError[] {
  if (!Array.isArray(value)) return []
  const errors = value.slice(0, errorsMax).map(readError)
  return errors.every(error => error !== undefined) ? errors : []
}

function readError(value: unknown): ApiError | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { errorCode, statusCode, message, fields } = value as Record<string, unknown>
  const code = errorCode ?? statusCode
  if (typeof code !== 'string' || !codePattern.test(code)) return undefined
  const names = Array.isArray(fields) ? fields.filter(isFieldName).slice(0, fieldsMax) : []
  const text = typeof message === 'string' ? message.slice(0, errorMessageCharsMax) : ''
  return { code, message: maskTokens(text), fields: names }
}

const maskTokens = createMask([])

const isFieldName = (value: unknown): value is string => typeof value === 'string' && value.length <= 255

/** The 300 of an upsert or a get by external id: an array of the rows' URLs (salesforce-facts 2.7). */
export function severalRows(value: unknown): ApiError {
  const urls = Array.isArray(value) ? value.filter(url => typeof url === 'string') : []
  const message = `several rows have this external id: ${urls.join(', ')}`.slice(0, errorMessageCharsMax)
  return { code: 'MULTIPLE_CHOICES', message, fields: [] }
}
