import type { Cell } from '../org/cell.ts'
import type { Computed, FieldDefinition, FieldType, FormulaRow } from './definition.ts'

type Extra = Omit<Partial<FieldDefinition>, 'name' | 'label' | 'type' | 'flags' | 'length'>

/** A field without or with a length. */
export function field(name: string, label: string, type: FieldType, flags: string, length = 0, extra: Extra = {}) {
  return { name, label, type, flags, length, ...extra } satisfies FieldDefinition
}

/** A currency, percent or double: all its digits, and those after the point. */
export const number = (
  name: string,
  label: string,
  type: 'currency' | 'percent' | 'double',
  flags: string,
  precision: number,
  scale: number,
): FieldDefinition => field(name, label, type, flags, 0, { precision, scale })

/** A lookup to one of `referenceTo`; the relationship's name is the field's without `Id`, or with `__r` for `__c`. */
export function lookup(
  name: string,
  label: string,
  flags: string,
  referenceTo: readonly string[],
  extra: Extra = {},
): FieldDefinition {
  const relationshipName = name.endsWith('__c') ? name.replace(/__c$/, '__r') : name.replace(/Id$/, '')
  return field(name, label, 'reference', flags, 18, { referenceTo, relationshipName, ...extra })
}

/** A value worked out on each read. With `text` it is a formula field. */
export function calculated(
  name: string,
  label: string,
  type: FieldType,
  value: (row: FormulaRow) => Cell,
  extra: Extra & { readonly length?: number; readonly text?: string } = {},
): FieldDefinition {
  const { text, length = 0, ...rest } = extra
  const computed: Computed = { kind: 'value', value, ...(text === undefined ? {} : { text }) }
  return field(name, label, type, type === 'boolean' ? 'D' : 'N', length, { ...rest, computed })
}

/** A value that is the parent's, shown here: it follows the parent without moving this row's stamps. */
export const mirror = (
  name: string,
  label: string,
  type: FieldType,
  length: number,
  ...paths: string[]
): FieldDefinition =>
  calculated(name, label, type, row => paths.map(path => row.get(path)).find(cell => cell !== null) ?? null, { length })

const accuracies = [
  'Address',
  'NearAddress',
  'Block',
  'Street',
  'ExtendedZip',
  'Zip',
  'Neighborhood',
  'City',
  'County',
  'State',
  'Unknown',
]

/** The parts of an address and the compound that joins them, e.g. MailingStreet … MailingAddress. */
export function address(prefix: string): FieldDefinition[] {
  const compound = `${prefix}Address`
  const labelled = (text: string) => `${prefix} ${text}`.trim()
  const part = (name: string, label: string, type: FieldType, length: number, extra: Extra = {}) =>
    field(prefix + name, labelled(label), type, extra.values ? 'CUNR' : 'CUN', length, { compound, ...extra })
  return [
    part('Street', 'Street', 'textarea', 255),
    part('City', 'City', 'string', 40),
    part('State', 'State/Province', 'string', 80),
    part('PostalCode', 'Zip/Postal Code', 'string', 20),
    part('Country', 'Country', 'string', 80),
    part('Latitude', 'Latitude', 'double', 0, { precision: 18, scale: 15 }),
    part('Longitude', 'Longitude', 'double', 0, { precision: 18, scale: 15 }),
    part('GeocodeAccuracy', 'Geocode Accuracy', 'picklist', 40, { values: accuracies }),
    field(compound, labelled('Address'), 'address', 'N', 0, { computed: { kind: 'address', prefix } }),
  ]
}

/** A geolocation field: its two parts, which are written, and the compound, which is read (salesforce-facts 10.2). */
export function geolocation(name: string, label: string): FieldDefinition[] {
  const prefix = name.replace(/__c$/, '')
  const degrees = { precision: 18, scale: 15, compound: name }
  return [
    field(`${prefix}__Latitude__s`, `${label} (Latitude)`, 'double', 'CUN', 0, degrees),
    field(`${prefix}__Longitude__s`, `${label} (Longitude)`, 'double', 'CUN', 0, degrees),
    field(name, label, 'location', 'N', 0, { computed: { kind: 'location', prefix } }),
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

/** When the current user last saw the row; nobody looks in the simulated org. */
export const viewedFields: readonly FieldDefinition[] = [
  field('LastViewedDate', 'Last Viewed Date', 'datetime', 'N'),
  field('LastReferencedDate', 'Last Referenced Date', 'datetime', 'N'),
]

/** `Id` of the object called `label`. */
export const idField = (label: string): FieldDefinition => field('Id', `${label} ID`, 'id', 'DL', 18)

export const isDeletedField: FieldDefinition = field('IsDeleted', 'Deleted', 'boolean', 'D')
