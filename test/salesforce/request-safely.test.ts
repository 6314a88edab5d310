import { expect, test } from 'vitest'
import type { ApiRequest, ApiResponse, Salesforce } from '../../src/salesforce/client.ts'
import { requestSafely } from '../../src/salesforce/request-safely.ts'
import { type Failure, SalesforceError } from '../../src/salesforce/salesforce-error.ts'

const read: ApiRequest = { method: 'GET', path: '/limits', repeat: 'safe' }
const down: Failure = { code: 'salesforce.unreachable', message: 'down', remedy: '', executed: 'no', retryable: true }

/** A client behind a breaker that is opened by hand, whose requests fail so, or succeed. */
function clientWith(...failures: Failure[]) {
  let closed = Promise.resolve()
  let close = (): void => undefined
  const breaker = {
    isOpen: false,
    reason: undefined,
    whenClosed: (): Promise<void> => closed,
    open: () => {
      breaker.isOpen = true
      closed = new Promise(resolve => {
        close = () => {
          breaker.isOpen = false
          resolve()
        }
      })
    },
    close: () => close(),
  }
  const sent: ApiRequest[] = []
  const client: Pick<Salesforce, 'request' | 'breaker'> = {
    breaker,
    async request<T>(request: ApiRequest): Promise<ApiResponse<T>> {
      sent.push(request)
      const failure = failures.shift()
      if (failure) throw new SalesforceError(failure)
      return { status: 200, headers: {}, body: 'fine' as T, serverDateMs: undefined }
    },
  }
  return { client, breaker, sent }
}

test('sends nothing while the breaker is open', async () => {
  const { client, breaker, sent } = clientWith()
  breaker.open()
  const answer = requestSafely(client, read)
  await new Promise(resolve => setImmediate(resolve))
  expect(sent).toEqual([])
  breaker.close()
  expect((await answer).body).toBe('fine')
})

test('tries again what may pass, and then no more', async () => {
  const once = clientWith(down)
  expect((await requestSafely(once.client, read)).body).toBe('fine')
  expect(once.sent).toHaveLength(2)
})

test.each(['salesforce.query_lost', 'internal.stopped'] as const)('%s is not tried again', async code => {
  const { client, sent } = clientWith({ ...down, code })
  await expect(requestSafely(client, read)).rejects.toMatchObject({ code })
  expect(sent).toHaveLength(1)
})

test('a caller that has stopped gets the failure, and no further request', async () => {
  const { client, sent } = clientWith(down, down)
  await expect(requestSafely(client, { ...read, signal: AbortSignal.abort() })).rejects.toBeInstanceOf(SalesforceError)
  expect(sent).toHaveLength(1)
})
