import { accountTypes, campaignTypes, industries, leadSources, ratings } from '../objects/picklists.ts'
import { leadStatuses, taskStatuses } from '../objects/status-rows.ts'
import type { Draw } from './sample-draw.ts'
import { invoice, opportunity, order, orderItem, priceBook, priceBookEntry, product } from './sample-sales.ts'
import { digits, type Sample, type Values } from './sample-values.ts'
import * as words from './sample-words.ts'

const parentsMax = 10_000
const tenth = (rows: number): number => Math.min(Math.ceil(rows / 10), parentsMax)
const half = (rows: number): number => Math.min(Math.ceil(rows / 2), parentsMax)
function contact(i: number, draw: Draw): Values {
  const number = digits(i)
  return [
    ['AccountId', draw.chance(0.9) ? draw.one('Account') : null],
    ['FirstName', draw.pick(words.firstNames)],
    ['LastName', draw.pick(words.lastNames)],
    ['Salutation', draw.pick(['Ms.', 'Mr.', 'Dr.', null])],
    ['Email', `contact.${number}@customer.example`],
    ['Phone', `+49 30 ${number}`],
    ['MobilePhone', draw.chance(0.5) ? `+49 151 ${number}` : null],
    ['Title', draw.pick(words.titles)],
    ['Department', draw.pick(['Sales', 'Purchasing', 'IT', null])],
    ['LeadSource', draw.pick(leadSources)],
    ['Birthdate', `19${draw.whole(50, 100)}-0${draw.whole(1, 10)}-1${draw.whole(0, 10)}`],
    ['MailingStreet', `${draw.whole(1, 201)} Market Street`],
    ['MailingCity', draw.pick(words.cities)],
    ['MailingPostalCode', String(draw.whole(10_000, 99_999))],
    ['MailingCountry', draw.pick(words.countries)],
    ['HasOptedOutOfEmail', draw.chance(0.1)],
    ['VIP__c', draw.chance(0.05)],
    ['Credit_Limit__c', draw.amount(10_000)],
    ['Interests__c', draw.pick(words.interests)],
    ['External_Id__c', `C-${number}`],
  ]
}

const company = (draw: Draw): string => `${draw.pick(words.companyWords)} ${draw.pick(words.companyForms)}`

const account = (i: number, draw: Draw): Values => [
  ['Name', `${company(draw)} ${i + 1}`],
  ['Type', draw.pick(accountTypes)],
  ['Industry', draw.pick(industries)],
  ['Rating', draw.pick([...ratings, null])],
  ['Phone', `+44 113 ${digits(i)}`],
  ['Website', `https://company-${i + 1}.example`],
  ['BillingStreet', `${draw.whole(1, 99)} Harbour Road`],
  ['BillingCity', draw.pick(words.cities)],
  ['BillingCountry', draw.pick(words.countries)],
  ['AnnualRevenue', draw.whole(1, 5000) * 10_000],
  ['NumberOfEmployees', draw.whole(1, 20_000)],
  ['External_Id__c', `A-${digits(i)}`],
]

const lead = (i: number, draw: Draw): Values => [
  ['FirstName', draw.pick(words.firstNames)],
  ['LastName', draw.pick(words.lastNames)],
  ['Company', company(draw)],
  ['Status', draw.pick(leadStatuses.filter(each => !each.converted)).name],
  ['Email', `lead.${digits(i)}@prospect.example`],
  ['Phone', `+372 600 ${digits(i)}`],
  ['City', draw.pick(words.cities)],
  ['Country', draw.pick(words.countries)],
  ['LeadSource', draw.pick(leadSources)],
  ['Industry', draw.pick(industries)],
  ['Rating', draw.pick(ratings)],
  ['HasOptedOutOfEmail', draw.chance(0.1)],
  ['External_Id__c', `L-${digits(i)}`],
]

function task(i: number, draw: Draw): Values {
  const { name, closed } = draw.pick(taskStatuses)
  const priority = draw.pick(['High', 'Normal', 'Low'])
  const who = draw.one('Contact')
  const what = draw.one('Account')
  return [
    ['Subject', draw.pick(words.subjects)],
    ['Status', name],
    ['IsClosed', closed],
    ['CompletedDateTime', closed ? draw.org.startedAtMs - draw.whole(1, 90) * 86_400_000 : null],
    ['Priority', priority],
    ['IsHighPriority', priority === 'High'],
    ['ActivityDate', draw.day(-90, 90)],
    ['WhoId', who],
    ['WhoCount', who === null ? 0 : 1],
    ['WhatId', what],
    ['WhatCount', what === null ? 0 : 1],
    ['AccountId', what],
    ['External_Id__c', `T-${digits(i)}`],
  ]
}

