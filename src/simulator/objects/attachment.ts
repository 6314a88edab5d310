import { dataFlags, type ObjectDefinition } from './definition.ts'
import { auditFields, calculated, field, idField, isDeletedField, lookup } from './fields.ts'
import { bodyLength } from './rules/attachment.ts'

/** Attachment: the object whose Body is base64, read from a URL of its own (salesforce-facts 10.2). */
export const attachment: ObjectDefinition = {
  name: 'Attachment',
  label: 'Attachment',
  labelPlural: 'Attachments',
  keyPrefix: '00P',
  ...dataFlags,
  feedEnabled: false,
  fields: [
    idField('Attachment'),
    isDeletedField,
    lookup(
      'ParentId',
      'Parent ID',
      'C',
      ['Account', 'Campaign', 'Contact', 'Lead', 'Opportunity', 'Order', 'Product2', 'Task', 'Invoice__c'],
      { childRelationshipName: 'Attachments', cascadeDelete: true },
    ),
    field('Name', 'File Name', 'string', 'CUL', 255),
    field('IsPrivate', 'Private', 'boolean', 'CUD'),
    field('ContentType', 'Content Type', 'string', 'CUN', 120),
    calculated('BodyLength', 'Body Length', 'int', bodyLength, { digits: 8 }),
    field('Body', 'Body', 'base64', 'CU'),
    lookup('OwnerId', 'Owner ID', 'CUD', ['User']),
    ...auditFields,
    field('Description', 'Description', 'textarea', 'CUN', 500),
  ],
}
