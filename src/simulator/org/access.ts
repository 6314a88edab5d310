import type { Field, ObjectType } from './object-type.ts'

/** What one user may see and change: object permissions and field-level security (salesforce-facts 2.5). */
export interface Access {
  canRead(field: Field): boolean
  /** Whether the user may set the field when the row is made, and change it afterwards. */
  canCreate(field: Field): boolean
  canUpdate(field: Field): boolean
  /** The fields the user sees, in the order of the definition. */
  readable(type: ObjectType): readonly Field[]
}

/** The access of a user from whom nothing is withheld. */
export const fullAccess: Access = {
  canRead: () => true,
  canCreate: field => field.createable,
  canUpdate: field => field.updateable,
  readable: type => type.fields,
}
