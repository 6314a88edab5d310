import type { Table } from './table.ts'

const retentionMs = 15 * 24 * 3_600_000
/** Deletions of one object that are remembered: 5,000 per licence, here of 1,000 licences (salesforce-facts 4.2). */
const deletionsMax = 5_000_000

/** One deleted row; the time is that of its delete, in epoch milliseconds. */
export interface Deletion {
  readonly id: string
  readonly deletedAtMs: number
}

/** What getDeleted reads: every deleted row for 15 days, whether it can still be undeleted or not (salesforce-facts 4.2). */
export class DeleteLog {
  readonly #deletions = new Map<Table, Map<string, number>>()
  /** Nothing deleted before this is known any more; epoch milliseconds. */
  purgedToMs = 0
  /** When the org began to keep what getUpdated and getDeleted tell; epoch milliseconds. */
  enabledAtMs = 0

  add(table: Table, id: string, deletedAtMs: number): void {
    const log = this.#deletions.get(table) ?? new Map<string, number>()
    log.delete(id)
    log.set(id, deletedAtMs)
    this.#deletions.set(table, log)
    if (log.size <= deletionsMax) return
    const [oldest] = log
    if (oldest) log.delete(oldest[0])
    this.purgedToMs = Math.max(this.purgedToMs, (oldest?.[1] ?? 0) + 1)
  }

  remove(table: Table, id: string): void {
    this.#deletions.get(table)?.delete(id)
  }

  /** Forgets what was deleted before the time, as Salesforce does when the log grows too large. */
  purge(toMs: number): void {
    this.purgedToMs = Math.max(this.purgedToMs, toMs)
    for (const log of this.#deletions.values())
      for (const [id, deletedAtMs] of log) if (deletedAtMs < this.purgedToMs) log.delete(id)
  }

  /** The deletions with fromMs <= time <= toMs, oldest first. */
  between(table: Table, fromMs: number, toMs: number, nowMs: number): Deletion[] {
    const log = this.#deletions.get(table) ?? new Map<string, number>()
    for (const [id, deletedAtMs] of log) {
      if (deletedAtMs >= nowMs - retentionMs) break
      log.delete(id)
    }
    const found = [...log].map(([id, deletedAtMs]) => ({ id, deletedAtMs }))
    return found
      .filter(({ deletedAtMs }) => deletedAtMs >= fromMs && deletedAtMs <= toMs)
      .toSorted((a, b) => a.deletedAtMs - b.deletedAtMs)
  }
}
