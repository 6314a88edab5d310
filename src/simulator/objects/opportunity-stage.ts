import { type ObjectDefinition, readOnlyFlags } from './definition.ts'
import { auditFields, field, idField, number } from './fields.ts'
import { forecastCategories, forecastCategoryNames } from './picklists.ts'

/** OpportunityStage (salesforce-facts 6.10), to be read only. */
export const opportunityStage: ObjectDefinition = {
  name: 'OpportunityStage',
  label: 'Opportunity Stage',
  labelPlural: 'Opportunity Stage',
  keyPrefix: '01O',
  ...readOnlyFlags,
  nameField: 'ApiName',
  fields: [
    idField('Opportunity Stage'),
    field('MasterLabel', 'Master Label', 'string', 'N', 255),
    field('ApiName', 'API Name', 'string', 'L', 255),
    field('IsActive', 'Is Active', 'boolean', 'D'),
    field('SortOrder', 'Sort Order', 'int', 'N'),
    field('IsClosed', 'Closed', 'boolean', 'D'),
    field('IsWon', 'Won', 'boolean', 'D'),
    field('ForecastCategory', 'Forecast Category', 'picklist', 'R', 40, { values: forecastCategories }),
    field('ForecastCategoryName', 'Forecast Category Name', 'picklist', 'R', 255, { values: forecastCategoryNames }),
    number('DefaultProbability', 'Probability (%)', 'percent', 'N', 3, 0),
    field('Description', 'Description', 'string', 'N', 255),
    ...auditFields,
  ],
}
