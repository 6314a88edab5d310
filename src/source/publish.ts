import type { OutgoingRecord } from '../core/contract.ts'
import { isConnectorError } from '../core/errors.ts'
import type { TransactionalWriter } from '../kafka/transaction.ts'
import type { Events } from '../telemetry/events.ts'
import type { PositionPlace } from './offsets-topic.ts'
import { type EventContext, eventOf, type Reading, type Sighting } from './record.ts'
import { type EventTopic, fits, serialize, stubOf } from './serialize.ts'
import { commitPage } from './transaction.ts'
import type { Position } from './watermark.ts'

export interface PublishParts {
  readonly events: Events
  readonly context: EventContext
  readonly to: EventTopic
  readonly deadLetterTopic: string
  readonly place: PositionPlace
  /** Salesforce's time, epoch ms. */
  readonly now: () => number
}

/** Commits the sightings' records together with the position after them (rule 1). */
export async function publish(
  parts: PublishParts,
  writer: TransactionalWriter,
  reading: Reading,
  next: Position,
  sightings: readonly Sighting[],
): Promise<void> {
  const types = new Map<string, number>()
  const records: OutgoingRecord[] = []
  for (const sighting of sightings) {
    const record = toRecord(parts, sighting)
    if (!record) continue
    records.push(record)
    types.set(sighting.type, (types.get(sighting.type) ?? 0) + 1)
  }
  const began = performance.now()
  await commitPage(writer, parts.place, reading, next, parts.now(), records)
  parts.events.transactionDone({ half: 'source', seconds: (performance.now() - began) / 1_000 })
  for (const [type, count] of types) parts.events.recordsCommitted({ object: parts.place.object, type, count })
}

/** The record of a sighting; a row that cannot be written becomes a dead letter, so that it neither blocks nor vanishes. */
function toRecord(parts: PublishParts, sighting: Sighting): OutgoingRecord | undefined {
  const { object, orgId } = parts.context
  const stub = { recordId: sighting.version.recordId, object, orgId, type: sighting.type }
  const reject = (reason: string): OutgoingRecord => {
    parts.events.deadLettered({ topic: parts.deadLetterTopic, stage: 'serialize', reason })
    return stubOf(stub, parts.deadLetterTopic, reason)
  }
  try {
    const event = eventOf(sighting, parts.context, Math.round(parts.now()))
    if (!event) return undefined
    const record = serialize(event, parts.to)
    return fits(record, parts.to.messageBytesMax) ? record : reject('the record is larger than the topic allows')
  } catch (error) {
    if (!isConnectorError(error, 'salesforce.bad_answer')) throw error
    return reject(error.message)
  }
}
