import { leadSources } from '../objects/picklists.ts'
import { opportunityStages } from '../objects/status-rows.ts'
import type { Draw } from './sample-draw.ts'
import { digits, type Values } from './sample-values.ts'
import * as words from './sample-words.ts'

/** A sale in any of its stages. */
export function opportunity(i: number, draw: Draw): Values {
  const stage = draw.pick(opportunityStages)
  return [
    ['Name', `${draw.pick(words.goods)} deal ${i + 1}`],
    ['AccountId', draw.one('Account')],
    ['CampaignId', draw.chance(0.3) ? draw.one('Campaign') : null],
    ['StageName', stage.name],
    ['Probability', stage.probability],
    ['IsClosed', stage.closed],
    ['IsWon', stage.won],
    ['ForecastCategoryName', stage.category],
    ['ForecastCategory', stage.category],
    ['CloseDate', stage.closed ? draw.day(-180, 0) : draw.day(1, 180)],
    ['Amount', draw.whole(1, 500) * 1000],
    ['LeadSource', draw.pick(leadSources)],
    ['External_Id__c', `O-${digits(i)}`],
  ]
}

/** A product. */
export const product = (i: number, draw: Draw): Values => [
  ['Name', `${draw.pick(words.goods)} ${i + 1}`],
  ['ProductCode', `P-${digits(i)}`],
  ['Family', 'None'],
  ['IsActive', draw.chance(0.9)],
  ['External_Id__c', `P-${digits(i)}`],
]

/** A price book beside the standard one. */
export const priceBook = (i: number): Values => [
  ['Name', `Price Book ${i + 1}`],
  ['IsActive', true],
]

/** The standard price of the i-th product. */
export function priceBookEntry(i: number, draw: Draw): Values {
  const productId = draw.ids('Product2')[i]
  if (productId === undefined) throw new RangeError(`only ${i} sample price book entries can be made`)
  return [
    ['Pricebook2Id', draw.ids('Pricebook2')[0] ?? null],
    ['Product2Id', productId],
    ['UnitPrice', draw.amount(1000)],
    ['IsActive', true],
  ]
}

/** A draft. */
export const order = (i: number, draw: Draw): Values => [
  ['AccountId', draw.one('Account')],
  ['Pricebook2Id', draw.ids('Pricebook2')[0] ?? null],
  ['EffectiveDate', draw.day(-60, 60)],
  ['Status', 'Draft'],
  ['External_Id__c', `B-${digits(i)}`],
]

/** A product of an order, from the standard price book. */
export function orderItem(i: number, draw: Draw): Values {
  const [orders, entries] = [draw.ids('Order'), draw.ids('PricebookEntry')]
  const at = draw.whole(0, entries.length)
  return [
    ['OrderId', orders[i % orders.length] ?? null],
    ['PricebookEntryId', entries[at] ?? null],
    ['Product2Id', draw.ids('Product2')[at] ?? null],
    ['Quantity', draw.whole(1, 20)],
    ['UnitPrice', draw.amount(1000)],
  ]
}

/** A bill of an account. */
export function invoice(i: number, draw: Draw): Values {
  const state = draw.pick(['Draft', 'Sent', 'Paid'])
  return [
    ['Account__c', draw.one('Account')],
    ['Contact__c', draw.one('Contact')],
    ['External_Id__c', `I-${digits(i)}`],
    ['Is_Paid__c', state === 'Paid'],
    ['Is_Open__c', state !== 'Paid'],
    ['State__c', state],
    ['Amount__c', draw.amount(50_000)],
    ['Tax_Rate__c', draw.pick([0, 7, 19])],
    ['Weight__c', draw.whole(1, 1_000_000) / 10_000],
    ['Line_Count__c', draw.whole(1, 40)],
    ['Due_Date__c', draw.day(-60, 60)],
    ['Sent_At__c', draw.org.startedAtMs - draw.whole(1, 60) * 86_400_000],
    ['Call_Time__c', `${draw.whole(10, 18)}:30:00.000Z`],
    ['Billing_Email__c', `billing.${digits(i)}@customer.example`],
    ['Channel__c', draw.pick(['Post', 'Email', 'Portal'])],
    ['Reminders__c', draw.pick([null, 'First', 'First;Second'])],
    ['Delivered_At__Latitude__s', draw.whole(-80, 80)],
    ['Delivered_At__Longitude__s', draw.whole(-170, 170)],
  ]
}
