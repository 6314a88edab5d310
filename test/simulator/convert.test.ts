import { describe, expect, test } from 'vitest'
import { codeOf, command } from './control-client.ts'
import { createContact, recordsOf, useSimulator } from './rest-client.ts'

const nowMs = Date.UTC(2026, 10, 23, 10, 0, 0)
const client = useSimulator({ clock: () => nowMs })
const org = () => client.simulator.org
const convertedStatus = 'Closed - Converted'
const person = { LastName: 'Okafor', FirstName: 'Ada', Company: 'Acme', Email: 'ada@acme.example', City: 'Lagos' }
const newLead = (fields = {}) => org().create('Lead', { ...person, ...fields })
const read = async (object: string, id: unknown, fields: string) =>
  recordsOf(await client.soql(`SELECT ${fields} FROM ${object} WHERE Id = '${id}'`))[0]
interface Converted {
  readonly accountId: string
  readonly contactId: string
  readonly opportunityId: string | null
}

describe('lead conversion (salesforce-facts 5.2)', () => {
  test('makes an account, a contact and an opportunity; memberships and tasks follow; the lead stays', async () => {
    const leadId = newLead()
    const CampaignId = org().create('Campaign', { Name: 'Fair' })
    const member = org().create('CampaignMember', { CampaignId, LeadId: leadId })
    const task = org().create('Task', { Subject: 'Call', WhoId: leadId })
    const got = await command(client, 'convert', { leadId, convertedStatus })
    const { accountId, contactId, opportunityId } = got.body as Converted
    expect(await read('Account', accountId, 'Name, BillingCity')).toMatchObject({ Name: 'Acme', BillingCity: 'Lagos' })
    expect(await read('Contact', contactId, 'Name, Email, AccountId')).toMatchObject({
      ...{ Name: 'Ada Okafor', Email: person.Email, AccountId: accountId },
    })
    expect(await read('Opportunity', opportunityId, 'Name, CloseDate, AccountId')).toMatchObject({
      ...{ Name: 'Acme', CloseDate: '2026-12-31', AccountId: accountId },
    })
    const fields = 'IsConverted, IsDeleted, Status, ConvertedDate, ConvertedAccountId, ConvertedContactId'
    expect(await read('Lead', leadId, `${fields}, ConvertedOpportunityId`)).toMatchObject({
      ...{ IsConverted: true, IsDeleted: false, Status: convertedStatus, ConvertedDate: '2026-11-23' },
      ...{ ConvertedAccountId: accountId, ConvertedContactId: contactId, ConvertedOpportunityId: opportunityId },
    })
    expect(await read('CampaignMember', member, 'ContactId, LeadId')).toMatchObject({
      ...{ ContactId: contactId, LeadId: leadId },
    })
    expect(await read('Task', task, 'WhoId, WhatId')).toMatchObject({ WhoId: contactId, WhatId: opportunityId })
  })

  test('into rows that exist, without an opportunity', async () => {
    const accountId = org().create('Account', { Name: 'There' })
    const contactId = await createContact(client)
    const order = { leadId: newLead(), convertedStatus, accountId, contactId, doNotCreateOpportunity: true }
    expect((await command(client, 'convert', order)).body).toEqual({
      ...{ leadId: order.leadId, accountId, contactId, opportunityId: null },
    })
    expect(await read('Lead', order.leadId, 'ConvertedOpportunityId')).toMatchObject({ ConvertedOpportunityId: null })
  })

  test('a converted lead is read-only without the permission', async () => {
    const leadId = newLead()
    await command(client, 'convert', { leadId, convertedStatus })
    expect(codeOf(await client.patch(`/sobjects/Lead/${leadId}`, { Title: 'x' }))).toBe('CANNOT_UPDATE_CONVERTED_LEAD')
    expect(codeOf(await command(client, 'convert', { leadId, convertedStatus }))).toBe('CANNOT_UPDATE_CONVERTED_LEAD')
    await command(client, 'access', { editsConvertedLeads: true })
    expect((await client.patch(`/sobjects/Lead/${leadId}`, { Title: 'x' })).status).toBe(204)
    await command(client, 'access', { editsConvertedLeads: false })
  })

  test('what cannot be converted changes nothing', async () => {
    const leadId = newLead()
    const before = org().effects.length
    expect(codeOf(await command(client, 'convert', { leadId, convertedStatus: 'Working - Contacted' }))).toBe(
      'INVALID_STATUS',
    )
    const rule = { kind: 'validation', name: 'v', object: 'Opportunity', message: 'not now' }
    await command(client, 'rules', rule)
    expect(codeOf(await command(client, 'convert', { leadId, convertedStatus }))).toBe(
      'FIELD_CUSTOM_VALIDATION_EXCEPTION',
    )
    await command(client, 'remove-rules')
    expect(org().effects).toHaveLength(before)
    expect(await read('Lead', leadId, 'IsConverted')).toMatchObject({ IsConverted: false })
  })
})
