import { rowError } from '../../api-error.ts'
import type { ObjectRules, Saving } from '../../org/object-rules.ts'
import type { FormulaRow } from '../definition.ts'
import { forecastCategories, forecastCategoryNames } from '../picklists.ts'
import { opportunityStages } from '../status-rows.ts'
import { cellOf, isChanged, isGiven, newValue, rowOf, setValue } from './saving.ts'

/** Amount times Probability. */
export function expectedRevenue(row: FormulaRow): number | null {
  const [amount, probability] = [row.get('Amount'), row.get('Probability')]
  return amount === null ? null : Math.round(Number(amount) * Number(probability)) / 100
}

/** The calendar quarter of CloseDate: the fiscal year of the simulated org starts in January. */
export function fiscal(row: FormulaRow): { year: number; quarter: number; period: string } | undefined {
  const date = row.get('CloseDate')
  if (typeof date !== 'string') return undefined
  const year = Number(date.slice(0, 4))
  const quarter = Math.ceil(Number(date.slice(5, 7)) / 3)
  return { year, quarter, period: `${year} ${quarter}` }
}

/** The stage drives what the request leaves open (salesforce-facts 6.6); a stage that nobody set up drives nothing. */
function followStage(saving: Saving): void {
  if (!isChanged(saving, 'StageName')) return
  setValue(saving, 'LastStageChangeDate', saving.operation === 'create' ? null : saving.org.stampMs())
  const stage = opportunityStages.find(each => each.name === newValue(saving, 'StageName'))
  setValue(saving, 'IsClosed', stage?.closed ?? false)
  setValue(saving, 'IsWon', stage?.won ?? false)
  if (!isGiven(saving, 'Probability')) setValue(saving, 'Probability', stage?.probability ?? 0)
  if (!isGiven(saving, 'ForecastCategoryName'))
    setValue(saving, 'ForecastCategoryName', stage?.category ?? forecastCategoryNames[1] ?? null)
}

function checkRecordType(saving: Saving): void {
  const id = newValue(saving, 'RecordTypeId')
  if (id === null || !isGiven(saving, 'RecordTypeId')) return
  const recordType = rowOf(saving, 'RecordType', id)
  if (recordType?.get('IsActive') === true && recordType.get('SobjectType') === 'Opportunity') return
  const message = `Record Type ID: this ID value isn't valid for the user: ${id}`
  throw rowError('INVALID_CROSS_REFERENCE_KEY', message, ['RecordTypeId'])
}

/** Opportunity (salesforce-facts 6.6): the stage drives the forecast; Amount is the products' once there are any. */
export const opportunityRules: ObjectRules = {
  beforeSave(saving) {
    checkRecordType(saving)
    followStage(saving)
    const category = forecastCategoryNames.indexOf(String(newValue(saving, 'ForecastCategoryName')))
    setValue(saving, 'ForecastCategory', forecastCategories[category] ?? forecastCategories[1] ?? null)
    if (saving.before && newValue(saving, 'HasOpportunityLineItem') === true)
      setValue(saving, 'Amount', cellOf(saving.table, saving.before, 'Amount'))
  },
}
