import { expect, test } from 'vitest'
import type { ObjectDescribe } from '../../src/core/contract.ts'
import { useSimulator } from './rest-client.ts'

const client = useSimulator()

const describeOf = async (object: string): Promise<ObjectDescribe & Record<string, unknown>> =>
  (await client.get(`/sobjects/${object}/describe`)).body as ObjectDescribe & Record<string, unknown>

/** salesforce-facts 6.1: prefix, required on create, and which of (create update delete undelete replicate search merge) there are. */
const overview: Record<string, [prefix: string, required: string, calls: string]> = {
  Account: ['001', 'Name', 'cudnrsm'],
  Contact: ['003', 'LastName', 'cudnrsm'],
  Lead: ['00Q', 'LastName', 'cudnrsm'],
  Opportunity: ['006', 'CloseDate Name StageName', 'cudnrs'],
  Task: ['00T', '', 'cudnrs'],
  Campaign: ['701', 'Name', 'cudnrs'],
  CampaignMember: ['00v', 'CampaignId', 'cudr'],
  CampaignMemberStatus: ['01Y', 'CampaignId Label', 'cudr'],
  Product2: ['01t', 'Name', 'cudnrs'],
  Pricebook2: ['01s', 'Name', 'cudnrs'],
  PricebookEntry: ['01u', 'Pricebook2Id Product2Id UnitPrice', 'cudrs'],
  Order: ['801', 'EffectiveDate Status', 'cudnrs'],
  OrderItem: ['802', 'OrderId PricebookEntryId Quantity', 'cudrs'],
  User: [
    '005',
    'Alias Email EmailEncodingKey LanguageLocaleKey LastName LocaleSidKey ProfileId TimeZoneSidKey Username',
    'curs',
  ],
  LeadStatus: ['01J', '', ''],
  TaskStatus: ['01T', '', ''],
  OpportunityStage: ['01O', '', ''],
  OrderStatus: ['02u', '', ''],
  Organization: ['00D', '', ''],
  RecordType: ['012', '', ''],
  Profile: ['00e', '', ''],
  Group: ['00G', '', ''],
  Invoice__c: ['a00', 'Account__c', 'cudnrs'],
  Attachment: ['00P', 'Body Name ParentId', 'cudnrs'],
}

test.each(Object.entries(overview))('%s has its prefix, required fields and calls', async (object, expected) => {
  const [prefix, required, calls] = expected
  const body = await describeOf(object)
  const needed = body.fields.filter(each => each.createable && !each.nillable && !each.defaultedOnCreate)
  const flags = { c: 'createable', u: 'updateable', d: 'deletable', n: 'undeletable', r: 'replicateable' }
  const all = Object.entries({ ...flags, s: 'searchable', m: 'mergeable' })
  const can = all.filter(([, flag]) => body[flag] === true).map(([letter]) => letter)
  expect([body.keyPrefix, needed.map(each => each.name).toSorted(), can.join('')]).toEqual([
    prefix,
    required === '' ? [] : required.split(' '),
    calls,
  ])
})

