import { parseQuery, type Query } from '@jetstreamapp/soql-parser-js'
import { malformedQuery, notSimulated, soqlError } from './soql-error.ts'

const soqlCharactersMax = 100_000

/** Reads a statement. Throws MALFORMED_QUERY in Salesforce's form (salesforce-facts 3.3). */
export function parse(soql: string): Query {
  if (soql.length > soqlCharactersMax) {
    throw malformedQuery(`SOQL statements can not be longer than ${soqlCharactersMax} characters`)
  }
  // The parser loses one of three NOTs in a row.
  if (/\bnot[\s(]+not[\s(]+not\b/i.test(withoutStrings(soql))) throw notSimulated('three NOT in a row')
  try {
    return parseQuery(quoteTimes(soql))
  } catch (cause) {
    throw parseError(soql, cause instanceof Error ? cause.message : String(cause))
  }
}

const withoutStrings = (soql: string): string => soql.replace(/'(?:[^'\\]|\\.)*'/gs, "''")

/** The parser does not know times of day: `10:30:00.000Z` becomes the string `'T10:30:00.000Z'`, which literal.ts takes for one. */
function quoteTimes(soql: string): string {
  return soql.replace(/'(?:[^'\\]|\\.)*'|(?<![\w:-])\d\d:\d\d:\d\d(?:\.\d{1,3})?Z/gs, part =>
    part.startsWith("'") ? part : `'T${part}'`,
  )
}

/** The parser names the token it stumbled over; Salesforce does the same in its own words. */
function parseError(soql: string, message: string): Error {
  if (/\ball\s+rows\s*$/i.test(soql)) return malformedQuery('ALL ROWS not allowed in this context')
  const misplaced = beforeFrom(soql)
  if (misplaced) return unexpected(soql, misplaced.token, misplaced.at)
  const offset = /at offset: (\d+)/.exec(message)?.[1]
  if (offset !== undefined) return unexpected(soql, soql.charAt(Number(offset)), Number(offset))
  const token = /found(?: -->|:) '?(.*?)'?(?: <--.*)?$/s.exec(message)?.[1] ?? ''
  if (token === '') return malformedQuery("unexpected token: '<EOF>'")
  if (token === ':') return malformedQuery('Bind variables only allowed in Apex code')
  return unexpected(soql, token, 0)
}

/** The word where FROM ought to be, in a statement without one: the parser takes it for an alias and complains of the next. */
function beforeFrom(soql: string): { token: string; at: number } | undefined {
  if (/\bfrom\b/i.test(withoutStrings(soql))) return undefined
  const [start = '', token] = /^\s*select\s+(?:[\w.]+\s*,\s*)*[\w.]+\s+(?=(\w+))/i.exec(soql) ?? []
  return token === undefined ? undefined : { token, at: start.length }
}

/** MALFORMED_QUERY for a token that must not stand where it does. */
export const unexpected = (soql: string, token: string, from: number): Error =>
  soqlError(soql, token, 'MALFORMED_QUERY', `unexpected token: '${token}'`, from)
