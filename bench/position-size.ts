import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { OutgoingRecord } from '../src/core/contract.ts'
import { bucketRecord, watermarkRecord } from '../src/source/offsets-topic.ts'
import { audited, beforeSecond, keepFromMs, type Position, startPosition } from '../src/source/watermark.ts'
import { Window } from '../src/source/window.ts'

/**
 * How large the offsets topic becomes: the records that the source's own code writes for so many events, at several
 * rates, counted as bytes of keys and values. `written` is all that was appended, `kept` what compaction leaves, which
 * is what a take-over reads at best; the broker adds about 70 bytes a record.
 */
const { values: options } = parseArgs({
  options: { events: { type: 'string', default: '1000000' }, json: { type: 'string' } },
})
const eventsMax = Number(options.events)
const pollMs = 10_000
const lookbackMs = 600_000
const auditMs = 900_000
const pageRows = 2_000
const place = { topic: 'offsets', partition: 1, connector: 'connector', orgId: '00D000000000001AAA', object: 'Contact' }

interface Size {
  readonly eventsPerSecond: number
  readonly events: number
  readonly written: number
  readonly writtenPerEvent: number
  readonly kept: number
  readonly keptRecords: number
  readonly windowEntries: number
}

class Topic {
  readonly #sizes = new Map<string, number>()
  written = 0

  append(records: readonly OutgoingRecord[]): void {
    for (const { key, value } of records) {
      const name = String(key)
      const bytes = name.length + (value?.length ?? 0)
      this.written += bytes
      if (value) this.#sizes.set(name, bytes)
      else this.#sizes.delete(name)
    }
  }

  get kept(): { readonly bytes: number; readonly records: number } {
    return { bytes: [...this.#sizes.values()].reduce((sum, bytes) => sum + bytes, 0), records: this.#sizes.size }
  }
}

function measure(eventsPerSecond: number): Size {
  const topic = new Topic()
  const window = new Window()
  const startMs = 1_800_000_000_000
  let position: Position = startPosition(startMs)
  let events = 0
  for (let nowMs = startMs + pollMs; events < eventsMax; nowMs += pollMs) {
    const count = Math.min(eventsMax - events, Math.round((eventsPerSecond * pollMs) / 1_000))
    for (let at = 0; at < count; at += pageRows) {
      for (let n = at; n < Math.min(count, at + pageRows); n++) {
        const stampMs = beforeSecond(nowMs - pollMs + (n / count) * pollMs).modifiedAtMs
        const recordId = `003${String(events++).padStart(15, '0')}`
        window.add({ recordId, stampMs, hash: randomBytes(8).toString('hex') })
      }
      position = { ...position, lower: beforeSecond(Math.max(startMs, nowMs - lookbackMs)) }
      if (nowMs % auditMs === 0) position = audited(position, position.lower.modifiedAtMs)
      const changes = window.takeChanges(keepFromMs(position))
      topic.append([...changes.map(change => bucketRecord(place, 'window', change)), watermarkRecord(place, position)])
    }
  }
  const { bytes: kept, records: keptRecords } = topic.kept
  const writtenPerEvent = Math.round((topic.written / events) * 10) / 10
  return {
    eventsPerSecond,
    events,
    written: topic.written,
    writtenPerEvent,
    kept,
    keptRecords,
    windowEntries: window.size,
  }
}

const sizes = [10, 100, 400, 5_000].map(measure)
console.table(sizes)
if (options.json) writeFileSync(options.json, `${JSON.stringify(sizes, null, 2)}\n`)
