import { parseQuery, type WhereClause } from '@jetstreamapp/soql-parser-js'
import type { ObjectDescribe, Row } from '../core/contract.ts'
import {
  type Comparable,
  type Kind,
  kindOf,
  type Literal,
  likeTest,
  readLiteral,
  readValue,
} from './condition-values.ts'
import { Calendar } from './date-literals.ts'

/** A trigger's `where` that can be told from the row alone. */
export interface Condition {
  /** The fields it looks at, as describe names them. */
  readonly fields: readonly string[]
  /** `nowMs` is Salesforce's time: date literals follow it. */
  readonly holds: (row: Row, nowMs: number) => boolean
}

type Test = Condition['holds']

/** What a condition is read with, and the fields found so far. */
interface Reading {
  readonly describe: ObjectDescribe
  readonly calendar: Calendar | undefined
  readonly fields: Set<string>
}

/** A comparison as the parser gives it; some parts are there for some forms only. */
interface Leaf {
  readonly operator: string
  readonly openParen?: number
  readonly closeParen?: number
  readonly field?: string
  readonly value?: string | readonly string[]
  readonly literalType?: string | readonly string[]
}

type Token = '(' | ')' | 'AND' | 'OR' | 'NOT' | Leaf

/**
 * The condition as a function of the row, with the meaning it has in SOQL (salesforce-facts 3.4); undefined if Salesforce
 * must be asked: for a relationship's field, a function, a sub-query, an order of texts, or what only the org's settings
 * decide. `timeZone` is the user's; without it date literals are Salesforce's to evaluate. Whether the condition is valid
 * is not decided here, but by Salesforce at start.
 */
export function readCondition(where: string, describe: ObjectDescribe, timeZone?: string): Condition | undefined {
  const clause = parse(where)
  if (!clause) return undefined
  const reading = {
    describe,
    calendar: timeZone === undefined ? undefined : new Calendar(timeZone),
    fields: new Set<string>(),
  }
  const holds = readTokens(tokensOf(clause), reading)
  return holds && { fields: [...reading.fields], holds }
}

