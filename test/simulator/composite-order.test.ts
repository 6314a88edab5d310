import { describe, expect, test } from 'vitest'
import { createContact, root, useSimulator } from './rest-client.ts'

const client = useSimulator()
const halted = (message: string) => [{ errorCode: 'PROCESSING_HALTED', message }]

interface Sub {
  readonly body: unknown
  readonly httpStatusCode: number
  readonly referenceId: string
}

async function composite(version: number, requests: readonly object[], options: object = {}) {
  const base = `/services/data/v${version}.0`
  const compositeRequest = requests.map((each, i) => ({
    referenceId: `r${i}`,
    ...each,
    url: base + (each as { url: string }).url,
  }))
  const got = await client.send('POST', `${base}/composite`, { ...options, compositeRequest })
  return { status: got.status, answers: (got.body as { compositeResponse?: Sub[] }).compositeResponse ?? [] }
}

describe('collated subrequests (salesforce-facts 7.1)', () => {
  const steps = (id: string) => [
    { method: 'PATCH', url: `/sobjects/Contact/${id}`, body: { Title: 'first' } },
    { method: 'GET', url: `/sobjects/Contact/${id}` },
    { method: 'PATCH', url: `/sobjects/Contact/${id}`, body: { Title: 'second' } },
  ]
  const titleRead = async (version: number, options: object, over: object = {}) => {
    const id = await createContact(client)
    const requests = steps(id).map((step, i) => (i === 2 ? { ...step, ...over } : step))
    const { answers } = await composite(version, requests, options)
    expect(answers.map(each => each.referenceId)).toEqual(['r0', 'r1', 'r2'])
    return (answers[1]?.body as { Title: string } | undefined)?.Title
  }

  test('writes that are alike run together, so only references keep an order', async () => {
    expect(await titleRead(68, {})).toBe('second')
    expect(await titleRead(68, { collateSubrequests: false })).toBe('first')
  })
  test('not before v49, and not with headers', async () => {
    expect(await titleRead(48, {})).toBe('first')
    expect(await titleRead(68, {}, { httpHeaders: { 'Sforce-Auto-Assign': 'FALSE' } })).toBe('first')
  })
  test('a reference is kept', async () => {
    const id = await createContact(client, { Title: 'before' })
    const requests = steps(id).map((step, i) => (i === 2 ? { ...step, body: { Title: 'was @{r1.Title}' } } : step))
    const { answers } = await composite(68, requests)
    expect(answers.map(each => each.httpStatusCode)).toEqual([204, 200, 204])
    expect(client.simulator.org.row('Contact', id)?.Title).toBe('was first')
  })
})

describe('v51 and v52 (salesforce-facts 7.1)', () => {
  const get = { method: 'GET', url: '/limits', referenceId: 'a-b' }
  test('an illegal reference id fails the request from v52 on', async () => {
    expect((await composite(51, [get])).answers).toMatchObject([{ httpStatusCode: 200, referenceId: 'a-b' }])
    expect((await composite(52, [get])).status).toBe(400)
  })
  test('a reference to null is a value from v52 on', async () => {
    const id = await createContact(client)
    const requests = [
      { method: 'GET', url: `/sobjects/Contact/${id}` },
      { method: 'PATCH', url: `/sobjects/Contact/${id}`, body: { Department: '@{r0.Title}' } },
    ]
    expect((await composite(52, requests)).answers[1]?.httpStatusCode).toBe(204)
    expect((await composite(51, requests)).answers[1]).toMatchObject({
      httpStatusCode: 400,
      body: halted('Invalid reference specified. No value for r0.Title found in r0'),
    })
  })
})

test('a failed row of an inner collection rolls an outer allOrNone back (salesforce-facts 7.1)', async () => {
  const before = client.simulator.org.count('Contact')
  const contact = (fields: object) => ({ attributes: { type: 'Contact' }, ...fields })
  const { answers } = await composite(
    68,
    [
      { method: 'POST', url: '/sobjects/Contact', body: { LastName: 'A' } },
      { method: 'POST', url: '/composite/sobjects', body: { records: [contact({ LastName: 'B' }), contact({})] } },
      { method: 'POST', url: '/sobjects/Account', body: { Name: 'C' } },
    ],
    { allOrNone: true },
  )
  const rolledBack = 'The transaction was rolled back since another operation in the same transaction failed.'
  expect(answers[0]).toMatchObject({ httpStatusCode: 400, body: halted(rolledBack) })
  expect(answers[1]).toMatchObject({ httpStatusCode: 200, body: [{ success: true }, { success: false }] })
  expect(answers[2]).toMatchObject({ httpStatusCode: 400, body: halted(rolledBack) })
  expect(client.simulator.org.count('Contact')).toBe(before)
})

test.each(['/composite', '/composite/batch', '/composite/graph', '/jobs/query'])('%s is no subrequest', async url => {
  const got = await client.post('/composite', {
    compositeRequest: [{ method: 'POST', url: root + url, referenceId: 'a', body: {} }],
  })
  expect(got.status).toBe(400)
})
