import type { Offset } from '../core/contract.ts'
import { offset } from '../core/contract.ts'
import type { Snapshot } from './snapshot.ts'

/** What an operator has said of an object, and how far it was done; stored beside the position, written only on change. */
export interface Control {
  /** The signal to look at next: those before it were applied, or were not for this object. */
  readonly signals: Offset
  readonly paused: boolean
  readonly snapshot: Snapshot | null
  /** The last snapshot that ended. */
  readonly ended: EndedSnapshot | null
  /** The last signal that was applied. */
  readonly last: AppliedSignal | null
}

/** `reason` says why it failed. */
export interface EndedSnapshot {
  readonly id: string
  readonly rows: number
  readonly atMs: number
  readonly outcome: 'done' | 'failed' | 'replaced'
  readonly reason: string
}

/** `reason` says why it was refused. */
export interface AppliedSignal {
  readonly id: string
  readonly type: string
  readonly outcome: 'applied' | 'refused'
  readonly reason: string
}

/** An object of which nobody has said anything; `signals` is where its signals begin. */
export const startControl = (signals: Offset, snapshot: Snapshot | null = null): Control => ({
  signals,
  paused: false,
  snapshot,
  ended: null,
  last: null,
})

/** As JSON has it: an offset is its digits. */
export const controlToJson = (control: Control): object => ({ ...control, signals: String(control.signals) })

/** Of what controlToJson gave. */
export const controlFromJson = (json: unknown): Control => {
  const { signals, paused, snapshot, ended, last } = json as Control & { readonly signals: string }
  return { signals: offset(signals), paused, snapshot, ended, last }
}
