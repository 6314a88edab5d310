import type { ObjectRules } from '../../org/object-rules.ts'
import { saveAsSystem } from '../../org/save.ts'
import { memberStatuses } from '../status-rows.ts'
import { addRow, isChanged, newValue, rowsWith } from './saving.ts'

/** Campaign (salesforce-facts 6.7, 6.10): a new one comes with the statuses that its members may have. */
export const campaignRules: ObjectRules = {
  afterSave(saving) {
    if (saving.operation !== 'create') return
    memberStatuses.forEach(({ label, responded }, i) => {
      const values = { Label: label, HasResponded: responded, IsDefault: i === 0, SortOrder: i + 3 }
      addRow(saving, 'CampaignMemberStatus', { ...values, CampaignId: saving.row.id })
    })
  },
}

/** CampaignMemberStatus: one of a campaign's statuses is the default. */
export const campaignMemberStatusRules: ObjectRules = {
  afterSave(saving) {
    const { org, transaction, table, row } = saving
    if (newValue(saving, 'IsDefault') !== true || !isChanged(saving, 'IsDefault')) return
    for (const status of rowsWith(saving, 'CampaignMemberStatus', 'CampaignId', newValue(saving, 'CampaignId'))) {
      if (status.row !== row && status.get('IsDefault') === true)
        saveAsSystem(org, transaction, table, status.row, { IsDefault: false })
    }
  },
}
