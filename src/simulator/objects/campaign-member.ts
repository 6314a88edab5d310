import { memberReference } from './campaign-roll-ups.ts'
import { dataFlags, type ObjectDefinition } from './definition.ts'
import { auditFields, calculated, field, idField, isDeletedField, lookup, mirror } from './fields.ts'
import { campaignMemberRules } from './rules/campaign-member.ts'

/** CampaignMember (salesforce-facts 6.7): what it shows of its lead or contact is read from there. */
export const campaignMember: ObjectDefinition = {
  name: 'CampaignMember',
  label: 'Campaign Member',
  labelPlural: 'Campaign Members',
  keyPrefix: '00v',
  ...dataFlags,
  undeletable: false,
  searchable: false,
  rules: campaignMemberRules,
  fields: [
    idField('Campaign Member'),
    isDeletedField,
    lookup('CampaignId', 'Campaign ID', 'C', ['Campaign'], {
      childRelationshipName: 'CampaignMembers',
      cascadeDelete: true,
    }),
    lookup('LeadId', 'Lead ID', 'CN', ['Lead'], { childRelationshipName: 'CampaignMembers', cascadeDelete: true }),
    lookup('ContactId', 'Contact ID', 'CN', ['Contact'], {
      childRelationshipName: 'CampaignMembers',
      cascadeDelete: true,
    }),
    field('Status', 'Status', 'picklist', 'CUN', 40),
    field('HasResponded', 'Responded', 'boolean', 'D'),
    ...auditFields,
    field('FirstRespondedDate', 'First Responded Date', 'date', 'N'),
    mirror('Salutation', 'Salutation', 'picklist', 255, 'Contact.Salutation', 'Lead.Salutation'),
    mirror('Name', 'Name', 'string', 255, 'Contact.Name', 'Lead.Name'),
    mirror('FirstName', 'First Name', 'string', 40, 'Contact.FirstName', 'Lead.FirstName'),
    mirror('LastName', 'Last Name', 'string', 80, 'Contact.LastName', 'Lead.LastName'),
    mirror('Title', 'Title', 'string', 128, 'Contact.Title', 'Lead.Title'),
    mirror('Street', 'Street', 'string', 255, 'Contact.MailingStreet', 'Lead.Street'),
    mirror('City', 'City', 'string', 40, 'Contact.MailingCity', 'Lead.City'),
    mirror('State', 'State/Province', 'string', 80, 'Contact.MailingState', 'Lead.State'),
    mirror('PostalCode', 'Zip/Postal Code', 'string', 20, 'Contact.MailingPostalCode', 'Lead.PostalCode'),
    mirror('Country', 'Country', 'string', 80, 'Contact.MailingCountry', 'Lead.Country'),
    mirror('Email', 'Email', 'email', 80, 'Contact.Email', 'Lead.Email'),
    mirror('Phone', 'Phone', 'phone', 40, 'Contact.Phone', 'Lead.Phone'),
    mirror('Fax', 'Fax', 'phone', 40, 'Contact.Fax', 'Lead.Fax'),
    mirror('MobilePhone', 'Mobile', 'phone', 40, 'Contact.MobilePhone', 'Lead.MobilePhone'),
    mirror('Description', 'Description', 'textarea', 32000, 'Contact.Description', 'Lead.Description'),
    mirror('DoNotCall', 'Do Not Call', 'boolean', 0, 'Contact.DoNotCall', 'Lead.DoNotCall'),
    mirror(
      'HasOptedOutOfEmail',
      'Email Opt Out',
      'boolean',
      0,
      'Contact.HasOptedOutOfEmail',
      'Lead.HasOptedOutOfEmail',
    ),
    mirror('HasOptedOutOfFax', 'Fax Opt Out', 'boolean', 0, 'Contact.HasOptedOutOfFax', 'Lead.HasOptedOutOfFax'),
    mirror('LeadSource', 'Lead Source', 'picklist', 255, 'Contact.LeadSource', 'Lead.LeadSource'),
    mirror('CompanyOrAccount', 'Company (Account)', 'string', 255, 'Contact.Account.Name', 'Lead.Company'),
    calculated('Type', 'Type', 'string', row => (row.get('ContactId') ? 'Contact' : 'Lead'), { length: 40 }),
    memberReference('LeadOrContactId', 'Related Record ID', ['Contact', 'Lead'], 'ContactId', 'LeadId'),
    memberReference(
      'LeadOrContactOwnerId',
      'Related Record Owner ID',
      ['Group', 'User'],
      'Contact.OwnerId',
      'Lead.OwnerId',
    ),
  ],
}
