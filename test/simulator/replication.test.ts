import { describe, expect, test } from 'vitest'
import { command, errorsOf } from './control-client.ts'
import { createContact, signIn, useSimulator } from './rest-client.ts'

let nowMs = Date.UTC(2026, 10, 23, 10, 0, 30)
const client = useSimulator({ clock: () => nowMs })
const org = () => client.simulator.org
const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const iso = (ms: number) => encodeURIComponent(new Date(ms).toISOString())
const window = (kind: 'updated' | 'deleted', from: number, to: number) =>
  client.get(`/sobjects/Contact/${kind}/?start=${iso(from)}&end=${iso(to)}`)
const deletedIds = async (from: number, to: number) =>
  ((await window('deleted', from, to)).body as { deletedRecords: { id: string }[] }).deletedRecords.map(({ id }) => id)

describe('getDeleted and getUpdated (salesforce-facts 4.2)', () => {
  test('purged and hard-deleted rows stay in the log for 15 days; undeleted ones leave it', async () => {
    const [purged, hard, back] = [await createContact(client), await createContact(client), await createContact(client)]
    const at = nowMs
    await client.delete(`/sobjects/Contact/${purged}`)
    await client.delete(`/sobjects/Contact/${back}`)
    org().hardDelete('Contact', hard)
    await command(client, 'empty-bin', { ids: [purged] })
    org().undelete('Contact', back)
    expect(await deletedIds(at - minuteMs, at + minuteMs)).toEqual([purged, hard])
    const updated = await window('updated', at - minuteMs, at + minuteMs)
    expect((updated.body as { ids: string[] }).ids).toEqual([back])
    nowMs += 14 * dayMs
    Object.assign(client, await signIn(client.simulator))
    expect(await deletedIds(at - minuteMs, at + minuteMs)).toEqual([purged, hard])
  })

  test('rows that an account took along are in the log of their own object; merge losers too', async () => {
    const AccountId = org().create('Account', { Name: 'A' })
    const child = org().create('Contact', { LastName: 'C', AccountId })
    const [winner, loser] = [await createContact(client), await createContact(client)]
    org().delete('Account', AccountId)
    org().merge('Contact', { masterId: winner, loserIds: [loser] })
    expect(await deletedIds(nowMs - minuteMs, nowMs + minuteMs)).toEqual([child, loser])
  })

  test('latestDateCovered is held back by the oldest transaction that is open, of whatever object', async () => {
    const started = nowMs
    const { transaction } = (await command(client, 'begin')).body as { transaction: string }
    await command(client, 'write', {
      transaction,
      rows: { operation: 'create', object: 'Account', fields: { Name: 'Late' } },
    })
    nowMs += 10 * minuteMs
    const covered = async () =>
      ((await window('deleted', started - minuteMs, nowMs)).body as { latestDateCovered: string }).latestDateCovered
    expect(Date.parse(await covered())).toBe(Math.floor(started / minuteMs) * minuteMs)
    await command(client, 'commit', { transaction })
    expect(Date.parse(await covered())).toBe(Math.floor(nowMs / minuteMs) * minuteMs)
  })

  test('a start before what is still known is refused', async () => {
    const refusal = async (kind: 'updated' | 'deleted') => errorsOf(await window(kind, nowMs - 2 * dayMs, nowMs))[0]
    expect(await refusal('deleted')).toBeUndefined()
    await command(client, 'replication', { purgeDeletesBefore: new Date(nowMs - dayMs).toISOString() })
    expect(await refusal('deleted')).toMatchObject({ errorCode: 'INVALID_REPLICATION_DATE' })
    expect(await refusal('updated')).toBeUndefined()
    const { body } = await window('deleted', nowMs - minuteMs * 60, nowMs)
    expect(Date.parse((body as { earliestDateAvailable: string }).earliestDateAvailable)).toBe(
      Math.floor((nowMs - dayMs) / minuteMs) * minuteMs,
    )
    await command(client, 'replication', { enabledAt: new Date(nowMs - dayMs).toISOString() })
    expect(await refusal('updated')).toMatchObject({
      errorCode: 'INVALID_REPLICATION_DATE',
      message: 'startDate before org replication enabled date',
    })
  })
})
