import { type ObjectDefinition, readOnlyFlags } from './definition.ts'
import { auditFields, field, idField, lookup } from './fields.ts'

/** RecordType: kinds of rows of one object. */
export const recordType: ObjectDefinition = {
  name: 'RecordType',
  label: 'Record Type',
  labelPlural: 'Record Types',
  keyPrefix: '012',
  ...readOnlyFlags,
  fields: [
    idField('Record Type'),
    field('Name', 'Name', 'string', 'L', 80),
    field('DeveloperName', 'Record Type Name', 'string', '', 80),
    field('NamespacePrefix', 'Namespace Prefix', 'string', 'N', 15),
    field('Description', 'Description', 'string', 'N', 255),
    lookup('BusinessProcessId', 'Business Process ID', 'N', ['BusinessProcess']),
    field('SobjectType', 'SObject Type Name', 'picklist', 'R', 40, { values: ['Opportunity'] }),
    field('IsActive', 'Active', 'boolean', 'D'),
    field('IsPersonType', 'Is Person Type', 'boolean', 'D'),
    ...auditFields,
  ],
}