/** salesforce-facts 6.2 to 6.10: type, flags as the Object Reference has them, and length where it says one. */
const documented: Record<string, string> = {
  Contact: `LastName string CU 80, FirstName string CUN 40, Salutation picklist CUN, Name string - 121, Email email CUNL 80,
    Phone phone CUN 40, MobilePhone phone CUN 40, Title string CUN 128, Birthdate date CUN, AccountId reference CUN,
    ReportsToId reference CUN, OwnerId reference CUD, MailingStreet textarea CUN 255, MailingCity string CUN 40,
    MailingPostalCode string CUN 20, MailingAddress address N, LeadSource picklist CUN, Description textarea CUN 32000,
    HasOptedOutOfEmail boolean CUD, HasOptedOutOfFax boolean CUD, DoNotCall boolean CUD, EmailBouncedDate datetime CUN,
    EmailBouncedReason string CUN, IsEmailBounced boolean D, LastActivityDate date N, IndividualId reference CUN,
    MasterRecordId reference N`,
  Lead: `LastName string CU 80, Company string CUN 255, Status picklist CUD, Website url CUN 255, Industry picklist CUN,
    Rating picklist CUN, Address address N, OwnerId reference CUD, HasOptedOutOfEmail boolean CUD, DoNotCall boolean CUD,
    IsConverted boolean CD, ConvertedDate date CN, ConvertedAccountId reference CN, ConvertedContactId reference CN,
    ConvertedOpportunityId reference CN, IsUnreadByOwner boolean CUD, MasterRecordId reference N, Name string -`,
  Task: `Subject combobox CUN 255, Status picklist CUD, Priority picklist CUD, WhoId reference CUN, WhatId reference CUN,
    OwnerId reference CUD, ActivityDate date CUN, Description textarea CUN, TaskSubtype picklist CNDR, CallType picklist CUNR,
    CallDurationInSeconds int CUN, IsClosed boolean D, IsArchived boolean D, IsHighPriority boolean D,
    CompletedDateTime datetime N, AccountId reference N, WhoCount int N, WhatCount int N, IsRecurrence boolean CD,
    IsReminderSet boolean CUD, ReminderDateTime datetime CUN`,
  Account: `Name string CU 255, AccountNumber string CUN 40, Type picklist CUN, BillingAddress address N, ParentId reference CUN,
    OwnerId reference CUD, AnnualRevenue currency CUN, NumberOfEmployees int CUN, Description textarea CUN,
    MasterRecordId reference N, LastActivityDate date N`,
  Opportunity: `Name string CUL 120, StageName picklist CU, CloseDate date CU, Amount currency CUN, Probability percent CUND,
    ForecastCategoryName picklist CUNDR, ForecastCategory picklist R, IsClosed boolean D, IsWon boolean D,
    HasOpportunityLineItem boolean D, ExpectedRevenue currency N, FiscalYear int N, AccountId reference CUN,
    CampaignId reference CUN, ContactId reference CN, OwnerId reference CUD, Pricebook2Id reference CUND,
    IsPrivate boolean CUD, LastStageChangeDate datetime N`,
  Campaign: `Name string CUL 80, IsActive boolean CUD, StartDate date CUN, ParentId reference CUN, BudgetedCost currency CUN,
    ExpectedResponse percent CUN, NumberSent double CUN, NumberOfLeads int -, NumberOfContacts int -, NumberOfResponses int -`,
  CampaignMember: `CampaignId reference C, ContactId reference CN, LeadId reference CN, Status picklist CUN,
    HasResponded boolean D, FirstRespondedDate date N, LeadOrContactId reference N, Type string N, Name string N,
    Email email N, CompanyOrAccount string N, HasOptedOutOfEmail boolean D`,
  Product2: `Name string CUL 255, ProductCode string CUN 255, StockKeepingUnit string CUN 180, IsActive boolean CUD,
    ExternalId string CUN, IsArchived boolean D`,
  PricebookEntry: `Pricebook2Id reference C, Product2Id reference C, UnitPrice currency CU, UseStandardPrice boolean CUD,
    IsActive boolean CUD, Name string N, ProductCode string N`,
  Order: `AccountId reference CUN, EffectiveDate date CU, Status picklist CUR, StatusCode picklist UDR,
    Pricebook2Id reference CUND, OrderNumber string DL, PoNumber string CUN, TotalAmount currency N,
    IsReductionOrder boolean CD, OriginalOrderId reference CN`,
  OrderItem: `OrderId reference C, PricebookEntryId reference C, Product2Id reference CN, Quantity double CU,
    UnitPrice currency CUN, ListPrice currency CN, TotalPrice currency N, AvailableQuantity double N, Description string CUN`,
  User: `Username string CUL 80, Email email CUL 128, Alias string CU 8, CommunityNickname string CUD 40,
    FederationIdentifier string CUNL 512, ProfileId reference CU, UserRoleId reference CUN, ManagerId reference CUN,
    TimeZoneSidKey picklist CUR, IsActive boolean CUD, UserType picklist NR, Name string -, LastLoginDate datetime N`,
  LeadStatus: 'ApiName string L 255, MasterLabel string N, IsConverted boolean D, IsDefault boolean D, SortOrder int N',
  OpportunityStage:
    'DefaultProbability percent N, ForecastCategory picklist R, IsActive boolean D, IsClosed boolean D, IsWon boolean D',
}

const flagsOf = (field: Record<string, unknown>): string => {
  const flags = {
    C: 'createable',
    U: 'updateable',
    N: 'nillable',
    D: 'defaultedOnCreate',
    R: 'restrictedPicklist',
    L: 'idLookup',
  }
  const set = Object.entries(flags).filter(([, flag]) => field[flag] === true)
  return set.map(([letter]) => letter).join('')
}

