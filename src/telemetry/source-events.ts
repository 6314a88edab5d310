import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

/** What the source tells of itself. */
export const sourceEvents = (log: Log, metrics: Metrics) => ({
  pollDone(e: { object: string; rows: number; seconds: number; watermarkAgeSeconds: number; windowEntries: number }) {
    metrics.pollSeconds.observe({ object: e.object }, e.seconds)
    metrics.watermarkAge.set({ object: e.object }, e.watermarkAgeSeconds)
    metrics.windowEntries.set({ object: e.object }, e.windowEntries)
    log.debug(e, 'Polled.')
  },
  watermarkMoved(e: { object: string; watermarkAgeSeconds: number }) {
    metrics.watermarkAge.set({ object: e.object }, e.watermarkAgeSeconds)
  },
  recordsCommitted(e: { object: string; type: string; count: number }) {
    metrics.events.inc({ object: e.object, type: e.type }, e.count)
    log.debug(e, 'Events committed.')
  },
  /** `found`: changes that no poll met, published now. */
  auditDone(e: { object: string; found: number }) {
    metrics.audits.inc({ object: e.object })
    metrics.auditFound.inc({ object: e.object }, e.found)
    if (e.found > 0) log.warn(e, 'The audit found changes that polls missed; they are published.')
    else log.debug(e, 'Audited.')
  },
  auditSkipped(e: { object: string; reason: string }) {
    log.warn(e, 'The audit was skipped: late commits before now may have been missed.')
  },
  lookbackShrunk(e: { object: string; entries: number; lookbackSeconds: number }) {
    metrics.lookbackShrunk.inc({ object: e.object })
    log.warn(e, 'The window is full, so the lookback is shorter: raise source.window_entries_max.')
  },
})

/** Its gauges go, for the next owner reports them. */
export function forgetObject(metrics: Metrics, object: string): void {
  metrics.watermarkAge.remove(object)
  metrics.windowEntries.remove(object)
}
