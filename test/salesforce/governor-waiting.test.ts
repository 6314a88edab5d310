import { describe, expect, test } from 'vitest'
import type { Governor, Turn } from '../../src/salesforce/governor.ts'
import { governed, max, minuteMs, patience, told, tooMany } from './governed.ts'

describe('waiting', () => {
  const blocked = async () => {
    const world = governed()
    const turn = await world.governor.enter('command', patience)
    return { ...world, turn }
  }

  test('ends with its time', async () => {
    const { governor, clock, waited } = await blocked()
    const late = governor.enter('poll', { timeoutMs: 3_000 })
    const ends = expect(late).rejects.toMatchObject({
      code: 'salesforce.limit_exceeded',
      executed: 'no',
      message: expect.stringContaining('within 3000 ms'),
    })
    await clock.pass(3_000)
    await ends
    expect(waited).toEqual([{ priority: 'poll', ms: 3_000, started: false }])
    expect(governor.status.waiting).toBe(0)
  })

  test('ends with its signal, and with the governor', async () => {
    const { governor, clock } = await blocked()
    const stop = new AbortController()
    const stopped = { code: 'internal.stopped', executed: 'no' }
    const aborted = expect(governor.enter('poll', { ...patience, signal: stop.signal })).rejects.toMatchObject(stopped)
    const closed = expect(governor.enter('audit', patience)).rejects.toMatchObject(stopped)
    stop.abort()
    await aborted
    await expect(governor.enter('poll', { ...patience, signal: stop.signal })).rejects.toMatchObject(stopped)
    governor.stop()
    await closed
    await expect(governor.enter('command', patience)).rejects.toMatchObject(stopped)
    await expect(governor.whenOpen()).rejects.toMatchObject(stopped)
    expect(clock.waiting).toBe(0)
  })

  test('is for so many only', async () => {
    const { governor } = await blocked()
    for (let n = 0; n < 1_000; n++) governor.enter('poll', patience).catch(() => undefined)
    await expect(governor.enter('command', patience)).rejects.toMatchObject({ code: 'salesforce.busy', executed: 'no' })
    governor.stop()
  })

  test('for it to open ends with the signal', async () => {
    const { governor, tell } = governed()
    await tell(max)
    const stop = new AbortController()
    const waiting = expect(governor.whenOpen(stop.signal)).rejects.toMatchObject({ code: 'internal.stopped' })
    stop.abort()
    await waiting
    governor.stop()
  })
})

describe('calls in flight', () => {
  const start = (governor: Governor, calls: number): Turn[] => {
    const turns: Turn[] = []
    for (let n = 0; n < calls; n++)
      governor.enter('command', patience).then(
        turn => turns.push(turn),
        () => undefined,
      )
    return turns
  }

  test('are 25 at most; fewer after Salesforce refused one for that, and more again with success', async () => {
    const { governor, clock, tell, reduced } = governed()
    await tell(10)
    const turns = start(governor, 100)
    await clock.pass(0)
    expect(turns).toHaveLength(25)
    for (const turn of turns.splice(0, 2)) turn.end(tooMany)
    await clock.pass(0)
    expect(reduced).toEqual([{ from: 25, to: 12 }])
    expect(governor.status).toMatchObject({ inFlight: 23, inFlightMax: 12, waiting: 75 })
    for (const turn of turns.splice(0)) turn.end(told(20))
    await clock.pass(0)
    expect(turns.length).toBe(governor.status.inFlightMax)
    expect(turns.length).toBe(13)
    governor.stop()
  })

  test('a call ends once', async () => {
    const { governor } = governed()
    const turn = await governor.enter('command', patience)
    turn.end(told(1))
    turn.end(told(1))
    expect(governor.status.inFlight).toBe(0)
  })

  test('the list of versions is not counted, and waits for nothing', async () => {
    const { governor, tell } = governed()
    await tell(max)
    const turn = await governor.enter('free', patience)
    turn.end({ answered: true, usage: undefined, refusedFor: undefined })
    expect(governor.status).toMatchObject({ state: 'throttled', used: max, inFlight: 0 })
    governor.stop()
  })
})

describe('what is told', () => {
  test('used, left, reserve; an older answer that comes late changes nothing', async () => {
    const { governor, clock, tell } = governed()
    await tell(1_000)
    const [late, quick] = [await governor.enter('command', patience), await governor.enter('command', patience)]
    quick.end(told(2_000))
    late.end(told(1_500))
    expect(governor.status).toMatchObject({ used: 2_000, max, reserve: 10_000, left: 88_000, inFlight: 0 })
    await tell(900) // asked later: usage has fallen
    expect(governor.status.used).toBe(900)
    await clock.pass(0)
  })

  test('the forecast: the others as they were, ours as in the last hour', async () => {
    const { governor, clock } = governed()
    for (let n = 1; n <= 60; n++) {
      const turn = await governor.enter('poll', patience)
      turn.end(told(5_000 + n))
      await clock.pass(minuteMs)
    }
    expect(governor.status.forecast).toBe(5_000 + 24 * 60)
  })

  test("an app's own total counts instead of the org's", async () => {
    const { governor } = governed()
    const turn = await governor.enter('probe', patience)
    turn.end({ ...told(85_000), usage: { used: 85_000, max, app: { used: 10, max: 500 } } })
    expect(governor.status.state).toBe('slowed') // the org is near its reserve
    const next = await governor.enter('probe', patience)
    next.end({ ...told(50_000), usage: { used: 50_000, max, app: { used: 10, max: 5_000 } } })
    expect(governor.status.state).toBe('ok') // beyond half of the share, but hardly any of it ours
    const last = await governor.enter('probe', patience)
    last.end({ ...told(50_000), usage: { used: 50_000, max, app: { used: 4_990, max: 5_000 } } })
    expect(governor.status.state).toBe('throttled')
    governor.stop()
  })
})
