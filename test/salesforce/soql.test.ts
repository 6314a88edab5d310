import { parseQuery } from '@jetstreamapp/soql-parser-js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  dateLiteral,
  dateTimeLiteral,
  fieldPath,
  identifier,
  literal,
  select,
  stringLiteral,
} from '../../src/salesforce/soql.ts'

const refusal = expect.objectContaining({ code: 'salesforce.invalid_query' })

/** Reads a SOQL string as Salesforce does: a backslash takes the next character with it, a quote ends the text. */
function readLiteral(soql: string): { text: string; rest: string } {
  if (soql[0] !== "'") throw new Error('no opening quote')
  const named: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }
  let text = ''
  for (let i = 1; i < soql.length; i++) {
    const char = soql[i]!
    if (char === "'") return { text, rest: soql.slice(i + 1) }
    if (char === '\\') text += named[soql[++i]!] ?? soql[i]!
    else text += char
  }
  throw new Error('no closing quote')
}

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({
    unit: fc.constantFrom("'", '\\', '"', '\n', '\r', '\t', '\b', '\f', 'n', ' ', 'OR', '%', '_', '\0', '@{'),
  }),
  fc.constantFrom("' OR Name != '", "\\' OR Id != '", '\\', "'", 'x\\', "'; DELETE", "\\\\'"),
)

test('a literal means exactly the text it was made of, and ends where it ends', () => {
  fc.assert(
    fc.property(hostile, text => {
      expect(readLiteral(stringLiteral(text))).toEqual({ text, rest: '' })
    }),
    { numRuns: 2_000 },
  )
})

test('whatever the text, a parser finds one condition on the field and nothing else', () => {
  const printable = fc.string({
    unit: fc.constantFrom("'", '\\', '"', ' ', 'OR', 'Id', '=', '(', ')', 'a'),
    maxLength: 20,
  })
  fc.assert(
    fc.property(printable, text => {
      const soql = select({ fields: ['Id'], object: 'Contact', where: `LastName = ${stringLiteral(text)}` })
      const { where } = parseQuery(soql)
      expect(where).toMatchObject({ left: { field: 'LastName', operator: '=', literalType: 'STRING' } })
      expect(where).not.toHaveProperty('right')
    }),
  )
})

test('only names pass as names', () => {
  fc.assert(
    fc.property(hostile, text => {
      if (/^[A-Za-z][A-Za-z0-9_]*$/.test(text)) expect(identifier(text)).toBe(text)
      else expect(() => identifier(text)).toThrowError(refusal)
    }),
  )
  for (const name of ['', '1a', '_a', 'a b', 'a;', 'a\n', 'é', 'Name FROM User'])
    expect(() => identifier(name)).toThrow()
  expect(fieldPath('Account.Owner.Name')).toBe('Account.Owner.Name')
  for (const path of ['a..b', '.a', 'a.', 'a.b.c.d.e.f.g']) expect(() => fieldPath(path)).toThrowError(refusal)
})

test('a statement is put together in order', () => {
  expect(
    select({ fields: ['Id', 'Owner.Name'], object: 'Contact', where: 'VIP__c = true', orderBy: 'Id', limit: 10 }),
  ).toBe('SELECT Id, Owner.Name FROM Contact WHERE VIP__c = true ORDER BY Id LIMIT 10')
  for (const limit of [0, -1, 1.5, Number.NaN])
    expect(() => select({ fields: ['Id'], object: 'Contact', limit })).toThrow()
  expect(() => select({ fields: [], object: 'Contact' })).toThrowError(refusal)
  const fields = new Array(20_000).fill('LastName')
  expect(() => select({ fields, object: 'Contact' })).toThrowError(refusal)
})

test('times are cut to the second, in UTC', () => {
  expect(dateTimeLiteral(Date.UTC(2026, 10, 23, 10, 11, 12, 999))).toBe('2026-11-23T10:11:12Z')
  expect(dateTimeLiteral(-1)).toBe('1969-12-31T23:59:59Z')
  for (const ms of [Number.NaN, Number.POSITIVE_INFINITY, Date.UTC(1600, 0)])
    expect(() => dateTimeLiteral(ms)).toThrow()
})

test('dates must exist', () => {
  expect(dateLiteral('2024-02-29')).toBe('2024-02-29')
  for (const text of ['2023-02-29', '2026-13-01', '2026-1-1', "2026-01-01' OR", ''])
    expect(() => dateLiteral(text)).toThrow()
})

test.each([
  ["O'Hara", 'string', "'O\\'Hara'"],
  [true, 'boolean', 'true'],
  [1e21, 'double', '1000000000000000000000'],
  [0.0000001, 'double', '0.0000001'],
  [-12.5, 'currency', '-12.5'],
  [null, 'date', 'null'],
  ['2026-11-23', 'date', '2026-11-23'],
  ['2026-11-23T10:11:12.000+0000', 'datetime', '2026-11-23T10:11:12Z'],
  ['003RO0000035WQgYAM', 'reference', "'003RO0000035WQgYAM'"],
])('%j in a field of type %s is %s', (value, type, soql) => {
  expect(literal(value, type)).toBe(soql)
})

test.each([
  ['true', 'boolean'],
  ['1', 'double'],
  [1, 'string'],
  [Number.NaN, 'double'],
  ['soon', 'datetime'],
  ['x'.repeat(4_001), 'string'],
  [{}, 'string'],
  [undefined, 'string'],
])('%j does not fit a field of type %s', (value, type) => {
  expect(() => literal(value, type)).toThrowError(refusal)
})
