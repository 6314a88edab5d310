import type { Cells } from '../org/cell.ts'
import { type Field, type ObjectType, systemSlots } from '../org/object-type.ts'
import { type FieldPath, type ParentStep, parentCells } from './field-path.ts'

/** Writes one row as JSON text: `attributes`, then the fields as asked for. */
export type RowWriter = (cells: Cells) => string

/** A writer for those fields, parents nested under their relationship (salesforce-facts 3.1). `root` is `/services/data/vXX.X`. */
export function rowWriter(type: ObjectType, paths: readonly FieldPath[], root: string): RowWriter {
  const head = `{"attributes":{"type":"${type.name}","url":"${root}/sobjects/${type.name}/`
  const parts = groupByParent(paths).map(({ step, members }) =>
    step ? parentPart(step, members, root) : ownPart(members),
  )
  return cells => {
    let text = `${head}${cells[systemSlots.Id]}"}`
    for (const part of parts) text += part.key + part.write(cells)
    return `${text}}`
  }
}

interface Group {
  readonly step: ParentStep | undefined
  readonly members: FieldPath[]
}

/** Fields of one parent stand together, where the first of them was asked for. */
function groupByParent(paths: readonly FieldPath[]): Group[] {
  const groups: Group[] = []
  for (const path of paths) {
    const step = path.parents[0]
    const known = step && groups.find(group => group.step?.name === step.name)
    if (known) known.members.push(path)
    else groups.push({ step, members: [path] })
  }
  return groups
}

interface Part {
  readonly key: string
  readonly write: RowWriter
}

function ownPart([path]: readonly FieldPath[]): Part {
  return path ? { key: `,"${path.field.name}":`, write: path.field.json } : { key: '', write: () => '' }
}

function parentPart(step: ParentStep, members: readonly FieldPath[], root: string): Part {
  const above = members.map(path => ({ ...path, parents: path.parents.slice(1) }))
  const write = rowWriter(step.table.type, above, root)
  return {
    key: `,"${step.name}":`,
    write: cells => {
      const parent = parentCells(step, cells)
      return parent ? write(parent) : 'null'
    },
  }
}

/** Paths for fields of the object itself. */
export const ownPaths = (fields: readonly Field[]): FieldPath[] =>
  fields.map(field => ({ field, parents: [], read: field.read }))
