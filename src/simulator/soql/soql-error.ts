import { type ApiError, requestError } from '../api-error.ts'

/** Characters of the statement that an error shows before and after the place it is about. */
const shownCharactersMax = 40

/** A query's error with the part of the statement it is about, a caret under `token`, and its place (salesforce-facts 3.3).
 *  `token` is looked for as a whole word from `from` on; the place is that character if it is not found. */
export function soqlError(soql: string, token: string, errorCode: string, text: string, from = 0): ApiError {
  const at = placeOf(soql, token, from)
  const row = soql.slice(0, at).split('\n').length
  const lineStart = soql.lastIndexOf('\n', at - 1) + 1
  const lineEnd = soql.indexOf('\n', at) < 0 ? soql.length : soql.indexOf('\n', at)
  const start = wordStart(soql, lineStart, at)
  const shown = soql.slice(start, wordEnd(soql, at, lineEnd))
  const place = `ERROR at Row:${row}:Column:${at - lineStart + 1}`
  return requestError(400, errorCode, `\n${shown}\n${' '.repeat(at - start)}^\n${place}\n${text}`)
}

function placeOf(soql: string, token: string, from: number): number {
  if (token === '') return Math.min(from, soql.length)
  const literal = token.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const before = /^\w/.test(token) ? '(?<![\\w.])' : ''
  const after = /\w$/.test(token) ? '(?!\\w)' : ''
  const found = soql.slice(from).search(new RegExp(before + literal + after, 'i'))
  return found < 0 ? Math.min(from, soql.length) : from + found
}

/** The beginning of a word near enough to the place, or of the line. */
function wordStart(soql: string, lineStart: number, at: number): number {
  if (at - lineStart <= shownCharactersMax) return lineStart
  const blank = soql.indexOf(' ', at - shownCharactersMax)
  return blank >= 0 && blank < at ? blank + 1 : at
}

function wordEnd(soql: string, at: number, lineEnd: number): number {
  if (lineEnd - at <= shownCharactersMax) return lineEnd
  const blank = soql.indexOf(' ', at + shownCharactersMax)
  return blank < 0 || blank > lineEnd ? lineEnd : blank
}

const wsdlHint = 'Please reference your WSDL or the describe call for the appropriate names.'

/** `path` is the field as the statement has it, `name` its last part. */
export const noSuchColumn = (soql: string, path: string, name: string, entity: string): ApiError =>
  soqlError(
    soql,
    path,
    'INVALID_FIELD',
    `No such column '${name}' on entity '${entity}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. ${wsdlHint}`,
  )

export const noSuchRelationship = (soql: string, path: string, name: string): ApiError =>
  soqlError(
    soql,
    path,
    'INVALID_FIELD',
    `Didn't understand relationship '${name}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. ${wsdlHint}`,
  )

export const noSuchChildren = (soql: string, name: string): ApiError =>
  soqlError(
    soql,
    name,
    'INVALID_TYPE',
    `Didn't understand relationship '${name}' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. ${wsdlHint}`,
  )

export const noSuchObject = (soql: string, name: string): ApiError =>
  soqlError(
    soql,
    name,
    'INVALID_TYPE',
    `sObject type '${name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. ${wsdlHint}`,
    Math.max(0, soql.search(/\bfrom\b/i)) + 4,
  )

export const malformedQuery = (message: string): ApiError => requestError(400, 'MALFORMED_QUERY', message)

/** For valid SOQL that the simulator does not carry out: an honest refusal, where Salesforce would answer. */
export const notSimulated = (what: string): ApiError => malformedQuery(`the simulated org does not support ${what}`)
