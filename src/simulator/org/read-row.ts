import { requestError, rowError } from '../api-error.ts'
import { type Access, fullAccess } from './access.ts'
import type { Cell } from './cell.ts'
import { parseValue } from './field-value.ts'
import type { Field, ObjectType } from './object-type.ts'
import type { Org } from './org.ts'

/** What the request's headers say of its writes (salesforce-facts 2.3). */
export interface SaveOptions {
  /** Sforce-Auto-Assign: whether assignment rules run; they do unless it is FALSE. */
  readonly assign: boolean
  /** Sforce-Duplicate-Rule-Header allowSave: a duplicate rule that alerts is passed. */
  readonly allowDuplicates: boolean
  /** `/services/data/vXX.X`, for the rows that a duplicate rule names. */
  readonly root: string
}

/** The fields of a row to be written, read from JSON; not yet checked against the org. */
export interface RowInput {
  readonly values: ReadonlyMap<Field, Cell>
  readonly options: SaveOptions
}

/** Who asks: the parts of a REST call that a write depends on. Header names in lower case. */
export interface Asker {
  readonly access: Access
  readonly headers: Readonly<Record<string, string>>
  readonly root: string
}

const theOrg: Asker = { access: fullAccess, headers: {}, root: '/services/data/v68.0' }

function saveOptions({ headers, root }: Asker): SaveOptions {
  const assign = headers['sforce-auto-assign']?.trim().toUpperCase() !== 'FALSE'
  const allowDuplicates = /\ballowSave\s*=\s*true\b/i.test(headers['sforce-duplicate-rule-header'] ?? '')
  return { assign, allowDuplicates, root }
}

/** Reads a row's JSON. Throws for the whole request: a field that is unknown or hidden from the user, `Id` in the body, a value of the
 *  wrong JSON type (salesforce-facts 2.5, 2.6, 2.10). `attributes` and the names in `ignored` are passed over. */
export function readRow(
  org: Org,
  type: ObjectType,
  json: Readonly<Record<string, unknown>>,
  text = '',
  ignored: readonly string[] = [],
  asker: Asker = theOrg,
): RowInput {
  const { access } = asker
  const values = new Map<Field, Cell>()
  for (const [name, value] of Object.entries(json)) {
    if (name === 'attributes' || ignored.includes(name.toLowerCase())) continue
    if (name.toLowerCase() === 'id') {
      throw requestError(400, 'INVALID_FIELD', 'The Id field should not be specified in the sobject data.')
    }
    const parent = typeof value === 'object' && value !== null ? type.relationship(name) : undefined
    if (parent && access.canRead(parent)) {
      values.set(parent, parentId(org, parent, value as Readonly<Record<string, unknown>>))
      continue
    }
    const field = type.field(name)
    if (!field || !access.canRead(field))
      throw requestError(400, 'INVALID_FIELD', `No such column '${name}' on sobject of type ${type.name}`)
    values.set(field, parseValue(field, value, text))
  }
  return { values, options: saveOptions(asker) }
}

/** The parent named by its external id, e.g. `"Account": {"Ext__c": "A-1"}` (salesforce-facts 2.7). */
function parentId(org: Org, lookup: Field, json: Readonly<Record<string, unknown>>): Cell {
  const table = org.table(lookup.definition.referenceTo?.[0] ?? '')
  const entry = Object.entries(json).find(([name]) => name !== 'attributes')
  const field = table?.type.field(entry?.[0] ?? '')
  const [parent] = (field && table?.named(field, entry?.[1])) ?? []
  if (parent) return parent.id
  const message = `Foreign key external ID: ${String(entry?.[1]).toLowerCase()} not found for field ${entry?.[0]} in entity ${table?.type.name}`
  throw rowError('INVALID_FIELD', message)
}
