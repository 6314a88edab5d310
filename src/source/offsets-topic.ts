import type { IncomingRecord, OutgoingRecord } from '../core/contract.ts'
import type { BucketChange } from './buckets.ts'
import { type Control, controlFromJson, controlToJson } from './control.ts'
import type { Deletes } from './deletes.ts'
import type { FieldSets, StoredFields } from './field-sets.ts'
import type { Position } from './watermark.ts'
import type { Window } from './window.ts'

/** Whose position: one object of one org, read by one connector, kept in one partition of the offsets topic. */
export interface PositionPlace {
  readonly topic: string
  readonly partition: number
  readonly connector: string
  readonly orgId: string
  readonly object: string
}

const prefixOf = (place: PositionPlace): string => `${place.connector}/${place.orgId}/${place.object}/`

const recordAt = (place: PositionPlace, suffix: string, value: unknown): OutgoingRecord => ({
  topic: place.topic,
  partition: place.partition,
  key: Buffer.from(prefixOf(place) + suffix),
  value: value === null ? null : Buffer.from(JSON.stringify(value)),
})

export const watermarkRecord = (place: PositionPlace, position: Position): OutgoingRecord =>
  recordAt(place, 'watermark', { v: 1, ...position })

/** What an operator has said of the object, and how far a snapshot is. */
export const controlRecord = (place: PositionPlace, control: Control): OutgoingRecord =>
  recordAt(place, 'control', { v: 1, ...controlToJson(control) })

/** A record nobody else writes: reading the partition until it appears means having read everything before it. */
export const barrierRecord = (place: PositionPlace, barrierId: string): OutgoingRecord =>
  recordAt(place, 'barrier', { v: 1, id: barrierId })

/** A bucket of the window, or of the rows whose delete was published. */
export const bucketRecord = (place: PositionPlace, kind: 'window' | 'deleted', change: BucketChange): OutgoingRecord =>
  recordAt(place, `${kind}/${change.slotMs}/${change.bucket}`, change.entries)

/** Which fields the window's versions were told apart by. */
export const fieldsRecord = (place: PositionPlace, fields: StoredFields): OutgoingRecord =>
  recordAt(place, 'fields', { v: 1, ...fields })

/** What the partition says, later records of a key winning; `position` is undefined before the first start. */
export class StoredPosition {
  readonly #place: PositionPlace
  readonly #buckets = new Map<string, Buffer>()
  #fields: StoredFields | undefined
  position: Position | undefined
  control: Control | undefined
  barrierId: string | undefined

  constructor(place: PositionPlace) {
    this.#place = place
  }

  apply(record: IncomingRecord): void {
    const key = record.key?.toString() ?? ''
    const prefix = prefixOf(this.#place)
    if (!key.startsWith(prefix)) return
    const suffix = key.slice(prefix.length)
    if (suffix === 'watermark' && record.value) {
      const { startMs, lower, floor, deletesMs, sweep } = JSON.parse(record.value.toString()) as Position
      this.position = { startMs, lower, floor, deletesMs, sweep }
    } else if (suffix === 'control' && record.value) {
      this.control = controlFromJson(JSON.parse(record.value.toString()))
    } else if (suffix === 'barrier' && record.value) {
      this.barrierId = (JSON.parse(record.value.toString()) as { id: string }).id
    } else if (suffix === 'fields' && record.value) {
      const { names, former } = JSON.parse(record.value.toString()) as StoredFields
      this.#fields = { names, former }
    } else if (suffix.startsWith('window/') || suffix.startsWith('deleted/')) {
      if (record.value) this.#buckets.set(suffix, record.value)
      else this.#buckets.delete(suffix)
    }
  }

  fill(window: Window, deletes: Deletes, fields: FieldSets): void {
    if (this.#fields) fields.restore(this.#fields)
    for (const [suffix, value] of this.#buckets) {
      const [kind, slotMs, bucket] = suffix.split('/')
      const into = kind === 'window' ? window : deletes
      into.restore(Number(slotMs), Number(bucket), JSON.parse(value.toString()) as string[])
    }
  }
}
