import { customFields } from './custom-fields.ts'
import { dataFlags, type ObjectDefinition } from './definition.ts'
import { address, auditFields, field, idField, isDeletedField, lookup, number, viewedFields } from './fields.ts'
import { cleanStatuses, industries, leadSources, ratings, salutations } from './picklists.ts'
import { leadRules } from './rules/lead.ts'
import { leadStatuses } from './status-rows.ts'

/** Lead (salesforce-facts 6.3). */
export const lead: ObjectDefinition = {
  name: 'Lead',
  label: 'Lead',
  labelPlural: 'Leads',
  keyPrefix: '00Q',
  ...dataFlags,
  mergeable: true,
  rules: leadRules,
  fields: [
    idField('Lead'),
    isDeletedField,
    lookup('MasterRecordId', 'Master Record ID', 'N', ['Lead']),
    field('LastName', 'Last Name', 'string', 'CU', 80, { compound: 'Name' }),
    field('FirstName', 'First Name', 'string', 'CUN', 40, { compound: 'Name' }),
    field('Salutation', 'Salutation', 'picklist', 'CUN', 40, { compound: 'Name', values: salutations }),
    field('Name', 'Full Name', 'string', '', 121, { computed: { kind: 'personName' } }),
    field('Title', 'Title', 'string', 'CUN', 128),
    field('Company', 'Company', 'string', 'CUN', 255),
    ...address(''),
    field('Phone', 'Phone', 'phone', 'CUN', 40),
    field('MobilePhone', 'Mobile Phone', 'phone', 'CUN', 40),
    field('Fax', 'Fax', 'phone', 'CUN', 40),
    field('Email', 'Email', 'email', 'CUNL', 80),
    field('Website', 'Website', 'url', 'CUN', 255),
    field('PhotoUrl', 'Photo URL', 'url', 'N', 255),
    field('Description', 'Description', 'textarea', 'CUN', 32000),
    field('LeadSource', 'Lead Source', 'picklist', 'CUN', 255, { values: leadSources }),
    field('Status', 'Status', 'picklist', 'CUD', 255, {
      values: leadStatuses.map(each => each.name),
      defaultValue: leadStatuses[0].name,
    }),
    field('Industry', 'Industry', 'picklist', 'CUN', 255, { values: industries }),
    field('Rating', 'Rating', 'picklist', 'CUN', 255, { values: ratings }),
    number('AnnualRevenue', 'Annual Revenue', 'currency', 'CUN', 18, 0),
    field('NumberOfEmployees', 'Employees', 'int', 'CUN', 0, { digits: 8 }),
    lookup('OwnerId', 'Owner ID', 'CUD', ['Group', 'User']),
    field('HasOptedOutOfEmail', 'Email Opt Out', 'boolean', 'CUD'),
    field('HasOptedOutOfFax', 'Fax Opt Out', 'boolean', 'CUD'),
    field('DoNotCall', 'Do Not Call', 'boolean', 'CUD'),
    field('IsConverted', 'Converted', 'boolean', 'CD'),
    field('ConvertedDate', 'Converted Date', 'date', 'CN'),
    lookup('ConvertedAccountId', 'Converted Account ID', 'CN', ['Account']),
    lookup('ConvertedContactId', 'Converted Contact ID', 'CN', ['Contact']),
    lookup('ConvertedOpportunityId', 'Converted Opportunity ID', 'CN', ['Opportunity']),
    field('IsUnreadByOwner', 'Unread By Owner', 'boolean', 'CUD', 0, { defaultValue: true }),
    ...auditFields,
    field('LastActivityDate', 'Last Activity', 'date', 'N'),
    ...viewedFields,
    field('Jigsaw', 'Data.com Key', 'string', 'CUN', 20),
    field('JigsawContactId', 'Jigsaw Contact ID', 'string', 'N', 20),
    field('CleanStatus', 'Clean Status', 'picklist', 'CUNR', 40, { values: cleanStatuses }),
    field('CompanyDunsNumber', 'Company D-U-N-S Number', 'string', 'CUN', 9),
    field('EmailBouncedReason', 'Email Bounced Reason', 'string', 'UN', 255),
    field('EmailBouncedDate', 'Email Bounced Date', 'datetime', 'UN'),
    lookup('IndividualId', 'Individual ID', 'CUN', ['Individual']),
    ...customFields('Lead', {
      text: 'Company & " (" & Status & ")"',
      value: row => `${row.get('Company') ?? ''} (${row.get('Status') ?? ''})`,
    }),
  ],
}
