import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { offset } from '../../src/core/contract.ts'
import { startWorld } from './world.ts'

const hourMs = 3_600_000
const start = Date.UTC(2026, 10, 23, 10, 0, 0)

test('an idle hour writes nothing, whatever is polled and audited in it', async () => {
  // One clock for the org and the rhythm: each interval passes at once.
  let nowMs = start
  let polls = 0
  const beat = {
    now: () => nowMs,
    next: async (intervalMs: number, signal: AbortSignal) => {
      await nextTurn()
      signal.throwIfAborted()
      nowMs += intervalMs
      polls++
    },
  }
  const world = await startWorld({
    config: { source: { interval_ms: 10_000, idle_interval_ms: 10_000, objects: { Contact: {} } } },
    simulator: { rows: { contact: 50 }, clock: () => nowMs },
  })
  try {
    const topics = ['contact.events', 'connector.offsets'].map(name => `${world.config.kafka.topicPrefix}.${name}`)
    const [events, offsets] = topics as [string, string]
    await world.start({ source: true }, { beat })
    world.simulator.org.create('Contact', { LastName: 'Last' })
    await world.read(events, 1)
    const before = polls
    // The lookback still holds the row; its end, the audits' floor and what they forget belong to the idle hour.
    const end = await world.kafka.endOffset(offsets, 1)
    const idleFromMs = nowMs
    await expect.poll(() => nowMs - idleFromMs, { timeout: 50_000 }).toBeGreaterThan(hourMs)
    expect(polls - before).toBeGreaterThanOrEqual(360)
    expect(await world.kafka.endOffset(offsets, 1)).toBe(end)
    expect(await world.kafka.endOffset(events, 0)).toBe(offset(2)) // the event and its transaction's marker
    world.simulator.org.create('Contact', { LastName: 'Woken' })
    expect(await world.read(events, 2)).toHaveLength(2)
  } finally {
    await world.close()
  }
})
