import { expect, test } from 'vitest'
import type { BucketChange } from '../../src/source/buckets.ts'
import { Deletes } from '../../src/source/deletes.ts'
import { Window, windowBucketEntriesMax } from '../../src/source/window.ts'

const idOf = (n: number): string => `003${String(n).padStart(15, '0')}`
const version = (n: number, stampMs: number, hash = 'a'.repeat(16)) => ({ recordId: idOf(n), stampMs, hash })
const day = 24 * 3_600_000

/** What the offsets topic holds after these changes. */
function store(topic: Map<string, readonly string[]>, changes: readonly BucketChange[]): void {
  for (const { slotMs, bucket, entries } of changes) {
    if (entries) topic.set(`${slotMs}/${bucket}`, entries)
    else topic.delete(`${slotMs}/${bucket}`)
  }
}

test('a window restored from its changes knows the same versions, and writes each bucket once', () => {
  const topic = new Map<string, readonly string[]>()
  const window = new Window()
  for (let n = 0; n < 20_000; n++) window.add(version(n, 5_000))
  store(topic, window.takeChanges(0))
  expect(window.takeChanges(0)).toEqual([])
  window.add(version(20_000, 5_000))
  const changes = window.takeChanges(0)
  expect(changes.map(({ bucket }) => bucket)).toEqual([2])
  store(topic, changes)
  for (const entries of topic.values()) expect(JSON.stringify(entries).length).toBeLessThan(256 * 1_024)
  const restored = new Window()
  for (const [key, entries] of topic) restored.restore(5_000, Number(key.split('/')[1]), entries)
  expect(restored.size).toBe(20_001)
  for (const n of [0, windowBucketEntriesMax, 20_000]) expect(restored.has(version(n, 5_000))).toBe(true)
  expect(restored.has(version(1, 5_000, 'b'.repeat(16)))).toBe(false)
  expect(restored.hasStamp(idOf(1), 5_000)).toBe(true)
})

test('what lies before the floor is forgotten, with a tombstone for each bucket', () => {
  const window = new Window()
  window.add(version(1, 1_000))
  window.add(version(1, 2_000))
  window.takeChanges(0)
  expect(window.takeChanges(2_000)).toEqual([{ slotMs: 1_000, bucket: 0, entries: null }])
  expect(window.hasId(idOf(1))).toBe(true)
  window.takeChanges(3_000)
  expect(window.hasId(idOf(1))).toBe(false)
  expect(window.size).toBe(0)
})

test('a second may be forgotten up to a row', () => {
  const window = new Window()
  for (const n of [1, 2, 3]) window.add(version(n, 1_000))
  window.forgetUpTo({ modifiedAtMs: 1_000, recordId: idOf(2) })
  expect([1, 2, 3].map(n => window.hasId(idOf(n)))).toEqual([false, false, true])
  expect(window.size).toBe(1)
})

test('the latest part of a window holds at most so many versions', () => {
  const window = new Window()
  for (let n = 0; n < 100; n++) window.add(version(n, Math.floor(n / 10) * 1_000))
  expect(window.latest(100)).toBeUndefined()
  expect(window.latest(35)).toBe(7_000)
  expect(window.latest(5)).toBe(10_000)
})

test('a delete is known for sixteen days, until the row is undeleted', () => {
  const deletes = new Deletes()
  deletes.add(idOf(1), 0)
  deletes.add(idOf(2), 0)
  deletes.takeChanges(0)
  deletes.remove(idOf(2))
  expect(deletes.takeChanges(15 * day)).toEqual([{ slotMs: 0, bucket: 0, entries: [idOf(1)] }])
  expect([deletes.has(idOf(1)), deletes.has(idOf(2))]).toEqual([true, false])
  expect(deletes.takeChanges(17 * day)).toEqual([{ slotMs: 0, bucket: 0, entries: null }])
  expect(deletes.has(idOf(1))).toBe(false)
})
