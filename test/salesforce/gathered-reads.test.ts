import { expect, test } from 'vitest'
import type { ApiRequest, ApiResponse, Salesforce } from '../../src/salesforce/client.ts'
import type { Read } from '../../src/salesforce/composite-reads.ts'
import { GatheredReads } from '../../src/salesforce/gathered-reads.ts'

interface Sub {
  readonly url: string
  readonly referenceId: string
}

const isQuery = (url: string): boolean => url.includes('/queryAll?')
const subsOf = (request: ApiRequest): Sub[] =>
  (request.body as { compositeRequest: Sub[] } | undefined)?.compositeRequest ?? []

/** Answers each read with its own path, a refusal for a path with `refused`; subresponses come in another order. */
function fake() {
  const requests: ApiRequest[] = []
  const salesforce: Pick<Salesforce, 'request' | 'breaker' | 'apiVersion'> = {
    apiVersion: '68.0',
    breaker: { isOpen: false, reason: undefined, whenClosed: async () => undefined },
    async request<T>(request: ApiRequest): Promise<ApiResponse<T>> {
      requests.push(request)
      const answers = subsOf(request).map(({ url, referenceId }) =>
        url.includes('refused')
          ? { referenceId, httpStatusCode: 400, body: [{ errorCode: 'INVALID_FIELD', message: 'No such column' }] }
          : { referenceId, httpStatusCode: 200, body: { url } },
      )
      const body = request.path === '/composite' ? { compositeResponse: answers.reverse() } : { url: request.path }
      return { status: 200, headers: {}, body: body as T, serverDateMs: undefined }
    },
  }
  return { reads: new GatheredReads(salesforce), requests }
}

const query = (q: string): Read => ({ path: '/queryAll', query: { q } })
const deleted = (object: string): Read => ({ path: `/sobjects/${object}/deleted`, query: { start: 'a', end: 'b' } })

test('eight queries of one turn take two calls, each answered by its own', async () => {
  const { reads, requests } = fake()
  const answers = await Promise.all([...'ABCDEFGH'].map(name => reads.read(query(`SELECT Id FROM ${name}`))))
  expect(requests.map(request => subsOf(request).length)).toEqual([5, 3])
  for (const [index, name] of [...'ABCDEFGH'].entries())
    expect(decodeURIComponent((answers[index] as { url: string }).url)).toMatch(new RegExp(`FROM ${name}$`))
})

test('no composite holds more than five queries and twenty-five reads', async () => {
  const { reads, requests } = fake()
  const some = [
    ...Array.from({ length: 12 }, (_, n) => query(`q${n}`)),
    ...Array.from({ length: 50 }, (_, n) => deleted(`o${n}`)),
  ]
  await Promise.all(some.map(read => reads.read(read)))
  for (const request of requests) {
    expect(subsOf(request).length).toBeLessThanOrEqual(25)
    expect(subsOf(request).filter(({ url }) => isQuery(url)).length).toBeLessThanOrEqual(5)
  }
  expect(requests.length).toBe(3)
})

test('one read alone is sent as it is', async () => {
  const { reads, requests } = fake()
  await reads.read(query('SELECT Id FROM Contact'))
  expect(requests).toMatchObject([{ method: 'GET', path: '/queryAll', query: { q: 'SELECT Id FROM Contact' } }])
})

test('a refusal reaches only the one that asked for it', async () => {
  const { reads } = fake()
  const outcomes = await Promise.allSettled([reads.read(query('good')), reads.read(query('refused'))])
  expect(outcomes).toMatchObject([
    { status: 'fulfilled' },
    { status: 'rejected', reason: { code: 'salesforce.refused', errors: [{ code: 'INVALID_FIELD' }] } },
  ])
})

test('one who stops waiting leaves the others their answers', async () => {
  const { reads } = fake()
  const stop = new AbortController()
  const stopped = reads.read(query('a'), stop.signal)
  const other = reads.read(query('b'))
  stop.abort()
  await expect(stopped).rejects.toMatchObject({ code: 'internal.stopped' })
  await expect(other).resolves.toBeDefined()
})

test('what did not change since is told by undefined', async () => {
  const salesforce: Pick<Salesforce, 'request' | 'breaker' | 'apiVersion'> = {
    apiVersion: '68.0',
    breaker: { isOpen: false, reason: undefined, whenClosed: async () => undefined },
    async request<T>(request: ApiRequest): Promise<ApiResponse<T>> {
      const compositeResponse = subsOf(request).map(({ referenceId }) => ({
        referenceId,
        httpStatusCode: 304,
        body: null,
      }))
      return { status: 200, headers: {}, body: { compositeResponse } as T, serverDateMs: undefined }
    },
  }
  const reads = new GatheredReads(salesforce)
  const headers = { 'If-Modified-Since': 'Mon, 23 Nov 2026 10:11:12 GMT' }
  const ask = (object: string) => reads.read({ path: `/sobjects/${object}/describe`, query: {}, headers })
  expect(await Promise.all([ask('Contact'), ask('Lead')])).toEqual([undefined, undefined])
})

test('half a surrogate pair in one read spoils neither it nor those that share its call', async () => {
  const { reads } = fake()
  const answers = (await Promise.all([reads.read(query("Name = '\ud800'")), reads.read(query('fine'))])) as Sub[]
  expect(answers.map(({ url }) => decodeURIComponent(url).replace(/.*q=/, ''))).toEqual(["Name = '\ufffd'", 'fine'])
})
