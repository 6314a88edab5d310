import { describe, expect, test } from 'vitest'
import { SalesforceError } from '../../src/salesforce/salesforce-error.ts'
import { decodeMark } from '../../src/sink/attempt.ts'
import { create, labels, own, statuses, success, update } from './owned.ts'

describe('a partition in one generation', () => {
  test('an attempt is on record before the request, at the unchanged offset; its reply takes it off (rule 8)', async () => {
    const { kafka, take, requests } = await own(request => {
      expect(labels(kafka)).toEqual([['mark', 0n]])
      expect(decodeMark(kafka.position.metadata)).toMatchObject({ first: 0n, last: 1n, startedAt: 998_000 })
      return success(request)
    })
    await take([create(0), create(1)])
    expect(requests).toHaveLength(1)
    expect(labels(kafka)).toEqual([
      ['mark', 0n],
      ['replies', 2n],
    ])
    expect(kafka.position.metadata).toBe('')
  })

  test('what is repeat-safe needs no mark', async () => {
    const { kafka, take } = await own(success)
    await take([update(0)])
    expect(labels(kafka)).toEqual([['replies', 1n]])
  })

  test('a batch is committed in parts of the size configured', async () => {
    const { kafka, take, moves } = await own(success, 2)
    await take([0, 1, 2, 3, 4].map(at => create(at)))
    expect(labels(kafka).filter(([label]) => label === 'replies')).toEqual([
      ['replies', 2n],
      ['replies', 4n],
      ['replies', 5n],
    ])
    expect(moves.map(([, to]) => to)).toEqual([2n, 4n, 5n])
  })

  test('records fetched before the fence are dropped; a gap is one only after a rewind', async () => {
    const { kafka, take, moves } = await own(success)
    await take([update(3)])
    expect([moves, kafka.commits]).toEqual([[['rewind', 0n]], []])
    await take([update(3)])
    expect(labels(kafka)).toEqual([['replies', 4n]])
    await take([update(3)])
    expect(moves.at(-1)).toEqual(['rewind', 4n])
    await take([update(7)])
    expect(kafka.offset).toBe(8n)
  })

  test('a position behind the end of the log stops the sink, instead of waiting there for ever', async () => {
    const { kafka, take, moves } = await own(success)
    await take([update(0), update(1)])
    await take([update(0)])
    expect(moves.at(-1)).toEqual(['rewind', 2n])
    // Read again from there: the fake's log ends at 0.
    await expect(take([update(0)])).rejects.toMatchObject({ code: 'kafka.topic_invalid', consequence: 'stop' })
    expect(labels(kafka)).toEqual([['replies', 2n]])
  })

  test('evicted during the request: nothing is committed, the mark stays for the next owner (rule 7)', async () => {
    const { kafka, take, generation } = await own(request => {
      generation.end('test')
      return success(request)
    })
    await expect(take([create(0)])).rejects.toMatchObject({ code: 'internal.stopped' })
    expect(labels(kafka)).toEqual([['mark', 0n]])
  })

  test('a rebalance announced during the request: what is in hand is committed, nothing new is taken (rule 7)', async () => {
    const { kafka, take, generation, requests, moves } = await own(
      request => {
        generation.announceEnd()
        return success(request)
      },
      2,
      60_000,
    )
    await take([create(0), create(1), create(2)])
    expect(requests).toHaveLength(1)
    expect(kafka.offset).toBe(2n)
    expect(moves.at(-1)).toEqual(['rewind', 2n])
  })

  test('stopped between two waves: the settled beginning is committed, and what was sent beyond it keeps its mark', async () => {
    const { kafka, take, generation } = await own(request => {
      generation.announceEnd()
      const until = performance.now() + 2
      while (performance.now() < until); // time is up (drainMsMax 0) only once some has passed
      return success(request)
    })
    await take([create(0, 'a', 'k'), create(1, 'b', 'k'), create(2, 'c', 'other')])
    expect(statuses(kafka)).toEqual(['SUCCEEDED'])
    expect(kafka.offset).toBe(1n)
    expect(decodeMark(kafka.position.metadata)).toMatchObject({ first: 1n, last: 2n, startedAt: 998_000 })
  })

  test('an outage before anything was sent: the mark is taken back, and put again before the request', async () => {
    const unreachable = new SalesforceError({
      code: 'salesforce.unreachable',
      message: 'm',
      remedy: '',
      executed: 'no',
      retryable: true,
    })
    const { kafka, take, salesforce, requests } = await own(request => {
      if (requests.length > 1) return success(request)
      Object.assign(salesforce.breaker, { isOpen: true })
      throw unreachable
    })
    Object.assign(salesforce.breaker, {
      whenClosed: async () => {
        expect(kafka.position).toEqual({ offset: 0n, metadata: '' })
        Object.assign(salesforce.breaker, { isOpen: false })
      },
    })
    await take([create(0)])
    expect(labels(kafka)).toEqual([
      ['mark', 0n],
      ['mark', 0n],
      ['mark', 0n],
      ['replies', 1n],
    ])
    expect(statuses(kafka)).toEqual(['SUCCEEDED'])
  })

  test('the owner’s own failed commit: the same replies are committed again, and nothing is sent again', async () => {
    const { kafka, take, requests } = await own(success)
    kafka.faults.push(undefined, { code: 'kafka.transaction_failed', committed: false })
    await take([create(0)])
    expect(requests).toHaveLength(1)
    expect(labels(kafka)).toEqual([
      ['mark', 0n],
      ['replies', 1n],
    ])
  })

  test('a reply that its topic refuses as too large becomes smaller until it fits', async () => {
    const { kafka, take } = await own(success)
    const tooLarge = { code: 'record.too_large', committed: false } as const
    kafka.faults.push(tooLarge, tooLarge, tooLarge)
    await take([update(0)])
    expect(labels(kafka)).toEqual([['replies', 1n]])
  })
})
