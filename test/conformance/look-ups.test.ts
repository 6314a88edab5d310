import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fillSample } from '../../src/actions/samples.ts'
import { actions } from '../../src/actions.ts'
import { valueFor } from '../../src/demo/commands.ts'
import { userLicencesMax } from '../../src/simulator/objects/rules/user.ts'
import type { Json } from '../routes/commands.ts'
import { startWorld, type World } from '../routes/world.ts'
import { Asking } from './asking.ts'

const objects = ['Campaign', 'Lead', 'User']

describe('actions that look something up first', () => {
  let world: World
  let asking: Asking

  beforeAll(async () => {
    world = await startWorld({ config: { sink: { objects } } })
    await world.start({ sink: true })
    asking = await Asking.open(world, objects)
  }, 60_000)
  afterAll(() => world?.close())

  const org = () => world.simulator.org
  const newRow = (object: string): string => valueFor(org(), object, 'id')
  const members = (campaignId: string) =>
    org()
      .rows('CampaignMember')
      .filter(row => row.CampaignId === campaignId)
  const add = (command: Json) => ({ action: 'AddCampaignMember', command })

  test('an existing member is answered with its id, whoever added it, and its status is left alone', async () => {
    const [campaignId, contactId, leadId] = [newRow('Campaign'), newRow('Contact'), newRow('Lead')]
    const id = org().create('CampaignMember', { CampaignId: campaignId, ContactId: contactId, Status: 'Responded' })
    const replies = await asking.ask(
      'Campaign',
      add({ campaignId, contactId }),
      add({ campaignId, contactId, status: 'Responded' }),
      { ...add({ campaignId: campaignId.slice(0, 15), contactId, status: 'Sent' }), format: 'avro' },
      add({ campaignId, leadId }),
      add({ campaignId, leadId }),
    )
    const [same, equal, other, first, second] = replies
    for (const reply of [same, equal, other])
      expect(reply).toMatchObject({ status: 'SUCCEEDED', recordId: id, created: false, attempts: 0 })
    expect([same!.warnings, equal!.warnings]).toEqual([[], []])
    expect(other!.warnings).toEqual([expect.stringContaining('Responded')])
    expect(first).toMatchObject({ status: 'SUCCEEDED', created: true, attempts: 1 })
    expect(second).toMatchObject({ status: 'SUCCEEDED', created: false, recordId: first!.recordId })
    expect(members(campaignId).map(row => row.Status)).toEqual(['Responded', 'Sent'])
  })

  test('a status that the campaign does not have is refused, though Salesforce would take its default', async () => {
    const [campaignId, leadId] = [newRow('Campaign'), newRow('Lead')]
    const [refused] = await asking.ask('Campaign', add({ campaignId, leadId, status: 'Attended' }))
    expect(refused).toMatchObject({
      status: 'REJECTED',
      errors: [{ code: 'command.invalid', remedy: 'Use one of Sent, Responded.' }],
    })
    org().create('CampaignMemberStatus', { CampaignId: campaignId, Label: 'Attended', HasResponded: true })
    const [added] = await asking.ask('Campaign', add({ campaignId, leadId, status: 'Attended' }))
    expect(added).toMatchObject({ status: 'SUCCEEDED', created: true })
    expect(members(campaignId)).toMatchObject([{ Id: added!.recordId, Status: 'Attended' }])
  })

  test('a member whose answer is lost is found instead of added twice', async () => {
    const [campaignId, contactId] = [newRow('Campaign'), newRow('Contact')]
    world.simulator.faults.add({
      action: 'dropAfter',
      match: { method: 'POST', path: 'composite/sobjects', body: contactId },
    })
    const [reply] = await asking.ask('Campaign', add({ campaignId, contactId }))
    expect(world.simulator.faults.waiting).toEqual([])
    expect(reply).toMatchObject({
      status: 'SUCCEEDED',
      recordId: members(campaignId)[0]!.Id,
      created: null,
      attempts: 1,
    })
    expect(members(campaignId)).toHaveLength(1)
  })

  test('the members of a batch are looked up in one call', async () => {
    const campaigns = [newRow('Campaign'), newRow('Campaign')]
    const leads = Array.from({ length: 120 }, () => newRow('Lead'))
    const before = world.simulator.apiCalls()
    const replies = await asking.ask(
      'Campaign',
      ...leads.map((leadId, n) => add({ campaignId: campaigns[n % 2], leadId, status: 'Sent' })),
    )
    expect(replies.every(reply => reply.status === 'SUCCEEDED')).toBe(true)
    // One batch, or two if the first records were fetched alone: for each a composite of the look-ups, and one of the rows.
    expect(world.simulator.apiCalls() - before).toBeLessThanOrEqual(4)
  })

  const userFields = (Username: string): Json => {
    const sample = fillSample(actions.CreateUser!.samples[0]!, name => valueFor(org(), 'User', name))
    return { ...(sample.fields as Json), Username }
  }
  const userOf = (name: string) => ({ action: 'CreateUser', command: { fields: userFields(name) } })
  const newName = () => `${randomUUID().slice(0, 8)}@look-ups.example`
  const usersNamed = (name: string) =>
    org()
      .rows('User')
      .filter(row => row.Username === name)

  test('a user whose answer is lost is found by the Username', async () => {
    const name = newName()
    world.simulator.faults.add({ action: 'dropAfter', match: { method: 'POST', body: name } })
    const [reply] = await asking.ask('User', userOf(name))
    expect(reply).toMatchObject({ status: 'SUCCEEDED', created: true, recordId: usersNamed(name)[0]!.Id, attempts: 1 })
    expect(usersNamed(name)).toHaveLength(1)
  })

  test('a user whose request was lost on its way is created', async () => {
    const name = newName()
    world.simulator.faults.add({ action: 'dropBefore', match: { method: 'POST', body: name } })
    const [reply] = await asking.ask('User', userOf(name))
    expect(reply).toMatchObject({ status: 'SUCCEEDED', created: true, attempts: 2 })
    expect(usersNamed(name)).toHaveLength(1)
  })

  test("somebody else's user is not taken for the effect of a lost request", async () => {
    const name = newName()
    org().create('User', userFields(name))
    world.simulator.faults.add({ action: 'dropBefore', match: { method: 'POST', body: name } })
    const [reply] = await asking.ask('User', userOf(name.toUpperCase()))
    expect(reply).toMatchObject({ status: 'FAILED', errors: [{ code: 'DUPLICATE_USERNAME' }], attempts: 1 })
  })

  test('a wrong profile: the error of Salesforce itself', async () => {
    const profile = { ...userFields(newName()), ProfileId: newRow('Account') }
    const [reply] = await asking.ask('User', { action: 'CreateUser', command: { fields: profile } })
    expect(reply).toMatchObject({ status: 'FAILED', errors: [{ code: 'MALFORMED_ID', fields: ['ProfileId'] }] })
  })

  test('fifty commands for the lead statuses are one call; a look-up that fails passes', async () => {
    world.simulator.faults.add({ action: 'answer', answer: 'serverUnavailable', match: { body: 'LeadStatus' } })
    const command = { action: 'GetAllLeadStatuses', command: {} }
    const [reply] = await asking.ask('Lead', command)
    expect(reply).toMatchObject({ status: 'SUCCEEDED', recordId: null, attempts: 2 })
    const before = world.simulator.apiCalls()
    const replies = await asking.ask('Lead', ...Array.from({ length: 50 }, () => command))
    expect(replies.every(each => (each.leadStatuses as Json[]).length === 4)).toBe(true)
    expect(world.simulator.apiCalls() - before).toBeLessThanOrEqual(2)
  })

  test('no licence left: the error of Salesforce itself', async () => {
    const fields = userFields('')
    const free = userLicencesMax - org().count('User')
    org().bulkWrite('User', free, n => ({ ...fields, Username: `licensed-${n}@look-ups.example` }))
    const [active, inactive] = await asking.ask('User', userOf(newName()), {
      action: 'CreateUser',
      command: { fields: { ...userFields(newName()), IsActive: false } },
    })
    expect(active).toMatchObject({ status: 'FAILED', errors: [{ code: 'LICENSE_LIMIT_EXCEEDED' }] })
    expect(inactive).toMatchObject({ status: 'SUCCEEDED' })
  })
})
