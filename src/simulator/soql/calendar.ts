/** Days and longer spans of the org's calendar: time zone UTC, weeks from Sunday, fiscal years from January, as in a new org. */

const dayMs = 24 * 60 * 60 * 1000
const monthsOf = { month: 1, quarter: 3, year: 12 } as const
const daysOf = { day: 1, week: 7 } as const

/** From `fromMs` until before `toMs`, epoch milliseconds. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

type Unit = keyof typeof daysOf | keyof typeof monthsOf

/** Where the unit that is `offset` units away from now begins. */
function startOf(unit: Unit, nowMs: number, offset: number): number {
  const today = Math.floor(nowMs / dayMs)
  if (unit === 'day') return (today + offset) * dayMs
  // 1970-01-01 was a Thursday.
  if (unit === 'week') return (today - ((today + 4) % 7) + 7 * offset) * dayMs
  const now = new Date(nowMs)
  const months = monthsOf[unit]
  const month = now.getUTCMonth() - (now.getUTCMonth() % months) + months * offset
  return Date.UTC(now.getUTCFullYear(), month, 1)
}

const span = (unit: Unit, nowMs: number, from: number, to: number): Span => ({
  fromMs: startOf(unit, nowMs, from),
  toMs: startOf(unit, nowMs, to),
})

const fixed: Readonly<Record<string, readonly [Unit, from: number, to: number]>> = {
  TODAY: ['day', 0, 1],
  YESTERDAY: ['day', -1, 0],
  TOMORROW: ['day', 1, 2],
  LAST_90_DAYS: ['day', -90, 1],
  NEXT_90_DAYS: ['day', 1, 91],
}

const relative: Readonly<Record<string, readonly [from: number, to: number]>> = {
  LAST: [-1, 0],
  THIS: [0, 1],
  NEXT: [1, 2],
}

const unitOf = (name: string): Unit => name.toLowerCase().replace('fiscal_', '') as Unit

/** The time that a date literal such as THIS_WEEK or LAST_N_DAYS:3 stands for; undefined for an unknown one. */
export function literalSpan(literal: string, nowMs: number): Span | undefined {
  const [name = '', count] = literal.toUpperCase().split(':')
  const known = fixed[name]
  if (known) return span(known[0], nowMs, known[1], known[2])
  const single = /^(LAST|THIS|NEXT)_(WEEK|(?:FISCAL_)?(?:QUARTER|YEAR)|MONTH)$/.exec(name)
  if (single) return span(unitOf(single[2] ?? ''), nowMs, ...(relative[single[1] ?? ''] ?? [0, 1]))
  const n = Number(count)
  const several = /^(LAST|NEXT)_N_(DAY|WEEK|MONTH|(?:FISCAL_)?(?:QUARTER|YEAR))S$/.exec(name)
  if (several) {
    const unit = unitOf(several[2] ?? '')
    // The last n days reach to the end of today, longer units to the end of the last one.
    if (several[1] === 'LAST') return span(unit, nowMs, -n, unit === 'day' ? 1 : 0)
    return span(unit, nowMs, 1, n + 1)
  }
  const ago = /^N_(DAY|WEEK|MONTH|(?:FISCAL_)?(?:QUARTER|YEAR))S_AGO$/.exec(name)
  return ago ? span(unitOf(ago[1] ?? ''), nowMs, -n, 1 - n) : undefined
}

/** The date functions of SOQL, from epoch milliseconds. */
export const dateFunctions: Readonly<Record<string, (date: Date) => number>> = {
  CALENDAR_YEAR: date => date.getUTCFullYear(),
  CALENDAR_QUARTER: date => Math.floor(date.getUTCMonth() / 3) + 1,
  CALENDAR_MONTH: date => date.getUTCMonth() + 1,
  FISCAL_YEAR: date => date.getUTCFullYear(),
  FISCAL_QUARTER: date => Math.floor(date.getUTCMonth() / 3) + 1,
  FISCAL_MONTH: date => date.getUTCMonth() + 1,
  DAY_IN_MONTH: date => date.getUTCDate(),
  DAY_IN_WEEK: date => date.getUTCDay() + 1,
  DAY_IN_YEAR: date => dayOfYear(date),
  HOUR_IN_DAY: date => date.getUTCHours(),
  WEEK_IN_MONTH: date => Math.ceil(date.getUTCDate() / 7),
  WEEK_IN_YEAR: date => Math.ceil(dayOfYear(date) / 7),
}

const dayOfYear = (date: Date): number =>
  Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / dayMs) + 1

/** `yyyy-MM-dd` of a time. */
export const dateText = (epochMs: number): string => new Date(epochMs).toISOString().slice(0, 10)
