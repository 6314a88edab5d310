import type { OutgoingRecord } from '../core/contract.ts'
import { isConnectorError } from '../core/errors.ts'
import { recordBytes } from '../kafka/batches.ts'
import type { TransactionalWriter } from '../kafka/transaction.ts'
import type { Events } from '../telemetry/events.ts'
import type { Commits } from './commits.ts'
import type { PositionPlace } from './offsets-topic.ts'
import type { PartLimits } from './part-limits.ts'
import { type EventContext, eventOf, isOwnChange, note, type Reading, type Sighting } from './record.ts'
import type { Answers, Selection } from './selection.ts'
import { type EventTopic, fits, serialize, stubOf } from './serialize.ts'
import { commitPage } from './transaction.ts'
import type { Position } from './watermark.ts'

export interface PublishParts {
  readonly events: Events
  readonly context: EventContext
  readonly selection: Selection
  readonly to: EventTopic
  readonly limits: PartLimits
  /** Whether changes by the connector's own user are left out. */
  readonly skipsOwnChanges: boolean
  readonly deadLetterTopic: string
  readonly place: PositionPlace
  /** Salesforce's time, epoch ms. */
  readonly now: () => number
}

/** What was read, in order, and what is committed with it. */
export interface Delivery {
  readonly sightings: readonly Sighting[]
  readonly answers: Answers
  /** The position after a part of the sightings, and all parts before it; asked for once it is noted. */
  readonly after: (part: readonly Sighting[], isLast: boolean) => Position
  /** Further records of the same transaction; a delivery that has them is committed even without sightings. */
  readonly more?: (part: readonly Sighting[], isLast: boolean) => readonly OutgoingRecord[]
}

/** The record of a sighting, or why it is a dead letter; neither if it is not published. */
interface Written {
  readonly record?: OutgoingRecord
  readonly rejected?: string
}

/** Sightings that are committed together. */
class Part {
  readonly sightings: Sighting[] = []
  readonly written: { readonly sighting: Sighting; readonly record: OutgoingRecord; readonly rejected?: string }[] = []
  bytes = 0

  add(sighting: Sighting, { record, rejected }: Written, bytes: number): void {
    this.sightings.push(sighting)
    if (record) this.written.push({ sighting, record, ...(rejected !== undefined && { rejected }) })
    this.bytes += bytes
  }
}

/** An object while it is owned: what is known of it, and how that is committed. */
export interface Owned {
  readonly writer: TransactionalWriter
  readonly commits: Commits
  readonly reading: Reading
}

/**
 * Commits what was read in transactions of bounded size, each with the position after it (rule 1). Nothing is noted
 * before its own part is committed, and nothing is committed before the part ahead of it; the last one is still under way
 * when this resolves. Nothing new writes nothing: an idle poll leaves the offsets topic alone (design 4.4).
 */
export async function publish(parts: PublishParts, owned: Owned, delivery: Delivery): Promise<void> {
  const { sightings, answers, after, more } = delivery
  const nowMs = parts.now()
  let part = new Part()
  for (const sighting of sightings) {
    const written = write(parts, sighting, answers, nowMs)
    const bytes = written.record ? recordBytes(written.record) : 0
    if (parts.limits.isExceeded(part.sightings.length + 1, part.bytes + bytes)) {
      await commit(parts, owned, delivery, part, false)
      part = new Part()
    }
    part.add(sighting, written, bytes)
  }
  if (part.sightings.length > 0 || more) await commit(parts, owned, delivery, part, true)
  else owned.reading.position = after([], true)
}

async function commit(
  parts: PublishParts,
  { writer, commits, reading }: Owned,
  { after, more }: Delivery,
  part: Part,
  isLast: boolean,
): Promise<void> {
  await commits.settle()
  const { sightings, written } = part
  for (const sighting of sightings) note(sighting, reading)
  const next = after(sightings, isLast)
  const records = [...written.map(({ record }) => record), ...(more?.(sightings, isLast) ?? [])]
  commits.begin(async () => {
    const began = performance.now()
    try {
      await commitPage(writer, parts.place, reading, next, parts.now(), records)
    } catch (error) {
      const versions = written.map(({ sighting }) => sighting.version)
      parts.limits.failed(error, versions)
      throw error
    }
    parts.limits.committed()
    parts.events.transactionDone({ half: 'source', seconds: (performance.now() - began) / 1_000 })
    tell(parts, part)
  })
}

function tell({ events, place, deadLetterTopic }: PublishParts, { written }: Part): void {
  const types = new Map<string, number>()
  for (const { sighting, rejected } of written) {
    if (rejected === undefined) types.set(sighting.type, (types.get(sighting.type) ?? 0) + 1)
    else events.deadLettered({ topic: deadLetterTopic, stage: 'serialize', reason: rejected })
  }
  for (const [type, count] of types) events.recordsCommitted({ object: place.object, type, count })
}

/** A row that cannot be written becomes a dead letter, so that it neither blocks nor vanishes (rule 5). */
function write(parts: PublishParts, sighting: Sighting, answers: Answers, nowMs: number): Written {
  const { context, limits, selection, deadLetterTopic } = parts
  if (!selection.publishes(sighting, answers, nowMs)) return {}
  if (parts.skipsOwnChanges && isOwnChange(sighting, context)) return {}
  const reject = (rejected: string): Written => {
    const stub = { recordId: sighting.version.recordId, object: context.object, orgId: context.orgId }
    return { rejected, record: stubOf({ ...stub, type: sighting.type }, deadLetterTopic, rejected) }
  }
  if (limits.isRefused(sighting.version)) return reject('the brokers refuse the record')
  try {
    const event = eventOf(sighting, context, Math.round(nowMs))
    if (!event) return {}
    const record = serialize(event, parts.to)
    return fits(record, limits.messageBytesMax) ? { record } : reject('the record is larger than the topic allows')
  } catch (error) {
    if (!isConnectorError(error, 'salesforce.bad_answer')) throw error
    return reject(error.message)
  }
}
