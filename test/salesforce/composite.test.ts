import fc from 'fast-check'
import { expect, test } from 'vitest'
import { executeGroups, PartialExecution, type RowGroup } from '../../src/salesforce/composite.ts'
import { FakeCollections } from './collections-fake.ts'
import { groupOf, idIn, type Kind, kindIn, operations } from './row-groups.ts'

/** The result a row must have when everything is answered. */
function expectedOf(group: RowGroup, row: object): unknown {
  const kind = kindIn(row)
  if (kind === 'poison') return { ok: false, executed: 'no', retryable: false, errors: [{ code: 'INVALID_FIELD' }] }
  if (kind !== 'bad') return { ok: true, id: idIn(row) }
  if (group.operation === 'retrieve') return { ok: true, id: null, record: null }
  return { ok: false, executed: 'no', errors: [{ code: 'STRING_TOO_LONG', message: idIn(row), fields: ['LastName'] }] }
}

const kindArb: fc.Arbitrary<Kind> = fc.oneof(
  { weight: 20, arbitrary: fc.constant<Kind>('good') },
  { weight: 2, arbitrary: fc.constantFrom<Kind>('bad', 'mark') },
  { weight: 1, arbitrary: fc.constant<Kind>('poison') },
)
const groupArb = fc
  .tuple(
    fc.constantFrom(...operations),
    fc.array(kindArb, { maxLength: 450, size: 'max' }),
    fc.constantFrom({}, { 'Sforce-Auto-Assign': 'FALSE' }),
    fc.constantFrom(10, 200),
  )
  // A field that a retrieve names is wrong for all rows or for none, so it has no poisoned row.
  .map(([operation, kinds, headers, rowsMax]) => ({
    ...groupOf(
      operation,
      operation === 'retrieve' ? kinds.filter(kind => kind !== 'poison') : kinds,
      headers as Record<string, string>,
    ),
    rowsMax,
  }))

test('each row is carried out once at most, and its result stands in its place', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(groupArb, { maxLength: 4 }), async groups => {
      const fake = new FakeCollections()
      const results = await executeGroups(fake, groups)
      expect(results.map(rows => rows.length)).toEqual(groups.map(group => group.rows.length))
      for (const [g, group] of groups.entries())
        expect(results[g]).toMatchObject(group.rows.map(row => expectedOf(group, row)))
      const good = groups.flatMap(group => group.rows).filter(row => ['good', 'mark'].includes(kindIn(row)))
      expect([...fake.executed].sort()).toEqual(good.map(idIn).sort())
    }),
    { numRuns: 20 },
  )
})

test('as few calls as composites allow: five collections and twenty rows of their own in each', async () => {
  const sizes = fc.array(
    fc.record({
      operation: fc.constantFrom(...operations),
      count: fc.integer({ min: 1, max: 230 }),
      rowsMax: fc.constantFrom(1, 10, 200),
      option: fc.integer({ min: 0, max: 9 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  await fc.assert(
    fc.asyncProperty(sizes, async groups => {
      const fake = new FakeCollections()
      const rowGroups = groups.map(({ operation, count, rowsMax, option }) => ({
        ...groupOf(operation, Array(count).fill('good'), { 'x-option': String(option) }),
        rowsMax,
      }))
      await executeGroups(fake, rowGroups)
      // Collections that need not be taken apart, by the sizes of all parts, smallest first.
      const parts = groups.flatMap(({ operation, count, rowsMax }) =>
        Array.from({ length: Math.ceil(count / rowsMax) }, (_, i) => ({
          rows: Math.min(rowsMax, count - i * rowsMax),
          fixed: operation === 'upsert' || operation === 'retrieve',
        })),
      )
      const loose = parts.filter(({ fixed }) => !fixed).map(({ rows }) => rows)
      loose.sort((a, b) => a - b)
      const isEnough = (calls: number): boolean => {
        for (let apart = 0, rows = 0; apart <= loose.length; rows += loose[apart++] ?? 0)
          if (parts.length - apart <= 5 * calls && rows <= 20 * calls) return true
        return false
      }
      expect(isEnough(fake.requests.length)).toBe(true)
      expect(fake.requests.length === 1 || !isEnough(fake.requests.length - 1)).toBe(true)
    }),
    { numRuns: 40 },
  )
})

test('a call that fails leaves out what was not sent, marks what may have been, and sends nothing more', async () => {
  const failure = fc.record({
    call: fc.integer({ min: 1, max: 4 }),
    executed: fc.constantFrom('no', 'unknown'),
    carriedOut: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(groupArb, { minLength: 1, maxLength: 4 }), failure, async (groups, fails) => {
      const fake = new FakeCollections()
      const carriedOut = fails.executed === 'unknown' && fails.carriedOut
      fake.failAt = { ...fails, executed: fails.executed as 'no' | 'unknown', carriedOut }
      const error: unknown = await executeGroups(fake, groups).then(
        () => undefined,
        cause => cause,
      )
      if (fake.requests.length < fails.call) {
        expect(error).toBeUndefined()
        return
      }
      expect(fake.requests).toHaveLength(fails.call)
      expect(error).toBeInstanceOf(PartialExecution)
      const { results, cause } = error as PartialExecution
      expect(cause).toMatchObject({ executed: fails.executed })
      const done = new Set(fake.executed)
      for (const [g, group] of groups.entries())
        for (const [r, row] of group.rows.entries()) {
          const result = results[g]![r]
          if (result === undefined) expect(done).not.toContain(idIn(row))
          else if (!result.ok && result.executed === 'unknown') expect(fails.executed).toBe('unknown')
          else expect(result).toMatchObject(expectedOf(group, row) as object)
        }
    }),
    { numRuns: 25 },
  )
})
