import { describe, expect, test } from 'vitest'
import { createContact, root, useSimulator } from './rest-client.ts'

const client = useSimulator()
const stored = (id: string) => client.simulator.org.row('Contact', id)
const missing = { status: 404, body: [{ errorCode: 'NOT_FOUND', message: 'The requested resource does not exist' }] }

describe('the id as external id (salesforce-facts 2.7)', () => {
  test('POST to /Id creates, from v37 on', async () => {
    const made = await client.post('/sobjects/Contact/Id', { LastName: 'New' })
    const { id } = made.body as { id: string }
    expect(made).toMatchObject({ status: 201, body: { id, success: true, errors: [], created: true } })
    expect(made.headers.get('location')).toBe(`${root}/sobjects/Contact/${id}`)
    const old = await client.send('POST', '/services/data/v36.0/sobjects/Contact/Id', { LastName: 'New' })
    expect(old).toMatchObject(missing)
    expect((await client.post('/sobjects/Contact/Email', { LastName: 'New' })).status).toBe(405)
  })

  test('PATCH, GET and DELETE by /Id/{id}', async () => {
    const id = await createContact(client)
    const path = `/sobjects/Contact/Id/${id}`
    const updated = { id, success: true, errors: [], created: false }
    expect(await client.patch(path, { Title: 'T' })).toMatchObject({ status: 200, body: updated })
    expect((await client.get(`${path}?fields=Title`)).body).toMatchObject({ Id: id, Title: 'T' })
    expect((await client.delete(path)).status).toBe(204)
    expect(await client.get(path)).toMatchObject(missing)
  })
})

describe('by external id', () => {
  test('GET: fields=, 300 for several, 404 for none; names in any case', async () => {
    const ids = [
      await createContact(client, { External_Id__c: 'two' }),
      await createContact(client, { External_Id__c: 'two' }),
    ]
    const several = await client.get('/sobjects/contact/external_id__c/two')
    expect(several).toMatchObject({ status: 300, body: ids.map(id => `${root}/sobjects/Contact/${id}`) })
    await client.delete(`/sobjects/Contact/${ids[1]}`)
    const one = await client.get('/sobjects/contact/EXTERNAL_ID__C/two?fields=lastname')
    expect(Object.keys(one.body as object)).toEqual(['attributes', 'LastName', 'Id'])
    expect(await client.get('/sobjects/Contact/External_Id__c/none')).toMatchObject(missing)
  })

  test('DELETE: 204, 300 with nothing deleted, 404', async () => {
    const ids = [
      await createContact(client, { External_Id__c: 'del' }),
      await createContact(client, { External_Id__c: 'del' }),
    ]
    expect((await client.delete('/sobjects/Contact/External_Id__c/del')).status).toBe(300)
    expect(ids.map(id => stored(id)?.IsDeleted)).toEqual([false, false])
    await client.delete(`/sobjects/Contact/${ids[1]}`)
    expect((await client.delete('/sobjects/Contact/External_Id__c/del')).status).toBe(204)
    expect(await client.delete('/sobjects/Contact/External_Id__c/del')).toMatchObject(missing)
  })

  test('updateOnly updates what is there, and is unknown up to v45', async () => {
    const id = await createContact(client, { Command_Id__c: 'uo-1' })
    const path = '/sobjects/Contact/Command_Id__c/uo-1?updateOnly=true'
    expect(await client.patch(path, { Title: 'T' })).toMatchObject({ status: 200, body: { id, created: false } })
    const old = '/services/data/v45.0/sobjects/Contact/Command_Id__c/uo-2?updateOnly=true'
    expect((await client.send('PATCH', old, { LastName: 'x' })).status).toBe(201)
  })

  test('a value that looks like an .inc file is not found', async () => {
    expect(await client.patch('/sobjects/Contact/Command_Id__c/acme.inc', { LastName: 'x' })).toMatchObject(missing)
  })

  test('PATCH by POST with _HttpMethod', async () => {
    const path = '/sobjects/Contact/Command_Id__c/over-1?_HttpMethod=PATCH'
    expect((await client.post(path, { LastName: 'x' })).status).toBe(201)
    expect((await client.post(path, { LastName: 'y' })).status).toBe(200)
  })

  test('Location of a created row', async () => {
    const made = await client.patch('/sobjects/Contact/Command_Id__c/loc-1', { LastName: 'x' })
    expect(made.headers.get('location')).toBe(`${root}/sobjects/Contact/${(made.body as { id: string }).id}`)
  })
})
