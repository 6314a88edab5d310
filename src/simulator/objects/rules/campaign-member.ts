import { rowError } from '../../api-error.ts'
import type { ObjectRules, Saving } from '../../org/object-rules.ts'
import { isChanged, missingFields, newValue, rowsWith, setValue, today } from './saving.ts'

/** A member is one contact or one lead: of two ids the contact's wins. Once for each campaign. */
function checkPerson(saving: Saving): void {
  const [contact, lead] = [newValue(saving, 'ContactId'), newValue(saving, 'LeadId')]
  if (contact === null && lead === null) throw missingFields(['ContactId', 'LeadId'])
  if (contact !== null) setValue(saving, 'LeadId', null)
  const person = contact === null ? 'LeadId' : 'ContactId'
  const memberships = rowsWith(saving, 'CampaignMember', person, contact ?? lead)
  if (memberships.some(each => each.get('CampaignId') === newValue(saving, 'CampaignId')))
    throw rowError('DUPLICATE_VALUE', 'Already a campaign member.')
}

/** A status that the campaign does not have becomes its default one; HasResponded is the status's. */
function followStatus(saving: Saving): void {
  if (!isChanged(saving, 'Status')) return
  const statuses = rowsWith(saving, 'CampaignMemberStatus', 'CampaignId', newValue(saving, 'CampaignId'))
  const wanted = newValue(saving, 'Status')
  const status =
    statuses.find(each => each.get('Label') === wanted) ?? statuses.find(each => each.get('IsDefault') === true)
  if (status) setValue(saving, 'Status', status.get('Label'))
  const responded = status?.get('HasResponded') === true
  setValue(saving, 'HasResponded', responded)
  if (responded && newValue(saving, 'FirstRespondedDate') === null)
    setValue(saving, 'FirstRespondedDate', today(saving))
}

/** CampaignMember (salesforce-facts 6.7). */
export const campaignMemberRules: ObjectRules = {
  beforeSave(saving) {
    if (saving.operation === 'create') checkPerson(saving)
    followStatus(saving)
  },
}
