import { customFields } from './custom-fields.ts'
import { dataFlags, type ObjectDefinition } from './definition.ts'
import { auditFields, field, idField, isDeletedField, lookup } from './fields.ts'
import { months, recurrenceTypes, timeZones } from './picklists.ts'
import { taskRules } from './rules/task.ts'
import { taskStatuses } from './status-rows.ts'

/** Task (salesforce-facts 6.4). */
export const task: ObjectDefinition = {
  name: 'Task',
  label: 'Task',
  labelPlural: 'Tasks',
  keyPrefix: '00T',
  ...dataFlags,
  nameField: 'Subject',
  mruEnabled: false,
  rules: taskRules,
  fields: [
    idField('Activity'),
    lookup('WhoId', 'Name ID', 'CUN', ['Contact', 'Lead'], { childRelationshipName: 'Tasks', cascadeDelete: true }),
    lookup(
      'WhatId',
      'Related To ID',
      'CUN',
      ['Account', 'Opportunity', 'Campaign', 'Order', 'Product2', 'Invoice__c'],
      { childRelationshipName: 'Tasks', cascadeDelete: true },
    ),
    field('WhoCount', 'Relation Count', 'int', 'N'),
    field('WhatCount', 'Related To Count', 'int', 'N'),
    field('Subject', 'Subject', 'combobox', 'CUN', 255, { values: ['Call', 'Send Letter', 'Send Quote', 'Other'] }),
    field('ActivityDate', 'Due Date Only', 'date', 'CUN'),
    field('Status', 'Status', 'picklist', 'CUD', 255, {
      values: taskStatuses.map(each => each.name),
      defaultValue: taskStatuses[0].name,
    }),
    field('Priority', 'Priority', 'picklist', 'CUD', 20, { values: ['High', 'Normal', 'Low'], defaultValue: 'Normal' }),
    field('IsHighPriority', 'High Priority', 'boolean', 'D'),
    lookup('OwnerId', 'Assigned To ID', 'CUD', ['Group', 'User']),
    field('Description', 'Description', 'textarea', 'CUN', 32000),
    field('Type', 'Type', 'picklist', 'CUN', 255, { values: ['Call', 'Email', 'Meeting', 'Other'] }),
    isDeletedField,
    lookup('AccountId', 'Account ID', 'N', ['Account']),
    field('IsClosed', 'Closed', 'boolean', 'D'),
    ...auditFields,
    field('IsArchived', 'Archived', 'boolean', 'D'),
    field('CallDurationInSeconds', 'Call Duration', 'int', 'CUN', 0, { digits: 8 }),
    field('CallType', 'Call Type', 'picklist', 'CUNR', 40, { values: ['Internal', 'Inbound', 'Outbound'] }),
    field('CallDisposition', 'Call Result', 'string', 'CUN', 255),
    field('CallObject', 'Call Object Identifier', 'string', 'CUN', 255),
    field('ReminderDateTime', 'Reminder Date/Time', 'datetime', 'CUN'),
    field('IsReminderSet', 'Reminder Set', 'boolean', 'CUD'),
    field('IsRecurrence', 'Create Recurring Series of Tasks', 'boolean', 'CD'),
    lookup('RecurrenceActivityId', 'Recurrence Activity ID', 'N', ['Task']),
    field('RecurrenceStartDateOnly', 'Recurrence Start', 'date', 'CUN'),
    field('RecurrenceEndDateOnly', 'Recurrence End', 'date', 'CUN'),
    field('RecurrenceTimeZoneSidKey', 'Recurrence Time Zone', 'picklist', 'CUNR', 40, { values: timeZones }),
    field('RecurrenceType', 'Recurrence Type', 'picklist', 'CUNR', 40, { values: recurrenceTypes }),
    field('RecurrenceInterval', 'Recurrence Interval', 'int', 'CUN'),
    field('RecurrenceDayOfWeekMask', 'Recurrence Day of Week Mask', 'int', 'CUN'),
    field('RecurrenceDayOfMonth', 'Recurrence Day of Month', 'int', 'CUN'),
    field('RecurrenceInstance', 'Recurrence Instance', 'picklist', 'CUNR', 40, {
      values: ['First', 'Second', 'Third', 'Fourth', 'Last'],
    }),
    field('RecurrenceMonthOfYear', 'Recurrence Month of Year', 'picklist', 'CUNR', 40, { values: months }),
    field('RecurrenceRegeneratedType', 'Repeat This Task', 'picklist', 'CUNR', 40, {
      values: ['RecurrenceRegenerateAfterDueDate', 'RecurrenceRegenerateAfterToday', 'RecurrenceRegenerated'],
    }),
    field('TaskSubtype', 'Task Subtype', 'picklist', 'CNRD', 40, {
      values: ['Task', 'Email', 'ListEmail', 'Cadence', 'Call', 'LinkedIn'],
      defaultValue: 'Task',
    }),
    field('CompletedDateTime', 'Completed Date/Time', 'datetime', 'N'),
    ...customFields('Task', {
      text: 'TEXT(Priority) & ": " & Subject',
      value: row => `${row.get('Priority') ?? ''}: ${row.get('Subject') ?? ''}`,
    }),
  ],
}
