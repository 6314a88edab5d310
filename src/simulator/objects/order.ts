import { customFields } from './custom-fields.ts'
import { dataFlags, type ObjectDefinition } from './definition.ts'
import { address, auditFields, calculated, field, idField, isDeletedField, lookup, viewedFields } from './fields.ts'
import { orderRules, orderTotal } from './rules/order.ts'
import { orderStatuses } from './status-rows.ts'

/** Order (salesforce-facts 6.8). */
export const order: ObjectDefinition = {
  name: 'Order',
  label: 'Order',
  labelPlural: 'Orders',
  keyPrefix: '801',
  ...dataFlags,
  nameField: 'OrderNumber',
  rules: orderRules,
  fields: [
    idField('Order'),
    lookup('ContractId', 'Contract ID', 'CUN', ['Contract']),
    lookup('AccountId', 'Account ID', 'CUN', ['Account'], { childRelationshipName: 'Orders', cascadeDelete: true }),
    lookup('Pricebook2Id', 'Price Book ID', 'CUDN', ['Pricebook2'], { childRelationshipName: 'Orders' }),
    lookup('OriginalOrderId', 'Order ID', 'CN', ['Order'], { childRelationshipName: 'ReductionOrders' }),
    field('EffectiveDate', 'Order Start Date', 'date', 'CU'),
    field('EndDate', 'Order End Date', 'date', 'CUN'),
    field('IsReductionOrder', 'Reduction Order', 'boolean', 'CD'),
    field('Status', 'Status', 'picklist', 'CUR', 100, { values: orderStatuses.map(each => each.name) }),
    field('Description', 'Description', 'textarea', 'CUN', 32000),
    lookup('CustomerAuthorizedById', 'Customer Authorized By ID', 'CUN', ['Contact']),
    field('CustomerAuthorizedDate', 'Customer Authorized Date', 'date', 'CUN'),
    lookup('CompanyAuthorizedById', 'Company Authorized By ID', 'CUN', ['User']),
    field('CompanyAuthorizedDate', 'Company Authorized Date', 'date', 'CUN'),
    field('Type', 'Order Type', 'picklist', 'CUN', 255),
    ...address('Billing'),
    ...address('Shipping'),
    field('Name', 'Order Name', 'string', 'CUN', 80),
    field('PoDate', 'PO Date', 'date', 'CUN'),
    field('PoNumber', 'PO Number', 'string', 'CUN', 80),
    field('OrderReferenceNumber', 'Order Reference Number', 'string', 'CUN', 80),
    lookup('BillToContactId', 'Bill To Contact ID', 'CUN', ['Contact']),
    lookup('ShipToContactId', 'Ship To Contact ID', 'CUN', ['Contact']),
    field('ActivatedDate', 'Activated Date', 'datetime', 'N'),
    lookup('ActivatedById', 'Activated By ID', 'N', ['User']),
    field('StatusCode', 'Status Category', 'picklist', 'UDR', 40, {
      values: ['Draft', 'Activated'],
      defaultValue: 'Draft',
    }),
    field('OrderNumber', 'Order Number', 'string', 'DL', 30, { autoNumber: '{00000000}' }),
    calculated('TotalAmount', 'Order Amount', 'currency', orderTotal, { precision: 18, scale: 2 }),
    lookup('OwnerId', 'Owner ID', 'CUD', ['Group', 'User']),
    ...auditFields,
    isDeletedField,
    ...viewedFields,
    ...customFields('Order', {
      text: 'OrderNumber & " " & TEXT(Status)',
      value: row => `${row.get('OrderNumber') ?? ''} ${row.get('Status') ?? ''}`,
    }),
  ],
}
