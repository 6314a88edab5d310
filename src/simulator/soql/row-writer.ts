import type { Cells } from '../org/cell.ts'
import { type ObjectType, systemSlots } from '../org/object-type.ts'
import { type ParentStep, parentCells } from './field-path.ts'
import { tableOfId } from './name-object.ts'

export { ownPaths } from './field-path.ts'

/** Writes one row as JSON text: `attributes`, then the members as asked for. */
export type RowWriter = (cells: Cells) => string

/** One member of a row's JSON, of the row itself or of one of its parents. */
export interface Output {
  readonly name: string
  /** The lookups from the queried object to the member's object; empty for its own. */
  readonly parents: readonly ParentStep[]
  /** Writes the member's value from the cells of its object; `root` is `/services/data/vXX.X`. */
  writer(root: string, paging?: ChildPaging): RowWriter
  /** How many child rows the member shows for a row: those count for the page (salesforce-facts 2.3). */
  readonly childRows?: (cells: Cells) => number
}

/** How the rows of a sub-query are written: as a page of their own. */
export interface ChildPaging {
  page(rows: ChildRows): string
}

/** The rows that a sub-query found for one parent. */
export interface ChildRows {
  readonly type: ObjectType
  readonly outputs: readonly Output[]
  readonly rows: readonly { readonly cells: Cells | undefined }[]
}

/** A writer for those members, parents nested under their relationship (salesforce-facts 3.1). `root` is `/services/data/vXX.X`. */
export function rowWriter(type: ObjectType, outputs: readonly Output[], root: string, paging?: ChildPaging): RowWriter {
  const head = `{"attributes":{"type":"${type.name}","url":"${root}/sobjects/${type.name}/`
  return membersWriter(cells => `${head}${cells[systemSlots.Id]}"}`, outputs, root, paging)
}

/** A writer whose rows begin with what `head` gives. */
function membersWriter(head: RowWriter, outputs: readonly Output[], root: string, paging?: ChildPaging): RowWriter {
  const parts = groupByParent(outputs).map(({ step, members: [first, ...others] }) =>
    step ? parentPart(step, [first, ...others], root) : { key: `,"${first.name}":`, write: first.writer(root, paging) },
  )
  const writes = parts.map(part => part.write)
  const keys = parts.map(part => part.key)
  const nulls = keys.map(key => `${key}null`)
  return cells => {
    let text = head(cells)
    for (let i = 0; i < writes.length; i++) {
      const value = writes[i]!(cells)
      text += value === 'null' ? nulls[i] : keys[i] + value
    }
    return `${text}}`
  }
}

interface Group {
  readonly step: ParentStep | undefined
  readonly members: [Output, ...Output[]]
}

/** Members of one parent stand together, where the first of them was asked for. */
function groupByParent(outputs: readonly Output[]): Group[] {
  const groups: Group[] = []
  for (const output of outputs) {
    const step = output.parents[0]
    const known = step && groups.find(group => group.step?.name === step.name)
    if (known) known.members.push(output)
    else groups.push({ step, members: [output] })
  }
  return groups
}

function parentPart(step: ParentStep, members: readonly Output[], root: string): { key: string; write: RowWriter } {
  const above = members.map(member => ({ ...member, parents: member.parents.slice(1) }))
  const [table] = step.tables
  const write = step.tables.length === 1 ? rowWriter(table.type, above, root) : nameWriter(step, above, root)
  return {
    key: `,"${step.name}":`,
    write: cells => {
      const parent = parentCells(step, cells)
      return parent ? write(parent) : 'null'
    },
  }
}

/** A parent of one of several objects: SOQL calls them all `Name`. */
function nameWriter({ tables }: ParentStep, outputs: readonly Output[], root: string): RowWriter {
  const head: RowWriter = cells => {
    const object = tableOfId(tables, cells[systemSlots.Id])?.type.name
    return `{"attributes":{"type":"Name","url":"${root}/sobjects/${object}/${cells[systemSlots.Id]}"}`
  }
  return membersWriter(head, outputs, root)
}
