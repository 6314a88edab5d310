import { parseQuery } from '@jetstreamapp/soql-parser-js'
import { expect, test } from 'vitest'
import { Org } from '../../src/simulator/org/org.ts'
import { readComparison } from '../../src/simulator/soql/comparison.ts'
import { readCondition } from '../../src/simulator/soql/condition.ts'
import { resolvePath } from '../../src/simulator/soql/field-path.ts'
import { stampRange } from '../../src/simulator/soql/plan.ts'

const org = new Org(Date.now)
const type = org.table('Contact')!.type
const second = (n: number) => Date.UTC(2026, 0, 1, 0, 0, n)
const t = (n: number) => new Date(second(n)).toISOString()

/** The seconds a WHERE clause narrows the walk to; undefined for a side that stays open. */
function range(where: string): [number | undefined, number | undefined] {
  const soql = `SELECT Id FROM Contact WHERE ${where}`
  const condition = readCondition(parseQuery(soql).where!, parsed =>
    readComparison(parsed, resolvePath(org, type, parsed.field, undefined, soql)),
  )
  const { fromMs, toMs } = stampRange(condition)
  const seconds = (ms: number) => (Number.isFinite(ms) ? (ms - second(0)) / 1000 : undefined)
  return [seconds(fromMs), seconds(toMs)]
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
  [`SystemModstamp != ${t(2)}`, [undefined, undefined]],
  [`CreatedDate > ${t(2)} AND Account.SystemModstamp > ${t(2)}`, [undefined, undefined]],
])('%s walks only the stamps it can find', (where, expected) => {
  expect(range(where)).toEqual(expected)
})
