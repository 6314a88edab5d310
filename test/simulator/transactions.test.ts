import { describe, expect, test } from 'vitest'
import { codeOf, command } from './control-client.ts'
import { createContact, recordsOf, useSimulator } from './rest-client.ts'

let nowMs = Date.UTC(2026, 10, 23, 10, 0, 0)
const client = useSimulator({ clock: () => nowMs, seed: 7 })
const org = () => client.simulator.org
const begin = async (body: object = {}) =>
  ((await command(client, 'begin', body)).body as { transaction: string }).transaction
const write = (transaction: string, rows: unknown) => command(client, 'write', { transaction, rows })
const names = async (like: string) =>
  recordsOf(
    await client.soql(`SELECT LastName FROM Contact WHERE LastName LIKE '${like}%' ORDER BY SystemModstamp, Id`),
  ).map(row => row.LastName)
const create = (LastName: string) => ({ operation: 'create', object: 'Contact', fields: { LastName } })

describe('transactions that are held open (salesforce-facts 3.6)', () => {
  test('rows are stamped when written and seen at commit, in whatever order; stamps can be chosen', async () => {
    const [early, late] = [await begin(), await begin({ stamp: '2026-11-23T09:00:00.900Z' })]
    await write(early, create('order early'))
    nowMs += 10_000
    await write(late, [create('order late')])
    expect(await names('order')).toEqual([])
    await command(client, 'commit', { transaction: late })
    expect(await names('order')).toEqual(['order late'])
    await command(client, 'commit', { transaction: early })
    expect(await names('order')).toEqual(['order late', 'order early'])
    const stamps = org()
      .rows('Contact')
      .filter(row => String(row.LastName).startsWith('order'))
    expect(stamps.map(row => row.SystemModstamp).toSorted()).toEqual([
      '2026-11-23T09:00:00.000+0000',
      '2026-11-23T10:00:00.000+0000',
    ])
  })

  test('a rollback leaves nothing; a write that fails leaves the others of its transaction', async () => {
    const transaction = await begin()
    await write(transaction, create('rolled a'))
    const failed = await write(transaction, { operation: 'create', object: 'Contact', fields: {} })
    expect(codeOf(failed)).toBe('REQUIRED_FIELD_MISSING')
    await command(client, 'commit', { transaction })
    expect(await names('rolled')).toEqual(['rolled a'])
    const other = await begin()
    await write(other, create('rolled b'))
    await command(client, 'rollback', { transaction: other })
    expect(await names('rolled')).toEqual(['rolled a'])
    expect((await write(other, create('rolled c'))).status).toBe(400)
  })

  test('a merge that fails half-way leaves nothing in its transaction', async () => {
    const [winner, loser] = [await createContact(client), await createContact(client)]
    const open = org().begin()
    const id = open.create('Contact', { LastName: 'kept' })
    const order = { masterId: winner, loserIds: [loser], values: { Email: 'nobody' } }
    expect(() => open.merge('Contact', order)).toThrow('INVALID_EMAIL_ADDRESS')
    open.commit()
    expect(org().row('Contact', id)).toBeDefined()
    expect(org().row('Contact', loser)).toMatchObject({ IsDeleted: false, MasterRecordId: null })
  })

  test('a merge in an open transaction is unseen as a whole until its commit', async () => {
    const [winner, loser] = [await createContact(client), await createContact(client)]
    const report = await createContact(client, { ReportsToId: loser })
    const before = org().rows('Contact')
    const open = org().begin()
    open.merge('Contact', { masterId: winner, loserIds: [loser], values: { Title: 'm' } })
    expect(org().rows('Contact')).toEqual(before)
    for (const id of [winner, loser, report])
      expect(codeOf(await client.patch(`/sobjects/Contact/${id}`, { Title: 'x' }))).toBe('UNABLE_TO_LOCK_ROW')
    open.commit()
    expect(org().row('Contact', report)).toMatchObject({ ReportsToId: winner })
  })
})

