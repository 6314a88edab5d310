import type { Cell, Cells } from './cell.ts'
import { parseValue } from './field-value.ts'
import type { ObjectType } from './object-type.ts'

const operators = {
  '=': (cell, value) => cell === value,
  '!=': (cell, value) => cell !== value,
  '<': (cell, value) => cell !== null && value !== null && cell < value,
  '>': (cell, value) => cell !== null && value !== null && cell > value,
  contains: (cell, value) => String(cell ?? '').includes(String(value)),
} as const satisfies Record<string, (cell: Cell, value: Cell) => boolean>

/** One comparison of a field's value; `changed` asks whether this save changes it. Texts compare exactly. */
export interface RowCondition {
  readonly field: string
  readonly is: keyof typeof operators | 'changed'
  readonly value?: string | number | boolean | null
}

/** Whether all conditions hold. A field that the object no longer has is null. */
export function holds(
  conditions: readonly RowCondition[],
  type: ObjectType,
  cells: Cells,
  before: Cells | undefined,
): boolean {
  return conditions.every(({ field: name, is, value = null }) => {
    const field = type.field(name)
    const cell = field?.read(cells) ?? null
    if (is === 'changed') return field !== undefined && cell !== (before ? field.read(before) : null)
    return operators[is](cell, field ? parseValue(field, value, '') : value)
  })
}

/** Throws RangeError for a condition that makes no sense, ApiError for a value its field cannot have; for those that come as JSON. */
export function checkConditions(conditions: readonly RowCondition[], type: ObjectType): void {
  if (!Array.isArray(conditions)) throw new RangeError('when must be a list of conditions')
  for (const { field: name, is, value } of conditions) {
    const field = type.field(name)
    if (!field) throw new RangeError(`the simulated org has no field ${type.name}.${name}`)
    if (is !== 'changed' && !Object.hasOwn(operators, is)) {
      throw new RangeError(`unknown comparison ${is}; known are changed, ${Object.keys(operators).join(', ')}`)
    }
    parseValue(field, value, '')
  }
}
