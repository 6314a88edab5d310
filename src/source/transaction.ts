import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { OutgoingRecord } from '../core/contract.ts'
import { offset } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import type { KafkaConnection } from '../kafka/connection.ts'
import type { TransactionalWriter } from '../kafka/transaction.ts'
import { type Control, startControl } from './control.ts'
import { Deletes } from './deletes.ts'
import { FieldSets } from './field-sets.ts'
import {
  barrierRecord,
  bucketRecord,
  controlRecord,
  fieldsRecord,
  type PositionPlace,
  StoredPosition,
  watermarkRecord,
} from './offsets-topic.ts'
import type { Reading } from './record.ts'
import { compareWatermarks, keepFromMs, type Position } from './watermark.ts'
import { Window } from './window.ts'

const restoreWaitMsMax = 500
const restoreBytesMax = 8 * 1_048_576

/**
 * Takes the object over: fences its former owner, then reads what it committed, up to a record that only we wrote.
 * Nothing can be committed behind our back after the fence, so what is read is the position (design 4.4).
 * `start` is asked for only when the object was never read before, or nothing was ever said of it; its answer is
 * committed at once.
 */
export async function takeOver(
  kafka: KafkaConnection,
  writer: TransactionalWriter,
  place: PositionPlace,
  start: () => Started,
  signal: AbortSignal,
): Promise<{ readonly reading: Reading; readonly control: Control }> {
  const barrierId = randomUUID()
  await writer.fence()
  await writer.transact('barrier', tx => tx.send([barrierRecord(place, barrierId)]))
  const stored = await restore(kafka, place, barrierId, signal)
  const window = new Window()
  const deletes = new Deletes()
  const fields = new FieldSets()
  stored.fill(window, deletes, fields)
  let { position, control } = stored
  if (!position || !control) {
    const started = start()
    control = position ? startControl(started.control.signals) : started.control
    position ??= started.position
    const records = [watermarkRecord(place, position), controlRecord(place, control)]
    await writer.transact('start', tx => tx.send(records))
  }
  return { reading: { position, window, deletes, fields }, control }
}

/** Where an object that was never read before begins. */
export interface Started {
  readonly position: Position
  readonly control: Control
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

/**
 * Commits a page: its records, what changed in the window and the deletes, and the new position, all or nothing. What is
 * read meanwhile is seen from the new position on; if this throws, only the offsets topic knows what holds (`takeOver`).
 */
export async function commitPage(
  writer: TransactionalWriter,
  place: PositionPlace,
  reading: Reading,
  next: Position,
  nowMs: number,
  records: readonly OutgoingRecord[],
): Promise<void> {
  // Rule 1: a watermark moves only in the transaction that carries its records, and never back.
  assert.ok(compareWatermarks(next.lower, reading.position.lower) >= 0, 'a watermark moved back')
  const changes = [
    ...reading.window.takeChanges(keepFromMs(next)).map(change => bucketRecord(place, 'window', change)),
    ...reading.deletes.takeChanges(nowMs).map(change => bucketRecord(place, 'deleted', change)),
  ]
  const fields = reading.fields.takeChange(keepFromMs(next))
  if (fields) changes.push(fieldsRecord(place, fields))
  reading.position = next
  await writer.transact('records', async tx => {
    await tx.send(records)
    await tx.send([...changes, watermarkRecord(place, next)])
  })
}

/** Forgets all that is known of the object and begins anew, by an operator's word alone: the one way back for a position. */
export async function commitReset(
  writer: TransactionalWriter,
  place: PositionPlace,
  reading: Reading,
  next: Position,
  control: Control,
): Promise<void> {
  const forgotten = [
    ...reading.window.takeChanges(Number.POSITIVE_INFINITY).map(change => bucketRecord(place, 'window', change)),
    ...reading.deletes.takeChanges(Number.POSITIVE_INFINITY).map(change => bucketRecord(place, 'deleted', change)),
  ]
  const fields = reading.fields.takeChange(Number.POSITIVE_INFINITY)
  if (fields) forgotten.push(fieldsRecord(place, fields))
  const begun = [watermarkRecord(place, next), controlRecord(place, control)]
  await writer.transact('reset', tx => tx.send([...forgotten, ...begun]))
  reading.position = next
}
