import type { Watermark } from '../core/contract.ts'

/** A backlog that is being read: rows stamped before `untilMs` are met for the first time since `from`. */
export interface Sweep {
  readonly from: Watermark
  readonly untilMs: number
}

/** What is known of an object's reading; committed with the records it earned (rule 1). */
export interface Position {
  /** Where this object's events begin, epoch ms; set once, at the first start. */
  readonly startMs: number
  /** Every row up to here was read and can no longer be joined by late commits. Only moves forward. */
  readonly lower: Watermark
  readonly sweep: Sweep | null
}

/** One reading of an object: its bounds stay fixed while its pages are fetched. */
export interface Query {
  readonly lower: Watermark
  readonly sweep: Sweep | null
  /** Rows stamped at or before this are asked for. */
  readonly boundMs: number
  /** Rows stamped from here on may still be joined by late commits. */
  readonly settledMs: number
}

const secondMs = 1_000

export const compareWatermarks = (a: Watermark, b: Watermark): number =>
  a.modifiedAtMs - b.modifiedAtMs || (a.recordId < b.recordId ? -1 : a.recordId > b.recordId ? 1 : 0)

const later = (a: Watermark, b: Watermark): Watermark => (compareWatermarks(a, b) >= 0 ? a : b)

export const startPosition = (startMs: number): Position => ({
  startMs,
  lower: { modifiedAtMs: startMs, recordId: '' },
  sweep: null,
})

/**
 * Bounds of the next reading. `nowMs` is Salesforce's time: it never runs ahead of the org's clock, since it comes
 * from a Date header, cut to seconds, and the time since. One second is added to the upper bound, so that rows saved
 * within the running second are not left for the next poll; what comes late is met again inside the lookback.
 */
export function planQuery(position: Position, nowMs: number, lookbackMs: number): Query {
  const now = Math.floor(nowMs / secondMs) * secondMs
  const settledMs = now - lookbackMs
  const pending = position.sweep !== null && position.sweep.untilMs > position.lower.modifiedAtMs
  const backlog = position.lower.modifiedAtMs < settledMs ? { from: position.lower, untilMs: settledMs } : null
  return {
    lower: position.lower,
    sweep: pending ? position.sweep : backlog,
    boundMs: Math.max(now + secondMs, position.lower.modifiedAtMs),
    settledMs,
  }
}

/**
 * Position after a page. Only settled rows move it: a row edited while the pages were fetched may carry a later stamp
 * than the place it was sorted at, but that stamp then lies inside the lookback (salesforce-facts 3.2, 3.6).
 */
export function advance(position: Position, query: Query, page: readonly Watermark[], done: boolean): Position {
  let lower = position.lower
  for (const row of page) if (row.modifiedAtMs < query.settledMs) lower = later(lower, row)
  if (done) lower = later(lower, { modifiedAtMs: query.settledMs, recordId: '' })
  const sweep = query.sweep !== null && query.sweep.untilMs > lower.modifiedAtMs ? query.sweep : null
  return { startMs: position.startMs, lower, sweep }
}

/** A settled row at or before the lower edge was read before; only the edge's own second can hold such rows. */
export const wasRead = (row: Watermark, query: Query): boolean => compareWatermarks(row, query.lower) <= 0

/** A row that no reading can have met before was created since the edge of what was read (design 4.5). */
export function isFirstMeeting(createdMs: number, row: Watermark, position: Position, query: Query): boolean {
  if (createdMs < position.startMs) return false
  const edge = query.sweep !== null && row.modifiedAtMs < query.sweep.untilMs ? query.sweep.from : query.lower
  return compareWatermarks({ modifiedAtMs: createdMs, recordId: row.recordId }, edge) > 0
}

/** What the window must hold after a page: until its last page, a reading compares rows with what was known at the sweep's start. */
export const keepFromMs = (query: Query, next: Position, done: boolean): number =>
  (done ? next.lower : (query.sweep?.from ?? query.lower)).modifiedAtMs
