import type { ObjectRules } from '../org/object-rules.ts'

/** Field types of describe that the simulated org knows (salesforce-facts 2.5). */
export type FieldType =
  | 'id'
  | 'reference'
  | 'string'
  | 'textarea'
  | 'phone'
  | 'email'
  | 'url'
  | 'picklist'
  | 'multipicklist'
  | 'boolean'
  | 'int'
  | 'double'
  | 'currency'
  | 'percent'
  | 'date'
  | 'datetime'
  | 'address'

/** A field as data. `flags` uses the letters of the Object Reference, as salesforce-facts 6 does:
 *  C createable, U updateable, N nillable, D defaulted on create, R restricted picklist, L id lookup;
 *  and E external id, Q unique. Filterable, groupable and sortable follow from the type. */
export interface FieldDefinition {
  readonly name: string
  readonly label: string
  readonly type: FieldType
  readonly flags: string
  readonly length?: number
  readonly precision?: number
  readonly scale?: number
  readonly values?: readonly string[]
  readonly referenceTo?: readonly string[]
  readonly relationshipName?: string
  /** The compound field this one is a part of. */
  readonly compound?: string
  /** Not stored, but put together from its parts: a person's name, or an address from the fields that start with `prefix`. */
  readonly computed?: { readonly kind: 'personName' } | { readonly kind: 'address'; readonly prefix: string }
}

/** An object as data; adding an object to the org is adding a file with one of these. */
export interface ObjectDefinition {
  readonly name: string
  readonly label: string
  readonly labelPlural: string
  readonly keyPrefix: string
  readonly createable: boolean
  readonly updateable: boolean
  readonly deletable: boolean
  readonly replicateable: boolean
  /** What Salesforce does for this object beside its fields. */
  readonly rules?: ObjectRules
  readonly fields: readonly FieldDefinition[]
}

type Extra = Omit<Partial<FieldDefinition>, 'name' | 'label' | 'type' | 'flags' | 'length'>

/** A field without or with a length. */
export function field(name: string, label: string, type: FieldType, flags: string, length = 0, extra: Extra = {}) {
  return { name, label, type, flags, length, ...extra } satisfies FieldDefinition
}

/** A lookup to one of `referenceTo`; the relationship's name is the field's without `Id`. */
export function lookup(name: string, label: string, flags: string, referenceTo: readonly string[]): FieldDefinition {
  return field(name, label, 'reference', flags, 18, { referenceTo, relationshipName: name.replace(/Id$/, '') })
}

/** The parts of an address and the compound that joins them, e.g. MailingStreet … MailingAddress. */
export function address(prefix: string): FieldDefinition[] {
  const compound = `${prefix}Address`
  const part = (name: string, type: FieldType, length: number, extra: Extra = {}) =>
    field(`${prefix}${name}`, `${prefix} ${name}`, type, 'CUN', length, { compound, ...extra })
  return [
    part('Street', 'textarea', 255),
    part('City', 'string', 40),
    part('State', 'string', 80),
    part('PostalCode', 'string', 20),
    part('Country', 'string', 80),
    part('Latitude', 'double', 0, { precision: 18, scale: 15 }),
    part('Longitude', 'double', 0, { precision: 18, scale: 15 }),
    field(compound, `${prefix} Address`, 'address', 'N', 0, { computed: { kind: 'address', prefix } }),
  ]
}

/** The audit fields every object has (salesforce-facts 2.5, table of system fields). */
export const auditFields: readonly FieldDefinition[] = [
  field('CreatedDate', 'Created Date', 'datetime', 'D'),
  lookup('CreatedById', 'Created By ID', 'D', ['User']),
  field('LastModifiedDate', 'Last Modified Date', 'datetime', 'D'),
  lookup('LastModifiedById', 'Last Modified By ID', 'D', ['User']),
  field('SystemModstamp', 'System Modstamp', 'datetime', 'D'),
]

/** `Id` of the object called `label`. */
export const idField = (label: string): FieldDefinition => field('Id', `${label} ID`, 'id', 'DL', 18)

export const isDeletedField: FieldDefinition = field('IsDeleted', 'Deleted', 'boolean', 'D')
