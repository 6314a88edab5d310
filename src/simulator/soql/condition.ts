import type { HavingClause, Query, WhereClause } from '@jetstreamapp/soql-parser-js'
import type { Cells } from '../org/cell.ts'
import {
  type Comparison,
  compileComparison,
  type ParsedComparison,
  readComparison,
  refuseFilter,
} from './comparison.ts'
import type { Operand, ParsedFunction } from './operand.ts'
import type { Scope } from './scope.ts'
import { malformedQuery } from './soql-error.ts'

/** A WHERE or HAVING clause as a tree. */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly items: readonly Condition[] }
  | { readonly kind: 'not'; readonly item: Condition }
  | ({ readonly kind: 'comparison'; readonly semiJoin?: boolean } & Comparison)

/** A comparison as the parser gives it. */
interface Leaf extends ParsedComparison {
  readonly field?: string
  readonly fn?: ParsedFunction
  readonly valueQuery?: Query
}

/** How a clause's names are found, and what its sub-queries give. */
export interface ConditionReader {
  field(text: string): Operand
  function(parsed: ParsedFunction): Operand
  /** The values that a sub-query of IN gives. */
  values(query: Query, operand: Operand): ReadonlySet<string>
}

type Token = '(' | ')' | 'AND' | 'OR' | 'NOT' | Leaf

/** Sub-queries of IN that one WHERE may have (SOQL reference, semi-joins and anti-joins). */
const semiJoinsMax = 2

/** The parser gives a chain with counts of parentheses; this is the row of tokens it was read from. */
function tokensOf(clause: WhereClause | HavingClause): Token[] {
  const tokens: Token[] = []
  let at: WhereClause | HavingClause | undefined = clause
  while (at) {
    const left = at.left
    if (left) tokens.push(...Array<Token>(left.openParen ?? 0).fill('('))
    if (left && 'operator' in left) {
      tokens.push({ value: '', ...left })
      tokens.push(...Array<Token>(left.closeParen ?? 0).fill(')'))
    }
    if (!('operator' in at)) break
    tokens.push(at.operator)
    at = at.right
  }
  return tokens
}

/** Builds the tree. AND and OR may be mixed only with parentheses, as Salesforce demands. Throws as salesforce-facts 3.3 lists. */
export function readCondition(scope: Scope, clause: WhereClause | HavingClause, reader: ConditionReader): Condition {
  const tokens = tokensOf(clause)
  let next = 0
  const term = (): Condition => {
    const token = tokens[next++]
    if (token === 'NOT') return { kind: 'not', item: term() }
    if (token === '(') {
      const inner = chain()
      if (tokens[next++] !== ')') throw malformedQuery("unexpected token: ')'")
      return inner
    }
    if (token === undefined || typeof token === 'string')
      throw malformedQuery(`unexpected token: '${token ?? '<EOF>'}'`)
    return readLeaf(scope, token, reader)
  }
  const chain = (): Condition => {
    const items = [term()]
    const operator = tokens[next]
    if (operator !== 'AND' && operator !== 'OR') return items[0]!
    while (tokens[next] === operator) {
      next++
      items.push(term())
    }
    if (tokens[next] === 'AND' || tokens[next] === 'OR') throw malformedQuery(`unexpected token: '${tokens[next]}'`)
    return { kind: operator === 'AND' ? 'and' : 'or', items }
  }
  const condition = chain()
  if (next < tokens.length) throw malformedQuery(`unexpected token: '${String(tokens[next])}'`)
  if (countSemiJoins(condition, 'root') > semiJoinsMax)
    throw malformedQuery(`Maximum ${semiJoinsMax} semi join sub-selects are allowed in a query`)
  return condition
}

function readLeaf(scope: Scope, leaf: Leaf, reader: ConditionReader): Condition {
  const operand = leaf.fn ? reader.function(leaf.fn) : reader.field(leaf.field ?? '')
  if (!leaf.valueQuery) {
    return { kind: 'comparison', ...readComparison(leaf, operand, scope.soql, scope.org.now()) }
  }
  refuseFilter(operand)
  const operator = leaf.operator.toUpperCase().replace(/\s+/g, ' ')
  return { kind: 'comparison', semiJoin: true, operand, operator, values: [...reader.values(leaf.valueQuery, operand)] }
}

/** Throws unless every sub-query stands at the top level, joined by AND alone. */
function countSemiJoins(condition: Condition, place: 'root' | 'and' | 'nested'): number {
  if (condition.kind === 'comparison') {
    if (!condition.semiJoin) return 0
    if (place === 'nested')
      throw malformedQuery(
        'Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE expressions.',
      )
    return 1
  }
  if (condition.kind === 'not') return countSemiJoins(condition.item, 'nested')
  if (
    condition.kind === 'or' &&
    place === 'root' &&
    condition.items.some(item => item.kind === 'comparison' && item.semiJoin)
  )
    throw malformedQuery("Semi join sub-selects are not allowed with the 'OR' operator")
  const inner = place !== 'nested' && condition.kind === 'and' ? 'and' : 'nested'
  return condition.items.reduce((sum, item) => sum + countSemiJoins(item, inner), 0)
}

/** The condition as one function of a row's cells. */
export function compileCondition(condition: Condition): (cells: Cells) => boolean {
  if (condition.kind === 'comparison') return compileComparison(condition)
  if (condition.kind === 'not') {
    const item = compileCondition(condition.item)
    return cells => !item(cells)
  }
  const items = condition.items.map(compileCondition)
  const [first, second] = items
  const isAnd = condition.kind === 'and'
  if (first && second && items.length === 2) {
    return isAnd ? cells => first(cells) && second(cells) : cells => first(cells) || second(cells)
  }
  return cells => {
    for (const item of items) if (item(cells) !== isAnd) return !isAnd
    return isAnd
  }
}
