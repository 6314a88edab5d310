import { describe, expect, test } from 'vitest'
import { useSimulator } from './rest-client.ts'

const client = useSimulator()
const record = (type: string, referenceId: string, fields: object) => ({ attributes: { type, referenceId }, ...fields })
const account = (referenceId: string, fields: object = {}) => record('Account', referenceId, { Name: 'A', ...fields })
const contact = (referenceId: string, fields: object = {}) =>
  record('Contact', referenceId, { LastName: 'B', ...fields })
const post = (records: unknown, object = 'Account') => client.post(`/composite/tree/${object}`, { records })

describe('tree (salesforce-facts 7.3)', () => {
  test('parents and children in one call', async () => {
    const before = client.simulator.apiCalls()
    const got = await post([account('a1', { Contacts: { records: [contact('c1'), contact('c2')] } }), account('a2')])
    expect(got.status).toBe(201)
    const { hasErrors, results } = got.body as { hasErrors: boolean; results: { referenceId: string; id: string }[] }
    expect(hasErrors).toBe(false)
    const id = Object.fromEntries(results.map(each => [each.referenceId, each.id]))
    expect(Object.keys(id).sort()).toEqual(['a1', 'a2', 'c1', 'c2'])
    expect(client.simulator.org.row('Contact', id.c2 ?? '')?.AccountId).toBe(id.a1)
    expect(client.simulator.apiCalls()).toBe(before + 1)
  })

  test('one bad row: 400 with the failing rows alone, and nothing written', async () => {
    const before = client.simulator.org.count('Account')
    const got = await post([account('a1', { Contacts: { records: [contact('c1', { Email: 'x' })] } }), account('a2')])
    expect(got.status).toBe(400)
    const message = 'Email: invalid email address: x'
    expect(got.body).toEqual({
      hasErrors: true,
      results: [{ referenceId: 'c1', errors: [{ statusCode: 'INVALID_EMAIL_ADDRESS', message, fields: ['Email'] }] }],
    })
    expect(client.simulator.org.count('Account')).toBe(before)
  })

  test('a reference id twice', async () => {
    const got = await post([account('a1'), account('a1')])
    const message = 'Duplicate ReferenceId provided in the request.'
    const errors = [{ statusCode: 'INVALID_INPUT', message, fields: [] }]
    expect(got).toMatchObject({ status: 400, body: { hasErrors: true, results: [{ referenceId: 'a1', errors }] } })
  })

  const chain = (levels: number): object =>
    account(`l${levels}`, levels > 1 ? { ChildAccounts: { records: [chain(levels - 1)] } } : {})
  test('five levels and 200 records pass', async () => {
    expect((await post([chain(5)])).status).toBe(201)
    expect((await post(Array.from({ length: 200 }, (_, i) => account(`a${i}`)))).status).toBe(201)
  })

  test.each<[string, unknown]>([
    ['201 records', Array.from({ length: 201 }, (_, i) => account(`a${i}`))],
    ['six levels', [chain(6)]],
    ['no reference id', [{ attributes: { type: 'Account' }, Name: 'A' }]],
    ['no type', [{ attributes: { referenceId: 'a' }, Name: 'A' }]],
    ['another type than the path’s', [contact('c1')]],
    ['children of a name that is none', [account('a1', { Nope: { records: [] } })]],
    ['no list', undefined],
  ])('%s fails the whole request', async (_name, records) => {
    const got = await post(records)
    expect(got).toMatchObject({ status: 400, body: [{ errorCode: expect.any(String) }] })
  })

  test('an object that is none', async () => {
    expect((await post([], 'Nope')).status).toBe(404)
  })
})
