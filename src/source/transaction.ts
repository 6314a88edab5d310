import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { OutgoingRecord } from '../core/contract.ts'
import { offset } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import type { KafkaConnection } from '../kafka/connection.ts'
import type { TransactionalWriter } from '../kafka/transaction.ts'
import { barrierRecord, bucketRecord, type PositionPlace, StoredPosition, watermarkRecord } from './offsets-topic.ts'
import { compareWatermarks, keepFromMs, type Position, type Query } from './watermark.ts'
import { Window } from './window.ts'

/** What a task knows of its object: equal to what the offsets topic says, plus what idle polls have forgotten. */
export interface Reading {
  position: Position
  window: Window
}

const restoreWaitMsMax = 500
const restoreBytesMax = 8 * 1_048_576

/**
 * Takes the object over: fences its former owner, then reads what it committed, up to a record that only we wrote.
 * Nothing can be committed behind our back after the fence, so what is read is the position (design 4.4).
 * `start` is asked for only when the object was never read before; its answer is committed at once.
 */
export async function takeOver(
  kafka: KafkaConnection,
  writer: TransactionalWriter,
  place: PositionPlace,
  start: () => Position,
  signal: AbortSignal,
): Promise<Reading> {
  const barrierId = randomUUID()
  await writer.fence()
  await writer.transact('barrier', tx => tx.send([barrierRecord(place, barrierId)]))
  const stored = await restore(kafka, place, barrierId, signal)
  const window = new Window()
  stored.fill(window)
  if (stored.position) return { position: stored.position, window }
  const position = start()
  await writer.transact('start', tx => tx.send([watermarkRecord(place, position)]))
  return { position, window }
}

async function restore(
  kafka: KafkaConnection,
  place: PositionPlace,
  barrierId: string,
  signal: AbortSignal,
): Promise<StoredPosition> {
  const stored = new StoredPosition(place)
  const read = { topic: place.topic, partition: place.partition, from: offset(0), signal }
  for await (const records of kafka.readPartition({
    ...read,
    waitMsMax: restoreWaitMsMax,
    bytesMax: restoreBytesMax,
  })) {
    for (const record of records) stored.apply(record)
    if (stored.barrierId === barrierId) return stored
  }
  throw new ConnectorError('internal.stopped', `stopped while restoring the position of ${place.object}`)
}

/** Commits a page: its records, the window's changes and the new watermark, all or nothing. */
export async function commitPage(
  writer: TransactionalWriter,
  place: PositionPlace,
  reading: Reading,
  page: { readonly next: Position; readonly query: Query; readonly done: boolean },
  records: readonly OutgoingRecord[],
): Promise<void> {
  const { next, query, done } = page
  // Rule 1: a watermark moves only in the transaction that carries its records, and never back.
  assert.ok(compareWatermarks(next.lower, reading.position.lower) >= 0, 'a watermark moved back')
  const changes = reading.window.takeChanges(keepFromMs(query, next, done))
  await writer.transact('records', async tx => {
    await tx.send(records)
    await tx.send([...changes.map(change => bucketRecord(place, change)), watermarkRecord(place, next)])
  })
  reading.position = next
}