function parse(where: string): WhereClause | undefined {
  // The parser loses one of three NOTs in a row.
  if (/\bnot[\s(]+not[\s(]+not\b/i.test(where.replace(/'(?:[^'\\]|\\.)*'/gs, "''"))) return undefined
  try {
    const { fields, sObject, where: clause, ...others } = parseQuery(`SELECT Id FROM X WHERE ${where}`)
    return fields?.length === 1 && sObject === 'X' && Object.keys(others).length === 0 ? clause : undefined
  } catch {
    return undefined
  }
}

/** The parser gives a chain with counts of parentheses; this is the row of tokens it was read from. */
function tokensOf(clause: WhereClause): Token[] {
  const tokens: Token[] = []
  let at: WhereClause | undefined = clause
  while (at) {
    const left = at.left as Leaf | null
    if (left) {
      for (let n = left.openParen ?? 0; n > 0; n--) tokens.push('(')
      if (left.operator !== undefined) tokens.push(left)
      for (let n = left.closeParen ?? 0; n > 0; n--) tokens.push(')')
    }
    if (!('operator' in at)) break
    tokens.push(at.operator)
    at = at.right
  }
  return tokens
}

function readTokens(tokens: readonly Token[], reading: Reading): Test | undefined {
  let next = 0
  const term = (): Test | undefined => {
    const token = tokens[next++]
    if (token === 'NOT') return negated(term())
    if (token === '(') {
      const inner = chain()
      return tokens[next++] === ')' ? inner : undefined
    }
    return typeof token === 'object' ? readLeaf(token, reading) : undefined
  }
  const chain = (): Test | undefined => {
    const tests = [term()]
    const operator = tokens[next]
    while (operator !== undefined && operator !== ')' && tokens[next] === operator) {
      next++
      tests.push(term())
    }
    const known = tests.filter(test => test !== undefined)
    // AND and OR side by side are refused by Salesforce.
    if (known.length < tests.length || (tokens[next] !== undefined && tokens[next] !== ')')) return undefined
    return operator === 'OR'
      ? (row, nowMs) => known.some(test => test(row, nowMs))
      : (row, nowMs) => known.every(test => test(row, nowMs))
  }
  const whole = chain()
  return next === tokens.length ? whole : undefined
}

const negated = (test: Test | undefined): Test | undefined => test && ((row, nowMs) => !test(row, nowMs))

function readLeaf(leaf: Leaf, { describe, calendar, fields }: Reading): Test | undefined {
  const field = describe.fields.find(({ name }) => name.toLowerCase() === leaf.field?.toLowerCase())
  const kind = field && kindOf(field)
  if (!kind || leaf.value === undefined) return undefined
  const texts = typeof leaf.value === 'string' ? [leaf.value] : leaf.value
  const types = texts.map((_, index) =>
    typeof leaf.literalType === 'string' ? leaf.literalType : leaf.literalType?.[index],
  )
  const literals = texts.map((text, index) => readLiteral(kind, text, types[index] ?? '', calendar))
  const known = literals.filter(literal => literal !== undefined)
  if (known.length === 0 || known.length < literals.length) return undefined
  fields.add(field.name)
  const operator = leaf.operator.toUpperCase().replace(/\s+/g, ' ')
  const test = operator === 'LIKE' ? like(kind, texts[0]!, known[0]!) : compare(kind, operator, known)
  return test && ((row, nowMs) => test(readValue(kind, row[field.name]), nowMs))
}

type Comparison = (value: Comparable, nowMs: number) => boolean

function like(kind: Kind, text: string, literal: Literal): Comparison | undefined {
  if (kind !== 'text' || literal === null) return undefined
  const matches = likeTest(text)
  return value => typeof value === 'string' && matches(value)
}

/** A null is unequal to every value, and neither below nor above one. */
function compare(kind: Kind, operator: string, literals: readonly Literal[]): Comparison | undefined {
  switch (operator) {
    case '=':
    case 'IN':
      return equals(kind, literals)
    case '!=':
    case '<>':
    case 'NOT IN':
      return opposite(equals(kind, literals))
    case 'INCLUDES':
      return includes(kind, literals)
    case 'EXCLUDES':
      return opposite(includes(kind, literals))
    default:
      return order(kind, operator, literals[0]!)
  }
}

const opposite = (test: Comparison | undefined): Comparison | undefined =>
  test && ((value, nowMs) => !test(value, nowMs))

function equals(kind: Kind, literals: readonly Literal[]): Comparison | undefined {
  if (kind === 'picks' && literals.some(literal => literal !== null)) return undefined
  const values = new Set(literals.filter(literal => typeof literal !== 'function'))
  const ranges = literals.filter(literal => typeof literal === 'function')
  return (value, nowMs) =>
    values.has(value) || (value !== null && ranges.some(range => value >= range(nowMs).from && value < range(nowMs).to))
}

/** Each literal is a list of picks that must all be there. */
function includes(kind: Kind, literals: readonly Literal[]): Comparison | undefined {
  if (kind !== 'picks' || literals.includes(null)) return undefined
  const wanted = literals.map(literal => String(literal).split(';'))
  return value => {
    const chosen = new Set(String(value ?? '').split(';'))
    return wanted.some(picks => picks.every(pick => chosen.has(pick)))
  }
}

const ordered: ReadonlySet<Kind> = new Set(['number', 'date', 'datetime'])

/** Of numbers and times; texts are in the order of a locale. Before a range is before its first value, after it from its end on. */
function order(kind: Kind, operator: string, literal: Literal): Comparison | undefined {
  if (!ordered.has(kind) || literal === null || typeof literal === 'boolean') return undefined
  const bounds = typeof literal === 'function' ? literal : () => ({ from: literal, to: undefined })
  const tests: Readonly<
    Record<string, (value: string | number, from: string | number, to?: string | number) => boolean>
  > = {
    '<': (value, from) => value < from,
    '>=': (value, from) => value >= from,
    '<=': (value, from, to) => (to === undefined ? value <= from : value < to),
    '>': (value, from, to) => (to === undefined ? value > from : value >= to),
  }
  const test = tests[operator]
  return (
    test &&
    ((value, nowMs) => {
      if (value === null || typeof value === 'boolean') return false
      const { from, to } = bounds(nowMs)
      return test(value, from, to)
    })
  )
}
