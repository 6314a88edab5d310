import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OutgoingRecord } from '../../src/core/contract.ts'
import { Commander, type Got } from './commands.ts'
import { startWorld, type World } from './world.ts'

describe('the sink, many commands at a time', () => {
  let world: World
  let commander: Commander
  let answered = 0

  beforeAll(async () => {
    world = await startWorld()
    await world.start({ sink: true })
    commander = await Commander.open(world)
  })
  afterAll(() => world?.close())

  /** The replies, and how many calls they cost. */
  async function ask(records: readonly OutgoingRecord[]): Promise<{ replies: Got[]; calls: number }> {
    const before = world.simulator.apiCalls()
    await world.write(records)
    answered += records.length
    const replies = (await commander.replies(answered)).slice(-records.length)
    return { replies, calls: world.simulator.apiCalls() - before }
  }
  const contact = (LastName: string): string => world.simulator.org.create('Contact', { LastName })
  const many = <T>(length: number, make: (n: number) => T): T[] => Array.from({ length }, (_, n) => make(n))

  test('a thousand commands of four actions are one call, and each row has its own answer', async () => {
    const [edited, gone] = [many(390, () => contact('Edited')), many(205, () => contact('Gone'))]
    const records = [
      ...many(395, n =>
        commander.json('CreateContact', { fields: n % 100 === 99 ? { Title: 'x' } : { LastName: `New ${n}` } }),
      ),
      ...edited.map((recordId, n) =>
        n % 2 === 0
          ? commander.json('UpdateContact', { recordId, fields: { Title: `Title ${n}` } })
          : commander.json('SetContactEmailOptOut', { recordId, optedOut: true }),
      ),
      ...gone.map(recordId => commander.json('DeleteContact', { recordId })),
      ...many(10, () => commander.json('GetContactById', { recordId: edited[0] })),
    ]
    expect(records).toHaveLength(1_000)
    // The gets read one row, so they would each need a wave of their own.
    const { replies, calls } = await ask(records.slice(0, 990))
    expect(calls).toBe(1)
    for (const [n, { value }] of replies.slice(0, 395).entries())
      if (n % 100 === 99)
        expect(value).toMatchObject({
          status: 'FAILED',
          errors: [{ code: 'REQUIRED_FIELD_MISSING' }],
          retryable: false,
        })
      else expect(value).toMatchObject({ status: 'SUCCEEDED', created: true, attempts: 1 })
    expect(replies.slice(395).every(({ value }) => value.status === 'SUCCEEDED')).toBe(true)
    const { org } = world.simulator
    expect(edited.map(id => org.row('Contact', id)?.Title ?? null)).toEqual(
      edited.map((_, n) => (n % 2 === 0 ? `Title ${n}` : null)),
    )
    expect(gone.every(id => org.row('Contact', id)?.IsDeleted === true)).toBe(true)
    expect((await ask(records.slice(990))).calls).toBe(10)
  })

  test('the commands of a key run in their order, whatever they do, and others beside them', async () => {
    const ids = many(20, () => contact('Ordered'))
    const steps = ['a', 'b', 'c', 'd']
    const records = steps.flatMap(step =>
      ids.map(recordId => commander.json('UpdateContact', { recordId, fields: { Title: step } }, { key: recordId })),
    )
    const { replies, calls } = await ask([
      ...records,
      ...ids.map(recordId => commander.json('GetContactById', { recordId }, { key: 'another key, the same row' })),
      ...ids.map(recordId => commander.json('DeleteContact', { recordId }, { key: recordId })),
    ])
    expect(replies.every(({ value }) => value.status === 'SUCCEEDED')).toBe(true)
    for (const { value } of replies.slice(80, 100)) expect(value.record).toMatchObject({ Title: 'd' })
    // Twenty gets share a key: one after the other, and each delete after the get of its row.
    expect(calls).toBe(4 + 20 + 1)
    expect(ids.every(id => world.simulator.org.row('Contact', id)?.IsDeleted === true)).toBe(true)
  })
})
