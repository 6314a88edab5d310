import { describe, expect, test } from 'vitest'
import type { ApiRequest, Salesforce } from '../../src/salesforce/client.ts'
import { executeGroups, type RowGroup, type RowResult } from '../../src/salesforce/composite.ts'
import { SalesforceError } from '../../src/salesforce/salesforce-error.ts'
import { FakeCollections } from './collections-fake.ts'
import { groupOf, idIn, idOf, type Kind, operations } from './row-groups.ts'

describe('calls', () => {
  const fakeOf = async (...groups: RowGroup[]): Promise<FakeCollections> => {
    const fake = new FakeCollections()
    await executeGroups(fake, groups)
    return fake
  }
  const good = (n: number): Kind[] => Array(n).fill('good')

  test('a thousand rows are one call, two hundred need no composite', async () => {
    expect((await fakeOf(groupOf('update', good(1_000)))).requests).toMatchObject([
      { method: 'POST', path: '/composite', repeat: 'safe' },
    ])
    expect((await fakeOf(groupOf('update', good(200)))).requests).toMatchObject([
      { method: 'PATCH', path: '/composite/sobjects' },
    ])
    expect((await fakeOf(groupOf('update', good(1_020)))).requests).toHaveLength(1)
    expect((await fakeOf(groupOf('update', good(1_021)))).requests).toHaveLength(2)
    expect((await fakeOf()).requests).toEqual([])
  })

  test('only a call with a create must not be repeated', async () => {
    for (const operation of operations)
      expect((await fakeOf(groupOf(operation, good(1)))).requests[0]!.repeat).toBe(
        operation === 'create' ? 'unsafe' : 'safe',
      )
    const mixed = await fakeOf(groupOf('update', good(1)), groupOf('create', good(1)))
    expect(mixed.requests).toMatchObject([{ path: '/composite', repeat: 'unsafe' }])
  })

  test('each kind of call has its own shape', async () => {
    const [create, update, upsert, retrieve] = (['create', 'update', 'upsert', 'retrieve'] as const).map(each =>
      groupOf(each, good(1)),
    )
    const remove = groupOf('delete', good(2))
    const shape = async (group: RowGroup | undefined): Promise<ApiRequest> => (await fakeOf(group!)).requests[0]!
    const records = (group: RowGroup | undefined) => [{ ...group!.rows[0], attributes: { type: 'Contact' } }]
    expect(await shape(create)).toMatchObject({
      method: 'POST',
      path: '/composite/sobjects',
      body: { records: records(create) },
    })
    expect(await shape(update)).toMatchObject({
      method: 'PATCH',
      path: '/composite/sobjects',
      body: { records: records(update) },
    })
    expect(await shape(upsert)).toMatchObject({ method: 'PATCH', path: '/composite/sobjects/Contact/Command__c' })
    expect(await shape(retrieve)).toMatchObject({
      method: 'POST',
      path: '/composite/sobjects/Contact',
      body: { ids: [idIn(retrieve!.rows[0]!)], fields: ['Id'] },
    })
    const path = `/composite/sobjects?ids=${remove.rows.map(idIn).join(',')}&allOrNone=false`
    expect(await shape(remove)).toMatchObject({ method: 'DELETE', path })
  })

  test('options become headers of the call or of its part of a composite', async () => {
    const headers = { 'Sforce-Auto-Assign': 'FALSE' }
    expect((await fakeOf(groupOf('create', good(1), headers))).requests).toMatchObject([{ headers }])
    const { requests } = await fakeOf(groupOf('create', good(1), headers), groupOf('update', good(1)))
    const { compositeRequest } = requests[0]!.body as { compositeRequest: object[] }
    expect(compositeRequest).toMatchObject([{ httpHeaders: headers }, {}])
    expect(compositeRequest[1]).not.toHaveProperty('httpHeaders')
  })

  test('text that looks like a reference is sent outside a composite', async () => {
    const { requests } = await fakeOf(groupOf('create', ['good', 'mark', 'good']), groupOf('update', good(1)))
    expect(requests.map(({ path }) => path)).toEqual(['/composite', '/composite/sobjects'])
    const { requests: many } = await fakeOf(
      groupOf('create', good(1)),
      groupOf('update', good(1)),
      groupOf('create', ['mark']),
    )
    expect(many.map(({ path }) => path)).toEqual(['/composite', '/composite/sobjects'])
  })

  test('large rows are spread over parts of two megabytes', async () => {
    const rows = Array.from({ length: 5 }, () => ({ Command__c: idOf('good'), text: 'x'.repeat(1_000_000) }))
    const { requests } = await fakeOf({ operation: 'create', object: 'Contact', rows })
    expect(requests).toHaveLength(1)
    const { compositeRequest } = requests[0]!.body as { compositeRequest: { body: { records: object[] } }[] }
    expect(compositeRequest.map(({ body }) => body.records.length)).toEqual([2, 2, 1])
  })

  test('one poisoned row of two hundred is found within eight rounds', async () => {
    const kinds = good(200)
    kinds[77] = 'poison'
    expect((await fakeOf(groupOf('create', kinds))).requests.length).toBeLessThanOrEqual(9)
  })

  test('names and ids are checked before anything is sent', async () => {
    const fake = new FakeCollections()
    for (const group of [
      { operation: 'upsert', object: 'Contact', externalIdField: 'X/../Y', rows: [{}] },
      { operation: 'create', object: "Contact'", rows: [{}] },
      { operation: 'delete', object: 'Contact', rows: [{ id: '1,2&allOrNone=true' }] },
    ] as const)
      await expect(executeGroups(fake, [groupOf('update', good(1_001)), group])).rejects.toThrow()
    expect(fake.requests).toEqual([])
  })
})

