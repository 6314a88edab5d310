import { describe, expect, test } from 'vitest'
import { codeOf, command, errorsOf } from './control-client.ts'
import { createContact, recordsOf, useSimulator } from './rest-client.ts'

const client = useSimulator()
const org = () => client.simulator.org
const allow = (grants: object) => command(client, 'access', grants)
const everything = { Contact: { read: true, create: true, update: true, delete: true }, Account: { read: true } }

describe('field-level security (salesforce-facts 2.5)', () => {
  test('a hidden field is as if it did not exist, for this user alone', async () => {
    const id = await createContact(client, { Title: 'Buyer' })
    expect((await allow({ fields: { 'Contact.Title': 'none' } })).status).toBe(200)
    const refused = await client.patch(`/sobjects/Contact/${id}`, { Title: 'Seller' })
    expect(errorsOf(refused)[0]).toEqual({
      errorCode: 'INVALID_FIELD',
      message: "No such column 'Title' on sobject of type Contact",
    })
    org().update('Contact', id, { Title: 'Director' })
    await allow({ fields: { 'Contact.Title': 'edit' } })
    const [row] = recordsOf(await client.soql(`SELECT Title FROM Contact WHERE Id = '${id}'`))
    expect(row?.Title).toBe('Director')
  })

  test('a field that the user may only read refuses writes, in collections row by row', async () => {
    await allow({ fields: { 'contact.department': 'read' } })
    const refused = await client.post('/sobjects/Contact', { LastName: 'A', Department: 'IT' })
    expect(errorsOf(refused)[0]).toMatchObject({
      errorCode: 'INVALID_FIELD_FOR_INSERT_UPDATE',
      fields: ['Department'],
      message: expect.stringContaining('Unable to create/update fields: Department.'),
    })
    const attributes = { type: 'Contact' }
    const records = [
      { attributes, LastName: 'B' },
      { attributes, LastName: 'C', Department: 'IT' },
    ]
    const many = await client.post('/composite/sobjects', { records })
    expect(many.body).toMatchObject([
      { success: true },
      { success: false, errors: [{ statusCode: 'INVALID_FIELD_FOR_INSERT_UPDATE' }] },
    ])
    await allow({ fields: { 'Contact.Department': 'edit' } })
  })
})

describe('object permissions (salesforce-facts 2.10, 14.3)', () => {
  test('a write without the right is INSUFFICIENT_ACCESS_OR_READONLY, its status a switch', async () => {
    const id = await createContact(client)
    await allow({ objects: { Contact: { create: false, update: false, delete: false } } })
    const expected = {
      errorCode: 'INSUFFICIENT_ACCESS_OR_READONLY',
      message: 'insufficient access rights on object id',
    }
    const update = await client.patch(`/sobjects/Contact/${id}`, { Title: 'x' })
    expect(update).toMatchObject({ status: 403, body: [{ ...expected, fields: [] }] })
    expect(codeOf(await client.delete(`/sobjects/Contact/${id}`))).toBe(expected.errorCode)
    await command(client, 'switches', { insufficientAccessStatus: 400 })
    expect(await client.post('/sobjects/Contact', { LastName: 'x' })).toMatchObject({ status: 400, body: [expected] })
    await command(client, 'switches', { insufficientAccessStatus: 403 })
    await allow({ objects: everything })
    expect((await client.delete(`/sobjects/Contact/${id}`)).status).toBe(204)
  })

  test('a lookup to rows that the user may not read', async () => {
    const AccountId = org().create('Account', { Name: 'Hidden' })
    await allow({ objects: { Account: { read: false } } })
    const got = await client.post('/sobjects/Contact', { LastName: 'x', AccountId })
    expect(errorsOf(got)[0]).toMatchObject({
      errorCode: 'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY',
      message: `insufficient access rights on cross-reference id: ${AccountId.slice(0, 15)}`,
    })
    await allow({ objects: everything })
  })

  test('rights that there are none of are refused, and nothing is changed', async () => {
    const withheld = async () => (await client.send('GET', '/control/access')).body
    const before = await withheld()
    for (const grants of [
      { objects: { Contact: { read: false }, Nothing: { read: false } } },
      { objects: { Contact: { see: false } } },
      { fields: { 'Contact.Nothing': 'none' } },
      { fields: { 'Contact.Email': 'hidden' } },
      { userId: '005000000000000AAA' },
    ]) {
      expect((await allow(grants)).status).toBe(400)
    }
    expect(await withheld()).toEqual(before)
  })
})
