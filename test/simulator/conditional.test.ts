import { describe, expect, test } from 'vitest'
import { control, createContact, root, useSimulator } from './rest-client.ts'

let nowMs = Date.UTC(2026, 10, 23, 10, 11, 12, 999)
const client = useSimulator({ clock: () => nowMs })
const http = (ms: number) => new Date(ms).toUTCString()
const second = (ms: number) => Math.floor(ms / 1000) * 1000

const patch = (path: string, headers: Record<string, string>, body: object = { Title: 'x' }) =>
  client.send('PATCH', root + path, body, headers)

describe('rows (salesforce-facts 2.3)', () => {
  test('If-Modified-Since: 304 without a body until the row changes', async () => {
    const id = await createContact(client)
    const first = await client.get(`/sobjects/Contact/${id}`)
    expect(first.headers.get('last-modified')).toBe(http(second(nowMs)))
    const known = { 'if-modified-since': first.headers.get('last-modified') ?? '' }
    expect(await client.get(`/sobjects/Contact/${id}`, known)).toMatchObject({ status: 304, body: undefined })
    nowMs += 1000
    await client.patch(`/sobjects/Contact/${id}`, { Title: 'x' })
    expect((await client.get(`/sobjects/Contact/${id}`, known)).status).toBe(200)
  })

  test('If-Unmodified-Since: 412 once the row changed, and nothing written; at one second’s grain', async () => {
    const id = await createContact(client)
    const known = { 'if-unmodified-since': http(second(nowMs)) }
    expect((await patch(`/sobjects/Contact/${id}`, known)).status).toBe(204)
    expect((await patch(`/sobjects/Contact/${id}`, known, { Title: 'same second' })).status).toBe(204)
    nowMs += 1000
    await client.patch(`/sobjects/Contact/${id}`, { Title: 'by somebody' })
    expect((await patch(`/sobjects/Contact/${id}`, known, { Title: 'late' })).status).toBe(412)
    expect(client.simulator.org.row('Contact', id)?.Title).toBe('by somebody')
    expect((await client.get(`/sobjects/Contact/${id}`, known)).status).toBe(412)
  })

  test('a value that is no date is refused on PATCH and passed over on GET', async () => {
    const id = await createContact(client)
    const bad = { 'if-unmodified-since': 'yesterday' }
    expect((await patch(`/sobjects/Contact/${id}`, bad)).status).toBe(400)
    expect((await client.get(`/sobjects/Contact/${id}`, bad)).status).toBe(200)
  })

  test('DELETE takes no notice', async () => {
    const id = await createContact(client)
    const old = { 'if-unmodified-since': http(0) }
    expect((await client.send('DELETE', `${root}/sobjects/Contact/${id}`, undefined, old)).status).toBe(204)
  })

  test('ETag, If-Match and If-None-Match for Account alone', async () => {
    const { body } = await client.post('/sobjects/Account', { Name: 'Acme' })
    const path = `/sobjects/Account/${(body as { id: string }).id}`
    const etag = (await client.get(path)).headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[\w+/=]+"$/)
    expect(await client.get(path, { 'if-none-match': `"other", ${etag}` })).toMatchObject({
      status: 304,
      body: undefined,
    })
    expect((await client.get(path, { 'if-match': '"other"' })).status).toBe(412)
    expect((await patch(path, { 'if-match': '"other"' }, { Name: 'B' })).status).toBe(412)
    expect((await patch(path, { 'if-match': etag }, { Name: 'C' })).status).toBe(204)
    expect((await patch(path, { 'if-match': etag }, { Name: 'D' })).status).toBe(412)
    expect(client.simulator.org.row('Account', path.slice(-18))?.Name).toBe('C')
    const id = await createContact(client)
    const contact = await client.get(`/sobjects/Contact/${id}`, { 'if-match': '"other"' })
    expect([contact.status, contact.headers.get('etag')]).toEqual([200, null])
  })

  test('a subrequest may carry them', async () => {
    const id = await createContact(client)
    const httpHeaders = { 'If-Modified-Since': http(second(nowMs)) }
    const get = { method: 'GET', url: `${root}/sobjects/Contact/${id}`, referenceId: 'a', httpHeaders }
    const got = await client.post('/composite', { compositeRequest: [get] })
    expect(got.body).toMatchObject({ compositeResponse: [{ httpStatusCode: 304, body: null }] })
  })
})

describe.each(['/sobjects', '/sobjects/Contact/describe'])('%s', path => {
  test('304 while nothing changed (salesforce-facts 2.5)', async () => {
    const first = await client.get(path)
    const known = first.headers.get('last-modified') ?? ''
    expect(await client.get(path, { 'if-modified-since': known })).toMatchObject({ status: 304, body: undefined })
    expect((await client.get(path, { 'if-modified-since': http(Date.parse(known) - 1000) })).status).toBe(200)
  })

  test('rights and fields that change make it newer', async () => {
    for (const [command, body] of [
      ['access', { fields: { 'Contact.Title': 'read' } }],
      ['fields', { object: 'Contact', add: [{ name: `Added${path.length}__c`, type: 'boolean' }] }],
    ] as const) {
      const known = (await client.get(path)).headers.get('last-modified') ?? ''
      nowMs += 2000
      await control(client, command, body)
      expect((await client.get(path, { 'if-modified-since': known })).status, command).toBe(200)
    }
  })
})
