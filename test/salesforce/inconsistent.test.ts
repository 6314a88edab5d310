import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ApiRequest, ApiResponse } from '../../src/salesforce/client.ts'
import { executeGroups, PartialExecution, type RowResult } from '../../src/salesforce/composite.ts'
import { SalesforceError } from '../../src/salesforce/salesforce-error.ts'
import { FakeCollections } from './collections-fake.ts'
import { groupOf, idIn, type Kind, kindIn, operations } from './row-groups.ts'

/** What happens to a right answer on its way. Each takes the list of results, or of subresponses. */
const damages: Readonly<Record<string, (list: unknown[]) => unknown>> = {
  'one fewer': list => list.slice(1),
  'the last is missing': list => list.slice(0, -1),
  'one more': list => [...list, list[0]],
  'two change places': list => [...list.slice(1, 2), ...list.slice(0, 1), ...list.slice(2)],
  reversed: list => list.toReversed(),
  'the first twice, the last not at all': list => [list[0], ...list.slice(0, -1)],
  'a null': list => [null, ...list.slice(1)],
  'a list in place of a result': list => [[], ...list.slice(1)],
  'a text in place of a result': list => ['x', ...list.slice(1)],
  'success that is no boolean': list => [{ success: 'true', id: '003' }, ...list.slice(1)],
  'a failure without errors': list => [{ success: false, errors: [] }, ...list.slice(1)],
  'no list': () => ({}),
  nothing: () => undefined,
}

/** The collections of FakeCollections, whose answers are damaged: a composite's list, or the results of one call. */
class Damaging extends FakeCollections {
  readonly #damage: (list: unknown[]) => unknown
  readonly #level: 'outer' | 'inner'
  constructor(damage: (list: unknown[]) => unknown, level: 'outer' | 'inner') {
    super()
    this.#damage = damage
    this.#level = level
  }
  override async request<T>(request: ApiRequest): Promise<ApiResponse<T>> {
    const answer = await super.request<unknown>(request)
    return { ...answer, body: this.#spoil(answer.body) as T }
  }
  #spoil(body: unknown): unknown {
    if (Array.isArray(body)) return this.#damage(body)
    const { compositeResponse: list } = body as { compositeResponse: { referenceId: string; body: unknown }[] }
    if (this.#level === 'outer') return { compositeResponse: this.#damage(list) }
    const spoilt = list.map((each, i) =>
      i === 0 && Array.isArray(each.body) ? { ...each, body: this.#damage(each.body) } : each,
    )
    return { compositeResponse: spoilt }
  }
}

/** Whether a result may stand at a row: it says nothing, or what is true of that very row. */
function isHonest(row: object, operation: string, result: RowResult | undefined): boolean {
  if (result === undefined) return false
  if (!result.ok) {
    if (result.executed === 'unknown') return true
    const isAboutIt = result.errors.every(({ code, message }) => code !== 'STRING_TOO_LONG' || message === idIn(row))
    return kindIn(row) !== 'good' && kindIn(row) !== 'mark' && isAboutIt
  }
  if (operation === 'retrieve' && result.record === null) return kindIn(row) === 'bad'
  return kindIn(row) !== 'bad' && (result.id === null || result.id === idIn(row))
}

const kinds = fc.array(fc.constantFrom<Kind>('good', 'good', 'good', 'mark'), { minLength: 1, maxLength: 30 })
const groups = fc.array(fc.tuple(fc.constantFrom(...operations), kinds), { minLength: 1, maxLength: 4 })

test('a damaged answer never gives a row the result of another', async () => {
  const names = Object.keys(damages)
  let unknown = 0
  await fc.assert(
    fc.asyncProperty(
      groups,
      fc.constantFrom(...names),
      fc.constantFrom('outer', 'inner'),
      async (shapes, name, level) => {
        // Ids tell whose a result is where rows have ids; a create's or an upsert's result has no other mark than its
        // place. And null is what a retrieve says of a row that is not there.
        const blind = (operation: string): boolean =>
          operation === 'retrieve'
            ? name === 'a null'
            : ['create', 'upsert'].includes(operation) && /change places|reversed|twice/.test(name)
        const asked = shapes.filter(([operation]) => !blind(operation)).map(([operation, of]) => groupOf(operation, of))
        const fake = new Damaging(damages[name]!, level as 'outer' | 'inner')
        const results = await executeGroups(fake, asked)
        for (const [g, group] of asked.entries()) {
          expect(results[g]).toHaveLength(group.rows.length)
          for (const [r, row] of group.rows.entries()) {
            const result = results[g]![r]
            expect(
              isHonest(row, group.operation, result),
              `${name}: ${group.operation} ${JSON.stringify(result)}`,
            ).toBe(true)
            if (result && !result.ok) unknown++
          }
        }
      },
    ),
    { numRuns: 400 },
  )
  expect(unknown).toBeGreaterThan(100)
})

test('two new rows with one id: neither is taken for saved', async () => {
  const id = '003000000000001AAA'
  const [results] = await executeGroups(
    {
      apiVersion: '68.0',
      request: async <T>() => ({
        status: 200,
        headers: {},
        body: [id, id].map(each => ({ id: each, success: true, errors: [] })) as T,
        serverDateMs: undefined,
      }),
    },
    [{ operation: 'create', object: 'Contact', rows: [{}, {}] }],
  )
  expect(results).toMatchObject([
    { ok: false, executed: 'unknown' },
    { ok: false, executed: 'unknown' },
  ])
})

test('two subresponses of one reference: neither is believed', async () => {
  const twice = (list: unknown[]): unknown => [...list, list[0]]
  const asked = (['update', 'delete'] as const).map(operation => groupOf(operation, ['good', 'good']))
  const results = await executeGroups(new Damaging(twice, 'outer'), asked)
  // The fake answers in reverse order, so the first of its list is the second of the groups.
  expect(results[0]!.every(result => result.ok)).toBe(true)
  expect(results[1]).toMatchObject(Array(2).fill({ ok: false, executed: 'unknown' }))
})

test('a request that fails says of no row that it was saved', async () => {
  const down = new SalesforceError({
    code: 'salesforce.unknown_outcome',
    message: 'down',
    remedy: '',
    executed: 'unknown',
    retryable: true,
  })
  const failing = { apiVersion: '68.0', request: () => Promise.reject(down) }
  const error: unknown = await executeGroups(failing, [groupOf('create', ['good', 'good'])]).catch(cause => cause)
  if (!(error instanceof PartialExecution)) throw new Error('it did not fail')
  expect(error.results).toMatchObject([Array(2).fill({ ok: false, executed: 'unknown' })])
})
