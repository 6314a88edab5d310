import { describe, expect, test } from 'vitest'
import { createContact, root, useSimulator } from './rest-client.ts'

let nowMs = Date.UTC(2026, 10, 23, 10, 11, 12)
const client = useSimulator({ clock: () => nowMs })
const path = `${root}/ui-api/records`
const body = (LastName: string) => ({ apiName: 'Contact', fields: { LastName } })
const keyed = (key: string) => ({ 'idempotency-key': key })
const uuid = (n: number) => `12cfe4e6-e477-4de8-aa4e-${String(n).padStart(12, '0')}`
const dayMs = 24 * 60 * 60 * 1000

describe('records', () => {
  test('create, read, update, delete', async () => {
    const made = await client.send('POST', path, body('Okafor'))
    const { id } = made.body as { id: string }
    expect(made).toMatchObject({
      status: 201,
      body: {
        apiName: 'Contact',
        fields: { LastName: { displayValue: null, value: 'Okafor' } },
        systemModstamp: '2026-11-23T10:11:12.000Z',
        weakEtag: nowMs,
      },
    })
    const read = await client.send('GET', `${path}/${id}?fields=Contact.LastName&optionalFields=Contact.Nope`)
    expect((read.body as { fields: object }).fields).toEqual({ LastName: { displayValue: null, value: 'Okafor' } })
    expect((await client.send('GET', `${path}/${id}?fields=Contact.Nope`)).status).toBe(400)
    const changed = await client.send('PATCH', `${path}/${id}`, { fields: { Title: 'T' } })
    expect(changed).toMatchObject({ status: 200, body: { id, fields: { Title: { value: 'T' } } } })
    expect((await client.send('DELETE', `${path}/${id}`)).status).toBe(204)
    expect((await client.send('GET', `${path}/${id}?fields=Contact.Id`)).status).toBe(404)
  })

  test('a refusal names the fields', async () => {
    const got = await client.send('POST', path, { apiName: 'Contact', fields: { LastName: 'x', Email: 'bad' } })
    expect(got).toMatchObject({
      status: 400,
      body: [
        {
          errorCode: 'INVALID_EMAIL_ADDRESS',
          enhancedErrorType: 'RecordError',
          output: { errors: [], fieldErrors: { Email: [{ errorCode: 'INVALID_EMAIL_ADDRESS' }] } },
        },
      ],
    })
  })
})

describe('Idempotency-Key', () => {
  test('the same request again gets the first answer, and nothing is written twice', async () => {
    const before = client.simulator.org.count('Contact')
    const first = await client.send('POST', path, body('Once'), keyed(uuid(1)))
    const again = await client.send('POST', path, body('Once'), keyed(uuid(1).toUpperCase()))
    expect([first.status, again.status]).toEqual([201, 201])
    expect(again.body).toEqual(first.body)
    expect(client.simulator.org.count('Contact')).toBe(before + 1)
    const other = await client.send('POST', path, body('Once'), keyed(uuid(2)))
    expect((other.body as { id: string }).id).not.toBe((first.body as { id: string }).id)
  })

  test('for PATCH and DELETE as well', async () => {
    const id = await createContact(client)
    const patch = () => client.send('PATCH', `${path}/${id}`, { fields: { Title: 'mine' } }, keyed(uuid(3)))
    await patch()
    client.simulator.org.update('Contact', id, { Title: 'somebody else’s' })
    expect((await patch()).status).toBe(200)
    expect(client.simulator.org.row('Contact', id)?.Title).toBe('somebody else’s')
    const remove = () => client.send('DELETE', `${path}/${id}`, undefined, keyed(uuid(4)))
    expect([(await remove()).status, (await remove()).status]).toEqual([204, 204])
  })

  test('another request under the same key, and a key that is no UUID, are refused', async () => {
    await client.send('POST', path, body('A'), keyed(uuid(5)))
    expect((await client.send('POST', path, body('B'), keyed(uuid(5)))).status).toBe(400)
    expect((await client.send('POST', path, body('B'), keyed('my-key'))).status).toBe(400)
  })

  test('a refusal is not kept', async () => {
    expect((await client.send('POST', path, body(''), keyed(uuid(6)))).status).toBe(400)
    expect((await client.send('POST', path, body('Now'), keyed(uuid(6)))).status).toBe(201)
  })

  test('after 30 days the key is forgotten', async () => {
    const first = await client.send('POST', path, body('Old'), keyed(uuid(7)))
    nowMs += 31 * dayMs
    const later = await client.send('POST', path, body('Old'), keyed(uuid(7)))
    expect((later.body as { id: string }).id).not.toBe((first.body as { id: string }).id)
  })
})
