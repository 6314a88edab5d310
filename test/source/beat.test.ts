import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Beat } from '../../src/source/beat.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const never = new AbortController().signal

test('who waits for the same instant wakes in the same turn, a multiple of the interval included', async () => {
  const beat = new Beat()
  const woken: string[] = []
  const wait = (name: string, intervalMs: number) => beat.next(intervalMs, never).then(() => woken.push(name))
  await vi.advanceTimersByTimeAsync(60_100 - (beat.now() % 60_000))
  void wait('a', 1_000)
  await vi.advanceTimersByTimeAsync(300)
  void wait('b', 1_000)
  void wait('c', 60_000)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(woken).toEqual(['a', 'b'])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(woken).toEqual(['a', 'b', 'c'])
})

test('one who stops waiting leaves no timer behind', async () => {
  const beat = new Beat()
  const stop = new AbortController()
  const waiting = beat.next(1_000, stop.signal)
  stop.abort()
  await expect(waiting).rejects.toMatchObject({ code: 'internal.stopped' })
  expect(vi.getTimerCount()).toBe(0)
})
