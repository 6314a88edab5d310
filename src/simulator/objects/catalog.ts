import { account } from './account.ts'
import { attachment } from './attachment.ts'
import { campaign } from './campaign.ts'
import { campaignMember } from './campaign-member.ts'
import { campaignMemberStatus } from './campaign-member-status.ts'
import { contact } from './contact.ts'
import type { ObjectDefinition } from './definition.ts'
import { group } from './group.ts'
import { invoice } from './invoice.ts'
import { lead } from './lead.ts'
import { leadStatus } from './lead-status.ts'
import { opportunity } from './opportunity.ts'
import { opportunityStage } from './opportunity-stage.ts'
import { order } from './order.ts'
import { orderItem } from './order-item.ts'
import { orderStatus } from './order-status.ts'
import { organization } from './organization.ts'
import { priceBook } from './price-book.ts'
import { priceBookEntry } from './price-book-entry.ts'
import { product } from './product.ts'
import { profile } from './profile.ts'
import { recordType } from './record-type.ts'
import { task } from './task.ts'
import { taskStatus } from './task-status.ts'
import { user } from './user.ts'

/** Every object of the simulated org. */
export const objectDefinitions: readonly ObjectDefinition[] = [
  account,
  attachment,
  campaign,
  campaignMember,
  campaignMemberStatus,
  contact,
  group,
  invoice,
  lead,
  leadStatus,
  opportunity,
  opportunityStage,
  order,
  orderItem,
  orderStatus,
  organization,
  priceBook,
  priceBookEntry,
  product,
  profile,
  recordType,
  task,
  taskStatus,
  user,
]
