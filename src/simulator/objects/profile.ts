import { type ObjectDefinition, readOnlyFlags } from './definition.ts'
import { auditFields, field, idField, viewedFields } from './fields.ts'
import { userTypes } from './picklists.ts'

/** Profile: what users of one kind may do. The simulated org grants rights user by user. */
export const profile: ObjectDefinition = {
  name: 'Profile',
  label: 'Profile',
  labelPlural: 'Profile',
  keyPrefix: '00e',
  ...readOnlyFlags,
  fields: [
    idField('Profile'),
    field('Name', 'Name', 'string', 'L', 255),
    field('UserType', 'User Type', 'picklist', 'NR', 40, { values: userTypes }),
    ...auditFields,
    field('Description', 'Description', 'string', 'N', 255),
    ...viewedFields,
  ],
}
