import { dataFlags, type ObjectDefinition } from './definition.ts'
import { auditFields, field, idField, isDeletedField, viewedFields } from './fields.ts'
import { priceBookRules } from './rules/prices.ts'

/** Pricebook2 (salesforce-facts 6.8). */
export const priceBook: ObjectDefinition = {
  name: 'Pricebook2',
  label: 'Price Book',
  labelPlural: 'Price Books',
  keyPrefix: '01s',
  ...dataFlags,
  rules: priceBookRules,
  fields: [
    idField('Price Book'),
    isDeletedField,
    field('Name', 'Price Book Name', 'string', 'CUL', 255),
    ...auditFields,
    ...viewedFields,
    field('IsActive', 'Active', 'boolean', 'CUD'),
    field('IsArchived', 'Archived', 'boolean', 'D'),
    field('Description', 'Description', 'string', 'CUN', 255),
    field('IsStandard', 'Is Standard Price Book', 'boolean', 'D'),
  ],
}
