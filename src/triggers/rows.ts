import type { ObjectRows } from './samples.ts'

/** Sample rows of the objects that have triggers of their own: standard fields, and a checkbox that admins added. */

export const contact: ObjectRows = {
  object: 'Contact',
  create: { LastName: 'Okafor', Email: 'ada@example.com', VIP__c: true },
  update: { Title: 'Chief Engineer', VIP__c: false },
  survivor: { LastName: 'Okafor', FirstName: 'Ada' },
}

export const lead: ObjectRows = {
  object: 'Lead',
  create: { LastName: 'Byron', Company: 'Analytical Engines', Is_Reviewed__c: true },
  update: { Status: 'Working - Contacted', Is_Reviewed__c: false },
  survivor: { LastName: 'Byron', Company: 'Analytical Engines Ltd' },
}

export const task: ObjectRows = {
  object: 'Task',
  create: { Subject: 'Call', ActivityDate: '2027-03-01', Is_Reviewed__c: true },
  update: { Status: 'Completed', Is_Reviewed__c: false },
}

export const account: ObjectRows = {
  object: 'Account',
  create: { Name: 'Analytical Engines', Industry: 'Machinery', Is_Reviewed__c: true },
  update: { NumberOfEmployees: 42, Is_Reviewed__c: false },
  survivor: { Name: 'Analytical Engines Ltd' },
}

export const opportunity: ObjectRows = {
  object: 'Opportunity',
  create: { Name: 'Ten engines', StageName: 'Prospecting', CloseDate: '2027-06-30', Amount: 1250.5 },
  update: { StageName: 'Closed Won', Is_Reviewed__c: true },
}

export const campaign: ObjectRows = {
  object: 'Campaign',
  create: { Name: 'Spring fair', Type: 'Trade Show', IsActive: true, StartDate: '2027-03-20' },
  update: { Status: 'In Progress', Is_Reviewed__c: true },
}

export const product: ObjectRows = {
  object: 'Product2',
  create: { Name: 'Difference engine', ProductCode: 'DE-2', IsActive: true },
  update: { Description: 'Eight thousand parts', IsActive: false },
}

export const order: ObjectRows = {
  object: 'Order',
  create: { AccountId: '$Account', EffectiveDate: '2027-04-01', Status: 'Draft', PoNumber: 'PO-1833' },
  update: { PoNumber: 'PO-1834', Is_Reviewed__c: true },
}
