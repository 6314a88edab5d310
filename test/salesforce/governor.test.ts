import { describe, expect, test } from 'vitest'
import { Allowance, budgetMoves, priorities } from '../../src/salesforce/allowance.ts'
import { budgetDefaults } from '../../src/salesforce/budget.ts'
import { bounds, governed, max, minuteMs, patience, told, untold } from './governed.ts'

describe('the states', () => {
  const usages = [0, 0.69, 0.72, 0.76, 0.99, 1.2].map(part => Math.floor(bounds.free * part))

  test('move as the table says, from any usage to any other', () => {
    const seen = new Set<string>()
    for (const first of [...usages, max])
      for (const second of [...usages, max])
        for (const third of [...usages, max]) {
          const allowance = new Allowance(budgetDefaults)
          for (const used of [first, second, third]) {
            const from = allowance.state
            allowance.answered(allowance.started('command', 0), { used, max }, false, 0)
            if (allowance.state !== from) seen.add(`${from} ${allowance.state}`)
          }
        }
    const legal = Object.entries(budgetMoves).flatMap(([from, tos]) => tos.map(to => `${from} ${to}`))
    expect([...seen].sort()).toEqual(legal.sort())
  })

  test.each([
    [0.74, 'ok'],
    [0.76, 'slowed'],
    [1.5, 'slowed'],
  ] as const)('%d of what is free: %s', async (part, state) => {
    const { governor, tell } = governed()
    await tell(Math.floor(bounds.free * part))
    expect(governor.status.state).toBe(state)
  })

  test('slowed goes on until the usage is clearly lower', async () => {
    const { tell, moves } = governed()
    for (const part of [0.76, 0.74, 0.71, 0.69]) await tell(Math.floor(bounds.free * part))
    expect(moves).toEqual(['ok slowed', 'slowed ok'])
  })

  test('at the reserve nothing is sent: who waits and who comes is refused, who asks for it waits', async () => {
    const { governor, clock, tell, moves } = governed()
    await tell(bounds.free + 10)
    const waiting = governor.enter('command', patience)
    await tell(bounds.orgStop)
    const refusal = { code: 'salesforce.limit_exceeded', executed: 'no', retryable: true }
    await expect(waiting).rejects.toMatchObject(refusal)
    await expect(governor.enter('command', patience)).rejects.toMatchObject({
      ...refusal,
      message: expect.stringContaining(`${bounds.orgStop} of 100000 used in 24 hours, 10000 kept`),
      remedy: expect.stringContaining('Setup, Company Information'),
    })
    expect(moves).toEqual(['ok slowed', 'slowed throttled'])
    expect(governor.isOpen).toBe(false)
    let isOpen = false
    void governor.whenOpen().then(() => {
      isOpen = true
    })
    await clock.pass(minuteMs)
    expect(isOpen).toBe(false)
    await tell(bounds.orgStop - 1)
    await clock.pass(0)
    expect(isOpen).toBe(true)
  })

  test('a refusal for the day stops it, though no usage was told', async () => {
    const { governor, moves } = governed()
    const turn = await governor.enter('poll', patience)
    turn.end({ answered: true, usage: undefined, refusedFor: 'day' })
    expect(moves).toEqual(['ok throttled'])
    const look = await governor.enter('probe', patience)
    look.end(told(10))
    expect(moves).toEqual(['ok throttled', 'throttled slowed'])
  })

  test('while it is throttled, one call in 15 minutes looks; it goes on by itself when usage has fallen', async () => {
    let looks = 0
    const { governor, clock, tell } = governed(async own => {
      const turn = await own.enter('probe', patience)
      turn.end(told(++looks < 3 ? max : 100))
    })
    await tell(max)
    await clock.pass(44 * minuteMs)
    expect([looks, governor.isOpen]).toEqual([2, false])
    await clock.pass(minuteMs)
    expect([looks, governor.isOpen]).toEqual([3, true])
    await clock.pass(24 * 60 * minuteMs)
    expect(looks).toBe(4) // once more, as slowed
    expect(governor.status.state).toBe('ok')
    expect(clock.waiting).toBe(0)
  })
})

describe('the order', () => {
  test('is commands, polls, audits, whoever came first', async () => {
    const { governor, clock } = governed()
    const first = await governor.enter('command', patience)
    const order: string[] = []
    for (const priority of [...priorities].reverse())
      for (const n of [1, 2])
        void governor.enter(priority, patience).then(turn => {
          order.push(`${priority} ${n}`)
          turn.end(untold)
        })
    await clock.pass(0)
    expect(order).toEqual([]) // until an answer told how much is left, one at a time
    first.end(untold)
    await clock.pass(0)
    expect(order).toEqual(['command 1', 'command 2', 'poll 1', 'poll 2', 'audit 1', 'audit 2'])
  })

  test('polls slow down before commands', async () => {
    const count = async (part: number, priority: 'command' | 'poll') => {
      const { governor, clock, tell } = governed()
      const used = Math.floor(bounds.free * part)
      await tell(used)
      let sent = 0
      const endless = async (): Promise<void> => {
        for (;;) {
          const turn = await governor.enter(priority, patience)
          await new Promise<void>(resolve => void clock.after(1_000, resolve))
          sent++
          turn.end(told(used))
        }
      }
      endless().catch(() => undefined) // stopped
      await clock.pass(10 * minuteMs)
      governor.stop()
      return sent
    }
    expect(await count(0.7, 'poll')).toBe(600)
    expect(await count(0.85, 'command')).toBe(600)
    const polls = await count(0.85, 'poll')
    expect(polls).toBeLessThan(300)
    expect(polls).toBeGreaterThan(100)
    const [few, commands] = [await count(0.97, 'poll'), await count(0.97, 'command')]
    expect(few).toBeLessThan(polls)
    expect(commands).toBeGreaterThan(few)
    expect(commands).toBeLessThan(400)
  })

  test('a call beyond what is free waits for its token: half of the share, shared by three', async () => {
    const { governor, clock, tell } = governed()
    await tell(bounds.free)
    let sent = 0
    const endless = async (): Promise<void> => {
      for (;;) {
        const turn = await governor.enter('command', patience)
        sent++
        turn.end(told(bounds.free + sent))
      }
    }
    endless().catch(() => undefined)
    await clock.pass(12 * 60 * minuteMs)
    expect(sent).toBeGreaterThan(6_000)
    expect(sent).toBeLessThan(40_000 / 3 / 2)
    governor.stop()
  })
})
