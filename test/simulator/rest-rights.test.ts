import { afterEach, describe, expect, test } from 'vitest'
import { control, createContact, root, useSimulator } from './rest-client.ts'

const client = useSimulator()
const fields = (level: 'edit' | 'read' | 'none') =>
  control(client, 'access', { fields: { 'Contact.Title': level, 'Contact.External_Id__c': level } })
const may = (right: string, granted: boolean) =>
  control(client, 'access', { objects: { Contact: { [right]: granted } } })

afterEach(async () => {
  await fields('edit')
  await control(client, 'access', { objects: { Contact: { read: true, create: true, update: true, delete: true } } })
  await control(client, 'remove-rules', {})
  await control(client, 'switches', { deletedRowGet: 'NOT_FOUND', insufficientAccessStatus: 403 })
})

describe('a hidden field is as if it did not exist (salesforce-facts 2.5)', () => {
  test('in rows, describe, collections and the UI API', async () => {
    const id = await createContact(client, { Title: 'T', External_Id__c: 'hidden' })
    await fields('none')
    expect(Object.keys((await client.get(`/sobjects/Contact/${id}`)).body as object)).not.toContain('Title')
    const described = (await client.get('/sobjects/Contact/describe')).body as { fields: { name: string }[] }
    expect(described.fields.map(field => field.name)).not.toContain('Title')
    const unknown = { status: 400, body: [{ errorCode: 'INVALID_FIELD' }] }
    expect(await client.get(`/sobjects/Contact/${id}?fields=Title`)).toMatchObject(unknown)
    expect(await client.get(`/composite/sobjects/Contact?ids=${id}&fields=Id,Title`)).toMatchObject(unknown)
    expect(await client.post('/composite/sobjects/Contact', { ids: [id], fields: ['Title'] })).toMatchObject(unknown)
    expect(await client.get(`/ui-api/records/${id}?fields=Contact.Title`)).toMatchObject(unknown)
    expect(await client.patch(`/sobjects/Contact/${id}`, { Title: 'x' })).toMatchObject(unknown)
    const records = [{ attributes: { type: 'Contact' }, LastName: 'x', Title: 'x' }]
    expect(await client.post('/composite/sobjects', { records })).toMatchObject(unknown)
    expect((await client.get('/sobjects/Contact/External_Id__c/hidden')).status).toBe(404)
    expect((await client.patch('/sobjects/Contact/External_Id__c/hidden', { LastName: 'x' })).status).toBe(404)
    expect(client.simulator.org.row('Contact', id)?.Title).toBe('T')
  })

  test('one that can only be read is refused when written', async () => {
    const id = await createContact(client, { Title: 'T' })
    await fields('read')
    expect((await client.get(`/sobjects/Contact/${id}?fields=Title`)).body).toMatchObject({ Title: 'T' })
    expect(await client.patch(`/sobjects/Contact/${id}`, { Title: 'x' })).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INVALID_FIELD_FOR_INSERT_UPDATE', fields: ['Title'] }],
    })
  })
})

describe('objects', () => {
  test('one that may not be read is not there', async () => {
    const id = await createContact(client)
    await may('read', false)
    for (const path of ['/sobjects/Contact', '/sobjects/Contact/describe', `/sobjects/Contact/${id}`])
      expect((await client.get(path)).status, path).toBe(404)
    const global = (await client.get('/sobjects')).body as { sobjects: { name: string }[] }
    expect(global.sobjects.map(each => each.name)).not.toContain('Contact')
    expect((await client.post('/sobjects/Contact', { LastName: 'x' })).status).toBe(404)
    const records = [{ attributes: { type: 'Contact' }, LastName: 'x' }]
    expect(await client.post('/composite/sobjects', { records })).toMatchObject({
      body: [{ errorCode: 'INVALID_TYPE' }],
    })
    expect((await client.get(`/ui-api/records/${id}?fields=Contact.Id`)).status).toBe(404)
  })

  test('create, update and delete: INSUFFICIENT_ACCESS_OR_READONLY with 403, or 400 (salesforce-facts 14.3)', async () => {
    const id = await createContact(client)
    for (const status of [403, 400]) {
      await control(client, 'switches', { insufficientAccessStatus: status })
      const refused = {
        status,
        body: [{ errorCode: expect.stringMatching(/^(INSUFFICIENT_ACCESS_OR_READONLY|CANNOT_INSERT)/) }],
      }
      await may('update', false)
      expect(await client.patch(`/sobjects/Contact/${id}`, { Title: 'x' })).toMatchObject(refused)
      await may('delete', false)
      expect(await client.delete(`/sobjects/Contact/${id}`)).toMatchObject(refused)
    }
    const records = [{ attributes: { type: 'Contact' }, id, Title: 'x' }]
    expect(await client.patch('/composite/sobjects', { records })).toMatchObject({
      status: 200,
      body: [{ success: false, errors: [{ statusCode: 'INSUFFICIENT_ACCESS_OR_READONLY' }] }],
    })
  })
})

