import { expect } from 'vitest'
import { sendSignal } from './operator.ts'
import type { World } from './world.ts'

/** An event as its consumers see it. */
export type Event = Readonly<Record<string, unknown>> & { readonly record: Readonly<Record<string, unknown>> | null }

/** The org's clock: the machine's, set forward or back by `aheadMs`. */
export function movableClock(aheadMs = 0) {
  const clock = { aheadMs, now: () => Date.now() + clock.aheadMs }
  return clock
}

export const eventTopic = (world: World, object = 'Contact'): string =>
  `${world.config.kafka.topicPrefix}.${object.toLowerCase()}.events`

/** Waits for so many events of an object, and reads them from the first. */
export async function eventsOf(world: World, count: number, object = 'Contact'): Promise<Event[]> {
  const records = await world.read(eventTopic(world, object), count)
  return Promise.all(records.map(async record => (await world.decode(record)) as Event))
}

/** Ids and types of all events there are by now. */
export async function told(world: World, object = 'Contact'): Promise<string[]> {
  const records = await world.readAll(eventTopic(world, object))
  const events = await Promise.all(records.map(record => world.decode(record)))
  return events.map(({ recordId, type }) => `${recordId} ${type}`)
}

/** Waits until every object was polled that often again: what these polls met is then published. */
export async function polls(world: World, count = 3): Promise<void> {
  const done = async () => sum(await world.metrics(), 'connector_poll_seconds_count')
  const before = await done()
  await expect.poll(done, { timeout: 20_000 }).toBeGreaterThanOrEqual(before + count)
}

/** Audits every object once, and waits for the end. The clock goes on, so that there is something settled to audit. */
export async function audit(world: World, clock: { aheadMs: number }): Promise<void> {
  const objects = Object.keys(world.config.source.objects).length
  clock.aheadMs += 2 * 60_000
  await polls(world, 3 * objects)
  const done = async () => sum(await world.metrics(), 'connector_audits_total')
  const before = await done()
  await sendSignal(world, { type: 'audit' })
  await expect.poll(done, { timeout: 20_000 }).toBeGreaterThanOrEqual(before + objects)
}

/** The sum of a metric's samples, whatever their labels. */
export function sum(metrics: string, name: string): number {
  const samples = metrics.split('\n').filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return samples.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

/** Sets something in the simulator through its control endpoint. */
export async function control(world: World, name: string, body: object): Promise<void> {
  const answer = await fetch(`${world.simulator.controlUrl}/${name}`, { method: 'POST', body: JSON.stringify(body) })
  expect(answer.status, await answer.text()).toBe(200)
}
