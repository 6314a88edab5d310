import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BudgetSettings, boundsOf } from '../../src/salesforce/budget.ts'
import { CountingOrg, Instance, type Travel } from './governor-world.ts'
import { VirtualClock } from './virtual-clock.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const instancesMax = 3
const looksPerHourMax = 4
const hoursLived = 30 + 24 + 12
/** Far more than the budget lets happen, far less than a busy loop makes. */
const timersPerHourMax = 200_000

interface Day {
  readonly max: number
  readonly settings: BudgetSettings
  /** Calls of the other apps, hour by hour, as parts of the limit. */
  readonly others: readonly number[]
  readonly pauseMs: number
  readonly travelMs: number
  readonly lostOneIn: number
  /** The hour in which instance 0 is started anew, having forgotten everything. */
  readonly restartAtHour: number
}

const day: fc.Arbitrary<Day> = fc.record({
  max: fc.constantFrom(2_000, 5_000, 15_000),
  settings: fc.record({
    apiReserve: fc.constantFrom(0, 0.1, 0.3, 500),
    apiShareMax: fc.constantFrom(0.2, 0.5, 0.8, 1),
    instancesMax: fc.constant(instancesMax),
  }),
  others: fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.3, noNaN: true })), {
    minLength: 30,
    maxLength: 30,
  }),
  pauseMs: fc.constantFrom(0, 1_000, 20_000),
  travelMs: fc.constantFrom(20, 400, 10_000),
  lostOneIn: fc.constantFrom(20, 1_000_000),
  restartAtHour: fc.integer({ min: 1, max: 30 }),
})

/** Numbers from 0 to n - 1, the same for the same seed. */
function randomly(seed: number): (n: number) => number {
  let state = seed
  return n => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}

interface Lived {
  readonly org: CountingOrg
  readonly instances: readonly Instance[]
  /** Commands that each instance still running sent at the end, when the others had been silent for a day. */
  readonly progress: readonly number[]
}

/** Lives the day with three instances that always have something to send. */
async function live(given: Day, seed: number): Promise<Lived> {
  const { max, settings, others, pauseMs, travelMs, lostOneIn, restartAtHour } = given
  const clock = new VirtualClock()
  const org = new CountingOrg(max, boundsOf(settings, { used: 0, max }).orgStop, clock)
  const random = randomly(seed)
  const travel = (): Travel => ({ thereMs: random(travelMs), backMs: random(travelMs), lost: random(lostOneIn) === 0 })
  const start = (): Instance => {
    const instance = new Instance(settings, org, clock, travel)
    for (const kind of ['command', 'command', 'poll', 'audit'] as const)
      instance.keepCalling(kind, () => random(pauseMs + 1)).catch(() => undefined) // it is stopped
    return instance
  }
  const instances = Array.from({ length: instancesMax }, start)
  for (const [hour, part] of others.entries()) {
    if (hour === restartAtHour) {
      instances[0]!.governor.stop()
      instances.push(start())
    }
    // Salesforce refuses the others beyond the limit.
    org.count('other', Math.min(Math.floor(part * max), Math.max(0, max - org.used)))
    await clock.pass(hourMs, timersPerHourMax)
  }
  await clock.pass(24 * hourMs, 24 * timersPerHourMax)
  const running = instances.slice(-instancesMax)
  const before = running.map(({ sent }) => sent.command)
  await clock.pass(12 * hourMs, 12 * timersPerHourMax)
  const progress = running.map(({ sent }, i) => sent.command - before[i]!)
  for (const { governor } of instances) governor.stop()
  await clock.pass(hourMs)
  return { org, instances, progress }
}

test('three instances keep to the share and the reserve, and go on when calls are free again', {
  timeout: 300_000,
}, async () => {
  const property = fc.asyncProperty(day, fc.integer(), async (given, seed) => {
    const { org, instances, progress } = await live(given, seed)
    const { share, unseenMax } = boundsOf(given.settings, { used: 0, max: given.max })
    expect(org.oursMost, 'our share').toBeLessThanOrEqual(share)
    // The others reach the stop once an hour: what is then in flight, or lost, is all that meets it.
    expect(org.beyondMost, 'beyond the stop').toBeLessThanOrEqual(2 * instances.length * unseenMax)
    for (const { inFlightMost, sent } of instances) {
      expect(inFlightMost).toBeLessThanOrEqual(unseenMax + 1)
      expect(sent.probe, 'looks').toBeLessThanOrEqual(hoursLived * looksPerHourMax)
    }
    for (const commands of progress) expect(commands, 'progress').toBeGreaterThan(0)
  })
  await fc.assert(property, { numRuns: 15 })
})
