import { parseValue } from './field-value.ts'
import type { Org } from './org.ts'
import { checkConditions, type RowCondition } from './row-condition.ts'

interface RuleBase {
  /** Unique among all rules. */
  readonly name: string
  readonly object: string
  /** Create and update unless given; a delete is seen by validation rules alone, as by a trigger. */
  readonly on?: readonly ('create' | 'update' | 'delete')[]
  /** All must hold; without any the rule always applies. */
  readonly when?: readonly RowCondition[]
}

/** Refuses the row: FIELD_CUSTOM_VALIDATION_EXCEPTION, or as a trigger or flow with `code` (salesforce-facts 2.10). */
export interface ValidationRule extends RuleBase {
  readonly kind: 'validation'
  readonly message: string
  readonly code?: string
  readonly fields?: readonly string[]
}

/** Refuses a row whose `match` fields all have the values of another row, in any case; `alert` can be passed (salesforce-facts 2.3). */
export interface DuplicateRule extends RuleBase {
  readonly kind: 'duplicate'
  readonly action: 'alert' | 'block'
  readonly match: readonly string[]
  readonly message?: string
}

/** Edits the saved row again: in the same transaction, or in one of its own `afterCommitMs` after the commit. */
export interface FlowRule extends RuleBase {
  readonly kind: 'flow'
  readonly set: Readonly<Record<string, unknown>>
  readonly afterCommitMs?: number
  /** The later version keeps the stamp of the row: two versions in one second. */
  readonly sameStamp?: boolean
}

/** Gives the row to another owner unless the request says Sforce-Auto-Assign: FALSE (salesforce-facts 2.3). */
export interface AssignmentRule extends RuleBase {
  readonly kind: 'assignment'
  readonly ownerId: string
}

export type AutomationRule = ValidationRule | DuplicateRule | FlowRule | AssignmentRule
export type RuleOf<K extends AutomationRule['kind']> = Extract<AutomationRule, { readonly kind: K }>

const afterCommitMsMax = 600_000
const operations: readonly unknown[] = ['create', 'update', 'delete']

/** Objects that assignment rules exist for (salesforce-facts 2.3). */
const assignable: ReadonlySet<string> = new Set(['lead', 'case', 'account'])

/** Throws RangeError with a sentence on what is wrong, or ApiError for a value its field cannot have; for rules that come as JSON. */
export function checkRule(org: Org, rule: AutomationRule): void {
  const table = org.table(String(rule.object))
  if (!table) throw new RangeError(`the simulated org has no object ${rule.object}`)
  if (typeof rule.name !== 'string' || rule.name === '') throw new RangeError('a rule needs a name')
  if (rule.on !== undefined && !(Array.isArray(rule.on) && rule.on.every(each => operations.includes(each))))
    throw new RangeError('on must be a list of create, update, delete')
  checkConditions(rule.when ?? [], table.type)
  const known = (name: string) => {
    const field = table.type.field(name)
    if (field) return field
    throw new RangeError(`the simulated org has no field ${table.type.name}.${name}`)
  }
  switch (rule.kind) {
    case 'validation':
      if (typeof rule.message !== 'string') throw new RangeError('a validation rule needs a message')
      return
    case 'duplicate':
      if (rule.action !== 'alert' && rule.action !== 'block') throw new RangeError('action must be alert or block')
      if (!Array.isArray(rule.match) || rule.match.length === 0) throw new RangeError('match must be a list of fields')
      for (const name of rule.match) known(name)
      return
    case 'flow':
      for (const [name, value] of Object.entries(rule.set ?? {})) parseValue(known(name), value, '')
      if (rule.afterCommitMs !== undefined && !(rule.afterCommitMs >= 0 && rule.afterCommitMs <= afterCommitMsMax))
        throw new RangeError(`afterCommitMs must be a number of milliseconds from 0 to ${afterCommitMsMax}`)
      return
    case 'assignment':
      if (!assignable.has(table.type.name.toLowerCase()))
        throw new RangeError('assignment rules are for Lead, Case and Account')
      if (org.username(rule.ownerId) === undefined) throw new RangeError(`there is no user ${rule.ownerId}`)
      return
    default:
      throw new RangeError('kind must be validation, duplicate, flow or assignment')
  }
}
