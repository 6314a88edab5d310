import type { Cell } from '../org/cell.ts'
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
  | 'time'
  | 'address'
  | 'location'
  | 'base64'
  | 'combobox'
  | 'encryptedstring'

/** A row as a formula sees it: values as they are now, not as they were when the row was saved. */
export interface FormulaRow {
  /** A field of the row, or of a parent: `Account.Name`. Null if a lookup on the way is empty. */
  get(path: string): Cell
  /** The live rows of `object` that point here with their lookup `field`. */
  children(object: string, field: string): readonly FormulaRow[]
  readonly nowMs: number
}

/** What is not stored but worked out on each read, so that it changes without moving SystemModstamp (salesforce-facts 3.5):
 *  a person's name; an address or location from the fields that start with `prefix`; any value of the row, its parents and children.
 *  `text` is what describe shows as `calculatedFormula`; without it the field is not a formula field to the API. */
export type Computed =
  | { readonly kind: 'personName' }
  | { readonly kind: 'address'; readonly prefix: string }
  | { readonly kind: 'location'; readonly prefix: string }
  | { readonly kind: 'value'; readonly text?: string; readonly value: (row: FormulaRow) => Cell }

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
  /** Most digits of an int. */
  readonly digits?: number
  readonly values?: readonly string[]
  /** What a new row holds unless told otherwise; false for a boolean that has none. */
  readonly defaultValue?: string | number | boolean
  /** Display format of an auto number, e.g. `INV-{00000}`: the braces hold the number's least digits. */
  readonly autoNumber?: string
  /** Rich text: HTML in a textarea. */
  readonly html?: boolean
  readonly referenceTo?: readonly string[]
  readonly relationshipName?: string
  /** What the parent calls its rows of this object, e.g. `Contacts`; without one the parent has no such list. */
  readonly childRelationshipName?: string
  /** Deleting the parent deletes this row as well (salesforce-facts 4.3). */
  readonly cascadeDelete?: boolean
  /** The parent cannot be deleted while this row exists (salesforce-facts 4.3). */
  readonly restrictedDelete?: boolean
  /** The parent of a master-detail relationship: always there, never changed. */
  readonly masterDetail?: boolean
  /** The compound field this one is a part of. */
  readonly compound?: string
  readonly computed?: Computed
  /** The types the field had before, whose values older rows still hold. */
  readonly retypedFrom?: readonly FieldType[]
}

/** What can be done with an object's rows, by the names describe has for it (salesforce-facts 2.5, 6.1). */
export interface ObjectFlags {
  readonly queryable: boolean
  readonly retrieveable: boolean
  readonly createable: boolean
  readonly updateable: boolean
  readonly deletable: boolean
  readonly undeletable: boolean
  readonly mergeable: boolean
  readonly replicateable: boolean
  readonly searchable: boolean
  readonly triggerable: boolean
  readonly layoutable: boolean
  readonly feedEnabled: boolean
  readonly mruEnabled: boolean
}

/** The flags of an object that holds a company's own data; what differs is spelled out after them. */
export const dataFlags: ObjectFlags = {
  queryable: true,
  retrieveable: true,
  createable: true,
  updateable: true,
  deletable: true,
  undeletable: true,
  mergeable: false,
  replicateable: true,
  searchable: true,
  triggerable: true,
  layoutable: true,
  feedEnabled: true,
  mruEnabled: true,
}

/** The flags of an object that the API can only read, such as LeadStatus. */
export const readOnlyFlags: ObjectFlags = {
  queryable: true,
  retrieveable: true,
  createable: false,
  updateable: false,
  deletable: false,
  undeletable: false,
  mergeable: false,
  replicateable: false,
  searchable: false,
  triggerable: false,
  layoutable: false,
  feedEnabled: false,
  mruEnabled: false,
}

/** An object as data; adding an object to the org is adding a file with one of these. */
export interface ObjectDefinition extends ObjectFlags {
  readonly name: string
  readonly label: string
  readonly labelPlural: string
  readonly keyPrefix: string
  /** The field that names a row; `Name` unless told otherwise. */
  readonly nameField?: string
  /** What Salesforce does for this object beside its fields. */
  readonly rules?: ObjectRules
  readonly fields: readonly FieldDefinition[]
}
