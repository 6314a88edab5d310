import type { WhereClause } from '@jetstreamapp/soql-parser-js'
import type { Cells } from '../org/cell.ts'
import { type Comparison, compileComparison, type ParsedComparison } from './comparison.ts'
import { malformedQuery, notSimulated } from './soql-error.ts'

/** A WHERE clause as a tree. */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly items: readonly Condition[] }
  | { readonly kind: 'not'; readonly item: Condition }
  | ({ readonly kind: 'comparison' } & Comparison)

type Token = '(' | ')' | 'AND' | 'OR' | 'NOT' | ParsedComparison

/** The parser gives a chain with counts of parentheses; this is the row of tokens it was read from. */
function tokensOf(where: WhereClause): Token[] {
  const tokens: Token[] = []
  let at: WhereClause | undefined = where
  while (at) {
    const left = at.left
    if (left) tokens.push(...Array<Token>(left.openParen ?? 0).fill('('))
    if (left && 'operator' in left) {
      if ('fn' in left) throw notSimulated('functions in WHERE')
      if ('valueQuery' in left) throw notSimulated('sub-queries in WHERE')
      tokens.push(left)
      tokens.push(...Array<Token>(left.closeParen ?? 0).fill(')'))
    }
    if (!('operator' in at)) break
    tokens.push(at.operator)
    at = at.right
  }
  return tokens
}

/** Builds the tree. AND and OR may be mixed only with parentheses, as Salesforce demands. */
export function readCondition(where: WhereClause, resolve: (comparison: ParsedComparison) => Comparison): Condition {
  const tokens = tokensOf(where)
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
    return { kind: 'comparison', ...resolve(token) }
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
  return condition
}

/** The condition as one function of a row's cells. */
export function compileCondition(condition: Condition): (cells: Cells) => boolean {
  if (condition.kind === 'comparison') return compileComparison(condition)
  if (condition.kind === 'not') {
    const item = compileCondition(condition.item)
    return cells => !item(cells)
  }
  const items = condition.items.map(compileCondition)
  return condition.kind === 'and' ? cells => items.every(item => item(cells)) : cells => items.some(item => item(cells))
}
