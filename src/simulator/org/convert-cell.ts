import type { FieldType } from '../objects/definition.ts'
import { type Cell, datetimeText } from './cell.ts'

const numeric: ReadonlySet<FieldType> = new Set(['int', 'double', 'currency', 'percent'] as const)
const unconvertible: ReadonlySet<FieldType> = new Set(
  // biome-ignore format: one list
  ['id', 'reference', 'address', 'location', 'base64', 'encryptedstring'],
)

/** Whether a field of one of `from` may become one of type `to`. A number cannot become a moment, nor a moment a number. */
export function isConvertible(to: FieldType, from: readonly FieldType[]): boolean {
  const all = [to, ...from]
  return (
    !all.some(type => unconvertible.has(type)) && !(all.includes('datetime') && all.some(type => numeric.has(type)))
  )
}

const dateOf = (text: string): string | null => /^\d{4}-\d\d-\d\d/.exec(text)?.[0] ?? null

/** A value stored while the field was one of `from`, as the type it has now; null (or false) where nothing of it is left.
 *  A value already of the new type stays as it is. */
export function convertCell(to: FieldType, cell: Cell, from: readonly FieldType[]): Cell {
  if (to === 'boolean') return cell === true
  if (cell === null || typeof cell === 'boolean') return null
  if (to === 'datetime') {
    const ms = typeof cell === 'number' ? cell : Date.parse(cell)
    return Number.isFinite(ms) ? Math.floor(ms / 1000) * 1000 : null
  }
  if (numeric.has(to)) {
    const number = Number(cell)
    if (!Number.isFinite(number)) return null
    return to === 'int' ? Math.trunc(number) : number
  }
  const text = typeof cell === 'number' && from.includes('datetime') ? datetimeText(cell) : String(cell)
  if (to === 'date') return dateOf(text)
  if (to === 'time') return /^\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) ? text : null
  return text
}
