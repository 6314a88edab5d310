import { describe, expect, test } from 'vitest'
import { createContact, useSimulator } from './rest-client.ts'

const client = useSimulator()
const batch = (batchRequests: readonly object[], options: object = {}) =>
  client.post('/composite/batch', { ...options, batchRequests })
const get = { method: 'GET', url: 'v68.0/limits' }

describe('batch (salesforce-facts 7.2)', () => {
  test('each subrequest has its own result; what failed is taken back alone; each is a call', async () => {
    const id = await createContact(client)
    const before = client.simulator.apiCalls()
    const got = await batch([
      { method: 'PATCH', url: `v66.0/sobjects/Contact/${id}`, richInput: { Title: 'T' } },
      { method: 'GET', url: '/services/data/v34.0/sobjects/Contact/0035i00000zzzzz' },
      { method: 'POST', url: 'v68.0/sobjects/Contact', richInput: { LastName: 'x', Email: 'bad' } },
      { method: 'GET', url: `v66.0/sobjects/Contact/${id}?fields=Title` },
    ])
    expect(got.status).toBe(200)
    expect(got.body).toMatchObject({
      hasErrors: true,
      results: [
        { statusCode: 204, result: null },
        { statusCode: 404, result: [{ errorCode: 'NOT_FOUND' }] },
        { statusCode: 400, result: [{ errorCode: 'INVALID_EMAIL_ADDRESS', fields: ['Email'] }] },
        { statusCode: 200, result: { Title: 'T', Id: id } },
      ],
    })
    expect(client.simulator.apiCalls()).toBe(before + 4)
  })

  test('haltOnError: the rest is 412, what ran stays', async () => {
    const id = await createContact(client)
    const write = (Title: string) => ({ method: 'PATCH', url: `v68.0/sobjects/Contact/${id}`, richInput: { Title } })
    const bad = { method: 'GET', url: 'v68.0/sobjects/Nope' }
    const got = await batch([write('one'), bad, write('two')], { haltOnError: true })
    expect(got.body).toMatchObject({
      hasErrors: true,
      results: [
        { statusCode: 204 },
        { statusCode: 404 },
        { statusCode: 412, result: [{ errorCode: 'BATCH_PROCESSING_HALTED' }] },
      ],
    })
    expect(client.simulator.org.row('Contact', id)?.Title).toBe('one')
  })

  test('each subrequest is a transaction: setup objects may stand beside others', async () => {
    const url = `v68.0/sobjects/User/${client.simulator.userId}`
    const got = await batch([
      { method: 'POST', url: 'v68.0/sobjects/Contact', richInput: { LastName: 'x' } },
      { method: 'PATCH', url, richInput: { FirstName: 'Changed' } },
    ])
    expect(got.body).toMatchObject({ hasErrors: false, results: [{ statusCode: 201 }, { statusCode: 204 }] })
  })

  test('no error: hasErrors is false', async () => {
    expect((await batch([get])).body).toMatchObject({ hasErrors: false, results: [{ statusCode: 200 }] })
  })

  test.each<[string, unknown]>([
    ['26 subrequests', Array.from({ length: 26 }, () => get)],
    ['a version before 34', [{ ...get, url: 'v33.0/limits' }]],
    ['a composite inside', [{ method: 'POST', url: 'v68.0/composite', richInput: {} }]],
    ['a lower-case method', [{ ...get, method: 'get' }]],
    ['no list', undefined],
  ])('%s fails the whole request', async (_name, batchRequests) => {
    const got = await client.post('/composite/batch', { batchRequests })
    expect(got).toMatchObject({ status: 400, body: [{ errorCode: expect.any(String) }] })
  })

  test('a version above the outer one fails the whole request', async () => {
    const got = await client.send('POST', '/services/data/v60.0/composite/batch', { batchRequests: [get] })
    expect(got.status).toBe(400)
  })
})
