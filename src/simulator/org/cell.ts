import type { FieldType } from '../objects/definition.ts'

/** A stored value. Datetimes are epoch milliseconds at whole seconds, dates `yyyy-MM-dd`, the rest as in JSON. */
export type Cell = string | number | boolean | null
/** The values of one version of a row, by slot. Never changed in place: a version stays what it was. */
export type Cells = readonly Cell[]

/** `2026-11-23T10:11:12.000+0000`, without a colon in the offset (salesforce-facts 10.2). */
export const datetimeText = (epochMs: number): string => `${new Date(epochMs).toISOString().slice(0, 23)}+0000`

/** JSON text for a field of that type. Doubles keep a `.0` (salesforce-facts 10.2): clients must compare numbers, not texts. */
export function jsonWriterOf(type: FieldType, read: (cells: Cells) => Cell): (cells: Cells) => string {
  if (type === 'datetime') {
    return cells => {
      const cell = read(cells)
      return typeof cell === 'number' ? `"${datetimeText(cell)}"` : 'null'
    }
  }
  if (type === 'double' || type === 'currency' || type === 'percent') {
    return cells => {
      const cell = read(cells)
      return Number.isInteger(cell) && Math.abs(Number(cell)) < 1e15 ? `${cell}.0` : String(cell)
    }
  }
  if (type === 'boolean' || type === 'int') return cells => String(read(cells))
  return cells => {
    const cell = read(cells)
    return cell === null ? 'null' : JSON.stringify(cell)
  }
}

/** FirstName and LastName with one blank between. */
export function personName(firstSlot: number, lastSlot: number): (cells: Cells) => Cell {
  return cells => [cells[firstSlot], cells[lastSlot]].filter(part => part != null).join(' ') || null
}

const addressParts = ['City', 'Country', 'Latitude', 'Longitude', 'PostalCode', 'State', 'Street'] as const

/** The compound address, null when all its parts are (salesforce-facts 10.2). */
export function addressJson(prefix: string, slotOf: (name: string) => number): (cells: Cells) => string {
  const parts = addressParts.map(name => ({
    key: name.charAt(0).toLowerCase() + name.slice(1),
    slot: slotOf(prefix + name),
  }))
  return cells => {
    if (parts.every(part => cells[part.slot] == null)) return 'null'
    const values = parts.map(part => [part.key, cells[part.slot] ?? null])
    return JSON.stringify({ ...Object.fromEntries(values), geocodeAccuracy: null, countryCode: null, stateCode: null })
  }
}
