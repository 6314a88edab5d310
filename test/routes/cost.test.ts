import { afterEach, describe, expect, test } from 'vitest'
import { Beat } from '../../src/source/beat.ts'
import { audit, eventsOf, eventTopic, movableClock, polls, sum, told } from './org-changes.ts'
import { startWorld, type World } from './world.ts'

const cycles = 1_000
const intervalMs = 100
const eightObjects = ['Contact', 'Lead', 'Task', 'Account', 'Opportunity', 'Campaign', 'Product2', 'Order']

let world: World
afterEach(() => world.close())

/** Polls done so far, by object. */
async function pollsByObject(): Promise<number[]> {
  const samples = [...(await world.metrics()).matchAll(/^connector_poll_seconds_count\{object="\w+"\} (\d+)$/gm)]
  return samples.map(([, count]) => Number(count))
}

/** A beat whose instants come when all wait for them, as on a machine that never stalls. */
class Barrier {
  readonly #count: number
  readonly #real = new Beat()
  #waiting: (() => void)[] = []
  #full = Promise.withResolvers<void>()
  #isOpen = false

  constructor(count: number) {
    this.#count = count
  }

  now(): number {
    return this.#real.now()
  }

  next(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#isOpen) return this.#real.next(ms, signal)
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      this.#waiting.push(resolve)
      if (this.#waiting.length === this.#count) this.#full.resolve()
    })
  }

  allWaiting(): Promise<void> {
    return this.#full.promise
  }

  /** Lets so many cycles run, each to its end. */
  async release(times: number): Promise<void> {
    for (let n = 0; n < times; n++) {
      this.#letGo()
      await this.allWaiting()
    }
  }

  /** From now on by the clock. */
  open(): void {
    this.#isOpen = true
    this.#letGo()
  }

  #letGo(): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#full = Promise.withResolvers<void>()
    for (const resolve of waiting) resolve()
  }
}

describe('API calls', () => {
  test('of eight idle objects are two a cycle; those of an audit come on top', { timeout: 400_000 }, async () => {
    const clock = movableClock()
    world = await startWorld({
      config: {
        source: {
          interval_ms: intervalMs,
          idle_interval_ms: intervalMs,
          audit_interval_ms: 86_400_000,
          describe_interval_ms: 86_400_000,
          objects: Object.fromEntries(eightObjects.map(object => [object, {}])),
        },
      },
      simulator: { clock: clock.now, dailyApiRequestsMax: 1_000_000 },
    })
    const beat = new Barrier(eightObjects.length)
    await world.start({ source: true }, { beat })
    await beat.allWaiting()
    const callsBefore = world.simulator.apiCalls()
    await beat.release(cycles)
    expect(world.simulator.apiCalls() - callsBefore).toBe(2 * cycles)
    beat.open()

    clock.aheadMs += 15 * 60_000 // so that polls have settled something
    await polls(world, 3 * eightObjects.length)
    const [callsThen, polled] = [world.simulator.apiCalls(), await pollsByObject()]
    await audit(world, clock)
    const cyclesThen = Math.max(...(await pollsByObject()).map((count, n) => count - polled[n]!))
    const audits = world.simulator.apiCalls() - callsThen - 2 * cyclesThen
    // getUpdated and getDeleted of eight objects are 16 reads: one call if all ask in one turn, else a few.
    expect(audits).toBeGreaterThanOrEqual(1)
    expect(audits).toBeLessThanOrEqual(2 * eightObjects.length)
  })

  test('of a poll that comes back full follow each other at once', async () => {
    const rows = 1_000
    world = await startWorld({
      config: {
        source: { interval_ms: 4_000, page_rows_max: 200, start: 'earliest', objects: { Contact: {} } },
      },
      simulator: { rows: { contact: rows } },
    })
    await world.start({ source: true })
    await eventsOf(world, rows)
    await polls(world, 1)
    expect(Math.min(...(await pollsByObject()))).toBeLessThanOrEqual(2)
  })
})

test('a window that is full forgets the oldest, says so, and nothing comes twice', async () => {
  const windowEntriesMax = 1_000
  const clock = movableClock()
  world = await startWorld({
    config: {
      source: {
        interval_ms: 200,
        idle_interval_ms: 200,
        window_entries_max: windowEntriesMax,
        records_max: 100,
        objects: { Contact: {} },
      },
    },
    simulator: { clock: clock.now },
  })
  await world.start({ source: true })
  const { org } = world.simulator
  const [bursts, perBurst] = [12, 400]
  let entriesMost = 0
  for (let burst = 1; burst <= bursts; burst++) {
    clock.aheadMs += 2_000
    org.bulkWrite('Contact', perBurst, n => ({ LastName: `Burst ${burst} ${n}` }))
    const arrived = async () => Number(await world.kafka.endOffset(eventTopic(world), 0))
    await expect.poll(arrived, { timeout: 20_000 }).toBeGreaterThanOrEqual(burst * perBurst)
    await polls(world, 2)
    entriesMost = Math.max(entriesMost, sum(await world.metrics(), 'connector_window_entries'))
  }
  expect(entriesMost).toBeLessThanOrEqual(windowEntriesMax + 100)
  expect(sum(await world.metrics(), 'connector_lookback_shrunk_total')).toBeGreaterThan(1)
  const seen = await told(world)
  expect(seen).toHaveLength(bursts * perBurst)
  expect(new Set(seen).size).toBe(bursts * perBurst)
})

describe('the age of the oldest unpublished change', () => {
  const age = async () => sum(await world.metrics(), 'connector_watermark_age_seconds')

  test('is small while idle, grows in an outage, and falls after it', async () => {
    world = await startWorld({
      config: { source: { interval_ms: 200, idle_interval_ms: 200, objects: { Contact: {} } } },
    })
    await world.start({ source: true })
    await polls(world)
    expect(await age()).toBeLessThan(2)
    world.simulator.faults.add({ action: 'answer', answer: 'serverUnavailable', match: { times: 'always' } })
    await expect.poll(age, { timeout: 20_000 }).toBeGreaterThan(4)
    world.simulator.faults.clear()
    await expect.poll(age, { timeout: 40_000 }).toBeLessThan(2)
  })

  test('is that of the last row committed within a backlog', async () => {
    const clock = movableClock()
    const rows = 2_000
    world = await startWorld({
      config: { source: { interval_ms: 200, page_rows_max: 200, start: 'earliest', objects: { Contact: {} } } },
      simulator: { rows: { contact: rows }, clock: clock.now },
    })
    clock.aheadMs = 3_600_000
    world.simulator.faults.add({ action: 'delayBefore', delayMs: 300, match: { path: '/query/', times: 'always' } })
    await world.start({ source: true })
    await eventsOf(world, 200)
    expect(await age()).toBeGreaterThan(3_000)
    await eventsOf(world, rows)
    await expect.poll(age, { timeout: 20_000 }).toBeLessThan(5)
  })
})
