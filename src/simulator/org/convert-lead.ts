import { rowError } from '../api-error.ts'
import type { Cell } from './cell.ts'
import { refuseWithoutRight, writableRow } from './checks.ts'
import { childrenOf } from './child-lookups.ts'
import type { Field } from './object-type.ts'
import type { Org } from './org.ts'
import type { RowInput } from './read-row.ts'
import { createRow, saveAsSystem } from './save.ts'
import { isLive, type StoredRow, type Table } from './table.ts'
import type { Transaction } from './transaction.ts'

/** SOAP's LeadConvert. */
export interface LeadConvert {
  readonly leadId: string
  /** A LeadStatus that is converted. */
  readonly convertedStatus: string
  /** Existing rows to convert into; created unless given. */
  readonly accountId?: string
  readonly contactId?: string
  readonly opportunityId?: string
  readonly doNotCreateOpportunity?: boolean
  /** The company's name unless given. */
  readonly opportunityName?: string
  /** Owner of the new rows; the lead's unless given. */
  readonly ownerId?: string
}

/** SOAP's LeadConvertResult without errors. */
export interface LeadConvertResult {
  readonly leadId: string
  readonly accountId: string
  readonly contactId: string
  readonly opportunityId: string | null
}

/** Converts a lead into an account, a contact and mostly an opportunity (salesforce-facts 5.2); its campaign memberships and tasks
 *  follow. Throws ApiError; then the caller rolls back. */
export function convertLead(org: Org, transaction: Transaction, convert: LeadConvert): LeadConvertResult {
  return new Conversion(org, transaction, convert).run()
}

/** Lead field -> field of the new row. */
const accountFields = {
  ...{ Phone: 'Phone', Website: 'Website', Industry: 'Industry', Rating: 'Rating', LeadSource: 'AccountSource' },
  ...{ AnnualRevenue: 'AnnualRevenue', NumberOfEmployees: 'NumberOfEmployees', Company: 'Name' },
  ...{ Street: 'BillingStreet', City: 'BillingCity', State: 'BillingState' },
  ...{ PostalCode: 'BillingPostalCode', Country: 'BillingCountry' },
}
const contactFields = {
  ...{ LastName: 'LastName', FirstName: 'FirstName', Salutation: 'Salutation', Title: 'Title', Email: 'Email' },
  ...{ Phone: 'Phone', MobilePhone: 'MobilePhone', Fax: 'Fax', LeadSource: 'LeadSource', Description: 'Description' },
  ...{ HasOptedOutOfEmail: 'HasOptedOutOfEmail', DoNotCall: 'DoNotCall', HasOptedOutOfFax: 'HasOptedOutOfFax' },
  ...{ Street: 'MailingStreet', City: 'MailingCity', State: 'MailingState' },
  ...{ PostalCode: 'MailingPostalCode', Country: 'MailingCountry' },
}
const dayMs = 86_400_000

class Conversion {
  readonly #org: Org
  readonly #transaction: Transaction
  readonly #convert: LeadConvert
  readonly #leads: Table
  readonly #lead: StoredRow

