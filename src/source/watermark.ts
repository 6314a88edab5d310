import type { Watermark } from '../core/contract.ts'

/** A backlog that is being read: rows stamped before `untilMs` are met for the first time since `from`, and not remembered. */
export interface Sweep {
  readonly from: Watermark
  readonly untilMs: number
}

/** What is known of an object's reading; committed with the records it earned (rule 1). */
export interface Position {
  /** Where this object's events begin, epoch ms; set once, at the first start. */
  readonly startMs: number
  /** Every row up to here was read, and polls need not look behind it. Only moves forward. */
  readonly lower: Watermark
  /** Every version up to here was audited, or is too old to be joined by late ones; the window holds what was seen since. */
  readonly floor: Watermark
  /** Every delete before it was asked for, epoch ms; behind the floor if the window was full. */
  readonly deletesMs: number
  readonly sweep: Sweep | null
}

/** How far behind Salesforce's now a row may still be joined by one with an earlier stamp, ms (salesforce-facts 3.6). */
export interface Spans {
  /** Polls look this far back. */
  readonly lookbackMs: number
  /** The audit looks this much further. */
  readonly auditMs: number
}

/** One reading of an object: its bounds stay fixed while its pages are fetched. */
export interface Query {
  /** Rows stamped from here on are asked for. */
  readonly fromMs: number
  /** Rows stamped at or before this are asked for. */
  readonly boundMs: number
  /** Salesforce's time when it starts, as far as it is known, cut to the second. */
  readonly nowMs: number
  /** Rows stamped from here on may still be joined by late commits that a poll must meet. */
  readonly settledMs: number
  readonly lower: Watermark
  readonly floor: Watermark
  readonly sweep: Sweep | null
  /** Whether it starts at `lower`, so that its end moves the position. */
  readonly whole: boolean
}

const secondMs = 1_000
const toSecond = (ms: number): number => Math.floor(ms / secondMs) * secondMs

export const compareWatermarks = (a: Watermark, b: Watermark): number =>
  a.modifiedAtMs - b.modifiedAtMs || (a.recordId < b.recordId ? -1 : a.recordId > b.recordId ? 1 : 0)

export const laterOf = (a: Watermark, b: Watermark): Watermark => (compareWatermarks(a, b) >= 0 ? a : b)

/** The place before any row of that second. */
export const beforeSecond = (ms: number): Watermark => ({ modifiedAtMs: toSecond(ms), recordId: '' })

export const startPosition = (startMs: number): Position => ({
  startMs,
  lower: beforeSecond(startMs),
  floor: beforeSecond(startMs),
  deletesMs: toSecond(startMs),
  sweep: null,
})

/** Rows stamped before this can be joined neither by what polls meet nor by what the audit finds. */
const rememberFromMs = (nowMs: number, spans: Spans): number => toSecond(nowMs) - spans.lookbackMs - spans.auditMs

/** Whether more lies ahead than the window is for: then a sweep must begin. */
export const hasBacklog = (position: Position, nowMs: number, spans: Spans): boolean =>
  position.sweep === null && position.lower.modifiedAtMs < rememberFromMs(nowMs, spans)

/** Whether what was seen before a backlog must be audited, while it is remembered. */
export const isUnaudited = ({ floor, lower }: Position): boolean => compareWatermarks(floor, lower) < 0

/**
 * The position after the audit before a backlog: the backlog's reading begins. Everything stamped before `coveredMs` is
 * committed, as getUpdated says: should Salesforce's time have been told too late, a backlog does not reach into what is
 * still to come.
 */
export function beginSweep(position: Position, nowMs: number, spans: Spans, coveredMs: number): Position {
  const untilMs = Math.min(rememberFromMs(nowMs, spans), coveredMs)
  return untilMs > position.lower.modifiedAtMs ? { ...position, sweep: { from: position.lower, untilMs } } : position
}

/**
 * Salesforce's time is told by the Date of an answer, cut to the second, which is as old as the answer took to arrive.
 * Reading this much beyond it, a query meets every row that is there: one that was edited just before has not left its
 * bounds, ms.
 */
const tellingMsMax = 120_000

/**
 * Bounds of the next reading. `nowMs` is Salesforce's time as far as it is known. Should it have been told too late a
 * time once, `lower` may lie beyond the lookback, or in the future: then the reading starts at the lookback, as far as the
 * window knows what was seen. `latestMs` starts the reading there instead of at the position: dear rows are then not read
 * again at each poll.
 */
export function planQuery(position: Position, nowMs: number, spans: Spans, latestMs?: number): Query {
  const { lower, floor, sweep } = position
  const settledMs = toSecond(nowMs) - spans.lookbackMs
  const wholeMs =
    sweep === null ? Math.max(floor.modifiedAtMs, Math.min(lower.modifiedAtMs, settledMs)) : lower.modifiedAtMs
  const whole = sweep !== null || latestMs === undefined || latestMs <= wholeMs
  return {
    fromMs: whole ? wholeMs : latestMs!,
    boundMs: Math.max(toSecond(nowMs) + tellingMsMax, lower.modifiedAtMs),
    nowMs: toSecond(nowMs),
    settledMs,
    lower,
    floor,
    sweep,
    whole,
  }
}

