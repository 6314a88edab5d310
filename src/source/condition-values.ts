import type { FieldDescribe } from '../core/contract.ts'
import { isRecordId, to18 } from '../salesforce/ids.ts'
import { type Calendar, dayText, readDateLiteral } from './date-literals.ts'

/** What is compared: text in lower case, dates as `yyyy-MM-dd`, times as epoch ms. */
export type Comparable = string | number | boolean | null

/** The first value and the first after the last. A single value is no range. */
export interface Range {
  readonly from: string | number
  readonly to: string | number
}

/** A literal's value when a row is looked at: date literals move with the time, epoch ms. */
export type Literal = Comparable | ((nowMs: number) => Range)

/** Types of fields that are alike to a condition. Any other type is Salesforce's to compare. */
export type Kind = 'text' | 'id' | 'number' | 'boolean' | 'date' | 'datetime' | 'picks'

const kinds: Readonly<Record<string, Kind>> = {
  ...fill(['string', 'picklist', 'textarea', 'phone', 'url', 'email', 'combobox'], 'text'),
  ...fill(['id', 'reference'], 'id'),
  ...fill(['int', 'long', 'double', 'currency', 'percent'], 'number'),
  boolean: 'boolean',
  date: 'date',
  datetime: 'datetime',
  multipicklist: 'picks',
}

function fill(types: readonly string[], kind: Kind): Record<string, Kind> {
  return Object.fromEntries(types.map(type => [type, kind]))
}

/** The field's kind; undefined if only Salesforce knows how it compares, as for a unique text, which may mind its case. */
export function kindOf(field: FieldDescribe): Kind | undefined {
  const kind = kinds[field.type]
  return !field.filterable || (kind === 'text' && field.unique) ? undefined : kind
}

/** A row's value, to be compared. */
export function readValue(kind: Kind, value: unknown): Comparable {
  if (value === null || value === undefined) return null
  if (kind === 'text' || kind === 'picks') return String(value).toLowerCase()
  if (kind === 'number') return Number(value)
  if (kind === 'datetime') return Date.parse(String(value))
  return kind === 'boolean' ? value === true : String(value)
}

/** Types of literals, in the parser's words, that each kind is compared with. */
const literalTypes: Readonly<Record<Kind, readonly string[]>> = {
  text: ['STRING'],
  picks: ['STRING'],
  id: ['STRING'],
  number: ['INTEGER', 'DECIMAL'],
  boolean: ['BOOLEAN'],
  date: ['DATE', 'DATE_LITERAL', 'DATE_N_LITERAL'],
  datetime: ['DATETIME', 'DATE_LITERAL', 'DATE_N_LITERAL'],
}

/** The literal's value, `text` and `type` as the parser gives them; undefined if only Salesforce can say. */
export function readLiteral(
  kind: Kind,
  text: string,
  type: string,
  calendar: Calendar | undefined,
): Literal | undefined {
  if (type === 'NULL') return kind === 'boolean' ? undefined : null
  if (!literalTypes[kind].includes(type)) return undefined
  if (type.endsWith('_LITERAL')) return calendar && movingRange(kind, text, calendar)
  switch (kind) {
    case 'text':
    case 'picks':
      return unquote(text).toLowerCase() || null
    case 'id':
      return isRecordId(unquote(text)) ? to18(unquote(text)) : undefined
    case 'boolean':
      return text.toUpperCase() === 'TRUE'
    case 'date':
      return text
    default: {
      const value = kind === 'number' ? Number(text) : Date.parse(text)
      return Number.isNaN(value) ? undefined : value
    }
  }
}

const minuteMs = 60_000

/** Days begin at whole minutes, so that a range holds for the minute it was made in. */
function movingRange(kind: Kind, text: string, calendar: Calendar): Literal | undefined {
  const spanOf = readDateLiteral(text)
  if (!spanOf) return undefined
  let made: { readonly minute: number; readonly range: Range } | undefined
  return nowMs => {
    const minute = Math.floor(nowMs / minuteMs)
    if (made?.minute !== minute) {
      const { from, to } = spanOf(calendar.dayOf(nowMs))
      const bound = (day: number) => (kind === 'date' ? dayText(day) : calendar.startMs(day))
      made = { minute, range: { from: bound(from), to: bound(to) } }
    }
    return made.range
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }
const escapePattern = /\\(u[0-9a-fA-F]{4}|.)/gs

const unescaped = (name: string): string =>
  name.length === 5 ? String.fromCharCode(Number.parseInt(name.slice(1), 16)) : (escapes[name] ?? name)

/** The text of a quoted literal (salesforce-facts 3.4). */
const unquote = (literal: string): string =>
  literal.slice(1, -1).replace(escapePattern, (_, name: string) => unescaped(name))

/** One place of a LIKE pattern: a character, any one, or any number of them. */
type Place = string | typeof anyOne | typeof anyMany
const anyOne = Symbol('_')
const anyMany = Symbol('%')

/** The test of LIKE, without case. Its time grows with text times pattern, whatever the pattern. */
export function likeTest(literal: string): (text: string) => boolean {
  const places: Place[] = []
  for (const [whole] of literal.slice(1, -1).matchAll(/\\(?:u[0-9a-fA-F]{4}|.)|./gs)) {
    if (whole === '_') places.push(anyOne)
    else if (whole === '%') places.push(anyMany)
    else places.push(...(whole.startsWith('\\') ? unescaped(whole.slice(1)) : whole).toLowerCase().split(''))
  }
  return text => matches(text, places)
}

/** Goes back only to the last %: what a former one took can stay as it is. */
function matches(text: string, places: readonly Place[]): boolean {
  let [at, place] = [0, 0]
  let retry: { readonly place: number; at: number } | undefined
  while (at < text.length) {
    if (places[place] === anyMany) {
      retry = { place: place + 1, at }
      place++
    } else if (place < places.length && (places[place] === anyOne || places[place] === text[at])) {
      at++
      place++
    } else if (retry) {
      at = ++retry.at
      place = retry.place
    } else return false
  }
  while (places[place] === anyMany) place++
  return place === places.length
}
