import { describe, expect, test } from 'vitest'
import { createContact, root, useSimulator } from './rest-client.ts'

let nowMs = Date.UTC(2026, 10, 23, 10, 11, 12, 999)
const client = useSimulator({ clock: () => nowMs })
const stored = (id: string) => client.simulator.org.row('Contact', id)

describe('create, read, update, delete', () => {
  test('create answers 201 with a Location and an 18-character id of the object', async () => {
    const got = await client.post('/sobjects/Contact/', { LastName: 'Okafor', FirstName: 'Ada' })
    expect(got.status).toBe(201)
    const { id } = got.body as { id: string }
    expect(got.body).toEqual({ id, success: true, errors: [] })
    expect(id).toMatch(/^003[0-9A-Za-z]{15}$/)
    expect(got.headers.get('location')).toBe(`${root}/sobjects/Contact/${id}`)
  })

  test('system fields: the caller, one second of the org’s clock, and defaults', async () => {
    const id = await createContact(client, { FirstName: 'Ada' })
    const { userId } = client.simulator
    expect(stored(id)).toMatchObject({
      attributes: { type: 'Contact', url: `${root}/sobjects/Contact/${id}` },
      Name: 'Ada Okafor',
      CreatedById: userId,
      LastModifiedById: userId,
      OwnerId: userId,
      CreatedDate: '2026-11-23T10:11:12.000+0000',
      SystemModstamp: '2026-11-23T10:11:12.000+0000',
      IsDeleted: false,
      VIP__c: false,
      HasOptedOutOfEmail: false,
    })
  })

  test('update answers 204, moves the stamps, and clears with null; the same values count as a change', async () => {
    const id = await createContact(client, { Title: 'Buyer' })
    nowMs += 5000
    expect(await client.patch(`/sobjects/Contact/${id}`, { Title: null })).toMatchObject({
      status: 204,
      body: undefined,
    })
    expect(stored(id)).toMatchObject({
      Title: null,
      CreatedDate: expect.stringMatching(/:12\.000/),
      LastModifiedDate: expect.stringMatching(/:17\.000/),
      SystemModstamp: expect.stringMatching(/:17\.000/),
    })
    nowMs += 1000
    await client.patch(`/sobjects/Contact/${id}`, { LastName: 'Okafor' })
    expect(stored(id)?.SystemModstamp).toMatch(/:18\.000/)
    nowMs -= 6000
  })

  test('read gives every field of describe; fields= trims and keeps the id; names in any case, 15-character ids', async () => {
    const id = await createContact(client)
    const { body } = await client.get('/sobjects/Contact/describe')
    const names = (body as { fields: { name: string }[] }).fields.map(field => field.name)
    const all = await client.get(`/sobjects/contact/${id}`)
    expect(Object.keys(all.body as object)).toEqual(['attributes', ...names])
    const some = await client.get(`/sobjects/Contact/${id.slice(0, 15)}?fields=lastname,VIP__c`)
    expect(Object.keys(some.body as object)).toEqual(['attributes', 'LastName', 'VIP__c', 'Id'])
  })

  test('values as in salesforce-facts 10.2', async () => {
    const id = await createContact(client, {
      Title: '',
      Department: '  Sales ',
      Interests__c: 'Travel;Music;Travel',
      Credit_Limit__c: '12.349',
      Birthdate: '2000-02-29',
      EmailBouncedDate: '2026-11-23T11:11:12.700+01:00',
      MailingCity: 'Lagos',
    })
    expect(stored(id)).toMatchObject({
      Title: null,
      Department: 'Sales',
      Interests__c: 'Music;Travel',
      Credit_Limit__c: 12.34,
      Birthdate: '2000-02-29',
      EmailBouncedDate: '2026-11-23T10:11:12.000+0000',
      MailingAddress: { city: 'Lagos', street: null },
      OtherAddress: null,
    })
  })

  test('parents are linked by their external id, or refused', async () => {
    const boss = await createContact(client, { External_Id__c: 'Boss-1' })
    const id = await createContact(client, { ReportsTo: { External_Id__c: 'boss-1' } })
    expect(stored(id)?.ReportsToId).toBe(boss)
    const got = await client.post('/sobjects/Contact', { LastName: 'x', ReportsTo: { External_Id__c: 'Nobody' } })
    expect(got).toMatchObject({
      status: 400,
      body: [
        {
          errorCode: 'INVALID_FIELD',
          message: 'Foreign key external ID: nobody not found for field External_Id__c in entity Contact',
        },
      ],
    })
  })
})

describe('upsert by external id (salesforce-facts 2.7)', () => {
  const path = (value: string) => `/sobjects/Contact/Command_Id__c/${encodeURIComponent(value)}`

  test('201 when created, 200 when updated; the value is decoded and matched without case', async () => {
    const made = await client.patch(path('up/1 ü'), { LastName: 'One' })
    const { id } = made.body as { id: string }
    expect(made.status).toBe(201)
    expect(made.body).toEqual({ id, success: true, errors: [], created: true })
    expect(stored(id)?.Command_Id__c).toBe('up/1 ü')
    const again = await client.patch(path('UP/1 Ü'), { LastName: 'Two' })
    expect(again.status).toBe(200)
    expect(again.body).toEqual({ id, success: true, errors: [], created: false })
    expect(stored(id)?.LastName).toBe('Two')
    expect((await client.get(path('up/1 ü'))).body).toMatchObject({ Id: id })
    expect((await client.delete(path('up/1 ü'))).status).toBe(204)
    expect((await client.get(path('up/1 ü'))).status).toBe(404)
  })

  test('up to v45 an update is 204', async () => {
    const old = `/services/data/v45.0/sobjects/Contact/Command_Id__c/old-1`
    const made = await client.send('PATCH', old, { LastName: 'One' })
    expect([made.status, Object.keys(made.body as object)]).toEqual([201, ['id', 'success', 'errors']])
    expect(await client.send('PATCH', old, { LastName: 'Two' })).toMatchObject({ status: 204, body: undefined })
  })

  test('several matches: 300 with their URLs, and nothing written', async () => {
    const ids = [
      await createContact(client, { External_Id__c: 'twin' }),
      await createContact(client, { External_Id__c: 'twin' }),
    ]
    const got = await client.patch('/sobjects/Contact/External_Id__c/twin', { LastName: 'Three' })
    expect(got).toMatchObject({ status: 300, body: ids.map(id => `${root}/sobjects/Contact/${id}`) })
    expect(stored(ids[0] ?? '')?.LastName).toBe('Okafor')
  })

  test('a field that is no external id, the field in the body, updateOnly', async () => {
    const unknown = {
      message: 'Provided external ID field does not exist or is not accessible: Title',
      errorCode: 'NOT_FOUND',
    }
    expect(await client.patch('/sobjects/Contact/Title/x', { LastName: 'x' })).toMatchObject({
      status: 404,
      body: [unknown],
    })
    const repeated = await client.patch(path('up-2'), { LastName: 'x', command_id__c: 'up-2' })
    expect(repeated).toMatchObject({ status: 400, body: [{ errorCode: 'INVALID_FIELD' }] })
    expect((await client.patch(`${path('up-2')}?updateOnly=true`, { LastName: 'x' })).status).toBe(404)
    expect((await client.get(path('up-2'))).status).toBe(404)
  })
})
