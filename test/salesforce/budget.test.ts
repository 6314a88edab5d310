import { expect, test } from 'vitest'
import { readApiUsage } from '../../src/salesforce/budget.ts'

test.each([
  ['api-usage=18/15000', { used: 18, max: 15_000 }],
  ['api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)', { used: 25, max: 5_000 }],
  ['per-app-api-usage=17/250(appName=sample); api-usage=25/5000', { used: 25, max: 5_000 }],
  ['per-app-api-usage=17/250(appName=sample)', undefined],
  ['api-usage=x', undefined],
  ['', undefined],
  [undefined, undefined],
])('%j', (header, usage) => {
  expect(readApiUsage(header)).toEqual(usage)
})
