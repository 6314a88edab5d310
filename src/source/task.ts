import { sleep } from '../core/clock.ts'
import type { ObjectDescribe, OutgoingRecord } from '../core/contract.ts'
import { isConnectorError } from '../core/errors.ts'
import { delayMs } from '../core/retry.ts'
import type { KafkaConnection } from '../kafka/connection.ts'
import type { TransactionalWriter } from '../kafka/transaction.ts'
import type { Salesforce } from '../salesforce/client.ts'
import type { Events } from '../telemetry/events.ts'
import type { PositionPlace } from './offsets-topic.ts'
import { poll } from './poll.ts'
import { type EventContext, eventOf, type Sighting, sight, versionFields } from './record.ts'
import { type EventTopic, fits, serialize, stubOf } from './serialize.ts'
import { commitPage, type Reading, takeOver } from './transaction.ts'
import { advance, type Position, planQuery, type Query, startPosition } from './watermark.ts'

/** Everything one object's task needs; fixed while it runs. */
export interface TaskParts {
  readonly kafka: KafkaConnection
  readonly salesforce: Salesforce
  readonly events: Events
  readonly describe: ObjectDescribe
  readonly context: EventContext
  readonly to: EventTopic
  readonly deadLetterTopic: string
  readonly place: PositionPlace
  readonly transactionalId: string
  readonly intervalMs: number
  readonly lookbackMs: number
  readonly pageRowsMax: number
  /** Where the events of an object that was never read before begin, epoch ms. */
  readonly startMs: () => number
  /** Told after every poll: why the object is not being read, or undefined if it is. */
  readonly onHealth: (ailment: string | undefined) => void
}

const backoff = { attemptsMax: Number.POSITIVE_INFINITY, delayMsMin: 200, delayMsMax: 30_000 }

/**
 * Polls one object until the signal aborts. A failed transaction or a lost broker leads back to a new take-over, since
 * only the offsets topic knows the outcome; a failed request to Salesforce is tried again from the same position.
 * Throws when fenced, and on what only an operator can mend.
 */
export async function runTask(parts: TaskParts, signal: AbortSignal): Promise<void> {
  const writer = parts.kafka.writer(parts.transactionalId)
  try {
    for (let failures = 0; !signal.aborted; ) {
      try {
        const start = (): Position => startPosition(parts.startMs())
        const reading = await takeOver(parts.kafka, writer, parts.place, start, signal)
        await pollOn(parts, writer, reading, signal, () => {
          failures = 0
        })
      } catch (error) {
        if (signal.aborted) return
        if (!isConnectorError(error) || !recoverable.has(error.consequence)) throw error
        parts.events.transactionFailed({ half: 'source', error })
        parts.onHealth(error.message)
        await sleep(delayMs(backoff, ++failures), signal).catch(() => undefined)
      }
    }
  } finally {
    await writer.close()
  }
}

const recoverable = new Set(['retry-later', 'rewind'])

async function pollOn(
  parts: TaskParts,
  writer: TransactionalWriter,
  reading: Reading,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    let pauseMs = parts.intervalMs
    try {
      await pollOnce(parts, writer, reading, signal)
      failures = 0
      onProgress()
      parts.onHealth(undefined)
    } catch (error) {
      const fromSalesforce = isConnectorError(error) && error.code.startsWith('salesforce.')
      if (signal.aborted || !fromSalesforce || !recoverable.has(error.consequence)) throw error
      parts.events.taskFailed({ task: `source ${parts.place.object}`, error, stage: 'poll' })
      parts.onHealth(error.message)
      pauseMs = delayMs(backoff, ++failures)
    }
    await sleep(pauseMs, signal).catch(() => undefined)
  }
}

/** One reading of the object, page by page, each page committed before the next is looked at. */
async function pollOnce(
  parts: TaskParts,
  writer: TransactionalWriter,
  reading: Reading,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now()
  const query = planQuery(reading.position, parts.salesforce.now(), parts.lookbackMs)
  const fields = versionFields(parts.describe)
  let rows = 0
  for await (const page of poll(parts.salesforce, parts.describe, query, parts, signal)) {
    const sightings = sight(page.rows, fields, reading.window, reading.position, query)
    const places = sightings.map(({ version }) => ({ modifiedAtMs: version.stampMs, recordId: version.recordId }))
    const next = advance(reading.position, query, places, page.done)
    rows += page.rows.length
    if (sightings.length > 0) await publish(parts, writer, reading, { next, query, done: page.done }, sightings)
    else reading.position = next // nothing new: an idle poll writes nothing (design 4.4)
    if (signal.aborted) return
  }
  const seconds = (performance.now() - began) / 1_000
  parts.events.pollDone({ object: parts.place.object, rows, seconds, watermarkAgeSeconds: age(parts, query.boundMs) })
}

async function publish(
  parts: TaskParts,
  writer: TransactionalWriter,
  reading: Reading,
  page: { readonly next: Position; readonly query: Query; readonly done: boolean },
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
  await commitPage(writer, parts.place, reading, page, records)
  parts.events.transactionDone({ half: 'source', seconds: (performance.now() - began) / 1_000 })
  const { object } = parts.place
  for (const [type, count] of types) parts.events.recordsCommitted({ object, type, count })
  // Within a backlog the last row committed says how far behind we are.
  const last = sightings.at(-1)!.version.stampMs
  if (!page.done) parts.events.watermarkMoved({ object, watermarkAgeSeconds: age(parts, last) })
}

const age = (parts: TaskParts, stampMs: number): number => Math.max(0, (parts.salesforce.now() - stampMs) / 1_000)

/** The record of a sighting; a row that cannot be written becomes a dead letter, so that it neither blocks nor vanishes. */
function toRecord(parts: TaskParts, sighting: Sighting): OutgoingRecord | undefined {
  const { object, orgId } = parts.context
  const stub = { recordId: sighting.version.recordId, object, orgId, type: sighting.type }
  const reject = (reason: string): OutgoingRecord => {
    parts.events.deadLettered({ topic: parts.deadLetterTopic, stage: 'serialize', reason })
    return stubOf(stub, parts.deadLetterTopic, reason)
  }
  try {
    const event = eventOf(sighting, parts.context, Math.round(parts.salesforce.now()))
    if (!event) return undefined
    const record = serialize(event, parts.to)
    return fits(record, parts.to.messageBytesMax) ? record : reject('the record is larger than the topic allows')
  } catch (error) {
    if (!isConnectorError(error, 'salesforce.bad_answer')) throw error
    return reject(error.message)
  }
}
