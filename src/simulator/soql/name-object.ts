import type { Cells } from '../org/cell.ts'
import type { Field } from '../org/object-type.ts'
import type { Org } from '../org/org.ts'
import type { Table } from '../org/table.ts'

/** Fields that SOQL knows of a lookup's target when that may be of several objects (salesforce-facts 6.4). */
const sharedNames = [
  ...['Id', 'Name', 'FirstName', 'LastName', 'Email', 'Phone', 'Title', 'Username', 'Alias', 'IsActive'],
  ...['ProfileId', 'UserRoleId'],
]

/** The table a row's or a lookup's id belongs to. */
export function tableOfId(tables: readonly Table[], id: unknown): Table | undefined {
  const prefix = String(id).slice(0, 3)
  return tables.find(table => table.type.keyPrefix === prefix)
}

/** What SOQL calls the object `Name`: the targets of a lookup to several objects, seen through the fields they share. */
export function nameField(org: Org, tables: readonly Table[], name: string): Field | undefined {
  const sample = tables.map(table => table.type.field('Name')).find(field => field !== undefined)
  if (!sample) return undefined
  if (name.toLowerCase() === 'type') return typeField(tables, sample)
  const shared = sharedNames.find(each => each.toLowerCase() === name.toLowerCase())
  const known = [...tables, ...org.tables].map(table => table.type.field(shared ?? '')).find(each => each !== undefined)
  if (!known) return undefined
  const own = new Map(tables.map(table => [table.type.keyPrefix, table.type.field(known.name)]))
  const fieldOf = (cells: Cells) => own.get(String(cells[0]).slice(0, 3))
  return {
    ...known,
    slot: -1,
    read: cells => fieldOf(cells)?.read(cells) ?? null,
    json: cells => fieldOf(cells)?.json(cells) ?? 'null',
  }
}

function typeField(tables: readonly Table[], sample: Field): Field {
  const read = (cells: Cells) => tableOfId(tables, cells[0])?.type.name ?? null
  return { ...sample, name: 'Type', label: 'Type', type: 'string', slot: -1, read, json: cells => `"${read(cells)}"` }
}
