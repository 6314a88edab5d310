import type { Control } from './control.ts'
import type { Signal } from './signals.ts'
import { beginSnapshot, checkedCondition } from './snapshot.ts'
import { positionAt } from './start.ts'
import type { Position, Spans } from './watermark.ts'

/** What a signal does to an object; committed in one transaction with the signal's offset. */
export interface Effect {
  readonly control: Control
  /** Set by a reset: everything known of the object is forgotten, and it begins there. */
  readonly position: Position | null
  readonly audit: boolean
}

/** Pure. The effect of a signal for an object that stands at `control`; a signal it cannot obey is noted as refused. */
export function applySignal(signal: Signal, control: Control, nowMs: number, spans: Spans): Effect {
  const { id, type } = signal
  const refusal = refusalOf(signal, control)
  const outcome = refusal === undefined ? 'applied' : 'refused'
  const next: Control = {
    ...control,
    signals: (signal.offset + 1n) as Control['signals'],
    last: { id, type, outcome, reason: refusal ?? '' },
  }
  const effect = { control: next, position: null, audit: false }
  if (refusal !== undefined) return effect
  if (type === 'pause' || type === 'resume') return { ...effect, control: { ...next, paused: type === 'pause' } }
  if (type === 'audit') return { ...effect, audit: true }
  if (type === 'snapshot') {
    const snapshot = beginSnapshot({ id, first: false, where: signal.where }, nowMs)
    return { ...effect, control: { ...next, snapshot } }
  }
  const snapshot = signal.to === 'snapshot' ? beginSnapshot({ id, first: true, where: null }, nowMs) : null
  const given = control.snapshot
  const ended = given
    ? { id: given.id, rows: given.rows, atMs: given.atMs, outcome: 'replaced' as const, reason: 'reset' }
    : control.ended
  return { ...effect, control: { ...next, snapshot, ended }, position: positionAt(signal.to ?? 'now', nowMs, spans) }
}

function refusalOf({ type, where }: Signal, { snapshot }: Control): string | undefined {
  if (type !== 'snapshot') return undefined
  if (snapshot !== null) return `the snapshot ${snapshot.id} of the object is under way`
  try {
    if (where !== null) checkedCondition(where)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
