import { describe, expect, test } from 'vitest'
import { codeOf, command, errorsOf } from './control-client.ts'
import { createContact, recordsOf, signIn, useSimulator } from './rest-client.ts'

let nowMs = Date.UTC(2026, 10, 23, 10, 0, 0)
const client = useSimulator({ clock: () => nowMs })
const org = () => client.simulator.org
const hourMs = 3_600_000
const dayMs = 24 * hourMs
const all = (object: string, where: string, fields = 'Id, IsDeleted') =>
  client.soql(`SELECT ${fields} FROM ${object} WHERE ${where}`, 'queryAll').then(recordsOf)
const rows = (body: object) => command(client, 'rows', body)
/** The sessions of the clients end as the clock moves. */
const daysPass = async (days: number) => {
  nowMs += days * dayMs
  Object.assign(client, await signIn(client.simulator))
}

describe('what goes with a deleted row (salesforce-facts 4.3)', () => {
  test('an account takes its contacts and their tasks along; undelete brings all of them back', async () => {
    const account = org().create('Account', { Name: 'Acme' })
    const AccountId = account
    const contact = await createContact(client, { AccountId })
    const task = org().create('Task', { Subject: 'Call', WhoId: contact })
    const binnedBefore = org().create('Contact', { LastName: 'Earlier', AccountId })
    org().delete('Contact', binnedBefore)
    nowMs += 2000
    expect((await client.delete(`/sobjects/Account/${account}`)).status).toBe(204)
    const [deletedContact] = await all('Contact', `Id = '${contact}'`, 'IsDeleted, MasterRecordId, SystemModstamp')
    expect(deletedContact).toMatchObject({
      ...{ IsDeleted: true, MasterRecordId: null },
      SystemModstamp: new Date(nowMs).toISOString().replace('Z', '+0000'),
    })
    expect(await all('Task', `Id = '${task}'`)).toMatchObject([{ IsDeleted: true }])
    expect(() => org().undelete('Contact', contact)).toThrow('UNDELETE_FAILED')
    expect((await rows({ operation: 'undelete', object: 'Account', id: account })).status).toBe(200)
    expect(recordsOf(await client.soql(`SELECT Id FROM Contact WHERE AccountId = '${account}'`))).toMatchObject([
      { Id: contact },
    ])
    expect(await all('Task', `Id = '${task}'`)).toMatchObject([{ IsDeleted: false }])
    expect(await all('Contact', `Id = '${binnedBefore}'`)).toMatchObject([{ IsDeleted: true }])
  })

  test('a switch leaves the stamps of what goes along', async () => {
    await command(client, 'switches', { cascadeMovesStamp: false, deleteMovesLastModified: false })
    const AccountId = org().create('Account', { Name: 'Quiet' })
    const contact = await createContact(client, { AccountId })
    const stamp = new Date(nowMs).toISOString().replace('Z', '+0000')
    nowMs += 5000
    await client.delete(`/sobjects/Account/${AccountId}`)
    const fields = 'IsDeleted, SystemModstamp, LastModifiedDate'
    expect(await all('Contact', `Id = '${contact}'`, fields)).toMatchObject([
      { IsDeleted: true, SystemModstamp: stamp, LastModifiedDate: stamp },
    ])
    const [account] = await all('Account', `Id = '${AccountId}'`, fields)
    expect(account?.LastModifiedDate).toBe(stamp)
    expect(account?.SystemModstamp).not.toBe(stamp)
    await command(client, 'switches', { cascadeMovesStamp: true, deleteMovesLastModified: true })
  })

  test('other lookups are cleared, and restored by the undelete unless set meanwhile', async () => {
    const boss = await createContact(client)
    const [one, two] = [
      await createContact(client, { ReportsToId: boss }),
      await createContact(client, { ReportsToId: boss }),
    ]
    const other = await createContact(client)
    nowMs += 3000
    await client.delete(`/sobjects/Contact/${boss}`)
    const [cleared] = await all('Contact', `Id = '${one}'`, 'ReportsToId, SystemModstamp, LastModifiedDate')
    expect(cleared?.ReportsToId).toBe(null)
    expect(Date.parse(String(cleared?.SystemModstamp))).toBe(nowMs)
    expect(Date.parse(String(cleared?.LastModifiedDate))).toBe(nowMs - 3000)
    await client.patch(`/sobjects/Contact/${two}`, { ReportsToId: other })
    org().undelete('Contact', boss)
    expect(await all('Contact', `Id IN ('${one}', '${two}') ORDER BY Id`, 'ReportsToId')).toMatchObject([
      { ReportsToId: boss },
      { ReportsToId: other },
    ])
  })

  test('rows that restrict a delete are named, and nothing is deleted', async () => {
    const product = org().create('Product2', { Name: 'Bolt', IsActive: true })
    const [book] = recordsOf(await client.soql('SELECT Id FROM Pricebook2 WHERE IsStandard = true'))
    const entry = { Product2Id: product, UnitPrice: 5, IsActive: true, Pricebook2Id: book?.Id }
    const PricebookEntryId = org().create('PricebookEntry', entry)
    const AccountId = org().create('Account', { Name: 'Buyer' })
    const order = { AccountId, EffectiveDate: '2026-11-01', Status: 'Draft', Pricebook2Id: book?.Id }
    const OrderId = org().create('Order', order)
    const item = org().create('OrderItem', { OrderId, PricebookEntryId, Quantity: 1, UnitPrice: 5 })
    const effects = org().effects.length
    const refused = await client.delete(`/sobjects/Product2/${product}`)
    expect(refused.status).toBe(400)
    expect(errorsOf(refused)[0]).toMatchObject({
      errorCode: 'DELETE_FAILED',
      message: expect.stringMatching(
        /^Your attempt to delete Bolt could not be completed because it is associated with the following order products\.: \d+\n$/,
      ),
      fields: [],
    })
    expect(org().effects).toHaveLength(effects)
    // Order products leave no trace but in the delete log.
    expect((await client.delete(`/sobjects/OrderItem/${item}`)).status).toBe(204)
    expect(await all('OrderItem', `Id = '${item}'`)).toEqual([])
    expect((await client.delete(`/sobjects/Product2/${product}`)).status).toBe(204)
  })
})

