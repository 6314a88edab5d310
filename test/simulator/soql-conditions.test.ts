import fc from 'fast-check'
import { expect, test } from 'vitest'
import { recordsOf, useSimulator } from './rest-client.ts'

const startMs = Date.UTC(2026, 10, 23, 10, 0, 0)
let nowMs = startMs
const client = useSimulator({ clock: () => nowMs })

type Value = string | number | boolean | null
type Row = Readonly<Record<string, Value>>

/** How a field's values are written in SOQL, compared, and which operators it takes. */
const fields = {
  LastName: 'text',
  FirstName: 'text',
  'Account.Name': 'text',
  VIP__c: 'boolean',
  Credit_Limit__c: 'number',
  Birthdate: 'date',
  CreatedDate: 'datetime',
  SystemModstamp: 'datetime',
  Id: 'id',
  AccountId: 'id',
  Interests__c: 'picks',
} as const
type Name = keyof typeof fields
const names = Object.keys(fields) as Name[]

let cached: Row[] | undefined
/** Forty contacts with few different values, some of them null, made in pairs a second apart; and as plain objects. */
async function model(): Promise<Row[]> {
  if (cached) return cached
  const { org } = client.simulator
  const accounts = ['Acme', 'acme', 'Zeta'].map(Name => org.create('Account', { Name }))
  for (let i = 0; i < 40; i++) {
    nowMs = startMs + Math.floor(i / 2) * 1000
    org.create('Contact', {
      LastName: ['Alpha', 'beta', 'ALPHA', "O'Brien", 'a_b%'][i % 5],
      FirstName: [null, 'Ada', 'bob', 'Ada'][i % 4],
      AccountId: [null, ...accounts][(i * 7) % 4],
      VIP__c: i % 3 === 0,
      Credit_Limit__c: [null, -1, 0, 10.5, 20][(i * 3) % 5],
      Birthdate: [null, '1980-01-02', '1990-01-02', '2000-02-29'][(i * 5) % 4],
      Interests__c: [null, 'Music', 'Music;Sport', 'Books'][(i * 3) % 4],
    })
  }
  const got = await client.soql(`SELECT ${names.join(', ')} FROM Contact`)
  cached = recordsOf(got).map(row => {
    const account = row.Account as { Name: string } | null
    return { ...row, 'Account.Name': account?.Name ?? null } as unknown as Row
  })
  return cached
}

interface Leaf {
  readonly name: Name
  readonly operator: string
  readonly values: readonly Value[]
}
type Tree = Leaf | { readonly all: boolean; readonly items: readonly Tree[] } | { readonly no: Tree }

const fold = (name: Name, value: Value): Value =>
  typeof value === 'string' && fields[name] === 'text' ? value.toLowerCase() : value

/** What the reference says of one comparison, word for word. */
function compares({ name, operator, values }: Leaf, row: Row): boolean {
  const cell = fold(name, row[name] ?? null)
  const wanted = values.map(value => fold(name, value))
  const [value = null] = wanted
  const below = (a: Value, b: Value) => a !== null && b !== null && a < b
  const picks = (text: Value) => String(text ?? '').split(';')
  const included = () => wanted.some(each => picks(each).every(pick => picks(cell).includes(pick)))
  const outcomes: Record<string, () => boolean> = {
    '=': () => cell === value,
    '!=': () => cell !== value,
    '<': () => below(cell, value),
    '<=': () => below(cell, value) || (cell === value && cell !== null),
    '>': () => below(value, cell),
    '>=': () => below(value, cell) || (cell === value && cell !== null),
    IN: () => wanted.includes(cell),
    'NOT IN': () => !wanted.includes(cell),
    LIKE: () => typeof cell === 'string' && cell.startsWith(String(value).slice(0, 2)),
    INCLUDES: included,
    EXCLUDES: () => !included(),
  }
  return outcomes[operator]!()
}

function holds(tree: Tree, row: Row): boolean {
  if ('no' in tree) return !holds(tree.no, row)
  if ('items' in tree)
    return tree.all ? tree.items.every(item => holds(item, row)) : tree.items.some(item => holds(item, row))
  return compares(tree, row)
}

function literal(name: Name, value: Value): string {
  if (value === null) return 'null'
  const kind = fields[name]
  if (kind === 'datetime') return new Date(String(value)).toISOString()
  if (kind === 'date' || kind === 'number' || kind === 'boolean') return String(value)
  return `'${String(value).replace(/[\\']/g, '\\$&')}'`
}

