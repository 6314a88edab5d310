import { isRecordId, to18 } from '../salesforce/ids.ts'
import type { Action, Arguments, Entry } from './action.ts'

const optional = { type: 'string', optional: true } as const

/** Key prefixes of the ids that it takes (salesforce-facts 6.1). */
const prefixes = { campaignId: '701', contactId: '003', leadId: '00Q' } as const

/** Adds a contact or a lead to a campaign (salesforce-facts 6.7); a member that is there already is the answer. */
export const addsCampaignMember = (entry: Entry): Action => ({
  object: 'Campaign',
  row: 'CampaignMember',
  operation: 'create',
  // A second membership is refused by Salesforce, and the lookup then finds the first one.
  repeat: 'safe',
  lookup: 'campaign-member',
  shape: {
    recordId: false,
    fields: 'none',
    fieldsToNull: false,
    externalIdField: false,
    extra: [
      { name: 'campaignId', type: 'string', doc: 'Id of the campaign.' },
      { name: 'contactId', ...optional, doc: 'Id of the contact; this or leadId.' },
      { name: 'leadId', ...optional, doc: 'Id of the lead; this or contactId.' },
      { name: 'status', ...optional, doc: "One of the campaign's member statuses; its default one if absent." },
    ],
  },
  fieldsOf,
  faultOf,
  samples: [],
  antiSamples: [],
  ...entry,
})

function fieldsOf({ campaignId, contactId, leadId, status }: Arguments): Readonly<Record<string, unknown>> {
  const person = contactId === undefined ? { LeadId: idOf(leadId) } : { ContactId: idOf(contactId) }
  return { CampaignId: idOf(campaignId), ...person, ...(status !== undefined && { Status: status }) }
}

const idOf = (value: unknown): unknown => (typeof value === 'string' && isRecordId(value) ? to18(value) : value)

/** Of two ids Salesforce would take the contact's (salesforce-facts 6.7): it is said instead of done. */
function faultOf(given: Arguments): string | undefined {
  for (const [name, prefix] of Object.entries(prefixes)) {
    const value = given[name]
    if (value !== undefined && !(typeof value === 'string' && isRecordId(value, prefix)))
      return `${name} is no id that starts with ${prefix}`
  }
  if ((given.contactId === undefined) === (given.leadId === undefined)) return 'give either contactId or leadId'
  return given.status === '' ? 'status is empty' : undefined
}
