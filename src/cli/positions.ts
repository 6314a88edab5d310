import type { IncomingRecord } from '../core/contract.ts'
import { offset } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { type LedgerState, readLedger } from '../kafka/ledger.ts'
import { type Control, controlToJson } from '../source/control.ts'
import { Deletes } from '../source/deletes.ts'
import { FieldSets } from '../source/field-sets.ts'
import { type PositionPlace, StoredPosition } from '../source/offsets-topic.ts'
import { Window } from '../source/window.ts'
import { exitCodes } from './failure.ts'
import type { Session } from './session.ts'
import { table } from './terminal.ts'
import { partitionsOf, type Topics, withTopics } from './topics.ts'

const read = { waitMsMax: 200, bytesMax: 8 * 1_048_576 }

export interface PositionOptions {
  readonly config: string
}

/** What the offsets topic holds of one object. */
export interface ObjectPosition {
  readonly place: PositionPlace
  readonly stored: StoredPosition
  /** When the position was written last, epoch ms. */
  readonly writtenAtMs: number
  /** Every record that counts, by what follows the object's name in its key. */
  readonly records: ReadonlyMap<string, IncomingRecord>
}

/** Where the positions of these objects are kept, of all if none is named. Throws 'usage.invalid' for one that was never polled. */
export async function placesOf(topics: Topics, objects: readonly string[]): Promise<PositionPlace[]> {
  const { config, kafka } = topics
  const topic = `${config.kafka.topicPrefix}.connector.offsets`
  await partitionsOf(kafka, topic)
  const { connector, environment } = config
  const ledger: LedgerState = await readLedger(kafka, { topic, connector, environment })
  const wanted = objects.length > 0 ? objects : [...ledger.partitions.keys()]
  return wanted.map(object => {
    const partition = ledger.partitions.get(object)
    if (partition !== undefined && ledger.orgId !== undefined)
      return { topic, partition, connector, orgId: ledger.orgId, object }
    const meant = nearest(object, ledger.partitions.keys())
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`
    throw new ConnectorError('usage.invalid', `connector ${connector} has no position of ${object}${hint}`, {
      remedy: 'Add the object to source.objects and start the connector once.',
    })
  })
}

/** What is committed of the object by now. */
export async function readPosition({ kafka }: Pick<Topics, 'kafka'>, place: PositionPlace): Promise<ObjectPosition> {
  const { topic, partition } = place
  const until = await kafka.endOffset(topic, partition)
  const stored = new StoredPosition(place)
  const prefix = `${place.connector}/${place.orgId}/${place.object}/`
  const records = new Map<string, IncomingRecord>()
  let writtenAtMs = 0
  for await (const page of kafka.readPartition({ topic, partition, from: offset(0), until, ...read }))
    for (const record of page) {
      stored.apply(record)
      const key = record.key?.toString() ?? ''
      if (!key.startsWith(prefix)) continue
      const name = key.slice(prefix.length)
      if (record.value) records.set(name, record)
      else records.delete(name)
      if (name === 'watermark') writtenAtMs = record.timestampMs
    }
  return { place, stored, writtenAtMs, records }
}

const time = (ms: number): string => (ms > 0 ? new Date(ms).toISOString().replace('.000Z', 'Z') : 'earliest')

function summaryOf({ place, stored, writtenAtMs }: ObjectPosition, nowMs: number) {
  const window = new Window()
  const deletes = new Deletes()
  stored.fill(window, deletes, new FieldSets())
  const { position, control } = stored
  return {
    object: place.object,
    partition: place.partition,
    start: position && time(position.startMs),
    lower: position && { at: time(position.lower.modifiedAtMs), recordId: position.lower.recordId },
    floor: position && { at: time(position.floor.modifiedAtMs), recordId: position.floor.recordId },
    backlog: position?.sweep ? { until: time(position.sweep.untilMs) } : null,
    writtenAt: time(writtenAtMs),
    ageSeconds: Math.max(0, Math.round((nowMs - writtenAtMs) / 1_000)),
    windowEntries: window.size,
    deletes: deletes.size,
    paused: control?.paused ?? false,
    snapshot: control ? snapshotOf(control, nowMs) : null,
    lastSignal: control?.last ?? null,
    lastSnapshot: control?.ended ?? null,
  }
}

/** A running snapshot with its rate since it was asked for, and the time left at that rate. */
export function snapshotOf({ snapshot }: Control, nowMs: number) {
  if (!snapshot) return null
  const { id, by, rows, total, where, atMs } = snapshot
  const seconds = Math.max(1, (nowMs - atMs) / 1_000)
  const rowsPerSecond = Math.round(rows / seconds)
  const secondsLeft =
    total === null || rowsPerSecond === 0 ? null : Math.ceil(Math.max(0, total - rows) / rowsPerSecond)
  return { id, by, where, since: time(atMs), rows, total, rowsPerSecond, secondsLeft }
}

/** `offsets show`: per object where it stands; the ages are those of the last change, for idle polls write nothing. */
export const showPositions = (options: PositionOptions, session: Session, objects: readonly string[]) =>
  withTopics(options.config, session, async topics => {
    const places = await placesOf(topics, objects)
    const found = await Promise.all(places.map(place => readPosition(topics, place)))
    const summaries = found.map(position => summaryOf(position, Date.now()))
    const { terminal } = session
    if (session.json) terminal.out(JSON.stringify(summaries, null, 2))
    else for (const line of table([head, ...summaries.map(cellsOf)])) terminal.out(line)
    return exitCodes.ok
  })

const head = ['OBJECT', 'LOWER', 'FLOOR', 'WINDOW', 'DELETES', 'STATE', 'LAST CHANGE']

function cellsOf(summary: ReturnType<typeof summaryOf>): string[] {
  const { object, lower, floor, windowEntries, deletes, paused, snapshot, backlog, ageSeconds } = summary
  const doing = snapshot ? `snapshot ${snapshot.rows}/${snapshot.total ?? '?'}` : backlog ? 'backlog' : 'polled'
  const state = paused ? `paused${snapshot ? `, ${doing}` : ''}` : doing
  const since = lower ? `${ageSeconds} s ago` : 'never'
  return [object, lower?.at ?? '-', floor?.at ?? '-', String(windowEntries), String(deletes), state, since]
}

/** `offsets export`: all that is known of the objects, as JSON, record by record. */
export const exportPositions = (options: PositionOptions, session: Session, objects: readonly string[]) =>
  withTopics(options.config, session, async topics => {
    const places = await placesOf(topics, objects)
    const found = await Promise.all(places.map(place => readPosition(topics, place)))
    const exported = found.map(({ place, stored, records }) => ({
      connector: place.connector,
      orgId: place.orgId,
      object: place.object,
      position: stored.position ?? null,
      control: stored.control ? controlToJson(stored.control) : null,
      records: Object.fromEntries([...records].map(([name, { value }]) => [name, JSON.parse(String(value))])),
    }))
    session.terminal.out(JSON.stringify({ exportedAt: new Date().toISOString(), objects: exported }, null, 2))
    return exitCodes.ok
  })
