import jsforce from 'jsforce'
import { beforeAll, describe, expect, test } from 'vitest'
import { useSimulator } from './rest-client.ts'

// An independent client, unchanged: what it takes for Salesforce is what the simulator has to be.
const client = useSimulator({ rows: { contact: 4100 } })
let connection: InstanceType<typeof jsforce.Connection>

beforeAll(async () => {
  const { url: loginUrl, clientId, clientSecret } = client.simulator
  connection = new jsforce.Connection({ oauth2: { loginUrl, clientId, clientSecret }, version: '68.0' })
  await connection.authorize({ grant_type: 'client_credentials' })
})

describe('jsforce', () => {
  test('signs in and knows who it is', async () => {
    const { orgId, userId, url } = client.simulator
    expect(connection.userInfo).toMatchObject({ id: userId, organizationId: orgId })
    expect(connection.instanceUrl).toBe(url)
    expect(await connection.identity()).toMatchObject({ user_id: userId })
  })

  test('describes, and reads limits', async () => {
    const { fields } = await connection.describe('Contact')
    expect(fields.find(field => field.name === 'VIP__c')).toMatchObject({ type: 'boolean', custom: true })
    expect((await connection.describeGlobal()).sobjects.map(each => each.name)).toContain('Contact')
    expect((await connection.limits()).DailyApiRequests?.Max).toBe(100_000)
    expect(connection.limitInfo.apiUsage?.limit).toBe(100_000)
  })

  test('queries through all pages', async () => {
    const soql = 'SELECT Id, Name FROM Contact ORDER BY SystemModstamp, Id'
    const { records, totalSize } = await connection.query(soql, { autoFetch: true, maxFetch: 10_000 })
    expect([records.length, totalSize]).toEqual([4100, 4100])
    expect(new Set(records.map(record => record.Id)).size).toBe(4100)
  })

  test('creates, reads, updates, upserts, deletes', async () => {
    const contacts = connection.sobject('Contact')
    const made = await contacts.create({
      LastName: 'Okafor',
      VIP__c: true,
      Interests__c: 'Travel;Music',
      Command_Id__c: 'js-1',
    })
    const id = made.id ?? ''
    expect(made).toEqual({ id, success: true, errors: [] })
    expect(await contacts.update({ Id: id, Title: 'Buyer' })).toMatchObject({ id, success: true })
    expect(await contacts.retrieve(id)).toMatchObject({ Title: 'Buyer', VIP__c: true, Interests__c: 'Music;Travel' })
    expect(await contacts.upsert({ Command_Id__c: 'js-1', LastName: 'Upserted' }, 'Command_Id__c')).toMatchObject({
      id,
      success: true,
    })
    expect(await contacts.upsert({ Command_Id__c: 'js-2', LastName: 'New' }, 'Command_Id__c')).toMatchObject({
      success: true,
      created: true,
    })
    expect(await contacts.destroy(id)).toMatchObject({ id, success: true })
    const soql = `SELECT Id, IsDeleted FROM Contact WHERE Id = '${id}'`
    expect((await connection.query(soql)).totalSize).toBe(0)
    expect((await connection.query(soql, { scanAll: true })).records).toMatchObject([{ Id: id, IsDeleted: true }])
  })

  test('collections: create, update, upsert, retrieve, delete', async () => {
    const contacts = connection.sobject('Contact')
    const made = await contacts.create([{ LastName: 'A' }, { FirstName: 'no last name' }])
    expect(made).toMatchObject([
      { success: true },
      { success: false, errors: [{ statusCode: 'REQUIRED_FIELD_MISSING' }] },
    ])
    const id = made[0]?.id ?? ''
    expect(await contacts.update([{ Id: id, Title: 'T' }])).toMatchObject([{ id, success: true }])
    expect(await contacts.retrieve([id])).toMatchObject([{ Title: 'T' }])
    const upserted = await contacts.upsert([{ Command_Id__c: 'js-3', LastName: 'U' }], 'Command_Id__c')
    expect(upserted).toMatchObject([{ success: true, created: true }])
    expect(await contacts.destroy([id])).toMatchObject([{ id, success: true }])
  })

  test('composite by a custom request', async () => {
    const base = '/services/data/v68.0'
    const answer = await connection.requestPost<{ compositeResponse: { httpStatusCode: number }[] }>('/composite', {
      compositeRequest: [
        { method: 'POST', url: `${base}/sobjects/Contact`, referenceId: 'made', body: { LastName: 'C' } },
        { method: 'GET', url: `${base}/sobjects/Contact/@{made.id}`, referenceId: 'read' },
      ],
    })
    expect(answer.compositeResponse.map(each => each.httpStatusCode)).toEqual([201, 200])
  })

  test('updated() and deleted()', async () => {
    const contacts = connection.sobject('Contact')
    const made = await contacts.create({ LastName: 'D' })
    const id = made.id ?? ''
    const minuteMs = 60_000
    const window = () => [new Date(Date.now() - 5 * minuteMs), new Date(Date.now() + minuteMs)] as const
    expect((await contacts.updated(...window())).ids).toContain(id)
    await contacts.destroy(id)
    expect((await contacts.deleted(...window())).deletedRecords.map(row => row.id)).toContain(id)
  })

  test('errors arrive with their code', async () => {
    await expect(connection.query('SELECT Nope FROM Contact')).rejects.toMatchObject({ errorCode: 'INVALID_FIELD' })
    await expect(connection.sobject('Contact').create({})).rejects.toMatchObject({
      errorCode: 'REQUIRED_FIELD_MISSING',
    })
    await expect(connection.sobject('Contact').retrieve('0035i00000zzzzz')).rejects.toMatchObject({
      errorCode: 'NOT_FOUND',
    })
  })
})
