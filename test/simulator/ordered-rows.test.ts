import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OrderedRows } from '../../src/simulator/org/ordered-rows.ts'
import type { StoredRow } from '../../src/simulator/org/table.ts'

const row = (stamp: number, n: number): StoredRow => ({
  id: String(n).padStart(6, '0'),
  stamp,
  cells: undefined,
  lockedBy: undefined,
})
const key = (each: StoredRow) => `${String(each.stamp).padStart(6, '0')} ${each.id}`

test('a walk gives the rows of the range in order, whatever came and went, and in what order', () => {
  const stamps = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 0, maxLength: 5000, size: 'max' })
  const bounds = fc.tuple(fc.integer({ min: -1, max: 41 }), fc.integer({ min: -1, max: 41 }))
  fc.assert(
    fc.property(stamps, fc.func(fc.boolean()), bounds, (all, keeps, [from, to]) => {
      const rows = all.map(row)
      const index = new OrderedRows()
      for (const each of rows) index.insert(each)
      const kept = rows.filter((each, i) => keeps(each.stamp, i))
      for (const each of rows) if (!kept.includes(each)) index.remove(each)
      const expected = kept.filter(each => each.stamp >= from && each.stamp <= to).map(key)
      expect([...index.walk(from, to)].map(key)).toEqual(expected.toSorted())
    }),
    { numRuns: 40 },
  )
})
