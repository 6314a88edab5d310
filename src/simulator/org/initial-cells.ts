import type { Cell } from './cell.ts'
import { type ObjectType, systemSlots } from './object-type.ts'
import { sequenceOf } from './record-id.ts'

/** What a new row holds before anything is written to it: defaults, checkboxes, auto numbers. */
export function initialCells(type: ObjectType, id: string): Cell[] {
  const cells = new Array<Cell>(type.slotCount).fill(null)
  for (const [field, value] of type.defaults) cells[field.slot] = value
  cells[systemSlots.Id] = id
  cells[systemSlots.IsDeleted] = false
  for (const field of type.autoNumbers)
    cells[field.slot] = autoNumber(field.definition.autoNumber ?? '', sequenceOf(id))
  return cells
}

const autoNumber = (format: string, sequence: number): string =>
  format.replace(/\{(0+)\}/, (_whole, zeros: string) => String(sequence).padStart(zeros.length, '0'))
