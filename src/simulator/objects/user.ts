import { auditFields, field, idField, type ObjectDefinition } from './definition.ts'

/** The users of the org, to be read only. */
export const user: ObjectDefinition = {
  name: 'User',
  label: 'User',
  labelPlural: 'Users',
  keyPrefix: '005',
  createable: false,
  updateable: false,
  deletable: false,
  replicateable: true,
  fields: [
    idField('User'),
    field('Username', 'Username', 'string', 'L', 80),
    field('LastName', 'Last Name', 'string', '', 80, { compound: 'Name' }),
    field('FirstName', 'First Name', 'string', 'N', 40, { compound: 'Name' }),
    field('Name', 'Full Name', 'string', '', 121, { computed: { kind: 'personName' } }),
    field('Email', 'Email', 'email', 'L', 128),
    field('Alias', 'Alias', 'string', '', 8),
    field('IsActive', 'Active', 'boolean', 'D'),
    field('UserType', 'User Type', 'picklist', 'N', 40, { values: ['Standard', 'AutomatedProcess'] }),
    ...auditFields,
  ],
}
