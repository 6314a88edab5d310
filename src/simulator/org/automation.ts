import { ApiError, rowError } from '../api-error.ts'
import { type AutomationRule, checkRule, type DuplicateRule, type FlowRule, type RuleOf } from './automation-rule.ts'
import type { Cell, Cells } from './cell.ts'
import { duplicateFound, possibleDuplicates } from './duplicates.ts'
import { parseValue } from './field-value.ts'
import type { Saving } from './object-rules.ts'
import type { Org } from './org.ts'
import type { SaveOptions } from './read-row.ts'
import { holds } from './row-condition.ts'
import { saveVersion } from './save.ts'
import type { StoredRow, Table } from './table.ts'
import { isLive } from './table.ts'
import type { Transaction } from './transaction.ts'

const rulesMax = 200
/** Flows that wait for their time; further ones run at once. */
const waitingFlowsMax = 10_000

/** A row about to be saved or deleted, as rules look at it. */
interface Occasion {
  readonly table: Table
  readonly operation: 'create' | 'update' | 'delete'
  readonly cells: Cells
  readonly before: Cells | undefined
}

/** What the org's admins have set up: validation, duplicate and assignment rules, and flows. */
export class Automation {
  readonly #org: Org
  readonly #rules = new Map<string, AutomationRule>()
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(org: Org) {
    this.#org = org
  }

  get rules(): readonly AutomationRule[] {
    return [...this.#rules.values()]
  }

  /** Adds a rule, or replaces the one of that name. Throws RangeError for one that makes no sense. */
  set(rule: AutomationRule): void {
    checkRule(this.#org, rule)
    if (this.#rules.size >= rulesMax) throw new RangeError(`at most ${rulesMax} rules`)
    this.#rules.set(rule.name, rule)
  }

  /** Whether there was a rule of that name. */
  remove(name: string): boolean {
    return this.#rules.delete(name)
  }

  /** Validation rules, then the duplicate rule, then assignment. Throws what they refuse (salesforce-facts 2.10). */
  beforeSave(saving: Saving, options: SaveOptions): void {
    if (this.#rules.size === 0) return
    const { table, cells } = saving
    this.#refuse(saving)
    for (const rule of this.#matching('duplicate', saving)) this.#refuseDuplicate(rule, saving, options)
    if (!options.assign) return
    const [assignment] = this.#matching('assignment', saving)
    const owner = table.type.field('OwnerId')
    if (assignment && owner) cells[owner.slot] = assignment.ownerId
  }

  /** Throws if a validation rule is against the delete. */
  beforeDelete(table: Table, row: StoredRow): void {
    const { cells } = row
    if (this.#rules.size > 0 && cells) this.#refuse({ table, operation: 'delete', cells, before: cells })
  }

  /** Flows that edit the row again: within the transaction, or in one of their own after its commit. */
  afterSave(saving: Saving): void {
    if (this.#rules.size === 0) return
    for (const flow of this.#matching('flow', saving)) {
      const { transaction, table, row } = saving
      if (flow.afterCommitMs === undefined) this.#edit(flow, transaction, table, row)
      else this.#editLater(flow, saving, flow.afterCommitMs)
    }
  }

  /** Gives up the flows that still wait. */
  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  #matching<K extends AutomationRule['kind']>(kind: K, { table, operation, cells, before }: Occasion): RuleOf<K>[] {
    const found: RuleOf<K>[] = []
    for (const rule of this.#rules.values()) {
      if (rule.kind !== kind || rule.object.toLowerCase() !== table.type.name.toLowerCase()) continue
      if (!(rule.on ?? ['create', 'update']).includes(operation)) continue
      if (holds(rule.when ?? [], table.type, cells, before)) found.push(rule as RuleOf<K>)
    }
    return found
  }

  #refuse(occasion: Occasion): void {
    const [rule] = this.#matching('validation', occasion)
    if (!rule) return
    const { code = 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message, fields = [] } = rule
    throw rowError(code, message, fields)
  }

  #refuseDuplicate(rule: DuplicateRule, saving: Saving, { allowDuplicates, root }: SaveOptions): void {
    if (rule.action === 'alert' && allowDuplicates) return
    const found = possibleDuplicates(rule, saving)
    if (found.length > 0) throw duplicateFound(rule, found, saving.table.type, root)
  }

  #edit(flow: FlowRule, transaction: Transaction, table: Table, row: StoredRow, stampMs?: number): void {
    const cells: Cell[] = [...(row.cells ?? [])]
    for (const [name, value] of Object.entries(flow.set)) {
      const field = table.type.field(name)
      if (field && field.slot >= 0) cells[field.slot] = parseValue(field, value, '')
    }
    const stampBefore = transaction.stampMs
    transaction.stampMs = stampMs ?? stampBefore
    saveVersion(this.#org, transaction, { operation: 'update', table, row, cells })
    transaction.stampMs = stampBefore
  }

  #editLater(flow: FlowRule, saving: Saving, afterMs: number): void {
    const run = () => {
      const { table, row } = saving
      if (!isLive(row.cells)) return
      const stampMs = flow.sameStamp ? row.stamp : undefined
      const transaction = this.#org.begin({ userId: this.#org.users.someone, requestId: '' })
      try {
        this.#edit(flow, transaction, table, row, stampMs)
        transaction.commit()
      } catch (error) {
        // The row is locked: a flow that runs on its own fails on its own, and nobody is told.
        if (!(error instanceof ApiError)) throw error
      } finally {
        transaction.rollback()
      }
    }
    saving.transaction.afterCommit(() => {
      if (afterMs === 0 || this.#timers.size >= waitingFlowsMax) return run()
      const timer = setTimeout(() => {
        this.#timers.delete(timer)
        run()
      }, afterMs).unref()
      this.#timers.add(timer)
    })
  }
}
