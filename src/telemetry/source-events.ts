import { errorFields, type Log } from './log.ts'
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
  /** `purged`: deletes that no poll can meet, since nothing of the row is left. */
  auditDone(e: { object: string; found: number; purged: number }) {
    metrics.audits.inc({ object: e.object })
    metrics.auditFound.inc({ object: e.object }, e.found + e.purged)
    if (e.found > 0) log.warn(e, 'The audit found changes that polls missed; they are published.')
    else if (e.purged > 0) log.info(e, 'Rows were deleted for good; getDeleted told of them.')
    else log.debug(e, 'Audited.')
  },
  /** `added`: fields that no schema of the subject had before. */
  schemaRegistered(e: { object: string; subject: string; schemaId: number; added: readonly string[] }) {
    if (e.added.length > 0) log.info(e, 'A schema with new fields is registered.')
    else log.debug(e, 'The schema is registered.')
  },
  /** Names of fields, never values. */
  fieldsRenamed(e: { object: string; fields: readonly { readonly field: string; readonly avroName: string }[] }) {
    log.warn(e, 'Fields changed their type in Salesforce; their values go under new names from now on.')
  },
  fieldsLost(e: { object: string; fields: readonly string[] }) {
    log.warn(
      e,
      'Fields were deleted in Salesforce or hidden from the user of the connector; they stay in the schema and read null.',
    )
  },
  auditPutOff(e: { object: string; error: unknown }) {
    log.info(
      { object: e.object, ...errorFields(e.error) },
      'The audit is put off to the next time: API calls are short.',
    )
  },
  auditSkipped(e: { object: string; reason: string }) {
    log.warn(e, 'The audit was skipped: late commits before now may have been missed.')
  },
  /** `rows` above 0: it goes on where it was committed. */
  snapshotStarted(e: { object: string; by: 'rest' | 'bulk'; total: number | null; rows: number }) {
    log.info(e, e.rows > 0 ? 'Snapshot goes on.' : 'Snapshot started.')
  },
  snapshotMoved(e: SnapshotProgress) {
    const { object } = e
    metrics.snapshotRows.set({ object }, e.rows)
    if (e.total !== null) metrics.snapshotTotal.set({ object }, e.total)
    metrics.snapshotRate.set({ object }, e.rowsPerSecond)
    if (e.secondsLeft !== null) metrics.snapshotSecondsLeft.set({ object }, e.secondsLeft)
  },
  /** Every few seconds of a snapshot. */
  snapshotProgress(e: SnapshotProgress) {
    log.info(e, 'Snapshot goes on.')
  },
  snapshotJobLost(e: { object: string; error: unknown; next: 'rest' | 'bulk' }) {
    log.warn({ object: e.object, next: e.next, ...errorFields(e.error) }, 'A bulk job was lost; the rest is read anew.')
  },
  snapshotEnded(e: { object: string; outcome: string; reason: string; rows: number; seconds: number }) {
    forgetSnapshot(metrics, e.object)
    metrics.snapshots.inc({ object: e.object, outcome: e.outcome })
    if (e.outcome === 'done') log.info(e, 'Snapshot done.')
    else log.warn(e, 'Snapshot failed.')
  },
  signalApplied(e: { object: string; id: string; type: string; outcome: string; reason: string }) {
    metrics.signals.inc({ object: e.object, type: e.type, outcome: e.outcome })
    if (e.outcome === 'applied') log.info(e, 'Signal applied.')
    else log.warn(e, 'Signal refused.')
  },
  signalSkipped(e: { offset: number; problem: string }) {
    log.warn(e, 'A record of the signals topic is no signal; it is passed over.')
  },
  signalsUnreadable(e: { error: unknown }) {
    log.warn(errorFields(e.error), 'The signals topic cannot be read; it is tried again.')
  },
  lookbackShrunk(e: { object: string; entries: number; lookbackSeconds: number }) {
    metrics.lookbackShrunk.inc({ object: e.object })
    log.warn(e, 'The window is full, so the lookback is shorter: raise source.window_entries_max.')
  },
})

/** `total`, `secondsLeft`: null if the rows were not counted. */
export interface SnapshotProgress {
  readonly object: string
  readonly rows: number
  readonly total: number | null
  readonly rowsPerSecond: number
  readonly secondsLeft: number | null
}

function forgetSnapshot(metrics: Metrics, object: string): void {
  metrics.snapshotRows.remove(object)
  metrics.snapshotTotal.remove(object)
  metrics.snapshotRate.remove(object)
  metrics.snapshotSecondsLeft.remove(object)
}

/** Its gauges go, for the next owner reports them. */
export function forgetObject(metrics: Metrics, object: string): void {
  metrics.watermarkAge.remove(object)
  metrics.windowEntries.remove(object)
  forgetSnapshot(metrics, object)
}
