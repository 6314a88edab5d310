import { afterEach, expect, test } from 'vitest'
import { audit, control, type Event, eventsOf, movableClock, polls, sum, told } from './org-changes.ts'
import { startWorld, type World } from './world.ts'

const minuteMs = 60_000

let world: World
afterEach(() => world.close())

async function open(objects: object, clock = movableClock()): Promise<World['simulator']> {
  world = await startWorld({
    config: { source: { interval_ms: 200, idle_interval_ms: 200, objects } },
    simulator: { clock: clock.now },
  })
  await world.start({ source: true })
  return world.simulator
}

const types = (events: readonly Event[]): string[] => events.map(({ recordId, type }) => `${recordId} ${type}`)

test('deletes, undeletes, hard deletes and purges: each delete once, what left no row by the audit', async () => {
  const clock = movableClock()
  const { org } = await open({ Contact: {} }, clock)
  const [binned, hard, purged] = ['Binned', 'Hard', 'Purged'].map(LastName => org.create('Contact', { LastName }))
  await eventsOf(world, 3)
  org.delete('Contact', binned!)
  expect((await eventsOf(world, 4))[3]).toMatchObject({ type: 'DELETED', masterRecordId: null })
  org.undelete('Contact', binned!)
  expect((await eventsOf(world, 5))[4]).toMatchObject({ type: 'UNDELETED', record: { IsDeleted: false } })
  org.delete('Contact', binned!)
  await eventsOf(world, 6)
  // Nothing is left of these for a poll to read.
  org.hardDelete('Contact', hard!)
  org.delete('Contact', purged!)
  await eventsOf(world, 7)
  await control(world, 'empty-bin', { ids: [purged] })
  await polls(world)
  expect(await told(world)).toHaveLength(7)
  clock.aheadMs = 15 * minuteMs
  await polls(world)
  await audit(world, clock)
  const seen = await eventsOf(world, 8)
  expect(types(seen).slice(3)).toEqual([
    `${binned} DELETED`,
    `${binned} UNDELETED`,
    `${binned} DELETED`,
    `${purged} DELETED`,
    `${hard} DELETED`,
  ])
  expect(seen[7]).toMatchObject({ record: null, trigger: 'contact-deleted', masterRecordId: null })
  expect(sum(await world.metrics(), 'connector_audit_found_total')).toBe(1)
  await audit(world, clock)
  expect(await told(world)).toHaveLength(8)
})

test('created, deleted, undeleted, deleted again under one stamp: each comes, though the row looks as before', async () => {
  const { org } = await open({ Contact: {} })
  const stampMs = Math.floor(Date.now() / 1_000) * 1_000
  const at = (write: (transaction: ReturnType<typeof org.begin>) => void): void => {
    const transaction = org.begin(undefined, stampMs)
    write(transaction)
    transaction.commit()
  }
  let id = ''
  at(open => {
    id = open.create('Contact', { LastName: 'Quick' })
  })
  await eventsOf(world, 1)
  at(open => open.delete('Contact', id))
  await eventsOf(world, 2)
  at(open => open.undelete('Contact', id))
  await eventsOf(world, 3)
  at(open => open.delete('Contact', id))
  const seen = await eventsOf(world, 4)
  expect(types(seen)).toEqual(['CREATED', 'DELETED', 'UNDELETED', 'DELETED'].map(type => `${id} ${type}`))
  expect(new Set(seen.map(({ eventId }) => eventId)).size).toBe(4)
  await polls(world)
  expect(await told(world)).toHaveLength(4)
})

test('a merge: losers with the survivor’s id, the survivor updated', async () => {
  const { org } = await open({ Lead: {} })
  const names = ['Winner', 'Loser', 'Other'].map(LastName => ({ LastName, Company: 'Example' }))
  const [winner, loser, other] = names.map(fields => org.create('Lead', fields))
  await eventsOf(world, 3, 'Lead')
  org.merge('Lead', { masterId: winner!, loserIds: [loser!, other!], values: { Title: 'Merged' } })
  const seen = (await eventsOf(world, 6, 'Lead')).slice(3)
  expect(types(seen).toSorted()).toEqual([`${winner} UPDATED`, `${loser} MERGED`, `${other} MERGED`].toSorted())
  for (const event of seen.filter(({ type }) => type === 'MERGED'))
    expect(event).toMatchObject({ masterRecordId: winner, trigger: 'lead-merged' })
  expect(seen.find(({ type }) => type === 'UPDATED')?.record).toMatchObject({ Title: 'Merged' })
  await polls(world)
  expect(await told(world, 'Lead')).toHaveLength(6)
})

test.each([true, false])(
  'a cascade delete tells of every row it takes (its stamps move: %s)',
  async cascadeMovesStamp => {
    const clock = movableClock()
    const { org } = await open({ Account: {}, Contact: {} }, clock)
    await control(world, 'switches', { cascadeMovesStamp })
    const AccountId = org.create('Account', { Name: 'Example' })
    const contacts = [1, 2, 3].map(n => org.create('Contact', { LastName: `Member ${n}`, AccountId }))
    await Promise.all([eventsOf(world, 1, 'Account'), eventsOf(world, 3)])
    // Beyond lookback and audit: only getDeleted still tells of a row whose stamp did not move.
    clock.aheadMs = 60 * minuteMs
    await polls(world, 6)
    await audit(world, clock)
    org.delete('Account', AccountId)
    expect(types(await eventsOf(world, 2, 'Account'))[1]).toBe(`${AccountId} DELETED`)
    clock.aheadMs = 75 * minuteMs
    await polls(world, 6)
    await audit(world, clock)
    const seen = types(await eventsOf(world, 6)).slice(3)
    expect(seen.toSorted()).toEqual(contacts.map(id => `${id} DELETED`).toSorted())
    expect(sum(await world.metrics(), 'connector_audit_found_total')).toBe(cascadeMovesStamp ? 0 : 3)
    await audit(world, clock)
    expect(await told(world)).toHaveLength(6)
  },
)

test('a lead conversion: the lead updated, what it became created', async () => {
  const { org } = await open({ Lead: {}, Account: {}, Contact: {}, Opportunity: {} })
  const leadId = org.create('Lead', { LastName: 'Okafor', Company: 'Example' })
  await eventsOf(world, 1, 'Lead')
  const became = org.convert({ leadId, convertedStatus: 'Closed - Converted' })
  const [, lead] = await eventsOf(world, 2, 'Lead')
  expect(lead).toMatchObject({ recordId: leadId, type: 'UPDATED', record: { IsConverted: true } })
  expect(lead!.record).toMatchObject({ ConvertedAccountId: became.accountId, ConvertedContactId: became.contactId })
  expect(types(await eventsOf(world, 1, 'Account'))).toEqual([`${became.accountId} CREATED`])
  expect(types(await eventsOf(world, 1, 'Contact'))).toEqual([`${became.contactId} CREATED`])
  expect(types(await eventsOf(world, 1, 'Opportunity'))).toEqual([`${became.opportunityId} CREATED`])
})
