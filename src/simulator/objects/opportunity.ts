import { customFields } from './custom-fields.ts'
import { dataFlags, type ObjectDefinition } from './definition.ts'
import { auditFields, calculated, field, idField, isDeletedField, lookup, number, viewedFields } from './fields.ts'
import { forecastCategories, forecastCategoryNames, leadSources } from './picklists.ts'
import { expectedRevenue, fiscal, opportunityRules } from './rules/opportunity.ts'
import { opportunityStages } from './status-rows.ts'

/** Opportunity (salesforce-facts 6.6), with two record types. */
export const opportunity: ObjectDefinition = {
  name: 'Opportunity',
  label: 'Opportunity',
  labelPlural: 'Opportunities',
  keyPrefix: '006',
  ...dataFlags,
  rules: opportunityRules,
  fields: [
    idField('Opportunity'),
    isDeletedField,
    lookup('AccountId', 'Account ID', 'CUN', ['Account'], {
      childRelationshipName: 'Opportunities',
      cascadeDelete: true,
    }),
    lookup('RecordTypeId', 'Record Type ID', 'CUN', ['RecordType']),
    field('IsPrivate', 'Private', 'boolean', 'CUD'),
    field('Name', 'Name', 'string', 'CUL', 120),
    field('Description', 'Description', 'textarea', 'CUN', 32000),
    field('StageName', 'Stage', 'picklist', 'CU', 255, { values: opportunityStages.map(each => each.name) }),
    number('Amount', 'Amount', 'currency', 'CUN', 18, 2),
    number('Probability', 'Probability (%)', 'percent', 'CUND', 3, 0),
    calculated('ExpectedRevenue', 'Expected Amount', 'currency', expectedRevenue, { precision: 18, scale: 2 }),
    number('TotalOpportunityQuantity', 'Quantity', 'double', 'CUN', 18, 2),
    field('CloseDate', 'Close Date', 'date', 'CU'),
    field('Type', 'Opportunity Type', 'picklist', 'CUN', 255, { values: ['Existing Business', 'New Business'] }),
    field('NextStep', 'Next Step', 'string', 'CUN', 255),
    field('LeadSource', 'Lead Source', 'picklist', 'CUN', 255, { values: leadSources }),
    field('IsClosed', 'Closed', 'boolean', 'D'),
    field('IsWon', 'Won', 'boolean', 'D'),
    field('ForecastCategory', 'Forecast Category', 'picklist', 'R', 40, { values: forecastCategories }),
    field('ForecastCategoryName', 'Forecast Category', 'picklist', 'CUNDR', 255, { values: forecastCategoryNames }),
    lookup('CampaignId', 'Campaign ID', 'CUN', ['Campaign'], { childRelationshipName: 'Opportunities' }),
    field('HasOpportunityLineItem', 'Has Line Item', 'boolean', 'D'),
    lookup('Pricebook2Id', 'Price Book ID', 'CUND', ['Pricebook2'], { childRelationshipName: 'Opportunities' }),
    lookup('OwnerId', 'Owner ID', 'CUD', ['User']),
    ...auditFields,
    field('LastActivityDate', 'Last Activity', 'date', 'N'),
    field('LastStageChangeDate', 'Last Stage Change Date', 'datetime', 'N'),
    calculated('FiscalQuarter', 'Fiscal Quarter', 'int', row => fiscal(row)?.quarter ?? null, { digits: 8 }),
    calculated('FiscalYear', 'Fiscal Year', 'int', row => fiscal(row)?.year ?? null, { digits: 8 }),
    calculated('Fiscal', 'Fiscal Period', 'string', row => fiscal(row)?.period ?? null, { length: 6 }),
    lookup('ContactId', 'Contact ID', 'CN', ['Contact']),
    ...viewedFields,
    ...customFields('Opportunity', {
      text: 'Account.Name & ": " & Name',
      value: row => `${row.get('Account.Name') ?? ''}: ${row.get('Name') ?? ''}`,
    }),
  ],
}
