import { requestError } from '../api-error.ts'
import type { Call } from '../router.ts'

/** A JSON object as it came. */
export type Json = Readonly<Record<string, unknown>>

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The request's JSON object. Throws JSON_PARSER_ERROR if it is none (salesforce-facts 2.2). */
export function bodyObject({ body }: Pick<Call, 'body'>): Json {
  if (body === undefined) {
    const message = 'The HTTP entity body is required, but this request has no entity body.'
    throw requestError(400, 'JSON_PARSER_ERROR', message)
  }
  if (!isJson(body))
    throw requestError(400, 'JSON_PARSER_ERROR', 'Cannot deserialize instance of sobject at [line:1, column:1]')
  return body
}

/** The list that the body holds under that name. Throws JSON_PARSER_ERROR if it is none. */
export function bodyList(call: Pick<Call, 'body'>, name: string): readonly unknown[] {
  const list = bodyObject(call)[name]
  if (!Array.isArray(list)) throw requestError(400, 'JSON_PARSER_ERROR', `${name} is required at [line:1, column:1]`)
  return list
}
