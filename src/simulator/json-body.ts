import { requestError } from './api-error.ts'
import type { HttpRequest } from './http.ts'

/** The body as JSON; undefined if there is none, or a PUT's, which is CSV. Throws 415 and JSON_PARSER_ERROR (salesforce-facts 2.2). */
export function readJsonBody({ method, text, headers }: HttpRequest): unknown {
  if (text === '' || (method !== 'POST' && method !== 'PATCH')) return undefined
  const type = headers['content-type'] ?? ''
  if (!/^application\/json\b/i.test(type)) {
    const message = `Content-Type header specified in HTTP request is not supported: ${type}`
    throw requestError(415, 'UNSUPPORTED_MEDIA_TYPE', message)
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    const position = Number(/position (\d+)/.exec(String(cause))?.[1] ?? badCharacterAt(text))
    throw requestError(400, 'JSON_PARSER_ERROR', messageFor(text, position))
  }
}

function messageFor(text: string, position: number): string {
  const character = text.charAt(position)
  const lines = text.slice(0, position).split('\n')
  const where = `at [line:${lines.length}, column:${(lines.at(-1)?.length ?? 0) + 1}]`
  return position < text.length
    ? `Unexpected character ('${character}' (code ${character.charCodeAt(0)})): expected a valid value ${where}`
    : `Unexpected end-of-input ${where}`
}

/** Longer texts are not searched. */
const searchedCharactersMax = 10_000

/** Node names no position for a token that is out of place: it is the end of the shortest text that goes wrong in the same way. */
function badCharacterAt(text: string): number {
  if (text.length > searchedCharactersMax) return text.length
  let low = 0
  let high = text.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (hasBadToken(text.slice(0, middle + 1))) high = middle
    else low = middle + 1
  }
  return low
}

function hasBadToken(text: string): boolean {
  try {
    JSON.parse(text)
    return false
  } catch (error) {
    return /Unexpected token/.test(String(error))
  }
}
