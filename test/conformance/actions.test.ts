import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CommandSample } from '../../src/actions/action.ts'
import { actions } from '../../src/actions.ts'
import type { OutgoingRecord } from '../../src/core/contract.ts'
import { commandFor, expectEffect } from '../../src/demo/commands.ts'
import type { Json } from '../routes/commands.ts'
import { startWorld, type World } from '../routes/world.ts'
import { Asking, type Format } from './asking.ts'

/** A sample that was sent, and what its reply must say. */
interface Case {
  readonly action: string
  readonly format: Format
  readonly command: CommandSample
  readonly commandId: string
  /** undefined: it must succeed. */
  readonly code: string | undefined
}

const objects = [...new Set(Object.values(actions).map(action => action.object))]

describe('every action, as JSON and as Avro, by one connector', () => {
  let world: World
  const cases: Case[] = []
  const replies = new Map<string, Json>()

  beforeAll(async () => {
    world = await startWorld({ config: { sink: { objects } } })
    await world.start({ sink: true })
    const asking = await Asking.open(world, objects)
    const records: OutgoingRecord[] = []
    for (const [name, action] of Object.entries(actions))
      for (const format of ['json', 'avro'] as const)
        for (const { command: sample, code } of [
          ...action.samples.map(command => ({ command, code: undefined })),
          ...action.antiSamples,
        ]) {
          const command = commandFor(world.simulator.org, action, sample)
          const made = { action: name, format, command, commandId: randomUUID(), code }
          const record = await asking.record(action.object, made)
          // Some anti-samples cannot be written as Avro at all: the schema has no such field, or one of another type.
          if (!record) continue
          cases.push(made)
          records.push(record)
        }
    await world.write(records)
    for (const object of objects)
      for (const reply of await asking.replies(
        object,
        cases.filter(each => actions[each.action]!.object === object).length,
      )) {
        expect(replies.has(String(reply.commandId)), 'one reply to each command').toBe(false)
        replies.set(String(reply.commandId), reply)
      }
  }, 90_000)
  afterAll(() => world?.close())

  for (const [name, action] of Object.entries(actions)) {
    test(`${name}: samples`, () => {
      const own = cases.filter(each => each.action === name && each.code === undefined)
      expect(own).toHaveLength(2 * action.samples.length)
      for (const { command, commandId } of own) {
        const reply = replies.get(commandId)!
        expect(reply).toMatchObject({ action: name, status: 'SUCCEEDED', errors: [], attempts: 1, duplicate: false })
        expectEffect(world.simulator.org, action, command, reply)
      }
    })

    test(`${name}: anti-samples`, () => {
      const own = cases.filter(each => each.action === name && each.code !== undefined)
      expect(own.length).toBeGreaterThanOrEqual(action.antiSamples.length)
      for (const { commandId, code } of own) {
        const { status, errors } = replies.get(commandId)! as { status: string; errors: Json[] }
        expect(['FAILED', 'REJECTED']).toContain(status)
        expect(errors[0]).toMatchObject({ code })
        expect(errors[0]!.remedy).not.toBe('')
      }
    })
  }

  test('what was refused left nothing behind', () => {
    const writes = (name: string): boolean => !['get', 'look-up'].includes(actions[name]!.operation)
    const written = cases.filter(({ action, code }) => code === undefined && writes(action))
    const { org, userId } = world.simulator
    // A new campaign comes with its statuses.
    const mine = org.effects.filter(effect => effect.userId === userId && effect.object !== 'CampaignMemberStatus')
    expect(mine).toHaveLength(written.length)
  })
})
