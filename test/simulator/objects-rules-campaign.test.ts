import { beforeAll, describe, expect, test } from 'vitest'
import { codeOf } from './control-client.ts'
import { refusal, useObjects } from './object-client.ts'

const { client, org, post, patch, create, rowOf } = useObjects()
const leadFields = { LastName: 'Silva', Company: 'Quarry' }

describe('Campaign and members (salesforce-facts 6.7)', () => {
  let CampaignId = ''
  const statusOf = (id: string) => rowOf('CampaignMember', id)
  beforeAll(async () => {
    CampaignId = await create('Campaign', { Name: 'Fair' })
  })

  test('a campaign comes with Sent, the default, and Responded', () => {
    expect(rowOf('Campaign', CampaignId)).toMatchObject({ Status: 'Planned', Type: 'Conference', IsActive: false })
    const statuses = org()
      .rows('CampaignMemberStatus')
      .filter(each => each.CampaignId === CampaignId)
    expect(statuses).toMatchObject([
      { Label: 'Sent', IsDefault: true, HasResponded: false },
      { Label: 'Responded', IsDefault: false, HasResponded: true },
    ])
  })

  test('a member is a contact or a lead; of both the contact wins; once per campaign', async () => {
    expect(codeOf(await post('CampaignMember', { CampaignId }))).toBe('REQUIRED_FIELD_MISSING')
    const ContactId = await create('Contact', { LastName: 'Ada', Email: 'ada@customer.example' })
    const LeadId = await create('Lead', leadFields)
    const both = await create('CampaignMember', { CampaignId, ContactId, LeadId })
    expect(statusOf(both)).toMatchObject({ ContactId, LeadId: null, Type: 'Contact', LeadOrContactId: ContactId })
    expect(refusal(await post('CampaignMember', { CampaignId, ContactId }))).toEqual({
      errorCode: 'DUPLICATE_VALUE',
      message: 'Already a campaign member.',
      fields: [],
    })
    const lead = await create('CampaignMember', { CampaignId, LeadId })
    expect(statusOf(lead)).toMatchObject({ Type: 'Lead', CompanyOrAccount: 'Quarry' })
    expect(codeOf(await post('CampaignMember', { CampaignId, LeadId }))).toBe('DUPLICATE_VALUE')
    expect(codeOf(await patch('CampaignMember', lead, { LeadId: null }))).toBe('INVALID_FIELD_FOR_INSERT_UPDATE')
  })

  test('an unknown status becomes the default one; HasResponded follows', async () => {
    const LeadId = await create('Lead', leadFields)
    const id = await create('CampaignMember', { CampaignId, LeadId, Status: 'Dancing' })
    expect(statusOf(id)).toMatchObject({ Status: 'Sent', HasResponded: false, FirstRespondedDate: null })
    await patch('CampaignMember', id, { Status: 'Responded' })
    expect(statusOf(id)).toMatchObject({ HasResponded: true, FirstRespondedDate: expect.stringMatching(/^\d{4}-/) })
    await create('CampaignMemberStatus', { CampaignId, Label: 'Came', IsDefault: true, HasResponded: true })
    await patch('CampaignMember', id, { Status: 'Unheard of' })
    expect(statusOf(id)).toMatchObject({ Status: 'Came', HasResponded: true })
    const defaults = org()
      .rows('CampaignMemberStatus')
      .filter(each => each.CampaignId === CampaignId && each.IsDefault)
    expect(defaults.map(each => each.Label)).toEqual(['Came'])
  })

  test('what a member shows of its lead, and what a campaign counts, follows without moving a stamp', async () => {
    const id = await create('Campaign', { Name: 'Mailing' })
    const LeadId = await create('Lead', { ...leadFields, Email: 'old@prospect.example' })
    const member = await create('CampaignMember', { CampaignId: id, LeadId })
    const [stamp, campaignStamp] = [statusOf(member).SystemModstamp, rowOf('Campaign', id).SystemModstamp]
    await patch('Lead', LeadId, { Email: 'new@prospect.example', HasOptedOutOfEmail: true })
    expect(statusOf(member)).toMatchObject({
      ...{ Email: 'new@prospect.example', HasOptedOutOfEmail: true, SystemModstamp: stamp },
    })
    await create('Opportunity', {
      Name: 'A',
      StageName: 'Closed Won',
      CloseDate: '2027-01-01',
      Amount: 10,
      CampaignId: id,
    })
    await create('Opportunity', {
      Name: 'B',
      StageName: 'Prospecting',
      CloseDate: '2027-01-01',
      Amount: 5,
      CampaignId: id,
    })
    expect(rowOf('Campaign', id)).toMatchObject({
      ...{ NumberOfLeads: 1, NumberOfContacts: 0, NumberOfResponses: 0, NumberOfConvertedLeads: 0 },
      ...{
        NumberOfOpportunities: 2,
        NumberOfWonOpportunities: 1,
        AmountAllOpportunities: 15,
        AmountWonOpportunities: 10,
      },
    })
    org().convert({ leadId: LeadId, convertedStatus: 'Closed - Converted', doNotCreateOpportunity: true })
    expect(rowOf('Campaign', id)).toMatchObject({ NumberOfLeads: 0, NumberOfContacts: 1, NumberOfConvertedLeads: 1 })
    await client.delete(`/sobjects/CampaignMember/${member}`)
    expect(rowOf('Campaign', id)).toMatchObject({ NumberOfContacts: 0, SystemModstamp: campaignStamp })
  })
})
