import type { Offset } from '../core/contract.ts'
import { type Control, startControl } from './control.ts'
import { beginSnapshot, positionBefore } from './snapshot.ts'
import { type Position, type Spans, startPosition } from './watermark.ts'

/** Where an object's events begin: a time in epoch ms, or by name. */
export type Start = 'now' | 'earliest' | 'snapshot' | number

/** Position and control of an object that was never read before; `signals` is where signals for it begin. */
export function startOf(
  start: Start,
  nowMs: number,
  spans: Spans,
  signals: Offset,
): { readonly position: Position; readonly control: Control } {
  const snapshot = start === 'snapshot' ? beginSnapshot({ id: 'start', first: true, where: null }, nowMs) : null
  return { position: positionAt(start, nowMs, spans), control: startControl(signals, snapshot) }
}

/** The position that begins there. */
export function positionAt(start: Start, nowMs: number, spans: Spans): Position {
  if (start === 'snapshot') return positionBefore(beginSnapshot({ id: '', first: true, where: null }, nowMs), spans)
  const ms = start === 'earliest' ? 0 : start === 'now' ? nowMs : start
  return startPosition(Math.floor(ms / 1_000) * 1_000)
}
