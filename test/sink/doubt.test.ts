import { describe, expect, test } from 'vitest'
import { offset } from '../../src/core/contract.ts'
import type { ApiRequest } from '../../src/salesforce/client.ts'
import { SalesforceError } from '../../src/salesforce/salesforce-error.ts'
import { decodeMark, encodeMark } from '../../src/sink/attempt.ts'
import { KafkaFake } from './kafka-fake.ts'
import { type Answer, create, own, statuses, success } from './owned.ts'
import { recordId } from './parts.ts'

const lost = (): never => {
  throw new SalesforceError({
    code: 'salesforce.unreachable',
    message: 'no answer',
    remedy: '',
    executed: 'unknown',
    retryable: true,
  })
}
/** Writes are lost the first `times` times; searches find one row. */
const losing =
  (times: number): Answer =>
  request => {
    if (request.path === '/query') return { records: [{ Id: recordId }] }
    return times-- > 0 ? lost() : success(request)
  }
const writes = (requests: readonly ApiRequest[]) => requests.filter(({ path }) => path !== '/query')
const replies = (kafka: KafkaFake) =>
  kafka.commits.flatMap(({ records }) =>
    records
      .filter(({ topic }) => topic === 'contact.replies')
      .map(({ value }) => JSON.parse(String(value)) as Record<string, unknown>),
  )
const letters = (kafka: KafkaFake) =>
  kafka.commits.flatMap(({ records }) => records.filter(({ topic }) => topic === 'contact.commands.dlq'))

describe('a create that may have been executed', () => {
  test('by default it is answered in doubt, with candidates, and not sent again', async () => {
    const { kafka, take, requests } = await own(losing(1))
    await take([create(0)])
    expect(writes(requests)).toHaveLength(1)
    expect(replies(kafka)).toMatchObject([{ status: 'IN_DOUBT', candidates: [recordId], attempts: 1 }])
    expect(letters(kafka)).toEqual([])
  })

  test('policy retry: it is sent again, and its success says that there may be two', async () => {
    const { kafka, take, requests } = await own(losing(1), 100, 0, { inDoubt: 'retry' })
    await take([create(0)])
    expect(writes(requests)).toHaveLength(2)
    const warnings = [expect.stringContaining('may have been executed as well')]
    expect(replies(kafka)).toMatchObject([{ status: 'SUCCEEDED', attempts: 2, warnings }])
  })

  test('policy retry: also what a former owner may have sent; five times at most, then it is in doubt', async () => {
    const kafka = new KafkaFake()
    const mark = { attempt: 'dead', first: offset(0), last: offset(0), startedAt: 1 }
    kafka.position = { offset: offset(0), metadata: encodeMark(mark) }
    const { take, requests } = await own(losing(9), 100, 0, { inDoubt: 'retry' }, kafka)
    await take([create(0)])
    expect(writes(requests)).toHaveLength(5)
    expect(replies(kafka)).toMatchObject([{ status: 'IN_DOUBT', candidates: [recordId], attempts: 5 }])
  })

  test('policy park: beside the reply, the command stands among the dead letters; put back, it is executed once', async () => {
    const { kafka, take, requests } = await own(losing(1), 100, 0, { inDoubt: 'park' })
    const command = create(0)
    await take([command])
    const [letter] = letters(kafka)
    expect(replies(kafka)).toMatchObject([
      { status: 'IN_DOUBT', retryable: false, warnings: [expect.stringContaining('dlq replay')] },
    ])
    expect(letter).toMatchObject({ value: command.value, key: command.key })
    expect(letter!.headers).toMatchObject({
      '__connect.errors.stage': Buffer.from('TASK_PUT'),
      '__connect.errors.exception.class.name': Buffer.from('salesforce.unknown_outcome'),
    })
    expect(String(letter!.headers?.['__connect.errors.exception.message'])).toContain(recordId)
    // The caller's own repeat has the same reply; only what was parked is executed when it is put back, and once.
    const again = (at: number, headers = {}) => ({ ...create(0), offset: offset(at), headers })
    await take([again(1)])
    expect(writes(requests)).toHaveLength(1)
    await take([again(2, letter!.headers)])
    await take([again(3, letter!.headers)])
    expect(writes(requests)).toHaveLength(2)
    expect(replies(kafka).map(({ status }) => status)).toEqual(['IN_DOUBT', 'IN_DOUBT', 'SUCCEEDED', 'SUCCEEDED'])
    expect(replies(kafka).map(({ duplicate }) => duplicate)).toEqual([false, true, false, true])
  })
})

describe('an idempotency field that was changed while creates may have been on their way', () => {
  test('is on record before the first request', async () => {
    const { kafka, take } = await own(
      request => {
        expect(kafka.position).toEqual({ offset: 0n, metadata: '{"v":1,"field":"Command_Id__c"}' })
        return success(request)
      },
      100,
      0,
      { idempotencyField: 'Command_Id__c' },
    )
    await take([create(0)])
    expect(kafka.position).toEqual({ offset: 1n, metadata: '{"v":1,"field":"Command_Id__c"}' })
  })

  test('set: what was sent without it is in doubt, the rest is sent by it', async () => {
    const kafka = new KafkaFake()
    const mark = { attempt: 'dead', first: offset(0), last: offset(0), startedAt: 1 }
    kafka.position = { offset: offset(0), metadata: encodeMark(mark) }
    kafka.end = offset(2)
    const { take, requests } = await own(losing(0), 100, 0, { idempotencyField: 'Command_Id__c' }, kafka)
    await take([create(0), create(1)])
    expect(statuses(kafka)).toEqual(['IN_DOUBT', 'SUCCEEDED'])
    expect(writes(requests).map(({ path }) => path)).toEqual(['/composite/sobjects/Contact/Command_Id__c'])
  })

  test.each([undefined, 'Other__c'])(
    'taken away or replaced: what may have been sent by it is sent by it again (%s)',
    async now => {
      const kafka = new KafkaFake()
      kafka.position = { offset: offset(0), metadata: encodeMark(undefined, 'Command_Id__c') }
      kafka.end = offset(2)
      const { take, requests } = await own(losing(0), 100, 0, { idempotencyField: now }, kafka)
      await take([create(0), create(1), create(2)])
      const path = (field: string) => `/composite/sobjects/Contact/${field}`
      expect(writes(requests).map(each => each.path)).toEqual([
        path('Command_Id__c'),
        now === undefined ? '/composite/sobjects' : path(now),
      ])
      expect(statuses(kafka)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED'])
      expect(kafka.position).toEqual({ offset: 3n, metadata: encodeMark(undefined, now) })
    },
  )

  test('replaced, with nothing left from before: the new one is on record before it is used', async () => {
    const kafka = new KafkaFake()
    kafka.position = { offset: offset(2), metadata: encodeMark(undefined, 'Command_Id__c') }
    kafka.end = offset(2)
    await own(losing(0), 100, 0, { idempotencyField: 'Other__c' }, kafka)
    expect(kafka.position).toEqual({ offset: 2n, metadata: encodeMark(undefined, 'Other__c') })
    expect(decodeMark(kafka.position.metadata)).toBeUndefined()
  })
})
