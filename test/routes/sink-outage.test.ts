import { expect, test } from 'vitest'
import type { KafkaConnection } from '../../src/kafka/connection.ts'
import type { Assignment } from '../../src/kafka/consumer.ts'
import { Commander } from './commands.ts'
import { startWorld, until, type World, type WorldOptions } from './world.ts'

const waitMsMax = 30_000

async function withWorld(options: WorldOptions, run: (world: World) => Promise<void>): Promise<void> {
  const world = await startWorld(options)
  try {
    await run(world)
  } finally {
    await world.close()
  }
}

/** The default times by 1/30: a call of 3.6 s for 110 s, a session of 6 s for 180 s. */
const scaled = { salesforce: { request_timeout_ms: 4_000 }, kafka: { command_partitions: 2 } }
const slowMs = 3_600

test('calls almost as long as they may be: the member stays in its group, and the other partition is answered meanwhile', () =>
  withWorld({ config: scaled }, async world => {
    const assignments: Assignment[] = []
    const wrapKafka = (kafka: KafkaConnection): KafkaConnection => ({
      ...kafka,
      joinGroup: options =>
        kafka.joinGroup({
          ...options,
          onAssignment: assignment => {
            assignments.push(assignment)
            options.onAssignment?.(assignment)
          },
        }),
    })
    await world.start({ sink: true }, { wrapKafka })
    const commander = await Commander.open(world)
    world.simulator.faults.add({ action: 'delay', delayMs: slowMs, match: { body: 'Slow', times: 2 } })
    const create = (LastName: string, partition: number) =>
      commander.json('CreateContact', { fields: { LastName } }, { key: 'k', partition })
    // One after the other: longer than the session timeout together.
    await world.write([create('Slow 1', 0), create('Slow 2', 0)])
    const isSent = (): boolean => world.simulator.org.rows('Contact').some(row => row.LastName === 'Slow 1')
    await until(isSent, waitMsMax, () => 'the slow command was not sent')
    for (let n = 1; n <= 5; n++) {
      await world.write([create(`Quick ${n}`, 1)])
      await commander.replies(n, 1)
    }
    expect(await commander.repliesNow(0)).toEqual([])
    const replies = await commander.replies(2, 0)
    expect(replies.map(({ value }) => [value.status, value.attempts])).toEqual([
      ['SUCCEEDED', 1],
      ['SUCCEEDED', 1],
    ])
    expect(assignments).toHaveLength(1)
    expect(assignments[0]!.generation.signal.aborted).toBe(false)
  }))

const partitions = 4
const perPartition = 40

test('an outage: what was in flight is in doubt, what expires is REJECTED, the rest waits and is executed once', () =>
  withWorld({ config: { kafka: { command_partitions: partitions } } }, async world => {
    const connector = await world.start({ sink: true })
    const commander = await Commander.open(world)
    const { faults, org } = world.simulator
    faults.add(
      { action: 'dropAfter', match: { method: 'POST', body: 'Flight', times: partitions } },
      { action: 'dropBefore', match: { times: 'always' } },
    )
    const each = Array.from({ length: partitions }, (_, partition) => partition)
    const create = (LastName: string, partition: number, more = {}) =>
      commander.json('CreateContact', { fields: { LastName }, ...more }, { partition })
    await world.write(each.map(partition => create(`Flight ${partition}`, partition)))
    const isOut = (): boolean => connector.ready().some(reason => reason.includes('nothing is sent'))
    await until(isOut, waitMsMax, () => 'the breaker did not open')
    const expiresAt = Date.now() + 1_500
    await world.write(
      each.flatMap(partition => [
        create('Expired', partition, { expiresAt }),
        ...Array.from({ length: perPartition }, (_, n) => create(`Waiting ${partition} ${n}`, partition)),
      ]),
    )
    await until(
      () => Date.now() > expiresAt,
      waitMsMax,
      () => 'time stands still',
    )
    expect(org.rows('Contact').length).toBeLessThanOrEqual(partitions)
    expect((await Promise.all(each.map(partition => commander.repliesNow(partition)))).flat()).toEqual([])
    faults.clear()
    let inDoubt = 0
    for (const partition of each) {
      const replies = await commander.replies(perPartition + 2, partition)
      const [first, second, ...rest] = replies.map(({ value }) => value)
      // Its answer was lost, or nothing of it was sent because another's was lost before.
      if (first!.status === 'IN_DOUBT') inDoubt++
      else expect(first).toMatchObject({ status: 'SUCCEEDED', attempts: 1 })
      expect(second).toMatchObject({ status: 'REJECTED', errors: [{ code: 'command.expired' }], attempts: 0 })
      for (const reply of rest) expect(reply).toMatchObject({ status: 'SUCCEEDED', attempts: 1 })
    }
    expect(inDoubt).toBeGreaterThan(0)
    const names = org.rows('Contact').map(row => String(row.LastName))
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter(name => name.startsWith('Waiting'))).toHaveLength(partitions * perPartition)
    expect(names).not.toContain('Expired')
  }))

test('the budget of API calls is gone: commands wait, and nothing is failed for it', () =>
  withWorld({}, async world => {
    const connector = await world.start({ sink: true })
    const commander = await Commander.open(world)
    const { limits } = world.simulator
    limits.set({ apiRequestsMax: 1_000, apiRequestsOfOthers: 1_000 })
    const create = (n: number) => commander.json('CreateContact', { fields: { LastName: `Patient ${n}` } })
    await world.write([create(1)])
    const isOut = (): boolean => connector.ready().some(reason => reason.includes('nothing is sent'))
    await until(isOut, waitMsMax, () => 'the limit was not noticed')
    await world.write([create(2), create(3)])
    expect(await commander.repliesNow()).toEqual([])
    limits.set({ apiRequestsOfOthers: 0 })
    const replies = await commander.replies(3)
    expect(replies.map(({ value }) => value.status)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED'])
    expect(world.simulator.org.rows('Contact')).toHaveLength(3)
  }))
