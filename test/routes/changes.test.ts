import { afterEach, describe, expect, test } from 'vitest'
import { audit, control, eventsOf, eventTopic, movableClock, polls, sum, told } from './org-changes.ts'
import { startWorld, type World } from './world.ts'

const minuteMs = 60_000
const rowsInOneSecond = 200_000

let world: World
afterEach(() => world.close())

type Clock = ReturnType<typeof movableClock>

async function open(
  objects: object = { Contact: {} },
  source: object = {},
  clock?: Clock,
): Promise<World['simulator']> {
  world = await startWorld({
    config: { source: { interval_ms: 200, idle_interval_ms: 200, objects, ...source } },
    ...(clock && { simulator: { clock: clock.now } }),
  })
  await world.start({ source: true })
  return world.simulator
}

describe('the time of the org', () => {
  test('late commits of 1 s to 15 min come once, by the polls, or by the audit beyond the lookback', async () => {
    const clock = movableClock()
    const { org } = await open({ Contact: {} }, {}, clock)
    const delaysMs = [1_000, 30_000, 5 * minuteMs, 9.5 * minuteMs, 12 * minuteMs, 15 * minuteMs]
    const late = delaysMs.map((delayMs, n) => {
      const transaction = org.begin()
      return { delayMs, transaction, id: transaction.create('Contact', { LastName: `Late ${n}` }) }
    })
    const expected: string[] = []
    for (const { delayMs, transaction, id } of late) {
      clock.aheadMs = delayMs
      expected.push(`${org.create('Contact', { LastName: 'In time' })} CREATED`)
      await eventsOf(world, expected.length)
      await polls(world)
      transaction.commit()
      const isMet = delayMs < world.config.source.lookbackMs
      if (isMet) expected.push(`${id} CREATED`)
      await eventsOf(world, expected.length)
      await polls(world)
    }
    expect(await told(world)).toEqual(expected)
    await audit(world, clock)
    const seen = await eventsOf(world, expected.length + 2)
    const found = late
      .filter(({ delayMs }) => delayMs > world.config.source.lookbackMs)
      .map(({ id }) => `${id} CREATED`)
    expect(seen.slice(expected.length).map(({ recordId, type }) => `${recordId} ${type}`)).toEqual(found)
    expect(sum(await world.metrics(), 'connector_audit_found_total')).toBe(2)
    await audit(world, clock)
    expect(await told(world)).toHaveLength(expected.length + 2)
  })

  test('two versions under one stamp are two events', async () => {
    const { org } = await open()
    const stampMs = Math.floor(Date.now() / 1_000) * 1_000
    const first = org.begin(undefined, stampMs)
    const id = first.create('Contact', { LastName: 'Twice' })
    first.commit()
    await eventsOf(world, 1)
    const second = org.begin(undefined, stampMs)
    second.update('Contact', id, { Title: 'Second' })
    second.commit()
    const [created, updated] = await eventsOf(world, 2)
    expect(updated).toMatchObject({ recordId: id, type: 'UPDATED', occurredAt: created!.occurredAt })
    expect(updated!.eventId).not.toBe(created!.eventId)
    expect(updated!.record).toMatchObject({ Title: 'Second' })
  })

  test('a stamp in the future holds nothing up, and its row comes once its time has come', async () => {
    const clock = movableClock()
    const { org } = await open({ Contact: {} }, {}, clock)
    const ahead = org.begin(undefined, Math.floor(Date.now() / 1_000) * 1_000 + 5 * minuteMs)
    const future = ahead.create('Contact', { LastName: 'Future' })
    ahead.commit()
    const now = org.create('Contact', { LastName: 'Now' })
    await eventsOf(world, 1)
    clock.aheadMs = 2 * minuteMs
    const later = org.create('Contact', { LastName: 'Later' })
    await eventsOf(world, 2)
    clock.aheadMs = 6 * minuteMs
    await eventsOf(world, 3)
    await polls(world)
    expect(await told(world)).toEqual([`${now} CREATED`, `${later} CREATED`, `${future} CREATED`])
  })

  test.each([
    ['ahead', 3 * 60],
    ['behind', -3 * 60],
  ])('a clock three hours %s of this machine changes nothing', async (_, minutes) => {
    const clock = movableClock(minutes * minuteMs)
    const { org } = await open({ Contact: {} }, {}, clock)
    const id = org.create('Contact', { LastName: 'Elsewhen' })
    const [event] = await eventsOf(world, 1)
    expect(event).toMatchObject({ recordId: id, type: 'CREATED' })
    expect(Math.abs(Number(event!.capturedAt) - clock.now())).toBeLessThan(minuteMs)
    org.update('Contact', id, { Title: 'Later' })
    await eventsOf(world, 2)
  })
})

