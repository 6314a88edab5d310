import { dataFlags, type FormulaRow, type ObjectDefinition } from './definition.ts'
import { auditFields, calculated, field, geolocation, idField, isDeletedField, lookup, number } from './fields.ts'

const total = (row: FormulaRow): number | null => {
  const [amount, tax] = [row.get('Amount__c'), row.get('Tax_Rate__c')]
  return amount === null ? null : Math.round(Number(amount) * (100 + Number(tax))) / 100
}

const dayMs = 24 * 60 * 60 * 1000
const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

/** Due_Date__c and two weeks. */
function lastDay(row: FormulaRow): string | null {
  const due = row.get('Due_Date__c')
  return due === null ? null : dayText(Date.parse(`${due}T00:00:00Z`) + 14 * dayMs)
}

function isOverdue(row: FormulaRow): boolean {
  const due = row.get('Due_Date__c')
  return due !== null && row.get('Is_Paid__c') !== true && String(due) < dayText(row.nowMs)
}

/** A custom object with a field of every type that a custom field can have. */
export const invoice: ObjectDefinition = {
  name: 'Invoice__c',
  label: 'Invoice',
  labelPlural: 'Invoices',
  keyPrefix: 'a00',
  ...dataFlags,
  fields: [
    idField('Record'),
    isDeletedField,
    field('Name', 'Invoice Number', 'string', 'DL', 80, { autoNumber: 'INV-{00000}' }),
    ...auditFields,
    field('LastActivityDate', 'Last Activity Date', 'date', 'N'),
    lookup('Account__c', 'Account', 'C', ['Account'], {
      childRelationshipName: 'Invoices__r',
      cascadeDelete: true,
      masterDetail: true,
    }),
    lookup('Contact__c', 'Contact', 'CUN', ['Contact'], { childRelationshipName: 'Invoices__r' }),
    field('External_Id__c', 'External Id', 'string', 'CUNLEQ', 80),
    field('Command_Id__c', 'Command Id', 'string', 'CUNLEQ', 80),
    field('Is_Paid__c', 'Paid', 'boolean', 'CUD'),
    field('Is_Open__c', 'Open', 'boolean', 'CUD', 0, { defaultValue: true }),
    number('Amount__c', 'Amount', 'currency', 'CUN', 18, 2),
    number('Tax_Rate__c', 'Tax Rate', 'percent', 'CUN', 5, 2),
    number('Weight__c', 'Weight', 'double', 'CUN', 16, 4),
    number('Line_Count__c', 'Line Count', 'double', 'CUN', 18, 0),
    field('Due_Date__c', 'Due Date', 'date', 'CUN'),
    field('Sent_At__c', 'Sent At', 'datetime', 'CUN'),
    field('Call_Time__c', 'Call Time', 'time', 'CUN'),
    field('Billing_Email__c', 'Billing Email', 'email', 'CUN', 80),
    field('Billing_Phone__c', 'Billing Phone', 'phone', 'CUN', 40),
    field('Document_Url__c', 'Document Url', 'url', 'CUN', 255),
    field('Channel__c', 'Channel', 'picklist', 'CUN', 255, { values: ['Post', 'Email', 'Portal'] }),
    field('State__c', 'State', 'picklist', 'CUNR', 255, {
      values: ['Draft', 'Sent', 'Paid', 'Written Off'],
      defaultValue: 'Draft',
    }),
    field('Reminders__c', 'Reminders', 'multipicklist', 'CUNR', 4099, { values: ['First', 'Second', 'Final'] }),
    field('Reference__c', 'Reference', 'string', 'CUN', 50),
    field('Address_Note__c', 'Address Note', 'textarea', 'CUN', 255),
    field('Terms__c', 'Terms', 'textarea', 'CUN', 32_768),
    field('Cover_Letter__c', 'Cover Letter', 'textarea', 'CUN', 32_768, { html: true }),
    ...geolocation('Delivered_At__c', 'Delivered At'),
    field('Iban__c', 'IBAN', 'encryptedstring', 'CUN', 34),
    calculated('Account_Name__c', 'Account Name', 'string', row => row.get('Account__r.Name'), {
      length: 1300,
      text: 'Account__r.Name',
    }),
    calculated('Total__c', 'Total', 'currency', total, {
      precision: 18,
      scale: 2,
      text: 'Amount__c * (1 + Tax_Rate__c)',
    }),
    calculated('Is_Overdue__c', 'Overdue', 'boolean', isOverdue, {
      text: 'AND(NOT(Is_Paid__c), Due_Date__c < TODAY())',
    }),
    calculated('Last_Day__c', 'Last Day', 'date', lastDay, { text: 'Due_Date__c + 14' }),
  ],
}
