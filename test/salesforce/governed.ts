import type { BudgetState } from '../../src/salesforce/allowance.ts'
import { boundsOf, budgetDefaults } from '../../src/salesforce/budget.ts'
import { silentEvents } from '../../src/salesforce/client.ts'
import { type CallEnd, Governor } from '../../src/salesforce/governor.ts'
import { VirtualClock } from './virtual-clock.ts'

export const max = 100_000
export const minuteMs = 60_000
export const patience = { timeoutMs: 120_000 }
export const bounds = boundsOf(budgetDefaults, { used: 0, max })

export const told = (used: number): CallEnd => ({ answered: true, usage: { used, max }, refusedFor: undefined })
export const untold: CallEnd = { answered: false, usage: undefined, refusedFor: undefined }
export const tooMany: CallEnd = { answered: true, usage: { used: 10, max }, refusedFor: 'concurrency' }

/** A governor of its own time, and what it told. */
export function governed(recheck: (governor: Governor) => Promise<void> = async () => undefined) {
  const clock = new VirtualClock()
  const moves: string[] = []
  const waited: { priority: string; ms: number; started: boolean }[] = []
  const reduced: object[] = []
  const events = {
    ...silentEvents,
    budgetMoved: ({ from, state }: { from: BudgetState; state: BudgetState }) => void moves.push(`${from} ${state}`),
    callWaited: (e: { priority: string; ms: number; started: boolean }) => void waited.push(e),
    inFlightReduced: (e: object) => void reduced.push(e),
  }
  const governor: Governor = new Governor({ settings: budgetDefaults, events, clock, recheck: () => recheck(governor) })
  /** One call that is answered with this usage. */
  const tell = async (used: number): Promise<void> => (await governor.enter('probe', patience)).end(told(used))
  return { governor, clock, moves, waited, reduced, tell }
}
