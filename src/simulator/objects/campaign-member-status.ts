import { dataFlags, type ObjectDefinition } from './definition.ts'
import { auditFields, field, idField, isDeletedField, lookup } from './fields.ts'
import { campaignMemberStatusRules } from './rules/campaign.ts'

/** The statuses that members of one campaign may have (salesforce-facts 6.7). */
export const campaignMemberStatus: ObjectDefinition = {
  name: 'CampaignMemberStatus',
  label: 'Campaign Member Status',
  labelPlural: 'Campaign Member Statuses',
  keyPrefix: '01Y',
  ...dataFlags,
  nameField: 'Label',
  undeletable: false,
  searchable: false,
  layoutable: false,
  feedEnabled: false,
  mruEnabled: false,
  rules: campaignMemberStatusRules,
  fields: [
    idField('Campaign Member Status'),
    isDeletedField,
    field('Label', 'Member Status', 'string', 'CU', 765),
    lookup('CampaignId', 'Campaign ID', 'C', ['Campaign'], {
      childRelationshipName: 'CampaignMemberStatuses',
      cascadeDelete: true,
    }),
    field('IsDefault', 'Is Default', 'boolean', 'CUD'),
    field('HasResponded', 'Responded', 'boolean', 'CUD'),
    field('SortOrder', 'Sort Order', 'int', 'CUD', 0, { defaultValue: 1 }),
    ...auditFields,
  ],
}
