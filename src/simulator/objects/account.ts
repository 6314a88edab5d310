import { address, auditFields, field, idField, isDeletedField, lookup, type ObjectDefinition } from './definition.ts'

/** Account with the main fields of salesforce-facts 6.5: the parent that contacts point to. */
export const account: ObjectDefinition = {
  name: 'Account',
  label: 'Account',
  labelPlural: 'Accounts',
  keyPrefix: '001',
  createable: true,
  updateable: true,
  deletable: true,
  replicateable: true,
  fields: [
    idField('Account'),
    isDeletedField,
    lookup('MasterRecordId', 'Master Record ID', 'N', ['Account']),
    field('Name', 'Account Name', 'string', 'CU', 255),
    lookup('ParentId', 'Parent Account ID', 'CUN', ['Account']),
    ...address('Billing'),
    field('Phone', 'Account Phone', 'phone', 'CUN', 40),
    field('Website', 'Website', 'url', 'CUN', 255),
    field('AnnualRevenue', 'Annual Revenue', 'currency', 'CUN', 0, { precision: 18, scale: 0 }),
    field('NumberOfEmployees', 'Employees', 'int', 'CUN'),
    field('Description', 'Account Description', 'textarea', 'CUN', 32_000),
    lookup('OwnerId', 'Owner ID', 'CUD', ['User']),
    ...auditFields,
  ],
}
