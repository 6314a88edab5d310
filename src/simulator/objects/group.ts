import { type ObjectDefinition, readOnlyFlags } from './definition.ts'
import { auditFields, field, idField, lookup } from './fields.ts'

/** Group: public groups and queues (salesforce-facts 6.1, 6.3). */
export const group: ObjectDefinition = {
  name: 'Group',
  label: 'Group',
  labelPlural: 'Group',
  keyPrefix: '00G',
  ...readOnlyFlags,
  fields: [
    idField('Group'),
    field('Name', 'Name', 'string', 'L', 40),
    field('DeveloperName', 'Developer Name', 'string', 'N', 80),
    lookup('RelatedId', 'Related ID', 'N', ['User', 'UserRole']),
    field('Type', 'Type', 'picklist', 'R', 40, {
      values: ['Regular', 'Role', 'RoleAndSubordinates', 'Organization', 'Queue'],
    }),
    field('Email', 'Email', 'email', 'N', 255),
    lookup('OwnerId', 'Owner ID', 'D', ['Organization', 'User']),
    field('DoesSendEmailToMembers', 'Send Email to Members', 'boolean', 'D'),
    field('DoesIncludeBosses', 'Include Bosses', 'boolean', 'D'),
    field('Description', 'Description', 'textarea', 'N', 1332),
    ...auditFields,
  ],
}
