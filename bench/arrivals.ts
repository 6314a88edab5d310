import { setTimeout as sleep } from 'node:timers/promises'
import { type IncomingRecord, offset } from '../src/core/contract.ts'
import type { KafkaConnection } from '../src/kafka/connection.ts'
import type { Child } from './child.ts'

/** When the effects of a run could be seen, on the clock of performance.now(). */
export interface Arrivals {
  readonly firstAtMs: number
  /** How many were there at that moment; the rate after it does not count them. */
  readonly firstCount: number
  readonly lastAtMs: number
}

const lookEveryMs = 50
const settleMs = 1_500
const arrivalMsMax = 3_600_000
const fetchWaitMsMax = 200
const fetchBytesMax = 8 * 1_048_576

/** A topic, and how many records are to arrive there. */
export interface Awaited {
  readonly topic: string
  readonly partitions: number
  readonly count: number
}

/**
 * Watches the end of each partition. The last record is readable when the last commit marker is written, which is the
 * last move of an end offset; that all are there, and how often, is counted by `readAll` afterwards. It ends when they are,
 * `after` has resolved, and nothing more has come for `quietMs`; it rejects as `after` does.
 */
export async function watchTopic(
  kafka: KafkaConnection,
  { topic, partitions, count }: Awaited,
  child: Child,
  { quietMs = settleMs, after = Promise.resolve() }: { readonly quietMs?: number; readonly after?: Promise<void> } = {},
): Promise<Arrivals> {
  const deadline = performance.now() + arrivalMsMax
  let seen = 0
  let first: Pick<Arrivals, 'firstAtMs' | 'firstCount'> | undefined
  let lastAtMs = 0
  let isOver = false
  let failure: unknown
  after.then(
    () => (isOver = true),
    error => (failure = error),
  )
  for (;;) {
    child.check()
    if (failure !== undefined) throw failure
    const ends = await Promise.all(Array.from({ length: partitions }, (_, p) => kafka.endOffset(topic, p)))
    const now = performance.now()
    const sum = ends.reduce((total, end) => total + Number(end), 0)
    if (sum > seen) {
      first ??= { firstAtMs: now, firstCount: sum }
      lastAtMs = now
      seen = sum
    }
    if (first && isOver && seen >= count && now - lastAtMs > quietMs) return { ...first, lastAtMs }
    if (now > deadline) throw new Error(`${topic} has ${seen} of ${count} records after ${arrivalMsMax} ms`)
    await sleep(lookEveryMs)
  }
}

/** Watches lines of JSON with a number `done`; the process ends by itself after the last. */
export async function watchLines(child: Child): Promise<Arrivals> {
  let first: Pick<Arrivals, 'firstAtMs' | 'firstCount'> | undefined
  let lastAtMs = 0
  child.onLine(line => {
    const { done } = JSON.parse(line) as { done: number }
    lastAtMs = performance.now()
    first ??= { firstAtMs: lastAtMs, firstCount: done }
  })
  await child.finish()
  if (!first) throw new Error('the process told of nothing done')
  return { ...first, lastAtMs }
}

/** Everything committed in the topic by now, partition after partition. */
export async function* readAll(
  kafka: KafkaConnection,
  { topic, partitions }: Pick<Awaited, 'topic' | 'partitions'>,
): AsyncGenerator<IncomingRecord> {
  for (let partition = 0; partition < partitions; partition++) {
    const until = await kafka.endOffset(topic, partition)
    const place = { topic, partition, from: offset(0), until }
    for await (const records of kafka.readPartition({ ...place, waitMsMax: fetchWaitMsMax, bytesMax: fetchBytesMax }))
      yield* records
  }
}
