import { customFields } from './custom-fields.ts'
import { dataFlags, type ObjectDefinition } from './definition.ts'
import { auditFields, field, idField, isDeletedField, lookup, viewedFields } from './fields.ts'

/** Product2 (salesforce-facts 6.8). */
export const product: ObjectDefinition = {
  name: 'Product2',
  label: 'Product',
  labelPlural: 'Products',
  keyPrefix: '01t',
  ...dataFlags,
  fields: [
    idField('Product'),
    field('Name', 'Product Name', 'string', 'CUL', 255),
    field('ProductCode', 'Product Code', 'string', 'CUN', 255),
    field('Description', 'Product Description', 'textarea', 'CUN', 4000),
    field('IsActive', 'Active', 'boolean', 'CUD'),
    ...auditFields,
    field('Family', 'Product Family', 'picklist', 'CUN', 255, { values: ['None'] }),
    lookup('ExternalDataSourceId', 'External Data Source ID', 'CUN', ['ExternalDataSource']),
    field('ExternalId', 'External ID', 'string', 'CUN', 255),
    field('DisplayUrl', 'Display URL', 'url', 'CUN', 1000),
    field('QuantityUnitOfMeasure', 'Quantity Unit Of Measure', 'picklist', 'CUN', 255, { values: ['Each'] }),
    isDeletedField,
    field('IsArchived', 'Archived', 'boolean', 'D'),
    ...viewedFields,
    field('StockKeepingUnit', 'Product SKU', 'string', 'CUN', 180),
    ...customFields('Product2', {
      text: 'ProductCode & " " & Name',
      value: row => `${row.get('ProductCode') ?? ''} ${row.get('Name') ?? ''}`,
    }),
  ],
}
