import {
  count,
  hasResponded,
  isContact,
  isConverted,
  isLead,
  isWon,
  members,
  opportunities,
  total,
} from './campaign-roll-ups.ts'
import { customFields } from './custom-fields.ts'
import { dataFlags, type ObjectDefinition } from './definition.ts'
import { auditFields, field, idField, isDeletedField, lookup, number, viewedFields } from './fields.ts'
import { campaignTypes } from './picklists.ts'
import { campaignRules } from './rules/campaign.ts'

/** Campaign (salesforce-facts 6.7): its user has the Marketing User right, so that it can be written. */
export const campaign: ObjectDefinition = {
  name: 'Campaign',
  label: 'Campaign',
  labelPlural: 'Campaigns',
  keyPrefix: '701',
  ...dataFlags,
  rules: campaignRules,
  fields: [
    idField('Campaign'),
    isDeletedField,
    field('Name', 'Name', 'string', 'CUL', 80),
    lookup('ParentId', 'Parent Campaign ID', 'CUN', ['Campaign'], { childRelationshipName: 'ChildCampaigns' }),
    field('Type', 'Type', 'picklist', 'CUND', 255, { values: campaignTypes, defaultValue: 'Conference' }),
    field('Status', 'Status', 'picklist', 'CUND', 255, {
      values: ['Planned', 'In Progress', 'Completed', 'Aborted'],
      defaultValue: 'Planned',
    }),
    field('StartDate', 'Start Date', 'date', 'CUN'),
    field('EndDate', 'End Date', 'date', 'CUN'),
    number('ExpectedRevenue', 'Expected Revenue in Campaign', 'currency', 'CUN', 18, 0),
    number('BudgetedCost', 'Budgeted Cost in Campaign', 'currency', 'CUN', 18, 0),
    number('ActualCost', 'Actual Cost in Campaign', 'currency', 'CUN', 18, 0),
    number('ExpectedResponse', 'Expected Response (%)', 'percent', 'CUN', 10, 2),
    number('NumberSent', 'Num Sent in Campaign', 'double', 'CUN', 18, 0),
    field('IsActive', 'Active', 'boolean', 'CUD'),
    field('Description', 'Description', 'textarea', 'CUN', 32000),
    count('NumberOfLeads', 'Leads in Campaign', row => members(row, isLead).length),
    count('NumberOfConvertedLeads', 'Converted Leads in Campaign', row => members(row, isConverted).length),
    count('NumberOfContacts', 'Contacts in Campaign', row => members(row, isContact).length),
    count('NumberOfResponses', 'Responses in Campaign', row => members(row, hasResponded).length),
    count('NumberOfOpportunities', 'Opportunities in Campaign', row => opportunities(row).length),
    count('NumberOfWonOpportunities', 'Won Opportunities in Campaign', row => opportunities(row, isWon).length),
    total('AmountAllOpportunities', 'Value Opportunities in Campaign', row => opportunities(row)),
    total('AmountWonOpportunities', 'Value Won Opportunities in Campaign', row => opportunities(row, isWon)),
    lookup('OwnerId', 'Owner ID', 'CUD', ['User']),
    ...auditFields,
    field('LastActivityDate', 'Last Activity', 'date', 'N'),
    ...viewedFields,
    ...customFields('Campaign', {
      text: 'IF(IsActive, "active", "idle")',
      value: row => (row.get('IsActive') ? 'active' : 'idle'),
    }),
  ],
}
