import { describe, expect, test } from 'vitest'
import { type Got, recordsOf, signIn, useSimulator } from './rest-client.ts'

let nowMs = Date.UTC(2026, 10, 23, 10, 0, 30)
const client = useSimulator({ clock: () => nowMs })
const org = () => client.simulator.org
const minuteMs = 60_000
const text = (ms: number) => encodeURIComponent(new Date(ms).toISOString())
const window = (kind: 'updated' | 'deleted', from: number, to: number): Promise<Got> =>
  client.get(`/sobjects/Contact/${kind}/?start=${text(from)}&end=${text(to)}`)

describe('recycle bin (salesforce-facts 4.1)', () => {
  test('a delete sets IsDeleted, moves the stamps, and is seen by queryAll alone; undelete brings the row back', async () => {
    const id = org().create('Contact', { LastName: 'Gone' })
    const where = `WHERE Id = '${id}'`
    nowMs += 3000
    await client.delete(`/sobjects/Contact/${id}`)
    const fields = 'IsDeleted, MasterRecordId, SystemModstamp, LastModifiedDate, LastModifiedById'
    expect(recordsOf(await client.soql(`SELECT ${fields} FROM Contact ${where}`))).toEqual([])
    expect(recordsOf(await client.soql(`SELECT Id FROM Contact WHERE IsDeleted = true`))).toEqual([])
    const [row] = recordsOf(await client.soql(`SELECT ${fields} FROM Contact WHERE IsDeleted = true`, 'queryAll'))
    expect(row).toMatchObject({
      IsDeleted: true,
      MasterRecordId: null,
      SystemModstamp: '2026-11-23T10:00:33.000+0000',
      LastModifiedDate: '2026-11-23T10:00:33.000+0000',
      LastModifiedById: client.simulator.userId,
    })
    nowMs += 1000
    org().undelete('Contact', id)
    const [back] = recordsOf(await client.soql(`SELECT ${fields} FROM Contact ${where}`))
    expect(back).toMatchObject({ IsDeleted: false, SystemModstamp: '2026-11-23T10:00:34.000+0000' })
    expect(back?.LastModifiedById).not.toBe(client.simulator.userId)
    expect(() => org().undelete('Contact', id)).toThrow('UNDELETE_FAILED')
  })

  test('a unique value taken meanwhile hinders the undelete', () => {
    const id = org().create('Contact', { LastName: 'First', Command_Id__c: 'bin-1' })
    org().delete('Contact', id)
    org().create('Contact', { LastName: 'Second', Command_Id__c: 'bin-1' })
    expect(() => org().undelete('Contact', id)).toThrow('DUPLICATE_VALUE')
  })
})

describe('getUpdated and getDeleted (salesforce-facts 4.2)', () => {
  test('seconds are ignored, both ends count, deleted rows are in deleted only', async () => {
    nowMs = Date.UTC(2026, 10, 24, 12, 0, 5)
    Object.assign(client, await signIn(client.simulator))
    const kept = org().create('Contact', { LastName: 'Kept' })
    const gone = org().create('Contact', { LastName: 'Gone' })
    nowMs += 50_000
    org().delete('Contact', gone)
    nowMs += 5 * minuteMs
    const start = Date.UTC(2026, 10, 24, 12, 0, 59)
    const updated = await window('updated', start, start + minuteMs)
    expect(updated.body).toEqual({ ids: [kept], latestDateCovered: '2026-11-24T12:01:00.000+0000' })
    const deleted = await window('deleted', start - minuteMs, start)
    expect(deleted.body).toEqual({
      deletedRecords: [{ id: gone, deletedDate: '2026-11-24T12:00:55.000+0000' }],
      earliestDateAvailable: '2026-11-09T12:05:00.000+0000',
      latestDateCovered: '2026-11-24T12:00:00.000+0000',
    })
  })

  test('latestDateCovered is held back to the start of the oldest running transaction', async () => {
    const startedMs = nowMs
    const open = org().begin()
    open.create('Contact', { LastName: 'Late' })
    nowMs += 10 * minuteMs
    const covered = async () => (await window('updated', startedMs, nowMs)).body
    const minute = (ms: number) => new Date(Math.floor(ms / minuteMs) * minuteMs).toISOString().replace('Z', '+0000')
    expect(await covered()).toMatchObject({ latestDateCovered: minute(startedMs) })
    open.commit()
    expect(await covered()).toMatchObject({ latestDateCovered: minute(nowMs), ids: [expect.any(String)] })
  })

  test('windows that are refused', async () => {
    const dayMs = 24 * 60 * minuteMs
    const code = async (kind: 'updated' | 'deleted', from: number, to: number) =>
      ((await window(kind, from, to)).body as { errorCode: string }[])[0]?.errorCode
    expect(await code('deleted', nowMs - 16 * dayMs, nowMs)).toBe('INVALID_REPLICATION_DATE')
    expect(await code('updated', nowMs - 16 * dayMs, nowMs)).toBeUndefined()
    expect(await code('updated', nowMs - 31 * dayMs, nowMs)).toBe('INVALID_REPLICATION_DATE')
    expect(await code('updated', nowMs, nowMs)).toBe('INVALID_REPLICATION_DATE')
    const organization = await client.get(
      `/sobjects/Organization/updated?start=${text(nowMs - dayMs)}&end=${text(nowMs)}`,
    )
    expect(organization).toMatchObject({
      status: 400,
      body: [{ message: 'sObject type Organization is not replicable' }],
    })
  })
})
