import type { FieldDefinition, FormulaRow } from './definition.ts'
import { calculated, field } from './fields.ts'

type Test = (row: FormulaRow) => boolean

export const isLead: Test = member => member.get('LeadId') !== null && member.get('ContactId') === null
export const isContact: Test = member => member.get('ContactId') !== null
export const isConverted: Test = member => member.get('Lead.IsConverted') === true
export const hasResponded: Test = member => member.get('HasResponded') === true
export const isWon: Test = opportunity => opportunity.get('IsWon') === true

/** The campaign's live members that pass. */
export const members = (campaign: FormulaRow, passes: Test): FormulaRow[] =>
  campaign.children('CampaignMember', 'CampaignId').filter(passes)

/** The campaign's live opportunities that pass. */
export const opportunities = (campaign: FormulaRow, passes: Test = () => true): FormulaRow[] =>
  campaign.children('Opportunity', 'CampaignId').filter(passes)

/** A number that Salesforce keeps of a campaign's children (salesforce-facts 6.7); never null. */
export const count = (name: string, label: string, value: (row: FormulaRow) => number): FieldDefinition => ({
  ...calculated(name, label, 'int', value),
  flags: '',
})

/** The sum of the rows' Amount; never null. */
export const total = (name: string, label: string, rows: (row: FormulaRow) => FormulaRow[]): FieldDefinition => ({
  ...calculated(name, label, 'currency', row => rows(row).reduce((sum, each) => sum + Number(each.get('Amount')), 0), {
    precision: 18,
    scale: 0,
  }),
  flags: '',
})

/** A reference of a campaign member that is its contact's, or else its lead's. */
export const memberReference = (
  name: string,
  label: string,
  referenceTo: readonly string[],
  ofContact: string,
  ofLead: string,
): FieldDefinition =>
  field(name, label, 'reference', 'N', 18, {
    referenceTo,
    relationshipName: name.replace(/Id$/, ''),
    computed: { kind: 'value', value: row => row.get(ofContact) ?? row.get(ofLead) },
  })