test('200,000 rows of one second come once each, and cost nothing afterwards', { timeout: 300_000 }, async () => {
  const { org } = await open()
  const id = org.create('Contact', { LastName: 'Before' })
  await eventsOf(world, 1)
  org.bulkWrite('Contact', rowsInOneSecond, n => ({ LastName: `Row ${n}` }))
  const arrived = async () => Number(await world.kafka.endOffset(eventTopic(world), 0))
  await expect.poll(arrived, { timeout: 240_000, interval: 500 }).toBeGreaterThan(rowsInOneSecond)
  org.update('Contact', id, { Title: 'After' })
  await polls(world)
  const records = await world.readAll(eventTopic(world))
  expect(records).toHaveLength(rowsInOneSecond + 2)
  expect(new Set(records.map(({ key }) => String(key))).size).toBe(rowsInOneSecond + 1)
  const [calls, beforePolls] = [world.simulator.apiCalls(), sum(await world.metrics(), 'connector_poll_seconds_count')]
  await polls(world, 10)
  const done = sum(await world.metrics(), 'connector_poll_seconds_count') - beforePolls
  expect(world.simulator.apiCalls() - calls).toBeLessThan(2 * done + 5)
  expect(await world.readAll(eventTopic(world))).toHaveLength(rowsInOneSecond + 2)
})

describe.each(['pageTime', 'queryTime'] as const)('rows edited while they are paged (%s)', cursorValues => {
  test('come with their last version, in order, and none twice', async () => {
    world = await startWorld({
      config: { source: { interval_ms: 200, page_rows_max: 200, start: 'earliest', objects: { Contact: {} } } },
      simulator: { rows: { contact: 4_000 } },
    })
    const { org, faults } = world.simulator
    await control(world, 'switches', { cursorValues })
    faults.add({ action: 'delayBefore', delayMs: 100, match: { path: '/query/', times: 'always' } })
    await world.start({ source: true })
    const ids = org.rows('Contact').map(({ Id }) => String(Id))
    const editsMax = 300
    for (let n = 0; n < editsMax; n++) {
      org.update('Contact', ids[(n * 997) % ids.length]!, { Title: `Edit ${n}` })
      if (n % 10 === 0) await new Promise(resolve => setTimeout(resolve, 50))
    }
    await polls(world, 4)
    const events = await eventsOf(world, ids.length)
    const all = await Promise.all((await world.readAll(eventTopic(world))).map(record => world.decode(record)))
    expect(all.length).toBeGreaterThanOrEqual(events.length)
    expect(new Set(all.map(({ eventId }) => eventId)).size).toBe(all.length)
    const last = new Map<string, { occurredAt: number; title: unknown; type: unknown }>()
    for (const { recordId, occurredAt, type, record } of all) {
      const former = last.get(String(recordId))
      expect(type).toBe(former ? 'UPDATED' : 'CREATED')
      expect(Number(occurredAt)).toBeGreaterThanOrEqual(former?.occurredAt ?? 0)
      const title = (record as Record<string, unknown>).Title
      last.set(String(recordId), { occurredAt: Number(occurredAt), title, type })
    }
    for (const id of ids) expect(last.get(id)?.title).toBe(org.row('Contact', id)?.Title)
  })
})