  constructor(org: Org, transaction: Transaction, convert: LeadConvert) {
    this.#org = org
    this.#transaction = transaction
    this.#convert = convert
    this.#leads = this.#table('Lead')
    refuseWithoutRight(org, transaction, this.#leads.type, 'update')
    this.#lead = writableRow(transaction, this.#leads, convert.leadId)
  }

  run(): LeadConvertResult {
    if (this.#read('IsConverted') === true)
      throw rowError('CANNOT_UPDATE_CONVERTED_LEAD', 'cannot reference converted lead')
    const { convertedStatus } = this.#convert
    if (!this.#isConvertedStatus(convertedStatus))
      throw rowError('INVALID_STATUS', `invalid convertedStatus: ${convertedStatus}`)
    const accountId = this.#existing('Account', this.#convert.accountId) ?? this.#newAccount()
    const contactId = this.#existing('Contact', this.#convert.contactId) ?? this.#newContact(accountId)
    const opportunityId = this.#existing('Opportunity', this.#convert.opportunityId) ?? this.#newOpportunity(accountId)
    const today = this.#date(this.#org.now())
    saveAsSystem(
      this.#org,
      this.#transaction,
      this.#leads,
      this.#lead,
      {
        ...{ IsConverted: true, ConvertedDate: today, Status: convertedStatus, IsUnreadByOwner: false },
        ...{ ConvertedAccountId: accountId, ConvertedContactId: contactId, ConvertedOpportunityId: opportunityId },
      },
      'user',
    )
    this.#moveChildren(contactId, opportunityId ?? accountId)
    return { leadId: this.#lead.id, accountId, contactId, opportunityId }
  }

  #table(name: string): Table {
    const table = this.#org.table(name)
    if (!table) throw rowError('INVALID_TYPE', `sObject type '${name}' is not supported.`)
    return table
  }

  #read(name: string): Cell {
    return this.#leads.type.field(name)?.read(this.#lead.cells ?? []) ?? null
  }

  #isConvertedStatus(status: string): boolean {
    const table = this.#table('LeadStatus')
    const [label, converted] = [table.type.field('MasterLabel'), table.type.field('IsConverted')]
    return [...table.rows.values()].some(
      ({ cells = [] }) => label?.read(cells) === status && converted?.read(cells) === true,
    )
  }

  #existing(object: string, id: string | undefined): string | undefined {
    return id === undefined ? undefined : writableRow(this.#transaction, this.#table(object), id).id
  }

  #newAccount(): string {
    return this.#create('Account', this.#mapped(accountFields))
  }

  #newContact(accountId: string): string {
    return this.#create('Contact', { ...this.#mapped(contactFields), AccountId: accountId })
  }

  #newOpportunity(accountId: string): string | null {
    if (this.#convert.doNotCreateOpportunity) return null
    const now = new Date(this.#org.now())
    // The end of the quarter, as Salesforce proposes.
    const quarterEndMs = Date.UTC(now.getUTCFullYear(), Math.floor(now.getUTCMonth() / 3) * 3 + 3, 1) - dayMs
    const stages = this.#table('Opportunity').type.field('StageName')?.definition.values
    return this.#create('Opportunity', {
      Name: this.#convert.opportunityName ?? this.#read('Company'),
      StageName: stages?.[0] ?? 'Prospecting',
      CloseDate: this.#date(quarterEndMs),
      AccountId: accountId,
      LeadSource: this.#read('LeadSource'),
    })
  }

  #mapped(names: Readonly<Record<string, string>>): Record<string, Cell> {
    return Object.fromEntries(Object.entries(names).map(([from, to]) => [to, this.#read(from)]))
  }

  #create(object: string, values: Readonly<Record<string, Cell>>): string {
    const table = this.#table(object)
    const given = new Map<Field, Cell>()
    const all = { ...values, OwnerId: this.#convert.ownerId ?? this.#read('OwnerId') }
    for (const [name, value] of Object.entries(all)) {
      const field = table.type.field(name)
      if (field?.createable && value !== null) given.set(field, value)
    }
    const input: RowInput = { values: given, options: { assign: false, allowDuplicates: true, root: '' } }
    return createRow(this.#org, this.#transaction, table, input)
  }

  /** Memberships get the contact beside the lead; tasks go over to it. */
  #moveChildren(contactId: string, whatId: string): void {
    const children = (object: string, lookup: string) => {
      const table = this.#org.table(object)
      const field = table?.type.field(lookup)
      return table && field ? childrenOf({ table, field }, this.#lead.id).map(row => ({ table, row })) : []
    }
    for (const { table, row } of children('CampaignMember', 'LeadId'))
      saveAsSystem(this.#org, this.#transaction, table, row, { ContactId: contactId })
    for (const { table, row } of children('Task', 'WhoId'))
      if (isLive(row.cells))
        saveAsSystem(this.#org, this.#transaction, table, row, { WhoId: contactId, WhatId: whatId })
  }

  #date(ms: number): string {
    return new Date(ms).toISOString().slice(0, 10)
  }
}
