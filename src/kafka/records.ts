import { type Headers, type IncomingRecord, offset } from '../core/contract.ts'
import type { FetchedMessage } from './kafkajs-internals.ts'

const noBytes = Buffer.alloc(0)

/** A fetched record in our terms. A header without a value (Kafka allows null) becomes an empty one: kafkajs cannot write it back. */
export function toIncoming(topic: string, partition: number, message: FetchedMessage): IncomingRecord {
  // Entry by entry: a header may be named `__proto__`.
  const headers: Record<string, Buffer | readonly Buffer[]> = Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [
      name,
      isList(value) ? value.map(one => one ?? noBytes) : (value ?? noBytes),
    ]),
  )
  return {
    topic,
    partition,
    offset: offset(message.offset),
    key: message.key,
    value: message.value,
    headers: headers satisfies Headers,
    timestampMs: Number(message.timestamp),
    ...(message.unreadable && {
      unreadable: { ...message.unreadable, firstOffset: offset(message.unreadable.firstOffset) },
    }),
  }
}

const isList = (value: Buffer | null | readonly (Buffer | null)[]): value is readonly (Buffer | null)[] =>
  Array.isArray(value)
