import { describe, expect, test } from 'vitest'
import { createContact, recordsOf, useSimulator } from './rest-client.ts'

let nowMs = Date.UTC(2026, 10, 23, 10, 0, 0)
const client = useSimulator({ clock: () => nowMs })
const org = () => client.simulator.org

const names = async (): Promise<unknown[]> =>
  recordsOf(await client.soql('SELECT LastName FROM Contact ORDER BY SystemModstamp, Id', 'queryAll')).map(
    row => row.LastName,
  )

describe('late commits (salesforce-facts 3.6)', () => {
  test('rows are stamped when saved and seen at commit, also out of stamp order', async () => {
    const early = org().begin()
    early.create('Contact', { LastName: 'early' })
    nowMs += 2000
    const late = org().begin()
    late.create('Contact', { LastName: 'late' })
    expect(await names()).toEqual([])
    late.commit()
    expect(await names()).toEqual(['late'])
    nowMs += 60_000
    early.commit()
    expect(await names()).toEqual(['early', 'late'])
    const [row] = org()
      .rows('Contact')
      .filter(each => each.LastName === 'early')
    expect(row?.SystemModstamp).toBe('2026-11-23T10:00:00.000+0000')
    const [, effect] = org().effects
    expect(effect).toMatchObject({ savedAtMs: nowMs - 62_000, committedAtMs: nowMs })
  })

  test('a transaction sees its own writes; a rollback leaves nothing, not even the unique value', async () => {
    const before = org().rows('Contact', { deleted: true })
    const open = org().begin()
    const id = open.create('Contact', { LastName: 'own', Command_Id__c: 'tx-1' })
    open.update('Contact', id, { Title: 'changed' })
    open.delete('Contact', String(before[0]?.Id))
    expect(org().rows('Contact', { deleted: true })).toEqual(before)
    open.rollback()
    expect(org().rows('Contact', { deleted: true })).toEqual(before)
    expect(org().effects.some(effect => effect.recordId === id)).toBe(false)
    org().create('Contact', { LastName: 'other', Command_Id__c: 'tx-1' })
  })

  test('a row that an open transaction has written is locked; so is its unique value', async () => {
    const id = await createContact(client)
    const open = org().begin()
    open.update('Contact', id, { Title: 'a' })
    open.create('Contact', { LastName: 'x', Command_Id__c: 'taken' })
    expect(await client.patch(`/sobjects/Contact/${id}`, { Title: 'b' })).toMatchObject({
      status: 400,
      body: [
        {
          errorCode: 'UNABLE_TO_LOCK_ROW',
          message: `unable to obtain exclusive access to this record or 1 records: ${id}`,
        },
      ],
    })
    const duplicate = await client.post('/sobjects/Contact', { LastName: 'y', Command_Id__c: 'TAKEN' })
    expect(duplicate).toMatchObject({ body: [{ errorCode: 'DUPLICATE_VALUE' }] })
    open.commit()
    expect((await client.patch(`/sobjects/Contact/${id}`, { Title: 'b' })).status).toBe(204)
  })

  test('with a commit delay the answer waits for the commit, and reads go on', async () => {
    client.simulator.commitDelayMs = 200
    let answered = false
    const before = org().count('Contact')
    const write = client.post('/sobjects/Contact', { LastName: 'delayed' }).then(got => {
      answered = true
      return got
    })
    const reads: number[] = []
    while (!answered) {
      const got = await client.soql('SELECT COUNT() FROM Contact')
      reads.push((got.body as { totalSize: number }).totalSize)
    }
    client.simulator.commitDelayMs = 0
    expect((await write).status).toBe(201)
    expect(reads.length).toBeGreaterThan(1)
    expect(reads[0]).toBe(before)
    expect(org().count('Contact')).toBe(before + 1)
  })
})
