import { type ApiError, requestError } from '../api-error.ts'

/** A query's error with the statement, a caret under `token` and its place (salesforce-facts 3.3); `token` is looked for from `from` on. */
export function soqlError(soql: string, token: string, errorCode: string, text: string, from = 0): ApiError {
  const at = Math.max(0, soql.toLowerCase().indexOf(token.toLowerCase(), from))
  const line = soql.slice(0, at).split('\n').length
  const lineStart = soql.lastIndexOf('\n', at - 1) + 1
  const column = at - lineStart
  const lineEnd = soql.indexOf('\n', at)
  const shown = soql.slice(lineStart, lineEnd < 0 ? undefined : lineEnd)
  const place = `ERROR at Row:${line}:Column:${column + 1}`
  return requestError(400, errorCode, `\n${shown}\n${' '.repeat(column)}^\n${place}\n${text}`)
}

const wsdlHint = 'Please reference your WSDL or the describe call for the appropriate names.'

export const noSuchColumn = (soql: string, name: string, entity: string): ApiError =>
  soqlError(
    soql,
    name,
    'INVALID_FIELD',
    `No such column '${name}' on entity '${entity}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. ${wsdlHint}`,
  )

export const noSuchRelationship = (soql: string, name: string): ApiError =>
  soqlError(
    soql,
    name,
    'INVALID_FIELD',
    `Didn't understand relationship '${name}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. ${wsdlHint}`,
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
