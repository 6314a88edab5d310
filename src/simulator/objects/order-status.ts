import { type ObjectDefinition, readOnlyFlags } from './definition.ts'
import { auditFields, field, idField } from './fields.ts'

/** OrderStatus (salesforce-facts 6.10), to be read only. */
export const orderStatus: ObjectDefinition = {
  name: 'OrderStatus',
  label: 'Order Status Value',
  labelPlural: 'Order Status Value',
  keyPrefix: '02u',
  ...readOnlyFlags,
  nameField: 'ApiName',
  fields: [
    idField('Order Status Value'),
    field('ApiName', 'API Name', 'string', 'L', 255),
    field('MasterLabel', 'Master Label', 'string', 'N', 255),
    field('SortOrder', 'Sort Order', 'int', 'N'),
    field('IsDefault', 'Is Default', 'boolean', 'D'),
    field('StatusCode', 'Status Code', 'picklist', 'NR', 40, { values: ['Draft', 'Activated'] }),
    ...auditFields,
  ],
}