function write(tree: Tree): string {
  if ('no' in tree) return `NOT (${write(tree.no)})`
  if ('items' in tree) return tree.items.map(item => `(${write(item)})`).join(tree.all ? ' AND ' : ' OR ')
  const { name, operator, values } = tree
  if (operator === 'LIKE')
    return `${name} LIKE '${String(values[0]).slice(0, 2).replace(/[_%]/g, '\\$&').replace(/'/g, "\\'")}%'`
  const texts = values.map(value => literal(name, value))
  return `${name} ${operator} ${/IN|CLUDES/.test(operator) ? `(${texts.join(', ')})` : texts[0]}`
}

const operatorsOf = (name: Name): string[] => {
  const kind = fields[name]
  if (kind === 'picks') return ['=', '!=', 'INCLUDES', 'EXCLUDES']
  const ordered = kind === 'boolean' ? [] : ['<', '<=', '>', '>=']
  return ['=', '!=', 'IN', 'NOT IN', ...ordered, ...(kind === 'text' ? ['LIKE'] : [])]
}

function leaves(rows: readonly Row[]): fc.Arbitrary<Leaf> {
  return fc.constantFrom(...names).chain(name => {
    const known = [...new Set(rows.map(row => row[name] ?? null))]
    return fc.constantFrom(...operatorsOf(name)).chain(operator => {
      const needsValue = /[<>]|LIKE|CLUDES/.test(operator)
      const value = fc.constantFrom(...known.filter(each => each !== null || !needsValue))
      const list = /IN|CLUDES/.test(operator) ? fc.array(value, { minLength: 1, maxLength: 3 }) : fc.tuple(value)
      return list.map(values => ({ name, operator, values }))
    })
  })
}

/** The parser does not take three NOTs in a row. */
const threeNots = /\bNOT[\s(]+NOT[\s(]+NOT\b/

const trees = (rows: readonly Row[]): fc.Arbitrary<Tree> =>
  fc.letrec<{ tree: Tree }>(tie => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaves(rows),
      fc.record({ all: fc.boolean(), items: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }) }),
      fc.record({ no: tie('tree') }),
    ),
  })).tree

interface Order {
  readonly name: Name
  readonly down: boolean
  readonly last: boolean | undefined
}
const orders: fc.Arbitrary<Order[]> = fc.array(
  fc.record({
    name: fc.constantFrom(...names.filter(name => fields[name] !== 'picks')),
    down: fc.boolean(),
    last: fc.constantFrom(undefined, true, false),
  }),
  { maxLength: 2 },
)

function sorted(rows: readonly Row[], by: readonly Order[]): Row[] {
  return rows.toSorted((left, right) => {
    for (const { name, down, last } of by) {
      const [a, b] = [fold(name, left[name] ?? null), fold(name, right[name] ?? null)]
      if (a === b) continue
      if (a === null || b === null) return (a === null) === (last === true) ? 1 : -1
      return a < b === down ? 1 : -1
    }
    return 0
  })
}

const writeOrder = ({ name, down, last }: Order): string =>
  `${name} ${down ? 'DESC' : 'ASC'}${last === undefined ? '' : ` NULLS ${last ? 'LAST' : 'FIRST'}`}`

test('conditions, orders, limits and offsets give what a plain reading of the reference gives', async () => {
  const rows = await model()
  await fc.assert(
    fc.asyncProperty(
      trees(rows).filter(tree => !threeNots.test(write(tree))),
      orders,
      fc.option(fc.nat(20), { nil: undefined }),
      fc.nat(5),
      async (tree, by, limit, offset) => {
        const order: Order[] = [...by, { name: 'Id', down: false, last: undefined }]
        const ordered = sorted(
          rows.filter(row => holds(tree, row)),
          order,
        )
        const expected = ordered.slice(offset, limit === undefined ? undefined : offset + limit)
        const bounds = `${limit === undefined ? '' : ` LIMIT ${limit}`} OFFSET ${offset}`
        const soql = `SELECT Id FROM Contact WHERE ${write(tree)} ORDER BY ${order.map(writeOrder).join(', ')}${bounds}`
        const got = await client.soql(soql)
        expect(got.status, `${soql}: ${JSON.stringify(got.body)}`).toBe(200)
        expect(
          recordsOf(got).map(row => row.Id),
          soql,
        ).toEqual(expected.map(row => row.Id))
      },
    ),
    { numRuns: 300 },
  )
})
