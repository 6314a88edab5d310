/**
 * Dates and times as REST writes them (salesforce-facts 10.2) <-> Avro's numbers. Parsers answer NaN for anything that is
 * not exactly of the form; they avoid Date because they run three times or more for each row read.
 */
const dayMs = 86_400_000
const yearMax = 9999
/** 0001-01-01 and 9999-12-31 as days since 1970-01-01: what four digits of year can say. */
const daysMin = -719_162
const daysMax = 2_932_896
const fractionDigitsMax = 9

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function digits(text: string, at: number, count: number): number {
  let n = 0
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    n = n * 10 + digit
  }
  return n
}

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

/** Days since 1970-01-01 of the `yyyy-MM-dd` at the start of the text (Hinnant's days_from_civil). */
function dateAt(text: string): number {
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 2)
  const day = digits(text, 8, 2)
  if (text[4] !== '-' || text[7] !== '-' || !(year >= 1 && year <= yearMax && month >= 1 && month <= 12))
    return Number.NaN
  const last = month === 2 && isLeap(year) ? 29 : monthDays[month - 1]!
  if (!(day >= 1 && day <= last)) return Number.NaN
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const ofEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + dayOfYear - 719_468
}

/** Milliseconds of the `HH:mm:ss` at a place in the text. */
function clockAt(text: string, at: number): number {
  const hour = digits(text, at, 2)
  const minute = digits(text, at + 3, 2)
  const second = digits(text, at + 6, 2)
  const colons = text[at + 2] === ':' && text[at + 5] === ':'
  return colons && hour <= 23 && minute <= 59 && second <= 59 ? (hour * 3600 + minute * 60 + second) * 1000 : Number.NaN
}

/** Where the optional `.SSS` ends; -1 if it is malformed. */
function fractionEnd(text: string, at: number): number {
  if (text[at] !== '.') return at
  let end = at + 1
  while (end - at <= fractionDigitsMax && !Number.isNaN(digits(text, end, 1))) end++
  return end === at + 1 ? -1 : end
}

const fractionMs = (text: string, at: number, end: number): number =>
  end <= at ? 0 : Math.trunc(digits(text, at + 1, Math.min(3, end - at - 1)) * 10 ** (3 - Math.min(3, end - at - 1)))

/** Milliseconds of the offset that must be the rest of the text: `Z`, `+0000` or `+00:00`. */
function offsetMs(text: string, at: number): number {
  if (text[at] === 'Z') return text.length === at + 1 ? 0 : Number.NaN
  const sign = text[at] === '+' ? 1 : text[at] === '-' ? -1 : Number.NaN
  const minuteAt = text[at + 3] === ':' ? at + 4 : at + 3
  const hour = digits(text, at + 1, 2)
  const minute = digits(text, minuteAt, 2)
  return text.length === minuteAt + 2 && hour <= 23 && minute <= 59 ? sign * (hour * 60 + minute) * 60_000 : Number.NaN
}

const isDay = (days: unknown): days is number =>
  Number.isInteger(days) && Number(days) >= daysMin && Number(days) <= daysMax
const isInstant = (ms: unknown): ms is number => Number.isSafeInteger(ms) && isDay(Math.floor(Number(ms) / dayMs))
const isTimeOfDay = (ms: unknown): ms is number => Number.isInteger(ms) && Number(ms) >= 0 && Number(ms) < dayMs

/** `2026-11-23` as days since 1970-01-01, or NaN. */
export const parseDate = (text: string): number => (text.length === 10 ? dateAt(text) : Number.NaN)

/** `2026-11-23T10:11:12.000+0000` as epoch milliseconds, or NaN. Accepts `Z`, `+0000`, `+01:00`, and no milliseconds. */
export function parseDateTime(text: string): number {
  const end = fractionEnd(text, 19)
  const clock = text[10] === 'T' ? clockAt(text, 11) : Number.NaN
  const ms = dateAt(text) * dayMs + clock + fractionMs(text, 19, end) - offsetMs(text, end)
  return isInstant(ms) ? ms : Number.NaN
}

/** `10:11:12.000Z` as milliseconds of the day, or NaN. The milliseconds and the `Z` may be missing. */
export function parseTime(text: string): number {
  const end = fractionEnd(text, 8)
  const rest = text.slice(end)
  return end >= 0 && (rest === 'Z' || rest === '') ? clockAt(text, 0) + fractionMs(text, 8, end) : Number.NaN
}

/** Days since 1970-01-01 as `2026-11-23`; undefined if it is no day of the years 1 to 9999. */
export const formatDate = (days: unknown): string | undefined =>
  isDay(days) ? new Date(days * dayMs).toISOString().slice(0, 10) : undefined

/** Epoch milliseconds as `2026-11-23T10:11:12.000Z`; undefined if outside the years 1 to 9999. */
export const formatDateTime = (ms: unknown): string | undefined =>
  isInstant(ms) ? new Date(ms).toISOString() : undefined

/** Milliseconds of the day as `10:11:12.000Z`; undefined if it is none. */
export const formatTime = (ms: unknown): string | undefined =>
  isTimeOfDay(ms) ? new Date(ms).toISOString().slice(11) : undefined
