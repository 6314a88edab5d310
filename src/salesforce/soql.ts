import { ConnectorError } from '../core/errors.ts'

/** SOQL and SOSL limits (salesforce-facts 3.4). */
const literalCharsMax = 4_000
const statementCharsMax = 100_000
const relationshipLevelsMax = 5
const identifierPattern = /^[A-Za-z][A-Za-z0-9_]*$/

const invalid = (message: string, remedy: string): ConnectorError =>
  new ConnectorError('salesforce.invalid_query', message, { remedy })

/** The name of an object or field, unchanged; throws `salesforce.invalid_query` on anything else, so nothing can be injected. */
export function identifier(name: string): string {
  if (!identifierPattern.test(name))
    throw invalid(
      `${JSON.stringify(name.slice(0, 80))} is not the API name of an object or field`,
      'Use the API name, as Contact or Invoice__c.',
    )
  return name
}

/** A field, or one of a parent as `Owner.Name`, at most five levels up. Throws `salesforce.invalid_query`. */
export function fieldPath(path: string): string {
  const parts = path.split('.').map(identifier)
  if (parts.length > relationshipLevelsMax + 1)
    throw invalid(`${path} climbs more than ${relationshipLevelsMax} levels`, 'Select a nearer parent.')
  return parts.join('.')
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
}

/** A quoted SOQL string that means exactly `text`; at most 4,000 characters. Throws `salesforce.invalid_query`. */
export function stringLiteral(text: string): string {
  if (text.length > literalCharsMax)
    throw invalid(
      `a text of ${text.length} characters cannot be compared in SOQL`,
      `Compare at most ${literalCharsMax} characters.`,
    )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters SOQL has escapes for
  return `'${text.replace(/[\\'"\n\r\t\x08\f]/g, char => escapes[char]!)}'`
}

/** `2026-11-23T10:11:12Z` of epoch ms, the fraction cut off: stamps have a grain of one second (salesforce-facts 3.5). */
export function dateTimeLiteral(epochMs: number): string {
  const at = new Date(Math.floor(epochMs / 1_000) * 1_000)
  const year = at.getUTCFullYear()
  if (!(year >= 1700 && year <= 4000)) throw invalid(`${epochMs} ms is not a time that SOQL knows`, 'Use 1700 to 4000.')
  return at.toISOString().replace('.000Z', 'Z')
}

/** `2026-11-23` as it is; throws `salesforce.invalid_query` unless it is a date of the calendar. */
export function dateLiteral(text: string): string {
  const valid = /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))
  if (!valid || new Date(`${text}T00:00:00Z`).toISOString().slice(0, 10) !== text)
    throw invalid(`${JSON.stringify(text.slice(0, 40))} is not a date`, 'Write dates as 2026-11-23.')
  return text
}

/**
 * A value as REST's JSON has it, as the literal of a field of this type (describe's `type`), for `field = literal`.
 * Throws `salesforce.invalid_query` where value and type do not fit.
 */
export function literal(value: unknown, type: string): string {
  if (value === null) return 'null'
  if (typeof value === 'boolean' && type === 'boolean') return String(value)
  if (typeof value === 'number' && Number.isFinite(value) && numeric.has(type)) return plainNumber(value)
  if (typeof value === 'string' && type === 'datetime') return dateTimeLiteral(Date.parse(value))
  if (typeof value === 'string' && type === 'date') return dateLiteral(value)
  if (typeof value === 'string' && !numeric.has(type) && !unquoted.has(type)) return stringLiteral(value)
  throw invalid(`a ${typeof value} cannot be compared with a field of type ${type}`, 'Compare values of the same type.')
}

const numeric = new Set(['int', 'double', 'currency', 'percent', 'long'])
const unquoted = new Set(['boolean', 'time', 'address', 'location', 'base64'])

/** Without an exponent, which SOQL does not read. */
const plainNumber = (value: number): string =>
  value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 20 })

/** The parts of a statement. `where` and `orderBy` are SOQL, put together from the literals above. */
export interface Select {
  readonly fields: readonly string[]
  readonly object: string
  readonly where?: string
  readonly orderBy?: string
  readonly limit?: number
}

/** The statement; names are checked, and its length. Throws `salesforce.invalid_query`. */
export function select(parts: Select): string {
  const clauses = [`SELECT ${parts.fields.map(fieldPath).join(', ')} FROM ${identifier(parts.object)}`]
  if (parts.where !== undefined) clauses.push(`WHERE ${parts.where}`)
  if (parts.orderBy !== undefined) clauses.push(`ORDER BY ${parts.orderBy}`)
  if (parts.limit !== undefined) {
    if (!Number.isSafeInteger(parts.limit) || parts.limit < 1) throw invalid(`LIMIT ${parts.limit}`, 'Use 1 or more.')
    clauses.push(`LIMIT ${parts.limit}`)
  }
  const soql = clauses.join(' ')
  if (parts.fields.length === 0) throw invalid('a query selects no field', 'Name at least one field.')
  if (soql.length > statementCharsMax)
    throw invalid(`a query has ${soql.length} characters`, `Select fewer fields: SOQL takes ${statementCharsMax}.`)
  return soql
}