describe('the end of a deleted row (salesforce-facts 4.1)', () => {
  test('emptied rows cannot be undeleted, and go for good after a while', async () => {
    await command(client, 'switches', { physicalDeletionMs: 5 * hourMs })
    const id = await createContact(client)
    await client.delete(`/sobjects/Contact/${id}`)
    expect((await command(client, 'empty-bin', { ids: [id] })).body).toEqual({ emptied: 1 })
    expect(codeOf(await rows({ operation: 'undelete', object: 'Contact', id }))).toBe('UNDELETE_FAILED')
    expect(await all('Contact', `Id = '${id}'`)).toHaveLength(1)
    nowMs += hourMs
    expect(await all('Contact', `Id = '${id}'`)).toHaveLength(1)
    await daysPass(1)
    expect(await all('Contact', `Id = '${id}'`)).toEqual([])
    await command(client, 'switches', { physicalDeletionMs: 0 })
    expect(codeOf(await client.delete(`/sobjects/Contact/${id}`))).toBe('INVALID_CROSS_REFERENCE_KEY')
  })

  test('after 15 days the bin lets a row go', async () => {
    const id = await createContact(client)
    await client.delete(`/sobjects/Contact/${id}`)
    await daysPass(14)
    expect(await all('Contact', `Id = '${id}'`)).toHaveLength(1)
    await daysPass(1)
    expect(await all('Contact', `Id = '${id}'`)).toEqual([])
  })

  test('a bin that overflows lets the oldest go, but none younger than two hours', async () => {
    await command(client, 'empty-bin')
    await command(client, 'switches', { recycleBinRowsMax: 1 })
    const [old, young] = [await createContact(client), await createContact(client)]
    org().delete('Contact', old)
    nowMs += hourMs
    org().delete('Contact', young)
    expect(await all('Contact', `Id IN ('${old}', '${young}')`)).toHaveLength(2)
    nowMs += hourMs - 1000
    expect(await all('Contact', `Id IN ('${old}', '${young}')`)).toHaveLength(2)
    nowMs += 1000
    expect(await all('Contact', `Id IN ('${old}', '${young}')`)).toMatchObject([{ Id: young }])
    await command(client, 'switches', { recycleBinRowsMax: 5_000_000 })
  })

  test('a hard delete skips the bin', async () => {
    const id = await createContact(client)
    expect((await rows({ operation: 'hardDelete', object: 'Contact', id })).status).toBe(200)
    expect(await all('Contact', `Id = '${id}'`)).toEqual([])
    expect(() => org().undelete('Contact', id)).toThrow('UNDELETE_FAILED')
  })
})