describe('row locks (salesforce-facts 2.10)', () => {
  test('a write waits for a row as long as the switch says', async () => {
    const id = await createContact(client)
    const open = org().begin()
    open.update('Contact', id, { Title: 'open' })
    expect(codeOf(await client.patch(`/sobjects/Contact/${id}`, { Title: 'x' }))).toBe('UNABLE_TO_LOCK_ROW')
    await command(client, 'switches', { rowLockWaitMs: 60_000 })
    let answered = false
    const waiting = client.patch(`/sobjects/Contact/${id}`, { Department: 'waited' }).then(got => {
      answered = true
      return got
    })
    for (let reads = 0; reads < 5; reads++) await client.get(`/sobjects/Contact/${id}`)
    expect(answered).toBe(false)
    open.commit()
    expect((await waiting).status).toBe(204)
    expect(org().row('Contact', id)).toMatchObject({ Title: 'open', Department: 'waited' })
    await command(client, 'switches', { rowLockWaitMs: 0 })
  })

  test('a cascade that meets a locked row deletes nothing', async () => {
    const AccountId = org().create('Account', { Name: 'A' })
    const [one, two] = [await createContact(client, { AccountId }), await createContact(client, { AccountId })]
    const open = org().begin()
    open.update('Contact', two, { Title: 'held' })
    expect(codeOf(await client.delete(`/sobjects/Account/${AccountId}`))).toBe('UNABLE_TO_LOCK_ROW')
    expect(org().row('Contact', one)).toMatchObject({ IsDeleted: false })
    open.rollback()
    expect((await client.delete(`/sobjects/Account/${AccountId}`)).status).toBe(204)
  })

  test('users share no transaction with other rows (salesforce-facts 6.9)', async () => {
    const user = { url: `/services/data/v68.0/sobjects/User/${client.simulator.userId}`, method: 'PATCH' }
    const contact = { url: '/services/data/v68.0/sobjects/Contact', method: 'POST', body: { LastName: 'Mixed' } }
    const compositeRequest = [
      { ...contact, referenceId: 'a' },
      { ...user, referenceId: 'b', body: { Title: 'x' } },
    ]
    const { body } = await client.post('/composite', { allOrNone: true, compositeRequest })
    const { compositeResponse } = body as { compositeResponse: { body: { errorCode: string }[] }[] }
    expect(compositeResponse.map(each => each.body[0]?.errorCode)).toEqual(['PROCESSING_HALTED', 'MIXED_DML_OPERATION'])
    expect(await names('Mixed')).toEqual([])
  })
})

describe('commit delay and bulk writes', () => {
  test('random delays commit in another order than the writes began', async () => {
    await command(client, 'commit-delay', { ms: 0, randomMs: 300 })
    const before = org().effects.length
    const sent = Array.from({ length: 8 }, (_, n) => client.post('/sobjects/Contact', { LastName: `delay ${n}` }))
    const ids = (await Promise.all(sent)).map(got => (got.body as { id: string }).id)
    await command(client, 'commit-delay', { ms: 0 })
    const committed = org()
      .effects.slice(before)
      .map(effect => effect.recordId)
    expect(committed.toSorted()).toEqual(ids.toSorted())
    expect(committed).not.toEqual(ids.toSorted())
  })

  test('thousands of rows with one stamp', async () => {
    const fields = { LastName: 'bulk {n}', External_Id__c: 'bulk-{n}' }
    const got = await command(client, 'bulk-write', { object: 'Contact', count: 4500, fields })
    expect(got.body).toEqual({ created: 4500 })
    const stamp = `SystemModstamp = ${new Date(nowMs).toISOString()}`
    const { body } = await client.soql(`SELECT COUNT() FROM Contact WHERE LastName LIKE 'bulk %' AND ${stamp}`)
    expect((body as { totalSize: number }).totalSize).toBe(4500)
    expect((await client.get('/sobjects/Contact/External_Id__c/bulk-4499')).status).toBe(200)
  })
})