test.each(Object.entries(documented))('%s has the documented fields', async (object, table) => {
  const { fields } = await describeOf(object)
  for (const line of table.split(',').map(each => each.trim().split(' '))) {
    const [name, type, flags, length] = line
    const field = fields.find(each => each.name === name)
    const seen = { name, type: field?.type, flags: flagsOf({ ...field }), length: length && String(field?.length) }
    const sorted = [...(flags ?? '').replace('-', '')].toSorted((a, b) => 'CUNDRL'.indexOf(a) - 'CUNDRL'.indexOf(b))
    expect(seen).toEqual({ name, type, flags: sorted.join(''), length })
  }
})

test('an org without person accounts has no trace of them', async () => {
  for (const object of ['Account', 'Contact']) {
    const { fields } = await describeOf(object)
    expect(fields.some(each => each.name.startsWith('IsPerson') || each.name.startsWith('Person'))).toBe(false)
  }
})

test('every object a trigger watches has ids of other systems, a checkbox, an amount and a formula of its own', async () => {
  for (const object of [
    'Account',
    'Lead',
    'Task',
    'Opportunity',
    'Campaign',
    'Product2',
    'Order',
    'Contact',
    'Invoice__c',
  ]) {
    const { fields } = await describeOf(object)
    const custom = fields.filter(each => each.custom)
    expect(custom.find(each => each.name === 'Command_Id__c')).toMatchObject({
      externalId: true,
      unique: true,
      idLookup: true,
    })
    expect(custom.find(each => each.name === 'External_Id__c')).toMatchObject({ externalId: true })
    expect(custom.some(each => each.type === 'boolean' && each.updateable && !each.nillable)).toBe(true)
    expect(custom.some(each => each.type === 'currency' && each.updateable)).toBe(true)
    expect(custom.some(each => each.calculated && !each.createable && !each.updateable)).toBe(true)
  }
})

test('the picklists of a new org, with their defaults (salesforce-facts 6.10)', async () => {
  const values = async (object: string, name: string) => {
    const field = (await describeOf(object)).fields.find(each => each.name === name)
    const list = (field?.picklistValues ?? []) as readonly { value: string; defaultValue?: boolean }[]
    return list.map(each => (each.defaultValue ? `*${each.value}` : each.value)).join(', ')
  }
  expect(await values('Lead', 'Status')).toBe(
    '*Open - Not Contacted, Working - Contacted, Closed - Converted, Closed - Not Converted',
  )
  expect(await values('Task', 'Status')).toBe('*Not Started, In Progress, Completed, Waiting on someone else, Deferred')
  expect(await values('Task', 'Priority')).toBe('High, *Normal, Low')
  expect(await values('Campaign', 'Status')).toBe('*Planned, In Progress, Completed, Aborted')
  expect(await values('Campaign', 'Type')).toMatch(/^\*Conference, Webinar, .*Telemarketing, Other$/)
  expect(await values('Order', 'Status')).toBe('Draft, Activated')
  expect(await values('Contact', 'LeadSource')).toBe('Web, Phone Inquiry, Partner Referral, Purchased List, Other')
  expect(await values('Opportunity', 'StageName')).toMatch(/^Prospecting, .*Closed Won, Closed Lost$/)
})

test('the rows behind the picklists agree with them', async () => {
  const rows = (object: string) => client.simulator.org.rows(object)
  expect(rows('LeadStatus')[2]).toMatchObject({ ApiName: 'Closed - Converted', IsConverted: true, SortOrder: 3 })
  expect(rows('LeadStatus').filter(each => each.IsDefault)).toHaveLength(1)
  expect(rows('TaskStatus').filter(each => each.IsClosed)).toMatchObject([{ ApiName: 'Completed' }])
  expect(rows('OrderStatus')).toMatchObject([{ StatusCode: 'Draft' }, { StatusCode: 'Activated' }])
  expect(rows('OpportunityStage').map(each => each.DefaultProbability)).toEqual([
    10, 10, 20, 50, 60, 70, 75, 90, 100, 0,
  ])
  expect(rows('Pricebook2')).toMatchObject([{ IsStandard: true }])
})
