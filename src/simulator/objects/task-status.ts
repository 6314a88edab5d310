import { type ObjectDefinition, readOnlyFlags } from './definition.ts'
import { auditFields, field, idField } from './fields.ts'

/** TaskStatus (salesforce-facts 6.10), to be read only. */
export const taskStatus: ObjectDefinition = {
  name: 'TaskStatus',
  label: 'Task Status Value',
  labelPlural: 'Task Status Value',
  keyPrefix: '01T',
  ...readOnlyFlags,
  nameField: 'ApiName',
  fields: [
    idField('Task Status Value'),
    field('ApiName', 'API Name', 'string', 'L', 255),
    field('MasterLabel', 'Master Label', 'string', 'N', 255),
    field('SortOrder', 'Sort Order', 'int', 'N'),
    field('IsDefault', 'Is Default', 'boolean', 'D'),
    field('IsClosed', 'Is Closed', 'boolean', 'D'),
    ...auditFields,
  ],
}
