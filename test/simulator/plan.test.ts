import { parseQuery } from '@jetstreamapp/soql-parser-js'
import { expect, test } from 'vitest'
import { fullAccess } from '../../src/simulator/org/access.ts'
import { Org } from '../../src/simulator/org/org.ts'
import { whereOf } from '../../src/simulator/soql/find.ts'
import { rangeOf } from '../../src/simulator/soql/plan.ts'

const org = new Org(Date.now)
const table = org.table('Contact')!
const second = (n: number) => Date.UTC(2026, 0, 1, 0, 0, n)
const t = (n: number) => new Date(second(n)).toISOString()

/** The condition of a WHERE clause on Contact. */
function conditionOf(where: string) {
  const soql = `SELECT Id FROM Contact WHERE ${where}`
  const scope = { org, table, access: fullAccess, soql, all: false, alias: undefined }
  return whereOf(scope, parseQuery(soql))
}

/** The seconds a WHERE clause narrows the walk to; undefined for a side that stays open. */
function range(where: string): [number | undefined, number | undefined] {
  const { from, to } = rangeOf(conditionOf(where), table.type.field('SystemModstamp')!.slot)
  const seconds = (ms: string | number | undefined) => (ms === undefined ? undefined : (Number(ms) - second(0)) / 1000)
  return [seconds(from), seconds(to)]
}

test.each<[string, [number | undefined, number | undefined]]>([
  [`SystemModstamp > ${t(3)} AND SystemModstamp <= ${t(9)} AND VIP__c = true`, [3, 9]],
  [`SystemModstamp = ${t(4)}`, [4, 4]],
  [
    `((SystemModstamp = ${t(3)} AND Id > '003000000000001') OR SystemModstamp > ${t(3)}) AND SystemModstamp < ${t(8)}`,
    [3, 8],
  ],
  [`SystemModstamp < ${t(2)} OR SystemModstamp > ${t(5)}`, [undefined, undefined]],
  [`SystemModstamp > ${t(2)} OR VIP__c = true`, [undefined, undefined]],
  [`(NOT SystemModstamp > ${t(2)}) AND SystemModstamp > ${t(1)}`, [1, undefined]],
  [`SystemModstamp > ${t(2)} AND SystemModstamp > ${t(4)} AND SystemModstamp < ${t(9)}`, [4, 9]],
  [`SystemModstamp > ${t(2)} OR SystemModstamp > ${t(4)}`, [2, undefined]],
  [`SystemModstamp != ${t(2)}`, [undefined, undefined]],
  [`CreatedDate > ${t(2)} AND Account.SystemModstamp > ${t(2)}`, [undefined, undefined]],
])('%s walks only the stamps it can find', (where, expected) => {
  expect(range(where)).toEqual(expected)
})

test('a range of ids', () => {
  const [a, b] = ['003000000000001AAA', '003000000000009AAA']
  expect(rangeOf(conditionOf(`Id > '${a}' AND Id <= '${b}' AND LastName != null`), 0)).toEqual({ from: a, to: b })
})
