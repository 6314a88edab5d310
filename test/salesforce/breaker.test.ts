import { expect, test } from 'vitest'
import { ProbingBreaker } from '../../src/salesforce/breaker.ts'

/** A breaker whose probe fails until it is told otherwise. */
function breakerWith(delays: { delayMsMin: number; delayMsMax: number }) {
  const seen = { probes: [] as number[], opened: [] as string[], closed: 0, running: 0, runningMax: 0 }
  let works = false
  const startedMs = performance.now()
  const breaker = new ProbingBreaker({
    delays,
    probe: async () => {
      seen.probes.push(performance.now() - startedMs)
      seen.runningMax = Math.max(seen.runningMax, ++seen.running)
      await Promise.resolve()
      seen.running--
      if (!works) throw new Error('still down')
    },
    onOpen: reason => seen.opened.push(reason),
    onClose: () => seen.closed++,
  })
  const mend = (): void => {
    works = true
  }
  return { breaker, seen, mend }
}

test('one loop probes, however often it is opened and whoever waits', async () => {
  const { breaker, seen, mend } = breakerWith({ delayMsMin: 5, delayMsMax: 10 })
  breaker.open('unreachable', 'first')
  breaker.open('unreachable', 'second')
  const waiting = Array.from({ length: 10 }, () => breaker.whenClosed())
  expect(breaker).toMatchObject({ isOpen: true, reason: 'second' })
  await expect.poll(() => seen.probes.length).toBeGreaterThan(3)
  mend()
  await Promise.all(waiting)
  expect(breaker.isOpen).toBe(false)
  expect(seen).toMatchObject({ opened: ['first'], closed: 1, runningMax: 1 })
  const { length } = seen.probes
  breaker.open('unreachable', 'again')
  await breaker.whenClosed()
  expect(seen.probes).toHaveLength(length + 1)
  breaker.stop()
})

test('a closed breaker lets everyone pass at once', async () => {
  const { breaker, seen } = breakerWith({ delayMsMin: 5, delayMsMax: 10 })
  await breaker.whenClosed(AbortSignal.abort())
  expect(seen.probes).toEqual([])
})

test('the first probe waits, and ten times as long when a limit is used up', async () => {
  const { breaker, seen, mend } = breakerWith({ delayMsMin: 20, delayMsMax: 20 })
  mend()
  breaker.open('limit', 'TotalRequests Limit exceeded.')
  await breaker.whenClosed()
  expect(seen.probes[0]).toBeGreaterThan(190)
})

test('stopping tells whoever waits', async () => {
  const { breaker } = breakerWith({ delayMsMin: 60_000, delayMsMax: 60_000 })
  breaker.open('unreachable', 'down')
  const waiting = breaker.whenClosed()
  breaker.stop()
  await expect(waiting).rejects.toMatchObject({ code: 'internal.stopped' })
})

test('once stopped it does not open, nor probe', async () => {
  const { breaker, seen } = breakerWith({ delayMsMin: 1, delayMsMax: 1 })
  breaker.stop()
  breaker.open('unreachable', 'down')
  await breaker.whenClosed()
  expect(seen).toMatchObject({ opened: [], probes: [] })
})