/**
 * Position after a page. Only settled rows move it, within a backlog only the backlog's: a row edited while the pages were
 * fetched may carry a later stamp than the place it was sorted at, but not one among these (salesforce-facts 3.2, 3.6).
 */
export function advance(position: Position, query: Query, page: readonly Watermark[], done: boolean): Position {
  if (!query.whole) return position
  const settledMs = query.sweep?.untilMs ?? query.settledMs
  let { lower } = position
  for (const row of page) if (row.modifiedAtMs < settledMs) lower = laterOf(lower, row)
  if (done) lower = laterOf(lower, beforeSecond(Math.max(settledMs, query.settledMs)))
  return { ...position, lower, sweep: query.sweep }
}

/** Whether a backlog is read to its end; what was deleted and purged meanwhile left no row, so getDeleted must be asked. */
export const isSwept = ({ sweep, lower }: Position): boolean => sweep !== null && sweep.untilMs <= lower.modifiedAtMs

/** The position after getDeleted was asked for the time of the backlog. */
export const leaveSweep = (position: Position): Position => ({
  ...position,
  floor: laterOf(position.floor, beforeSecond(position.sweep?.untilMs ?? 0)),
  deletesMs: Math.max(position.deletesMs, position.sweep?.untilMs ?? 0),
  sweep: null,
})

const inBacklog = (row: Watermark, query: Query): boolean =>
  query.sweep !== null && row.modifiedAtMs < query.sweep.untilMs

/** A row of a backlog is known by its place alone, as is one at the window's floor. */
export const wasRead = (row: Watermark, query: Query): boolean =>
  compareWatermarks(row, inBacklog(row, query) ? query.lower : query.floor) <= 0

/** Whether the window must hold the row's version: another reading may meet it. */
export const isRemembered = (row: Watermark, query: Query): boolean => !inBacklog(row, query)

/** Whether no reading can have met the row before, though the window does not hold it: it was created since (design 4.5). */
export function isFirstMeeting(createdMs: number, row: Watermark, position: Position, query: Query): boolean {
  if (createdMs < position.startMs) return false
  const created = { modifiedAtMs: createdMs, recordId: row.recordId }
  const isAfter = (edge: Watermark) => compareWatermarks(created, edge) > 0
  const { floor, lower, sweep } = query
  // What was met before a backlog is in the window; of the backlog itself only the place is known to have been read.
  const isUntouched = sweep === null || compareWatermarks(lower, sweep.from) === 0
  const isUnmet = isAfter(isUntouched || inBacklog(row, query) ? floor : lower)
  // If the window was full meanwhile, what it has forgotten lies up to the position's floor.
  return isUnmet && isAfter(position.floor)
}

/** Versions stamped before this need not be held: a backlog's reading compares rows with what was known at its start. */
export const keepFromMs = (next: Position): number => next.floor.modifiedAtMs

/** What the audit reads again: everything stamped from the floor until `untilMs`, which polls have passed. */
export const auditQuery = (position: Position, untilMs: number): Query => ({
  fromMs: position.floor.modifiedAtMs,
  boundMs: untilMs - secondMs,
  nowMs: untilMs,
  settledMs: untilMs,
  lower: position.lower,
  floor: position.floor,
  sweep: null,
  whole: false,
})

/** How far an audit gets: to what getUpdated and getDeleted cover, but not beyond what polls have settled. */
export const auditedUntil = (position: Position, coveredMs: number): number =>
  toSecond(Math.min(coveredMs, position.lower.modifiedAtMs))

/** How far the audit before a backlog gets: the second in which reading stopped may be read in part only. */
export const auditedBeforeBacklog = ({ lower }: Position): number => lower.modifiedAtMs + secondMs

/** The position after an audit of everything stamped before `untilMs`. */
export const audited = (position: Position, untilMs: number): Position => ({
  ...position,
  floor: laterOf(position.floor, beforeSecond(untilMs)),
  deletesMs: Math.max(position.deletesMs, untilMs),
})

/**
 * The position when the window is full: from `fromMs` on versions are still held, or none if `fromMs` is undefined.
 * `read` is a row read, in the order of the query: nothing behind it is left unread.
 */
export function shrink(position: Position, fromMs: number | undefined, read: Watermark): Position {
  const kept = fromMs !== undefined && fromMs <= read.modifiedAtMs ? beforeSecond(fromMs) : read
  return { ...position, lower: laterOf(position.lower, kept), floor: laterOf(position.floor, kept) }
}