const campaign = (i: number, draw: Draw): Values => [
  ['Name', `${draw.pick(words.goods)} campaign ${i + 1}`],
  ['Type', draw.pick(campaignTypes)],
  ['Status', draw.pick(['Planned', 'In Progress', 'Completed'])],
  ['StartDate', draw.day(-120, 0)],
  ['EndDate', draw.day(0, 120)],
  ['IsActive', draw.chance(0.6)],
  ['BudgetedCost', draw.whole(1, 100) * 1000],
  ['External_Id__c', `K-${digits(i)}`],
]

/** Each person once in each campaign. */
function campaignMember(i: number, draw: Draw): Values {
  const [campaigns, contacts, leads] = [draw.ids('Campaign'), draw.ids('Contact'), draw.ids('Lead')]
  const people = contacts.length + leads.length
  if (i >= people * campaigns.length) throw new RangeError(`only ${i} sample campaign members can be made`)
  const person = i % people
  const responded = draw.chance(0.25)
  return [
    ['CampaignId', campaigns[Math.floor(i / people)] ?? null],
    ['ContactId', contacts[person] ?? null],
    ['LeadId', leads[person - contacts.length] ?? null],
    ['Status', responded ? 'Responded' : 'Sent'],
    ['HasResponded', responded],
    ['FirstRespondedDate', responded ? draw.day(-60, 0) : null],
  ]
}

const campaignMemberStatus = (i: number, draw: Draw): Values => {
  const campaigns = draw.ids('Campaign')
  return [
    ['CampaignId', campaigns[i % campaigns.length] ?? null],
    ['Label', `Step ${i + 1}`],
    ['SortOrder', i + 5],
  ]
}

const user = (i: number, draw: Draw): Values => [
  ['Username', `user.${digits(i)}@simulated.example`],
  ['Email', `user.${digits(i)}@simulated.example`],
  ['CommunityNickname', `user.${digits(i)}`],
  ['Alias', `u${i}`],
  ['FirstName', draw.pick(words.firstNames)],
  ['LastName', draw.pick(words.lastNames)],
  ['ProfileId', draw.one('Profile')],
  ['TimeZoneSidKey', 'GMT'],
  ['LocaleSidKey', 'en_US'],
  ['LanguageLocaleKey', 'en_US'],
  ['EmailEncodingKey', 'UTF-8'],
]

const attachment = (i: number, draw: Draw): Values => [
  ['ParentId', draw.one('Account')],
  ['Name', `note-${i + 1}.txt`],
  ['ContentType', 'text/plain'],
  ['Body', Buffer.from(`Note ${i + 1}`).toString('base64')],
]

/** Parents before their children. */
export const samples: readonly Sample[] = [
  { object: 'User', row: user },
  { object: 'Account', row: account },
  { object: 'Contact', parents: { Account: tenth }, row: contact },
  { object: 'Lead', row: lead },
  { object: 'Product2', row: product },
  { object: 'Pricebook2', row: priceBook },
  { object: 'PricebookEntry', parents: { Product2: rows => rows }, row: priceBookEntry },
  { object: 'Campaign', row: campaign },
  { object: 'CampaignMemberStatus', parents: { Campaign: tenth }, row: campaignMemberStatus },
  { object: 'CampaignMember', parents: { Campaign: tenth, Contact: half, Lead: half }, row: campaignMember },
  { object: 'Opportunity', parents: { Account: tenth }, row: opportunity },
  { object: 'Order', parents: { Account: tenth }, row: order },
  { object: 'OrderItem', parents: { Order: tenth, PricebookEntry: tenth }, row: orderItem },
  { object: 'Task', parents: { Account: tenth, Contact: tenth }, row: task },
  { object: 'Invoice__c', parents: { Account: tenth, Contact: tenth }, row: invoice },
  { object: 'Attachment', parents: { Account: tenth }, row: attachment },
]
