import { objectSlug } from './avro/names.ts'
import type { EventType } from './core/contract.ts'
import { account, campaign, contact, lead, opportunity, order, product, task } from './triggers/rows.ts'
import { type ObjectRows, type Samples, samplesOf } from './triggers/samples.ts'

/** Its switch in the config: source.objects.<Object>.triggers.<option> */
export type TriggerOption = Lowercase<EventType>

/** One kind of change to the rows of one object, published as events of one type. */
export interface Trigger extends Samples {
  readonly object: string
  readonly type: EventType
  readonly option: TriggerOption
  readonly doc: string
  /** Whether it is one of the 23 that the product is for; the others come from the same reads, at no further call. */
  readonly promised: boolean
}

const optionOf = (type: EventType): TriggerOption => type.toLowerCase() as TriggerOption

const trigger = (rows: ObjectRows, type: EventType, promised: boolean, doc: string): Trigger => ({
  object: rows.object,
  type,
  option: optionOf(type),
  doc,
  promised,
  ...samplesOf(type, rows),
})
const promised = (rows: ObjectRows, type: EventType, doc: string): Trigger => trigger(rows, type, true, doc)
const beside = (rows: ObjectRows, type: EventType, doc: string): Trigger => trigger(rows, type, false, doc)

/** All triggers by name. One entry is one kind of change (design 2); what they are tried with is in triggers/. */
// biome-ignore format: a table
export const triggers: Readonly<Record<string, Trigger>> = {
  'contact-created': promised(contact, 'CREATED', 'A contact was created; fires once, with its latest state.'),
  'contact-updated': promised(contact, 'UPDATED', 'A contact that was seen before has a new version.'),
  'contact-deleted': promised(contact, 'DELETED', 'A contact was deleted.'),
  'contact-merged': beside(contact, 'MERGED', 'A contact was merged into another; masterRecordId is the survivor.'),
  'contact-undeleted': beside(contact, 'UNDELETED', 'A deleted contact was restored.'),
  'contact-snapshot': beside(contact, 'SNAPSHOT', 'A contact as a snapshot found it.'),

  'lead-created': promised(lead, 'CREATED', 'A lead was created; fires once, with its latest state.'),
  'lead-updated': promised(lead, 'UPDATED', 'A lead that was seen before has a new version; conversion is one.'),
  'lead-deleted': promised(lead, 'DELETED', 'A lead was deleted.'),
  'lead-merged': promised(lead, 'MERGED', 'A lead was merged into another; masterRecordId is the survivor.'),
  'lead-undeleted': beside(lead, 'UNDELETED', 'A deleted lead was restored.'),
  'lead-snapshot': beside(lead, 'SNAPSHOT', 'A lead as a snapshot found it.'),

  'task-created': promised(task, 'CREATED', 'A task was created; fires once, with its latest state.'),
  'task-updated': promised(task, 'UPDATED', 'A task that was seen before has a new version; archiving makes one.'),
  'task-deleted': promised(task, 'DELETED', 'A task was deleted.'),
  'task-undeleted': beside(task, 'UNDELETED', 'A deleted task was restored.'),
  'task-snapshot': beside(task, 'SNAPSHOT', 'A task as a snapshot found it.'),

  'account-created': promised(account, 'CREATED', 'An account was created; fires once, with its latest state.'),
  'account-updated': promised(account, 'UPDATED', 'An account that was seen before has a new version.'),
  'account-deleted': promised(account, 'DELETED', 'An account was deleted.'),
  'account-merged': beside(account, 'MERGED', 'An account was merged into another; masterRecordId is the survivor.'),
  'account-undeleted': beside(account, 'UNDELETED', 'A deleted account was restored.'),
  'account-snapshot': beside(account, 'SNAPSHOT', 'An account as a snapshot found it.'),

  'opportunity-created': promised(opportunity, 'CREATED', 'An opportunity was created; fires once, with its latest state.'),
  'opportunity-updated': promised(opportunity, 'UPDATED', 'An opportunity that was seen before has a new version.'),
  'opportunity-deleted': promised(opportunity, 'DELETED', 'An opportunity was deleted.'),
  'opportunity-undeleted': beside(opportunity, 'UNDELETED', 'A deleted opportunity was restored.'),
  'opportunity-snapshot': beside(opportunity, 'SNAPSHOT', 'An opportunity as a snapshot found it.'),

  'campaign-created': promised(campaign, 'CREATED', 'A campaign was created; fires once, with its latest state.'),
  'campaign-updated': promised(campaign, 'UPDATED', 'A campaign that was seen before has a new version.'),
  'campaign-deleted': promised(campaign, 'DELETED', 'A campaign was deleted.'),
  'campaign-undeleted': beside(campaign, 'UNDELETED', 'A deleted campaign was restored.'),
  'campaign-snapshot': beside(campaign, 'SNAPSHOT', 'A campaign as a snapshot found it.'),

  'product-created': promised(product, 'CREATED', 'A product was created; fires once, with its latest state.'),
  'product-updated': promised(product, 'UPDATED', 'A product that was seen before has a new version.'),
  'product-deleted': beside(product, 'DELETED', 'A product was deleted.'),
  'product-undeleted': beside(product, 'UNDELETED', 'A deleted product was restored.'),
  'product-snapshot': beside(product, 'SNAPSHOT', 'A product as a snapshot found it.'),

  'order-created': promised(order, 'CREATED', 'An order was created; fires once, with its latest state.'),
  'order-updated': promised(order, 'UPDATED', 'An order that was seen before has a new version; activation makes one.'),
  'order-deleted': beside(order, 'DELETED', 'A draft order was deleted.'),
  'order-undeleted': beside(order, 'UNDELETED', 'A deleted order was restored.'),
  'order-snapshot': beside(order, 'SNAPSHOT', 'An order as a snapshot found it.'),
}

// What an object without an entry of its own gets; its name says the rest.
const generic: Readonly<Record<EventType, string>> = {
  CREATED: 'A row was created; fires once, with its latest state.',
  UPDATED: 'A row that was seen before has a new version.',
  DELETED: 'A row was deleted.',
  MERGED: 'A row was merged into another, if Salesforce can merge rows of the object.',
  UNDELETED: 'A deleted row was restored.',
  SNAPSHOT: 'A row as a snapshot found it.',
}

/** The triggers of an object by name; any object has some, custom ones included: `invoice__c-created`. */
export function triggersOf(object: string): Readonly<Record<string, Trigger>> {
  const own = Object.entries(triggers).filter(([, entry]) => entry.object === object)
  if (own.length > 0) return Object.fromEntries(own)
  const made = Object.entries(generic) as [EventType, string][]
  return Object.fromEntries(
    made.map(([type, doc]) => {
      const entry = { object, type, option: optionOf(type), doc, promised: false, samples: [], antiSamples: [] }
      return [`${objectSlug(object)}-${entry.option}`, entry]
    }),
  )
}
