import type { FormulaRow } from '../objects/definition.ts'
import type { Cell, Cells } from './cell.ts'
import type { ObjectType } from './object-type.ts'

/** A row met on the way, with its object. */
export interface Found {
  readonly type: ObjectType
  readonly cells: Cells
}

/** Formulas that read formulas end here: a formula may not refer to itself, even by way of others. */
const depthMax = 10
let depth = 0

/** A reader that works the value out from the row, its parents and its children; `typeOf` gives the row's object. */
export function valueReader(value: (row: FormulaRow) => Cell, typeOf: () => ObjectType): (cells: Cells) => Cell {
  return cells => {
    if (depth >= depthMax) return null
    depth++
    try {
      return value(formulaRow({ type: typeOf(), cells }))
    } finally {
      depth--
    }
  }
}

/** The row as formulas see it. */
function formulaRow({ type, cells }: Found): FormulaRow {
  const { surroundings } = type
  return {
    get: path => {
      const at = path.indexOf('.')
      if (at < 0) return type.field(path)?.read(cells) ?? null
      const id = type.relationship(path.slice(0, at))?.read(cells)
      const parent = typeof id === 'string' ? surroundings.find(id) : undefined
      return parent ? formulaRow(parent).get(path.slice(at + 1)) : null
    },
    children: (object, field) => surroundings.children(object, field, String(cells[0])).map(formulaRow),
    nowMs: surroundings.now(),
  }
}
