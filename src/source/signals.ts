import { z } from 'zod'
import type { IncomingRecord, Offset } from '../core/contract.ts'
import type { Start } from './start.ts'

export const signalTypes = ['pause', 'resume', 'snapshot', 'audit', 'reset'] as const
export type SignalType = (typeof signalTypes)[number]

/** What an operator says to a running connector; a record of the signals topic, in JSON. */
export interface Signal {
  readonly offset: Offset
  /** Given by the sender, who finds the effect by it. */
  readonly id: string
  readonly type: SignalType
  /** The objects it is for. */
  readonly objects: readonly string[]
  /** Of a snapshot: a SOQL condition. */
  readonly where: string | null
  /** Of a reset. */
  readonly to: Start | null
}

const start = z.union([
  z.enum(['now', 'earliest', 'snapshot']),
  z.iso.datetime({ offset: true }).transform(at => Date.parse(at)),
])
const name = z.string().min(1).max(100)
const schema = z.strictObject({
  id: name,
  connector: name,
  type: z.enum(signalTypes),
  objects: z.array(name).min(1).max(1_000).exactOptional(),
  where: z.string().min(1).max(20_000).exactOptional(),
  to: start.exactOptional(),
})

/** A text of the CLI, or of a signal, as a start position; undefined if it is none. */
export const readStart = (text: string): Start | undefined => start.safeParse(text).data

/**
 * The signal of a record; undefined if it is for another connector. `problem` says why nobody can obey it: such a record
 * is passed over, and does not keep those behind it waiting.
 */
export function readSignal(
  record: Pick<IncomingRecord, 'offset' | 'value'>,
  connector: string,
  objects: readonly string[],
): Signal | { readonly problem: string } | undefined {
  let json: unknown
  try {
    json = JSON.parse(record.value?.toString() ?? '')
  } catch {
    return { problem: 'it is not JSON' }
  }
  const other = (json as { connector?: unknown } | null)?.connector
  if (typeof other === 'string' && other !== connector) return undefined
  const read = schema.safeParse(json)
  if (!read.success) return { problem: z.prettifyError(read.error).replaceAll(/\s+/g, ' ').slice(0, problemCharsMax) }
  const { id, type, where, to } = read.data
  const unknown = (read.data.objects ?? []).filter(object => !objects.includes(object))
  if (unknown.length > 0) return { problem: `this connector does not poll ${unknown.join(', ').slice(0, 200)}` }
  if (type === 'reset' && to === undefined) return { problem: 'a reset says to where' }
  if (type !== 'reset' && to !== undefined) return { problem: 'only a reset takes to' }
  if (type !== 'snapshot' && where !== undefined) return { problem: 'only a snapshot takes where' }
  const wanted = read.data.objects ?? objects
  return { offset: record.offset, id, type, objects: wanted, where: where ?? null, to: to ?? null }
}

const problemCharsMax = 500
