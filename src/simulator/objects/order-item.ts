import { dataFlags, type ObjectDefinition } from './definition.ts'
import { auditFields, calculated, field, idField, isDeletedField, lookup, number } from './fields.ts'
import { itemTotal, orderItemRules } from './rules/order.ts'

/** OrderItem (salesforce-facts 6.8). */
export const orderItem: ObjectDefinition = {
  name: 'OrderItem',
  label: 'Order Product',
  labelPlural: 'Order Products',
  keyPrefix: '802',
  ...dataFlags,
  nameField: 'OrderItemNumber',
  undeletable: false,
  rules: orderItemRules,
  fields: [
    idField('Order Product'),
    lookup('Product2Id', 'Product ID', 'CN', ['Product2'], {
      childRelationshipName: 'OrderItems',
      restrictedDelete: true,
    }),
    isDeletedField,
    lookup('OrderId', 'Order ID', 'C', ['Order'], { childRelationshipName: 'OrderItems', cascadeDelete: true }),
    lookup('PricebookEntryId', 'Price Book Entry ID', 'C', ['PricebookEntry'], { childRelationshipName: 'OrderItems' }),
    lookup('OriginalOrderItemId', 'Original Order Item ID', 'CN', ['OrderItem'], {
      childRelationshipName: 'ReductionOrderItems',
    }),
    calculated('AvailableQuantity', 'Available Quantity', 'double', row => row.get('Quantity'), {
      precision: 18,
      scale: 2,
    }),
    number('Quantity', 'Quantity', 'double', 'CU', 18, 2),
    number('UnitPrice', 'Unit Price', 'currency', 'CUN', 18, 2),
    number('ListPrice', 'List Price', 'currency', 'CN', 18, 2),
    calculated('TotalPrice', 'Total Price', 'currency', itemTotal, { precision: 18, scale: 2 }),
    field('ServiceDate', 'Start Date', 'date', 'CUN'),
    field('EndDate', 'End Date', 'date', 'CUN'),
    field('Description', 'Line Description', 'string', 'CUN', 255),
    ...auditFields,
    field('OrderItemNumber', 'Order Product Number', 'string', 'DL', 30, { autoNumber: '{0000000000}' }),
  ],
}