test('GET of a deleted row: either code (salesforce-facts 14.1)', async () => {
  const id = await createContact(client)
  await client.delete(`/sobjects/Contact/${id}`)
  await control(client, 'switches', { deletedRowGet: 'ENTITY_IS_DELETED' })
  expect(await client.get(`/sobjects/Contact/${id}`)).toMatchObject({
    status: 404,
    body: [{ errorCode: 'ENTITY_IS_DELETED', message: 'entity is deleted', fields: [] }],
  })
})

describe('headers of a write (salesforce-facts 2.3)', () => {
  const send = (body: object, headers: Record<string, string>) =>
    client.send('POST', `${root}/sobjects/Contact`, body, headers)
  const duplicates = (action: string) =>
    control(client, 'rules', { kind: 'duplicate', name: 'Same_Email', object: 'Contact', action, match: ['Email'] })
  const allow = { 'sforce-duplicate-rule-header': 'allowSave=true; includeRecordDetails=true' }

  test('Sforce-Duplicate-Rule-Header passes a rule that alerts, not one that blocks', async () => {
    const Email = 'twice@example.com'
    const id = await createContact(client, { Email })
    await duplicates('alert')
    const refused = await send({ LastName: 'x', Email }, {})
    expect(refused).toMatchObject({
      status: 400,
      body: [{ errorCode: 'DUPLICATES_DETECTED', duplicateResut: { allowSave: true } }],
    })
    expect(JSON.stringify(refused.body)).toContain(id)
    expect((await send({ LastName: 'x', Email }, allow)).status).toBe(201)
    await duplicates('block')
    expect((await send({ LastName: 'x', Email }, allow)).status).toBe(400)
    const records = [{ attributes: { type: 'Contact' }, LastName: 'x', Email }]
    const { body } = await client.post('/composite/sobjects', { records })
    const message = 'Use one of these records?'
    expect(body).toEqual([{ success: false, errors: [{ statusCode: 'DUPLICATES_DETECTED', message, fields: [] }] }])
  })

  test('in a subrequest, and as allowSaveOnDuplicate in the UI API', async () => {
    const Email = 'again@example.com'
    await createContact(client, { Email })
    await duplicates('alert')
    const create = { method: 'POST', url: `${root}/sobjects/Contact`, body: { LastName: 'x', Email } }
    const compositeRequest = [
      { ...create, referenceId: 'a' },
      { ...create, referenceId: 'b', httpHeaders: { 'Sforce-Duplicate-Rule-Header': 'allowSave=true' } },
    ]
    const got = await client.post('/composite', { compositeRequest })
    expect(got.body).toMatchObject({ compositeResponse: [{ httpStatusCode: 400 }, { httpStatusCode: 201 }] })
    const record = { apiName: 'Contact', fields: { LastName: 'x', Email } }
    expect((await client.post('/ui-api/records', record)).status).toBe(400)
    expect((await client.post('/ui-api/records', { ...record, allowSaveOnDuplicate: true })).status).toBe(201)
  })

  test('Sforce-Auto-Assign: FALSE keeps assignment rules out', async () => {
    const { userId } = client.simulator
    const someone = client.simulator.org.rows('User').find(row => row.Id !== userId)?.Id
    await control(client, 'rules', { kind: 'assignment', name: 'To_Somebody', object: 'Account', ownerId: someone })
    const owner = async (headers: Record<string, string>) => {
      const { body } = await client.send('POST', `${root}/sobjects/Account`, { Name: 'A' }, headers)
      return client.simulator.org.row('Account', (body as { id: string }).id)?.OwnerId
    }
    expect(await owner({})).toBe(someone)
    expect(await owner({ 'sforce-auto-assign': 'FALSE' })).toBe(userId)
  })
})
