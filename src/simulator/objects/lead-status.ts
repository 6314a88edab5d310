import { type ObjectDefinition, readOnlyFlags } from './definition.ts'
import { auditFields, field, idField } from './fields.ts'

/** LeadStatus (salesforce-facts 6.10), to be read only. */
export const leadStatus: ObjectDefinition = {
  name: 'LeadStatus',
  label: 'Lead Status Value',
  labelPlural: 'Lead Status Value',
  keyPrefix: '01J',
  ...readOnlyFlags,
  nameField: 'ApiName',
  fields: [
    idField('Lead Status Value'),
    field('ApiName', 'API Name', 'string', 'L', 255),
    field('MasterLabel', 'Master Label', 'string', 'N', 255),
    field('SortOrder', 'Sort Order', 'int', 'N'),
    field('IsDefault', 'Is Default', 'boolean', 'D'),
    field('IsConverted', 'Is Converted', 'boolean', 'D'),
    ...auditFields,
  ],
}
