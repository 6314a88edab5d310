import { dataFlags, type ObjectDefinition } from './definition.ts'
import { auditFields, field, idField, isDeletedField, lookup, mirror, number } from './fields.ts'
import { priceBookEntryRules } from './rules/prices.ts'

/** PricebookEntry: the price of one product in one price book (salesforce-facts 6.8). */
export const priceBookEntry: ObjectDefinition = {
  name: 'PricebookEntry',
  label: 'Price Book Entry',
  labelPlural: 'Price Book Entries',
  keyPrefix: '01u',
  ...dataFlags,
  undeletable: false,
  layoutable: false,
  feedEnabled: false,
  rules: priceBookEntryRules,
  fields: [
    idField('Price Book Entry'),
    mirror('Name', 'Product Name', 'string', 255, 'Product2.Name'),
    lookup('Pricebook2Id', 'Price Book ID', 'C', ['Pricebook2'], {
      childRelationshipName: 'PricebookEntries',
      cascadeDelete: true,
    }),
    lookup('Product2Id', 'Product ID', 'C', ['Product2'], {
      childRelationshipName: 'PricebookEntries',
      cascadeDelete: true,
    }),
    number('UnitPrice', 'List Price', 'currency', 'CU', 18, 2),
    field('IsActive', 'Active', 'boolean', 'CUD'),
    field('UseStandardPrice', 'Use Standard Price', 'boolean', 'CUD'),
    ...auditFields,
    mirror('ProductCode', 'Product Code', 'string', 255, 'Product2.ProductCode'),
    isDeletedField,
    field('IsArchived', 'Archived', 'boolean', 'D'),
  ],
}
