import { expect, test } from 'vitest'
import { Pace } from '../../src/source/pace.ts'
import { Window } from '../../src/source/window.ts'

const settings = {
  intervalMs: 1_000,
  idleIntervalMs: 5_000,
  auditIntervalMs: 300_000,
  lookbackMs: 600_000,
  pageRowsMax: 100,
}
const quiet = { whole: true, pages: 1, changes: 0 }

function windowOf(entries: number, perSecond: number): Window {
  const window = new Window()
  for (let n = 0; n < entries; n++)
    window.add({
      recordId: `003${String(n).padStart(15, '0')}`,
      stampMs: Math.floor(n / perSecond) * 1_000,
      hash: 'h'.repeat(16),
    })
  return window
}

test('an idle object is polled at doubled intervals, never beyond the longest, and at once as before after a change', () => {
  const pace = new Pace(settings, () => 0)
  const seen = new Set<number>()
  for (let n = 0; n < 100; n++) {
    seen.add(pace.intervalMs)
    pace.polled(quiet)
  }
  expect([...seen]).toEqual([1_000, 2_000, 4_000])
  pace.polled({ ...quiet, changes: 1 })
  expect(pace.intervalMs).toBe(1_000)
})

test('when API calls are short a busy object is polled as rarely as an idle one', () => {
  let hasCalls = true
  const pace = new Pace(
    settings,
    () => 0,
    () => hasCalls,
  )
  pace.polled({ ...quiet, changes: 1 })
  expect(pace.intervalMs).toBe(1_000)
  hasCalls = false
  expect(pace.intervalMs).toBe(4_000)
})

test('what fits in a page is read whole each time', () => {
  const pace = new Pace(settings, () => 0)
  pace.polled(quiet)
  expect(pace.startFrom(windowOf(99, 10))).toBeUndefined()
})

test('whole readings of a busy object cost no more pages than the short ones between them', () => {
  const pace = new Pace(settings, () => 0)
  const window = windowOf(5_000, 10) // 50 pages
  let [short, whole] = [0, 0]
  for (let poll = 0; poll < 1_000; poll++) {
    const isWhole = pace.startFrom(window) === undefined
    const pages = isWhole ? 50 : 10
    if (isWhole) whole += pages
    else short += pages
    pace.polled({ whole: isWhole, pages, changes: 1 })
  }
  expect(short).toBeGreaterThanOrEqual(whole - 50) // nothing came before the first
  expect(whole).toBeGreaterThan(0)
})

test('a short poll starts where at most a thousand versions are read again', () => {
  const pace = new Pace(settings, () => 0)
  pace.polled(quiet)
  const from = pace.startFrom(windowOf(5_000, 10))!
  expect(from).toBe(400_000)
})

test('half the lookback never passes without a whole reading', () => {
  let nowMs = 0
  const pace = new Pace(settings, () => nowMs)
  const window = windowOf(50_000, 10)
  pace.polled(quiet)
  expect(pace.startFrom(window)).toBeDefined()
  nowMs = 300_000
  expect(pace.startFrom(window)).toBeUndefined()
})

test('audits come on a common grid, and at once when asked for', () => {
  let nowMs = 1_000
  const pace = new Pace(settings, () => nowMs)
  expect(pace.isAuditDue).toBe(false)
  nowMs = 300_000
  expect(pace.isAuditDue).toBe(true)
  pace.audited()
  expect(pace.isAuditDue).toBe(false)
  pace.auditSoon()
  expect(pace.isAuditDue).toBe(true)
})
