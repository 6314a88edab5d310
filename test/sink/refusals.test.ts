import { expect, test } from 'vitest'
import type { ApiRequest } from '../../src/salesforce/client.ts'
import { to18 } from '../../src/salesforce/ids.ts'
import { SalesforceError } from '../../src/salesforce/salesforce-error.ts'
import { type Answer, own, rowsOf, statuses } from './owned.ts'
import { jsonRecord } from './parts.ts'

const locked = { success: false, errors: [{ statusCode: 'UNABLE_TO_LOCK_ROW', message: 'held', fields: [] }] }
const idOf = (at: number): string => to18(`003${String(at).padStart(12, '0')}`)
const success: Answer = request =>
  (rowsOf(request) as { id: string }[]).map(({ id }) => ({ id, success: true, errors: [] }))
const update = (at: number, more = {}) =>
  jsonRecord(at, { commandId: `c-${at}`, action: 'UpdateContact', recordId: idOf(at), fields: { Phone: '1' }, ...more })

interface Sub {
  readonly url: string
  readonly referenceId: string
  readonly body: unknown
}

/** Answers a request or each part of a composite. */
const each =
  (answer: (request: Pick<ApiRequest, 'path' | 'body'>) => { status: number; body: unknown }): Answer =>
  request => {
    if (request.path !== '/composite') {
      const { status, body } = answer(request)
      expect(status).toBe(200)
      return body
    }
    const { compositeRequest } = request.body as { compositeRequest: Sub[] }
    return {
      compositeResponse: compositeRequest.map(({ url, referenceId, body }) => {
        const { status, body: answered } = answer({ path: url, body })
        return { referenceId, httpStatusCode: status, body: answered }
      }),
    }
  }

const count = (request: Pick<ApiRequest, 'path' | 'body'>): number =>
  request.path.includes('/composite/sobjects') ? rowsOf(request as ApiRequest).length : 1

test('rows that are locked are sent in ever smaller groups, five times, then FAILED with retryable: true', async () => {
  const sizes: number[] = []
  const { kafka, take, requests } = await own(
    each(request => {
      sizes.push(count(request))
      const isSingle = !request.path.includes('/composite/sobjects')
      const refusal = [{ errorCode: 'UNABLE_TO_LOCK_ROW', message: 'held' }]
      return isSingle
        ? { status: 400, body: refusal }
        : { status: 200, body: rowsOf(request as ApiRequest).map(() => locked) }
    }),
  )
  await take(Array.from({ length: 100 }, (_, at) => update(at)))
  const replies = kafka.commits.flatMap(({ records }) => records.map(({ value }) => JSON.parse(String(value))))
  expect(replies).toHaveLength(100)
  for (const reply of replies)
    expect(reply).toMatchObject({
      status: 'FAILED',
      retryable: true,
      attempts: 5,
      errors: [{ code: 'UNABLE_TO_LOCK_ROW', message: 'held' }],
    })
  // 100; 50 + 50; ten of 10; a hundred rows of their own, twice.
  expect(sizes.slice(0, 3)).toEqual([100, 50, 50])
  expect(sizes.slice(3, 13)).toEqual(Array(10).fill(10))
  expect(sizes.slice(13)).toEqual(Array(200).fill(1))
  expect(requests).toHaveLength(1 + 1 + 2 + 4 + 4)
})

test('a row that is no longer locked succeeds beside one that stays so', async () => {
  let calls = 0
  const { kafka, take } = await own(
    each(request => {
      calls++
      const isStuck = JSON.stringify(request.body).includes('Stuck') || request.path.endsWith(idOf(1))
      if (count(request) === 1 && isStuck && !request.path.includes('/composite/sobjects'))
        return { status: 400, body: [{ errorCode: 'UNABLE_TO_LOCK_ROW', message: 'held' }] }
      const rows = rowsOf(request as ApiRequest) as { id: string }[]
      return {
        status: 200,
        body: rows.map(({ id }) => (calls === 1 || id === idOf(1) ? locked : { id, success: true, errors: [] })),
      }
    }),
  )
  await take([update(0), update(1), update(2)])
  expect(statuses(kafka)).toEqual(['SUCCEEDED', 'FAILED', 'SUCCEEDED'])
})

test('a busy Salesforce that gives no errors is asked again, however often, and nothing is failed for it', async () => {
  let times = 6
  const { kafka, take } = await own(request => {
    if (times-- === 0) return success(request)
    throw new SalesforceError({
      code: 'salesforce.busy',
      message: 'crowded',
      remedy: '',
      executed: 'no',
      retryable: true,
    })
  })
  await take([update(0)])
  expect(statuses(kafka)).toEqual(['SUCCEEDED'])
})

test('what expires while Salesforce is out of reach is REJECTED afterwards, the rest is answered rightly', async () => {
  const { kafka, take, salesforce, requests } = await own(success)
  let now = 1_000_000
  Object.assign(salesforce, {
    now: () => now,
    breaker: {
      isOpen: true,
      whenClosed: async () => {
        now += 600_000 // ten minutes
        Object.assign(salesforce.breaker, { isOpen: false })
      },
    },
  })
  await take([update(0, { expiresAt: now + 60_000 }), update(1, { expiresAt: now + 700_000 }), update(2)])
  expect(statuses(kafka)).toEqual(['REJECTED', 'SUCCEEDED', 'SUCCEEDED'])
  expect(requests.map(request => rowsOf(request).length)).toEqual([2])
})
