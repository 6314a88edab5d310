/** From `fromMs` until before `toMs`, epoch ms. */
export interface DaySpan {
  readonly from: Day
  readonly to: Day
}

/** A day of the calendar, as the epoch ms of its start in UTC. */
export type Day = number

const dayMs = 86_400_000

/** Literals whose bounds are days and months. Weeks begin where the user's locale says, fiscal years where the org does. */
const fixed: Readonly<Record<string, readonly [unit: Unit, from: number, to: number]>> = {
  TODAY: ['DAY', 0, 1],
  YESTERDAY: ['DAY', -1, 0],
  TOMORROW: ['DAY', 1, 2],
  LAST_90_DAYS: ['DAY', -90, 1],
  NEXT_90_DAYS: ['DAY', 1, 91],
}
const monthsOf = { MONTH: 1, QUARTER: 3, YEAR: 12 } as const
type Unit = 'DAY' | keyof typeof monthsOf

/** How a date literal's days follow from today's; undefined for one that is not known here (SOQL reference, date literals). */
export function readDateLiteral(text: string): ((today: Day) => DaySpan) | undefined {
  const [name = '', count] = text.toUpperCase().split(':')
  const n = Number(count)
  const known = fixed[name]
  if (known) return spanOf(...known)
  const [, which, unit] = /^(LAST|THIS|NEXT)_(MONTH|QUARTER|YEAR)$/.exec(name) ?? []
  if (unit) {
    const offset = which === 'LAST' ? -1 : which === 'THIS' ? 0 : 1
    return spanOf(unit as Unit, offset, offset + 1)
  }
  if (!Number.isSafeInteger(n)) return undefined
  const [, side, several] = /^(LAST|NEXT)_N_(DAY|MONTH|QUARTER|YEAR)S$/.exec(name) ?? []
  // The last n days reach to the end of today, longer units to the end of the last one.
  if (several && side === 'LAST') return spanOf(several as Unit, -n, several === 'DAY' ? 1 : 0)
  if (several) return spanOf(several as Unit, 1, n + 1)
  const [, ago] = /^N_(DAY|MONTH|QUARTER|YEAR)S_AGO$/.exec(name) ?? []
  return ago ? spanOf(ago as Unit, -n, 1 - n) : undefined
}

const spanOf =
  (unit: Unit, from: number, to: number) =>
  (today: Day): DaySpan => ({ from: startOf(unit, today, from), to: startOf(unit, today, to) })

function startOf(unit: Unit, today: Day, offset: number): Day {
  if (unit === 'DAY') return today + offset * dayMs
  const date = new Date(today)
  const month = date.getUTCMonth() - (date.getUTCMonth() % monthsOf[unit]) + offset * monthsOf[unit]
  return Date.UTC(date.getUTCFullYear(), month, 1)
}

/** A time zone's calendar; date literals follow that of the user who queries. */
export class Calendar {
  readonly #format: Intl.DateTimeFormat

  /** `timeZone` as User.TimeZoneSidKey has it, `America/Los_Angeles`. Throws RangeError for one that this machine does not know. */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  }

  dayOf(epochMs: number): Day {
    const local = this.#local(epochMs)
    return local - (((local % dayMs) + dayMs) % dayMs)
  }

  /** When the day begins there, epoch ms. */
  startMs(day: Day): number {
    const guess = day - this.#offset(day)
    return day - this.#offset(guess) // the offset may have changed between the two
  }

  #offset(epochMs: number): number {
    return this.#local(epochMs) - Math.floor(epochMs / 1_000) * 1_000
  }

  /** What a clock on the wall shows, as if it were UTC. */
  #local(epochMs: number): number {
    const parts = Object.fromEntries(
      this.#format.formatToParts(epochMs).map(({ type, value }) => [type, Number(value)]),
    )
    return Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour!, parts.minute!, parts.second!)
  }
}

/** `yyyy-MM-dd`, as a row has a date. */
export const dayText = (day: Day): string => new Date(day).toISOString().slice(0, 10)
