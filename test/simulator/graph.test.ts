import { describe, expect, test } from 'vitest'
import { root, useSimulator } from './rest-client.ts'

const client = useSimulator()
const create = (referenceId: string, body: object, object = 'Contact') => ({
  method: 'POST',
  url: `${root}/sobjects/${object}`,
  referenceId,
  body,
})
const graph = (graphId: string, compositeRequest: readonly object[]) => ({ graphId, compositeRequest })
const post = (graphs: unknown) => client.post('/composite/graph', { graphs })
const good = (graphId: string) => graph(graphId, [create('a', { LastName: 'A' })])
const bad = (graphId: string) => graph(graphId, [create('a', { LastName: 'A' }), create('b', {})])

interface Answered {
  readonly graphs: readonly {
    readonly graphId: string
    readonly isSuccessful: boolean
    readonly graphResponse: { readonly compositeResponse: readonly { httpStatusCode: number; body: unknown }[] }
  }[]
}

describe('graph (salesforce-facts 7.4)', () => {
  test('each graph is a transaction, the request one call', async () => {
    const [calls, count] = [client.simulator.apiCalls(), client.simulator.org.count('Contact')]
    const got = await post([
      graph('1', [create('acc', { Name: 'A' }, 'Account'), create('con', { LastName: 'B', AccountId: '@{acc.id}' })]),
      bad('2'),
      good('3'),
    ])
    expect(got.status).toBe(200)
    const { graphs } = got.body as Answered
    expect(graphs.map(each => [each.graphId, each.isSuccessful])).toEqual([
      ['1', true],
      ['2', false],
      ['3', true],
    ])
    expect(graphs[1]?.graphResponse.compositeResponse).toMatchObject([
      { httpStatusCode: 400, body: [{ errorCode: 'PROCESSING_HALTED' }] },
      { httpStatusCode: 400, body: [{ errorCode: 'REQUIRED_FIELD_MISSING' }] },
    ])
    expect(client.simulator.org.count('Contact')).toBe(count + 2)
    expect(client.simulator.apiCalls()).toBe(calls + 1)
  })

  test('after 14 failed graphs the rest is not tried', async () => {
    const count = client.simulator.org.count('Contact')
    const got = await post([...Array.from({ length: 14 }, (_, i) => bad(`b${i}`)), good('last')])
    expect((got.body as Answered).graphs.at(-1)?.isSuccessful).toBe(false)
    expect(client.simulator.org.count('Contact')).toBe(count)
  })

  test.each<[string, unknown]>([
    ['76 graphs', Array.from({ length: 76 }, (_, i) => good(`g${i}`))],
    [
      '501 nodes',
      [
        graph(
          'g',
          Array.from({ length: 501 }, (_, i) => create(`r${i}`, { LastName: 'A' })),
        ),
      ],
    ],
    ['a graph id twice', [good('g'), good('g')]],
    ['a graph id with a point', [good('a.b')]],
    ['a graph id of 41 characters', [good('g'.repeat(41))]],
    ['a query', [graph('g', [{ method: 'GET', url: `${root}/query?q=x`, referenceId: 'a' }])]],
    [
      'a chain of 16',
      [
        graph(
          'g',
          Array.from({ length: 16 }, (_, i) => create(`r${i}`, { LastName: i ? `@{r${i - 1}.id}` : 'A' })),
        ),
      ],
    ],
    ['no list', undefined],
  ])('%s fails the whole request', async (_name, graphs) => {
    expect(await post(graphs)).toMatchObject({ status: 400, body: [{ errorCode: expect.any(String) }] })
  })

  test('there are none before v50', async () => {
    const got = await client.send('POST', '/services/data/v49.0/composite/graph', { graphs: [] })
    expect(got.status).toBe(404)
  })
})
