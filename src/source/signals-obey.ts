import { dropBulkQuery } from '../salesforce/bulk-query.ts'
import type { Pace } from './pace.ts'
import { applySignal } from './signals-apply.ts'
import { commitControl, type Held } from './snapshot-read.ts'
import type { PreparedTask } from './task.ts'
import { commitReset } from './transaction.ts'

/**
 * Applies the signals for the object that have come, in their order. Each is applied exactly once, whatever happens and
 * whoever owns the object: its effect and its offset are committed together. Calls Salesforce for nothing but to end a
 * job whose snapshot a reset replaces. Throws ConnectorError.
 */
export async function obeySignals(parts: PreparedTask, held: Held, pace: Pace, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { control, reading, writer } = held
    const next = parts.signals.first(parts.place.object, control.signals)
    if (!next) return
    const effect = applySignal(next, control, parts.now(), parts.spans)
    if (effect.position) {
      await commitReset(writer, parts.place, reading, effect.position, effect.control)
      held.control = effect.control
    } else await commitControl(parts, held, effect.control)
    if (effect.audit) pace.auditSoon()
    if (effect.position && control.snapshot?.job && !control.paused)
      void dropBulkQuery(parts.salesforce, control.snapshot.job.id, signal)
    parts.events.signalApplied({ object: parts.place.object, ...effect.control.last! })
  }
}
