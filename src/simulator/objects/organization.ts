import { auditFields, field, idField, type ObjectDefinition } from './definition.ts'

/** The org's own row: what clients read to learn the edition and whether it is a sandbox. */
export const organization: ObjectDefinition = {
  name: 'Organization',
  label: 'Organization',
  labelPlural: 'Organizations',
  keyPrefix: '00D',
  createable: false,
  updateable: false,
  deletable: false,
  replicateable: false,
  fields: [
    idField('Organization'),
    field('Name', 'Name', 'string', '', 80),
    field('OrganizationType', 'Edition', 'picklist', 'N', 40, {
      values: ['Developer Edition', 'Enterprise Edition', 'Unlimited Edition'],
    }),
    field('IsSandbox', 'Is Sandbox', 'boolean', 'D'),
    field('InstanceName', 'Instance Name', 'string', 'N', 5),
    field('NamespacePrefix', 'Namespace Prefix', 'string', 'N', 15),
    field('TrialExpirationDate', 'Trial Expiration Date', 'datetime', 'N'),
    ...auditFields,
  ],
}