describe('answers', () => {
  const answering = (answer: unknown): Pick<Salesforce, 'request' | 'apiVersion'> => ({
    apiVersion: '68.0',
    request: async <T>() => {
      if (answer instanceof Error) throw answer
      return { status: 200, headers: {}, body: answer as T, serverDateMs: undefined }
    },
  })
  const two = [groupOf('create', ['good']), groupOf('update', ['good'])]
  const sub = (httpStatusCode: unknown, body: unknown, referenceId: string) => ({
    httpStatusCode,
    body,
    referenceId,
    httpHeaders: {},
  })
  const saved = [{ id: '003', success: true, errors: [] }]
  const unknown = { ok: false, executed: 'unknown' }

  test.each<[string, unknown, unknown]>([
    ['no list', {}, unknown],
    ['another part', { compositeResponse: [sub(200, saved, 'part7')] }, unknown],
    ['no status', { compositeResponse: [sub(undefined, saved, 'part0')] }, unknown],
    ['a row too many', { compositeResponse: [sub(200, [...saved, ...saved], 'part0')] }, unknown],
    ['a row that says neither yes nor no', { compositeResponse: [sub(200, [{ id: '003' }], 'part0')] }, unknown],
    [
      'a failure without a reason',
      { compositeResponse: [sub(200, [{ success: false, errors: [] }], 'part0')] },
      unknown,
    ],
    ['500', { compositeResponse: [sub(500, [{ errorCode: 'UNKNOWN_EXCEPTION', message: '' }], 'part0')] }, unknown],
    [
      '503 SERVER_UNAVAILABLE',
      { compositeResponse: [sub(503, [{ errorCode: 'SERVER_UNAVAILABLE', message: '' }], 'part0')] },
      { ok: false, executed: 'no', retryable: true },
    ],
    [
      'a locked row',
      {
        compositeResponse: [
          sub(200, [{ success: false, errors: [{ statusCode: 'UNABLE_TO_LOCK_ROW', message: '' }] }], 'part0'),
        ],
      },
      { ok: false, executed: 'no', retryable: true },
    ],
  ])('%s', async (_, answer, expected) => {
    const results = await executeGroups(answering(answer), two)
    expect(results[0]![0]).toMatchObject(expected as RowResult)
    expect((results[1]![0] as { executed?: string }).executed).toBe('unknown')
  })

  test('the reason why nothing can be sent is handed on', async () => {
    const failure = {
      code: 'salesforce.unauthorized',
      message: 'm',
      remedy: 'r',
      executed: 'no',
      retryable: false,
    } as const
    const error = new SalesforceError({
      ...failure,
      errors: [{ code: 'API_DISABLED_FOR_ORG', message: '', fields: [] }],
    })
    await expect(executeGroups(answering(error), two)).rejects.toMatchObject({
      code: 'salesforce.unauthorized',
      remedy: 'r',
      cause: error,
      results: [[undefined], [undefined]],
    })
  })
})
