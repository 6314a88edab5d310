import { rowError } from '../../api-error.ts'
import type { ObjectRules } from '../../org/object-rules.ts'
import { cellOf, isGiven, newValue, requireValues } from './saving.ts'

const conversionFields = [
  'IsConverted',
  'ConvertedDate',
  'ConvertedAccountId',
  'ConvertedContactId',
  'ConvertedOpportunityId',
]

/** Lead (salesforce-facts 5.2, 6.3): Company is required although nillable, conversion fields are set by conversion alone, and a
 *  converted lead is read-only without View and Edit Converted Leads. */
export const leadRules: ObjectRules = {
  beforeSave(saving) {
    const { table, before, transaction } = saving
    if (cellOf(table, before, 'IsConverted') === true && !transaction.access.editsConvertedLeads)
      throw rowError('CANNOT_UPDATE_CONVERTED_LEAD', 'cannot reference converted lead')
    const set = conversionFields.filter(name => isGiven(saving, name) && (newValue(saving, name) ?? false) !== false)
    if (set.length > 0) {
      const message = `Unable to create/update fields: ${set.join(', ')}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`
      throw rowError('INVALID_FIELD_FOR_INSERT_UPDATE', message, set)
    }
    requireValues(saving, 'Company')
  },
}
