import { describe, expect, test } from 'vitest'
import { configSchema } from '../../src/core/config.ts'
import { boundsOf, budgetDefaults, readApiUsage } from '../../src/salesforce/budget.ts'
import { InFlightWindow } from '../../src/salesforce/in-flight.ts'
import { RollingCount } from '../../src/salesforce/rolling-count.ts'
import { minimal } from '../core/minimal-config.ts'

describe('the header Sforce-Limit-Info', () => {
  const app = { used: 17, max: 250 }
  test.each([
    ['api-usage=18/15000', { used: 18, max: 15_000 }],
    ['api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)', { used: 25, max: 5_000, app }],
    ['per-app-api-usage=17/250(appName=sample); api-usage=25/5000', { used: 25, max: 5_000, app }],
    ['per-app-api-usage=17/250(appName=sample)', undefined],
    ['api-usage=18/0', undefined],
    ['api-usage=x', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j', (header, usage) => {
    expect(readApiUsage(header)).toEqual(usage)
  })
})

describe('bounds', () => {
  const day = 86_400_000
  test.each([100, 1_000, 15_000, 100_000, 5_000_000])('of an org with %d calls a day keep below the share', max => {
    for (const instancesMax of [1, 3, 10]) {
      const settings = { apiReserve: 0.1, apiShareMax: 0.5, instancesMax }
      const { share, free, tokens, orgStop, reserve, unseenMax } = boundsOf(settings, { used: 0, max })
      expect(share).toBe(max / 2)
      expect(unseenMax).toBeGreaterThanOrEqual(1)
      // Twice what may be in flight is held back for, then half of the share, then all tokens of a day.
      if (free > 0) expect(free + 2 * instancesMax * unseenMax).toBeLessThanOrEqual(share / 2)
      expect(instancesMax * (tokens.max + tokens.perMs * day)).toBeLessThanOrEqual(
        Math.max(share / 2 + 1, instancesMax),
      )
      expect(orgStop + reserve).toBeLessThan(max)
    }
  })

  test('the reserve is a share, or a number of calls', () => {
    const usage = { used: 0, max: 15_000 }
    expect(boundsOf({ ...budgetDefaults, apiReserve: 0.25 }, usage).reserve).toBe(3_750)
    expect(boundsOf({ ...budgetDefaults, apiReserve: 400 }, usage).reserve).toBe(400)
    expect(boundsOf({ ...budgetDefaults, apiReserve: 20_000 }, usage)).toMatchObject({ reserve: 15_000, orgStop: 0 })
  })

  test("an app's own quota bounds it if it is the smaller", () => {
    const stop = (max: number) => boundsOf(budgetDefaults, { used: 0, max: 100_000, app: { used: 0, max } }).appStop
    expect(stop(10_000)).toBe(10_000 - 150)
    expect(stop(95_000)).toBe(80_000 - 150)
    expect(boundsOf(budgetDefaults, { used: 0, max: 100_000 }).appStop).toBeUndefined()
  })

  test('the defaults are those of the config', () => {
    const { apiReserve, apiShareMax, instancesMax } = configSchema.parse(minimal).salesforce
    expect({ apiReserve, apiShareMax, instancesMax }).toEqual(budgetDefaults)
  })

  test.each([
    ['api_reserve', 1.5],
    ['api_reserve', -1],
    ['api_share_max', 0],
    ['api_share_max', 1.1],
    ['instances_max', 0],
  ])('%s: %d is refused', (name, value) => {
    const changed = { ...minimal, salesforce: { ...minimal.salesforce, [name]: value } }
    expect(configSchema.safeParse(changed).success).toBe(false)
  })
})

test('a rolling count forgets what is older than its span, bucket by bucket', () => {
  const count = new RollingCount(100, 10)
  for (const ms of [0, 5, 10, 95]) count.add(ms)
  expect(count.total(95)).toBe(4)
  expect(count.total(95, 10)).toBe(1)
  expect(count.total(100)).toBe(2)
  expect(count.total(110)).toBe(1)
  expect(count.total(189)).toBe(1)
  expect(count.total(190)).toBe(0)
  count.add(10_000)
  expect(count.total(10_000)).toBe(1)
})

describe('requests in flight', () => {
  test('are halved by a refusal, once for all that were in flight then, and never below one', () => {
    const window = new InFlightWindow()
    expect(window.refused(10, 25)).toBe(true)
    for (const request of [11, 25]) expect(window.refused(request, 30)).toBe(false)
    expect(window.size).toBe(12)
    const sizes = [31, 41, 51, 61, 71].map(request => {
      window.refused(request, request + 5)
      return window.size
    })
    expect(sizes).toEqual([6, 3, 1, 1, 1])
  })

  test('grow by one for each round of successes, and never beyond 25', () => {
    const window = new InFlightWindow()
    for (let n = 1; n <= 5; n++) window.refused(n, n)
    expect(window.size).toBe(1)
    for (let size = 2; size <= 25; size++) {
      for (let n = 0; n < size; n++) window.succeeded()
      expect(window.size).toBeGreaterThanOrEqual(size - 1)
      expect(window.size).toBeLessThanOrEqual(size + 1)
    }
    for (let n = 0; n < 100; n++) window.succeeded()
    expect(window.size).toBe(25)
  })
})
