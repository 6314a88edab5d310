import { describe, expect, test } from 'vitest'
import { codeOf, command } from './control-client.ts'
import { createContact, recordsOf, useSimulator } from './rest-client.ts'

let nowMs = Date.UTC(2026, 10, 23, 10, 0, 0)
const client = useSimulator({ clock: () => nowMs })
const org = () => client.simulator.org
const contact = async (id: string, fields: string) =>
  recordsOf(await client.soql(`SELECT ${fields} FROM Contact WHERE Id = '${id}'`, 'queryAll'))[0]
const merge = (masterId: string, loserIds: string[], values = {}) =>
  command(client, 'merge', { object: 'Contact', masterId, loserIds, values })

describe('merge (salesforce-facts 5.1)', () => {
  test('losers are deleted with MasterRecordId, children go to the winner, the winner takes the values', async () => {
    const [winner, one, two] = [await createContact(client), await createContact(client), await createContact(client)]
    const task = org().create('Task', { Subject: 'Call', WhoId: one })
    const report = await createContact(client, { ReportsToId: two })
    nowMs += 4000
    const stamp = new Date(nowMs).toISOString().replace('Z', '+0000')
    const got = await merge(winner, [one, two], { Title: 'Merged' })
    expect(got.body).toEqual({ id: winner, mergedRecordIds: [one, two], updatedRelatedIds: [task, report] })
    for (const loser of [one, two]) {
      expect(await contact(loser, 'IsDeleted, MasterRecordId, SystemModstamp')).toMatchObject({
        ...{ IsDeleted: true, MasterRecordId: winner, SystemModstamp: stamp },
      })
    }
    expect(await contact(winner, 'Title, IsDeleted, SystemModstamp')).toMatchObject({
      ...{ Title: 'Merged', IsDeleted: false, SystemModstamp: stamp },
    })
    const [moved] = recordsOf(await client.soql(`SELECT WhoId, SystemModstamp FROM Task WHERE Id = '${task}'`))
    expect(moved).toMatchObject({ WhoId: winner, SystemModstamp: stamp })
    expect(await contact(report, 'ReportsToId')).toMatchObject({ ReportsToId: winner })
  })

  test('a switch leaves the stamps of the children that move', async () => {
    await command(client, 'switches', { mergeMovesChildStamp: false })
    const [winner, loser] = [await createContact(client), await createContact(client)]
    const report = await createContact(client, { ReportsToId: loser })
    const { SystemModstamp } = (await contact(report, 'SystemModstamp')) ?? {}
    nowMs += 4000
    await merge(winner, [loser])
    expect(await contact(report, 'ReportsToId, SystemModstamp')).toMatchObject({ ReportsToId: winner, SystemModstamp })
    await command(client, 'switches', { mergeMovesChildStamp: true })
  })

  test('chains keep each step; a loser that is undeleted is no loser any more, and its children stay', async () => {
    const [a, b, c] = [await createContact(client), await createContact(client), await createContact(client)]
    const report = await createContact(client, { ReportsToId: a })
    await merge(b, [a])
    await merge(c, [b])
    expect(await contact(a, 'MasterRecordId')).toMatchObject({ MasterRecordId: b })
    expect(await contact(b, 'MasterRecordId')).toMatchObject({ MasterRecordId: c })
    expect((await command(client, 'rows', { operation: 'undelete', object: 'Contact', id: a })).status).toBe(200)
    expect(await contact(a, 'MasterRecordId, IsDeleted')).toMatchObject({ MasterRecordId: null, IsDeleted: false })
    expect(await contact(report, 'ReportsToId')).toMatchObject({ ReportsToId: c })
  })

  test('a winner below its loser gets no parent; a campaign has the winner once', async () => {
    const loser = await createContact(client)
    const winner = await createContact(client, { ReportsToId: loser })
    const CampaignId = org().create('Campaign', { Name: 'Fair' })
    const members = [loser, winner].map(ContactId => org().create('CampaignMember', { CampaignId, ContactId }))
    await merge(winner, [loser])
    expect(await contact(winner, 'ReportsToId')).toMatchObject({ ReportsToId: null })
    const left = recordsOf(await client.soql(`SELECT Id FROM CampaignMember WHERE CampaignId = '${CampaignId}'`))
    expect(left).toMatchObject([{ Id: members[1] }])
  })

  test('what cannot be merged changes nothing', async () => {
    const [winner, loser] = [await createContact(client), await createContact(client)]
    const gone = await createContact(client)
    await client.delete(`/sobjects/Contact/${gone}`)
    const before = org().effects.length
    expect(codeOf(await merge(winner, []))).toBe('MERGE_FAILED')
    expect(codeOf(await merge(winner, [winner]))).toBe('MERGE_FAILED')
    expect(codeOf(await merge(winner, [loser, gone]))).toBe('ENTITY_IS_DELETED')
    expect(codeOf(await merge(winner, [loser], { Email: 'nobody' }))).toBe('INVALID_EMAIL_ADDRESS')
    const order = { object: 'Campaign', masterId: winner, loserIds: [loser] }
    expect(codeOf(await command(client, 'merge', order))).toBe('INVALID_TYPE_FOR_OPERATION')
    expect(org().effects).toHaveLength(before)
    expect(await contact(loser, 'IsDeleted')).toMatchObject({ IsDeleted: false })
  })
})
