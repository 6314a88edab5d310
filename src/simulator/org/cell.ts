import type { FieldType } from '../objects/definition.ts'
import type { Switches } from '../switches.ts'

/** A stored value. Datetimes are epoch milliseconds at whole seconds, dates `yyyy-MM-dd`, times `HH:mm:ss.SSSZ`, the rest as in JSON. */
export type Cell = string | number | boolean | null
/** The values of one version of a row, by slot. Never changed in place: a version stays what it was. */
export type Cells = readonly Cell[]

/** `2026-11-23T10:11:12.000+0000`, without a colon in the offset (salesforce-facts 10.2). */
export function datetimeText(epochMs: number): string {
  const day = Math.floor(epochMs / dayMs)
  // Times mostly come in order: the day's text is kept for the next one.
  if (day !== lastDay.day) {
    lastDay.day = day
    lastDay.dayText = new Date(day * dayMs).toISOString().slice(0, 11)
  }
  const ms = epochMs - day * dayMs
  const second = Math.floor(ms / 1000)
  const clock = `${twoDigits[Math.floor(second / 3600)]}:${twoDigits[Math.floor(second / 60) % 60]}:${twoDigits[second % 60]}`
  return `${lastDay.dayText}${clock}.${String(ms % 1000).padStart(3, '0')}+0000`
}

const dayMs = 24 * 60 * 60 * 1000
const lastDay = { day: Number.NaN, dayText: '' }
const twoDigits = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'))

/** JSON text for a field of that type. Doubles keep a `.0` unless switched off (salesforce-facts 10.2, 14.9): clients must compare numbers, not texts. */
export function jsonWriterOf(
  type: FieldType,
  read: (cells: Cells) => Cell,
  switches: Switches,
): (cells: Cells) => string {
  if (type === 'datetime') {
    return cells => {
      const cell = read(cells)
      return typeof cell === 'number' ? `"${datetimeText(cell)}"` : 'null'
    }
  }
  if (type === 'double' || type === 'currency' || type === 'percent') {
    return cells => {
      const cell = read(cells)
      const whole = Number.isInteger(cell) && Math.abs(Number(cell)) < 1e15
      return whole && switches.wholeDoubles === 'withPoint' ? `${cell}.0` : String(cell)
    }
  }
  if (type === 'boolean' || type === 'int') return cells => String(read(cells))
  const multiline = type === 'textarea'
  return cells => {
    const cell = read(cells)
    if (cell === null) return 'null'
    const crlf = multiline && switches.lineEnds === 'crlf'
    return JSON.stringify(crlf ? String(cell).replace(/\r?\n/g, '\r\n') : cell)
  }
}

/** FirstName and LastName with one blank between. */
export function personName(firstSlot: number, lastSlot: number): (cells: Cells) => Cell {
  return cells => [cells[firstSlot], cells[lastSlot]].filter(part => part != null).join(' ') || null
}

const addressParts = [
  'City',
  'Country',
  'GeocodeAccuracy',
  'Latitude',
  'Longitude',
  'PostalCode',
  'State',
  'Street',
] as const

/** The compound address, null when all its parts are (salesforce-facts 10.2). */
export function addressJson(prefix: string, slotOf: (name: string) => number): (cells: Cells) => string {
  const parts = addressParts.map(name => ({
    key: name.charAt(0).toLowerCase() + name.slice(1),
    slot: slotOf(prefix + name),
  }))
  return cells => {
    if (parts.every(part => cells[part.slot] == null)) return 'null'
    let text = '{'
    for (const { key, slot } of parts) text += `"${key}":${JSON.stringify(cells[slot] ?? null)},`
    return `${text}"countryCode":null,"stateCode":null}`
  }
}

/** A geolocation; null unless both its parts are set (salesforce-facts 10.2). */
export function locationJson(prefix: string, slotOf: (name: string) => number): (cells: Cells) => string {
  const [latitudeSlot, longitudeSlot] = [slotOf(`${prefix}__Latitude__s`), slotOf(`${prefix}__Longitude__s`)]
  return cells => {
    const [latitude, longitude] = [cells[latitudeSlot] ?? null, cells[longitudeSlot] ?? null]
    return latitude === null || longitude === null ? 'null' : JSON.stringify({ latitude, longitude })
  }
}

/** An encrypted text for a user who may not see it: all but its last four characters are stars (salesforce-facts 10.2). */
export const maskText = (cell: Cell): Cell =>
  typeof cell === 'string' ? '*'.repeat(Math.max(0, cell.length - 4)) + cell.slice(-4) : null
