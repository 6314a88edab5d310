import { expect, test } from 'vitest'
import type { ApiRequest, ApiResponse, Salesforce } from '../../src/salesforce/client.ts'
import { type QueryPage, queryAllPages } from '../../src/salesforce/query.ts'
import { SalesforceError } from '../../src/salesforce/salesforce-error.ts'

type Reply = unknown | ((request: ApiRequest) => Promise<unknown>)

/** A client whose requests are answered one after the other. */
function fakeOf(...replies: Reply[]) {
  const requests: ApiRequest[] = []
  const salesforce: Pick<Salesforce, 'request' | 'breaker' | 'now' | 'apiVersion'> = {
    apiVersion: '68.0',
    breaker: { isOpen: false, reason: undefined, whenClosed: async () => undefined },
    now: () => 1_700_000_000_123 + requests.length,
    async request<T>(request: ApiRequest): Promise<ApiResponse<T>> {
      requests.push(request)
      const reply = replies.shift()
      const body = typeof reply === 'function' ? await reply(request) : reply
      if (body instanceof Error) throw body
      return { status: 200, headers: {}, body: body as T, serverDateMs: undefined }
    },
  }
  return { salesforce, requests }
}

const rows = (...ids: string[]) => ids.map(Id => ({ Id }))
const next = (n: number): string => `/services/data/v68.0/query/0r8xx1a2b3c4d5eAAA-${n}`
const page = (ids: string[], nextRecordsUrl?: string) => ({
  totalSize: 9,
  done: nextRecordsUrl === undefined,
  records: rows(...ids),
  ...(nextRecordsUrl && { nextRecordsUrl }),
})

async function collect(pages: AsyncIterable<QueryPage>): Promise<QueryPage[]> {
  const all = []
  for await (const each of pages) all.push(each)
  return all
}

const refusalOf = (errorCode: string, code: 'salesforce.query_lost' | 'salesforce.refused'): SalesforceError =>
  new SalesforceError({
    code,
    message: errorCode,
    remedy: '',
    executed: 'no',
    retryable: code === 'salesforce.query_lost',
    errors: [{ code: errorCode, message: '', fields: [] }],
  })

test('goes on until done, whatever the size of a page', async () => {
  const { salesforce, requests } = fakeOf(page(['1', '2'], next(2)), page([], next(3)), page(['3']))
  const pages = await collect(queryAllPages(salesforce, 'SELECT Id FROM Contact', { batchSize: 500 }))
  const startedAtMs = 1_700_000_000_123
  expect(pages).toEqual([
    { rows: rows('1', '2'), done: false, startedAtMs },
    { rows: [], done: false, startedAtMs },
    { rows: rows('3'), done: true, startedAtMs },
  ])
  const headers = { 'Sforce-Query-Options': 'batchSize=500' }
  expect(requests).toMatchObject([
    { method: 'GET', path: '/queryAll', query: { q: 'SELECT Id FROM Contact' }, headers, repeat: 'safe' },
    { method: 'GET', path: next(2), headers },
    { method: 'GET', path: next(3), headers },
  ])
})

test.each([
  [1, 'batchSize=200'],
  [99_999, 'batchSize=2000'],
  [undefined, 'batchSize=2000'],
])('asks for 200 to 2,000 rows a page (%s)', async (batchSize, header) => {
  const { salesforce, requests } = fakeOf(page(['1']))
  await collect(queryAllPages(salesforce, 'SELECT Id FROM Contact', batchSize === undefined ? {} : { batchSize }))
  expect(requests[0]!.headers).toEqual({ 'Sforce-Query-Options': header })
})

test('one page is fetched ahead, not more', async () => {
  const { salesforce, requests } = fakeOf(page(['1'], next(1)), page(['2'], next(2)), page(['3']))
  const pages = queryAllPages(salesforce, 'SELECT Id FROM Contact')
  await pages.next()
  await new Promise(resolve => setImmediate(resolve))
  expect(requests).toHaveLength(2)
  await pages.return()
})

test('a reader that stops takes the page fetched ahead back', async () => {
  let given: AbortSignal | undefined
  const hanging = ({ signal }: ApiRequest): Promise<unknown> => {
    given = signal
    return new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)))
  }
  const { salesforce } = fakeOf(page(['1'], next(1)), hanging)
  for await (const _ of queryAllPages(salesforce, 'SELECT Id FROM Contact')) break
  expect(given?.aborted).toBe(true)
})

test('a lost cursor is told as such, and not asked for again', async () => {
  const { salesforce, requests } = fakeOf(
    page(['1'], next(1)),
    refusalOf('INVALID_QUERY_LOCATOR', 'salesforce.query_lost'),
  )
  await expect(collect(queryAllPages(salesforce, 'SELECT Id FROM Contact'))).rejects.toMatchObject({
    code: 'salesforce.query_lost',
  })
  expect(requests).toHaveLength(2)
})

test.each([
  [{ done: false, records: [] }],
  [{ done: false, records: [], nextRecordsUrl: 'https://elsewhere/services/data/' }],
  [{ records: [] }],
  [undefined],
  [[]],
])('%j is no page', async body => {
  const { salesforce, requests } = fakeOf(body, page([]))
  await expect(collect(queryAllPages(salesforce, 'SELECT Id FROM Contact'))).rejects.toMatchObject({
    code: 'salesforce.bad_answer',
  })
  expect(requests).toHaveLength(1)
})

test('a query too long for a URL goes inside a composite', async () => {
  const fields = Array.from({ length: 800 }, (_, i) => `Custom_Field_${i}__c`).join(', ')
  const soql = `SELECT ${fields} FROM Contact`
  const answer = (body: unknown, httpStatusCode = 200) => ({
    compositeResponse: [{ body, httpStatusCode, referenceId: 'read0' }],
  })
  const { salesforce, requests } = fakeOf(answer(page(['1'], next(1))), page(['2']))
  expect((await collect(queryAllPages(salesforce, soql))).map(each => each.rows)).toEqual([rows('1'), rows('2')])
  expect(requests).toMatchObject([{ method: 'POST', path: '/composite', repeat: 'safe' }, { path: next(1) }])
  const { compositeRequest } = requests[0]!.body as { compositeRequest: { url: string }[] }
  expect(new URL(compositeRequest[0]!.url, 'http://x').searchParams.get('q')).toBe(soql)

  const refused = fakeOf(answer([{ errorCode: 'INVALID_FIELD', message: 'No such column' }], 400)).salesforce
  await expect(collect(queryAllPages(refused, soql))).rejects.toMatchObject({
    code: 'salesforce.refused',
    errorCode: 'INVALID_FIELD',
  })
})
