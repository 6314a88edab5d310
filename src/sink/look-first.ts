import { isConnectorError } from '../core/errors.ts'
import type { Item } from './item.ts'
import { type LookupParts, lookUp, needsLookup } from './lookups.ts'
import { failed, inDoubt, type Outcome } from './outcome.ts'

/** Look-ups of one command that may fail for a passing reason before it is answered so. */
const failuresMax = 5
const failures = new WeakMap<Item, number>()

/**
 * Looks up what the items' commands need before they are sent, settles those that this answers, and returns those that
 * are to be sent now. What could not be looked up for a passing reason is left for the next round. Throws when the
 * generation is over, and on what only an operator can mend.
 */
export async function lookFirst(
  items: readonly Item[],
  parts: LookupParts,
  settle: (item: Item, outcome: Outcome) => void,
): Promise<readonly Item[]> {
  const asking = items.filter(needsLookup)
  if (asking.length === 0) return items
  for (const item of asking) if (item.command.definition.operation === 'look-up') item.sent++
  try {
    const answers = await lookUp(asking, parts)
    for (const [index, item] of asking.entries()) {
      const answer = answers[index]
      if (answer) settle(item, answer)
    }
  } catch (error) {
    parts.signal.throwIfAborted()
    if (!isConnectorError(error) || error.consequence === 'stop') throw error
    for (const item of asking) {
      const count = (failures.get(item) ?? 0) + 1
      failures.set(item, count)
      const passes = error.consequence !== 'reply-error'
      if (passes && count < failuresMax) continue
      const outcome = item.unanswered
        ? inDoubt(item.command, [], [`It could not be looked up: ${error.message}`])
        : { ...failed(item.command.recordId, error), retryable: passes }
      settle(item, outcome)
    }
    return items.filter(item => !needsLookup(item))
  }
  return items.filter(item => !item.settled)
}
