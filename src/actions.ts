import { type Action, creates, deletes, looksUp, reads, setsEmailOptOut, updates } from './actions/action.ts'
import { addsCampaignMember } from './actions/campaign-member.ts'
import { actionsByDescribe, objectByName } from './actions/every-object.ts'
import type { CommandShape } from './avro/derive.ts'
import type { ObjectDescribe } from './core/contract.ts'

const invalid = 'command.invalid'
const missing = 'REQUIRED_FIELD_MISSING'
const noRow = 'NOT_FOUND'
const noReference = 'INVALID_CROSS_REFERENCE_KEY'

const newOrder = { AccountId: '$Account', EffectiveDate: '2026-12-01', Status: 'Draft' }
const newUser = {
  Username: '$unique@actions.example',
  Email: '$unique@actions.example',
  LastName: 'Hopper',
  Alias: 'hopper',
  ProfileId: '$Profile',
  TimeZoneSidKey: 'GMT',
  LocaleSidKey: 'en_US',
  LanguageLocaleKey: 'en_US',
  EmailEncodingKey: 'UTF-8',
}

/** The actions of the catalogue by name; one entry is one kind of command (design 3). What every object takes beyond them: actionsOf. */
export const actions: Readonly<Record<string, Action>> = {
  CreateContact: creates('Contact', {
    doc: 'Creates a contact; the reply carries its id.',
    samples: [
      { fields: { LastName: 'Okafor', FirstName: 'Ada', Email: 'ada@example.com' } },
      { fields: { LastName: 'Prince', VIP__c: true, Credit_Limit__c: 2500.5, Interests__c: ['Music', 'Travel'] } },
    ],
    antiSamples: [
      { command: { fields: { FirstName: 'Nameless' } }, code: missing },
      { command: { fields: { LastName: 'Okafor', Surname: 'Okafor' } }, code: invalid },
      { command: { recordId: '$id', fields: { LastName: 'Okafor' } }, code: invalid },
    ],
  }),
  UpdateContact: updates('Contact', {
    doc: 'Changes the named fields of a contact; `fieldsToNull` clears fields.',
    samples: [
      { recordId: '$id', fields: { Title: 'Chief Engineer' } },
      { recordId: '$id', fields: { VIP__c: false }, fieldsToNull: ['Title'] },
    ],
    antiSamples: [
      { command: { fields: { Title: 'No one' } }, code: invalid },
      { command: { recordId: "003' OR Id != '", fields: { Title: 'x' } }, code: invalid },
      { command: { recordId: '$id', fields: { VIP__c: 'yes' } }, code: invalid },
    ],
  }),
  DeleteContact: deletes('Contact', {
    doc: 'Moves a contact to the recycle bin.',
    samples: [{ recordId: '$id' }],
    antiSamples: [{ command: { recordId: '003000000000000AAA/../../Account' }, code: invalid }],
  }),
  GetContactById: reads('Contact', {
    doc: 'Reads a contact; the reply carries all fields the user may read.',
    samples: [{ recordId: '$id' }],
    antiSamples: [
      { command: { recordId: '001000000000000AAA' }, code: invalid },
      { command: { recordId: '003000000000ZZZAAO' }, code: invalid },
      { command: { recordId: '003000000000ZZZ' }, code: noRow },
    ],
  }),
  SetContactEmailOptOut: setsEmailOptOut('Contact', {
    doc: 'Sets or clears HasOptedOutOfEmail of a contact.',
    samples: [
      { recordId: '$id', optedOut: true },
      { recordId: '$id', optedOut: false },
    ],
    antiSamples: [
      { command: { recordId: '$id' }, code: invalid },
      { command: { recordId: '$id', optedOut: 'true' }, code: invalid },
    ],
  }),
  CreateLead: creates('Lead', {
    doc: 'Creates a lead; Salesforce wants a company as well as a last name.',
    samples: [{ fields: { LastName: 'Lovelace', Company: 'Engines Ltd', Status: 'Working - Contacted' } }],
    antiSamples: [
      { command: { fields: { LastName: 'Lovelace' } }, code: missing },
      { command: { fields: { LastName: 'Lovelace', Company: 'Engines Ltd', MasterRecordId: '$id' } }, code: invalid },
    ],
  }),
  UpdateLead: updates('Lead', {
    doc: 'Changes the named fields of a lead; `fieldsToNull` clears fields.',
    samples: [{ recordId: '$id', fields: { Rating: 'Hot' }, fieldsToNull: ['Phone'] }],
    antiSamples: [{ command: { recordId: '$id', fields: { IsConverted: true } }, code: invalid }],
  }),
  DeleteLead: deletes('Lead', {
    doc: 'Moves a lead to the recycle bin.',
    samples: [{ recordId: '$id' }],
    antiSamples: [{ command: { recordId: '$Contact' }, code: invalid }],
  }),
  GetLeadById: reads('Lead', {
    doc: 'Reads a lead; the reply carries all fields the user may read.',
    samples: [{ recordId: '$id' }],
    antiSamples: [{ command: { recordId: '00Q000000000ZZZ' }, code: noRow }],
  }),
  SetLeadEmailOptOut: setsEmailOptOut('Lead', {
    doc: 'Sets or clears HasOptedOutOfEmail of a lead.',
    samples: [
      { recordId: '$id', optedOut: true },
      { recordId: '$id', optedOut: false },
    ],
    antiSamples: [{ command: { recordId: '$id', optedOut: 1 }, code: invalid }],
  }),
  GetAllLeadStatuses: looksUp('Lead', {
    doc: 'Lists the lead statuses: id, label, API name, default, converted, sort order.',
    lookup: 'lead-statuses',
    samples: [{}],
    antiSamples: [{ command: { recordId: '$id' }, code: invalid }],
  }),
  CreateTask: creates('Task', {
    doc: 'Creates a task, for a contact or a lead, and about anything.',
    samples: [
      { fields: { Subject: 'Call back', ActivityDate: '2026-12-01', WhoId: '$Contact' } },
      { fields: { Subject: 'Send the offer', Priority: 'High', WhatId: '$Account' } },
    ],
    antiSamples: [
      {
        command: { fields: { Subject: 'Both', WhoId: '$Lead', WhatId: '$Account' } },
        code: 'FIELD_INTEGRITY_EXCEPTION',
      },
      { command: { fields: { Subject: 'When', ActivityDate: '2026-02-30' } }, code: invalid },
    ],
  }),
  UpdateTask: updates('Task', {
    doc: 'Changes the named fields of a task; `fieldsToNull` clears fields.',
    samples: [{ recordId: '$id', fields: { Status: 'Completed' }, fieldsToNull: ['Description'] }],
    antiSamples: [{ command: { recordId: '$id', fields: { IsClosed: true } }, code: invalid }],
  }),
  DeleteTask: deletes('Task', {
    doc: 'Moves a task to the recycle bin.',
    samples: [{ recordId: '$id' }],
    antiSamples: [{ command: {}, code: invalid }],
  }),
  CreateOpportunity: creates('Opportunity', {
    doc: 'Creates an opportunity; its stage decides probability and forecast.',
    samples: [
      { fields: { Name: 'New mill', StageName: 'Prospecting', CloseDate: '2026-12-31', Amount: 12000.5 } },
      { fields: { Name: 'Spares', StageName: 'Closed Won', CloseDate: '2026-11-30', AccountId: '$Account' } },
    ],
    antiSamples: [
      { command: { fields: { Name: 'No stage', CloseDate: '2026-12-31' } }, code: missing },
      { command: { fields: { Name: 'Won', StageName: 'Closed Won', CloseDate: '31.12.2026' } }, code: invalid },
    ],
  }),
  UpdateOpportunity: updates('Opportunity', {
    doc: 'Changes the named fields of an opportunity; `fieldsToNull` clears fields.',
    samples: [{ recordId: '$id', fields: { StageName: 'Qualification' }, fieldsToNull: ['NextStep'] }],
    antiSamples: [{ command: { recordId: '$id', fields: { IsWon: true } }, code: invalid }],
  }),
  DeleteOpportunity: deletes('Opportunity', {
    doc: 'Moves an opportunity to the recycle bin.',
    samples: [{ recordId: '$id' }],
    antiSamples: [{ command: { recordId: '006' }, code: invalid }],
  }),
  CreateAccount: creates('Account', {
    doc: 'Creates an account; the reply carries its id.',
    samples: [{ fields: { Name: 'Acme', Industry: 'Energy', NumberOfEmployees: 42 } }],
    antiSamples: [
      { command: { fields: { Industry: 'Energy' } }, code: missing },
      { command: { fields: { Name: 'Acme', ParentId: '001000000000ZZZ' } }, code: noReference },
    ],
  }),
  UpdateAccount: updates('Account', {
    doc: 'Changes the named fields of an account; `fieldsToNull` clears fields.',
    samples: [{ recordId: '$id', fields: { AnnualRevenue: 1000000 }, fieldsToNull: ['Website'] }],
    antiSamples: [{ command: { recordId: '$id', fieldsToNull: ['Name'] }, code: invalid }],
  }),
  DeleteAccount: deletes('Account', {
    doc: 'Moves an account, with its contacts and opportunities, to the recycle bin.',
    samples: [{ recordId: '$id' }],
    antiSamples: [{ command: { recordId: '$id', fields: {} }, code: invalid }],
  }),
  CreateCampaign: creates('Campaign', {
    doc: 'Creates a campaign; the user needs the right Marketing User.',
    samples: [{ fields: { Name: 'Spring fair', Type: 'Trade Show', IsActive: true, StartDate: '2027-03-01' } }],
    antiSamples: [{ command: { fields: { Type: 'Trade Show' } }, code: missing }],
  }),
  UpdateCampaign: updates('Campaign', {
    doc: 'Changes the named fields of a campaign; `fieldsToNull` clears fields.',
    samples: [{ recordId: '$id', fields: { Status: 'In Progress' }, fieldsToNull: ['Description'] }],
    antiSamples: [{ command: { recordId: '$id', fields: { NumberOfLeads: 7 } }, code: invalid }],
  }),
  AddCampaignMember: addsCampaignMember({
    doc: 'Adds a contact or a lead to a campaign; for one that is a member already, the reply carries its id.',
    samples: [
      { campaignId: '$Campaign', contactId: '$Contact' },
      { campaignId: '$Campaign', leadId: '$Lead', status: 'Responded' },
    ],
    antiSamples: [
      { command: { campaignId: '$Campaign' }, code: invalid },
      { command: { campaignId: '$Campaign', contactId: '$Contact', leadId: '$Lead' }, code: invalid },
      { command: { campaignId: '$Campaign', leadId: '$Contact' }, code: invalid },
      { command: { campaignId: '$Campaign', leadId: '$Lead', status: 'Maybe' }, code: invalid },
      { command: { campaignId: '701000000000ZZZ', leadId: '$Lead' }, code: noReference },
    ],
  }),
  CreateProduct: creates('Product2', {
    doc: 'Creates a product; prices are rows of price books.',
    samples: [{ fields: { Name: 'Water wheel', ProductCode: 'WW-7', IsActive: true } }],
    antiSamples: [{ command: { fields: { ProductCode: 'WW-8' } }, code: missing }],
  }),
  UpdateProduct: updates('Product2', {
    doc: 'Changes the named fields of a product; `fieldsToNull` clears fields.',
    samples: [{ recordId: '$id', fields: { IsActive: false }, fieldsToNull: ['Description'] }],
    antiSamples: [{ command: { recordId: '$Account', fields: { IsActive: false } }, code: invalid }],
  }),
  CreateOrder: creates('Order', {
    doc: 'Creates an order as a draft; Salesforce wants its account, start date and status.',
    samples: [{ fields: { ...newOrder, PoNumber: 'PO-11' } }],
    antiSamples: [
      { command: { fields: { EffectiveDate: '2026-12-01', Status: 'Draft' } }, code: missing },
      { command: { fields: { ...newOrder, Status: 'Activated' } }, code: 'INVALID_STATUS' },
    ],
  }),
  UpdateOrder: updates('Order', {
    doc: 'Changes the named fields of an order; one with products is activated by its status.',
    samples: [{ recordId: '$id', fields: { PoNumber: 'PO-12' }, fieldsToNull: ['Description'] }],
    antiSamples: [{ command: { recordId: '$id', fields: { Status: 'Activated' } }, code: 'FAILED_ACTIVATION' }],
  }),
  CreateUser: creates('User', {
    doc: 'Creates a user, who takes a licence; after a lost answer it is looked up by Username, which is unique.',
    // A second one with its Username is refused by Salesforce, and the lookup then tells whose the first is.
    repeat: 'safe',
    lookup: 'username',
    samples: [{ fields: newUser }],
    antiSamples: [
      { command: { fields: { ...newUser, Username: 'connect@simulated.example' } }, code: 'DUPLICATE_USERNAME' },
      { command: { fields: { ...newUser, Username: 'no e-mail form' } }, code: 'INVALID_EMAIL_ADDRESS' },
      { command: { fields: { ...newUser, ProfileId: '00e000000000ZZZ' } }, code: noReference },
    ],
  }),
}

/** The object's actions by name: those of the catalogue, then what its describe allows beyond them. */
export const actionsOf = (describe: ObjectDescribe): ReadonlyMap<string, Action> =>
  new Map([
    ...actionsByDescribe(describe),
    ...Object.entries(actions).filter(([, action]) => action.object === describe.name),
  ])

/** The object that an action is for, if it is one of the catalogue or one that any of the objects may have. */
export const objectOf = (name: string, objects: readonly string[]): string | undefined =>
  Object.hasOwn(actions, name) ? actions[name]!.object : objectByName(name, objects)

/** The action's shape with its name, as the schema generator takes it. */
export const shapeOf = (name: string, action: Action = actions[name]!): CommandShape => ({ name, ...action.shape })
