import type { Row } from '../../src/core/contract.ts'

export interface Operation {
  readonly kind: 'create' | 'update' | 'delete' | 'undelete' | 'merge' | 'purge' | 'hard-delete'
  /** Which of the rows it may apply to, modulo their number. */
  readonly pick: number
  /** Milliseconds from the save, when the row is stamped, to the commit, when others see it. */
  readonly commitDelayMs: number
  /** Rows of one stamp that a create makes. */
  readonly rows: number
}

interface Pending {
  readonly savedAtMs: number
  readonly visibleAtMs: number
  readonly rows: readonly Row[]
}

const toSecond = (ms: number): number => Math.floor(ms / 1_000) * 1_000
const toMinute = (ms: number): number => Math.floor(ms / 60_000) * 60_000
const stampOf = (row: Row): number => Date.parse(String(row.SystemModstamp))

/** An org in a few lines: rows are stamped at save with one-second grain and seen at commit (salesforce-facts 3.6). */
export class OrgModel {
  nowMs = 1_800_000_000_000
  readonly #visible = new Map<string, Row>()
  readonly #latest = new Map<string, Row>()
  readonly #deleteLog: { readonly recordId: string; readonly deletedMs: number; readonly seenMs: number }[] = []
  #pending: Pending[] = []
  #counter = 0
  /** Every version that was ever visible. */
  readonly committed = new Map<string, Row>()
  /** Rows that are gone for good. */
  readonly purged = new Set<string>()

  pass(ms: number): void {
    this.nowMs += ms
    const due = this.#pending.filter(({ visibleAtMs }) => visibleAtMs <= this.nowMs)
    this.#pending = this.#pending.filter(({ visibleAtMs }) => visibleAtMs > this.nowMs)
    for (const { rows } of due) for (const row of rows) this.#show(row)
  }

  apply(operation: Operation): void {
    if (operation.kind === 'purge' || operation.kind === 'hard-delete') this.#purge(this.#rowFor(operation))
    else this.#save(this.#versionsOf(operation), operation.commitDelayMs)
  }

  /** Rows that no open transaction holds. */
  #free(gone: boolean): Row[] {
    const locked = new Set(this.#pending.flatMap(({ rows }) => rows.map(row => row.Id)))
    return [...this.#latest.values()].filter(row => !locked.has(row.Id) && (row.IsDeleted === true) === gone)
  }

  #rowFor({ kind, pick }: Operation): Row | undefined {
    const rows = this.#free(kind === 'undelete' || kind === 'purge')
    return rows[pick % Math.max(1, rows.length)]
  }

  #versionsOf(operation: Operation): Row[] {
    const { kind } = operation
    if (kind === 'create') return Array.from({ length: operation.rows }, () => this.#created())
    const row = this.#rowFor(operation)
    if (!row) return []
    if (kind === 'undelete') return [this.#edited(row, { IsDeleted: false, MasterRecordId: null })]
    if (kind === 'delete') return [this.#edited(row, { IsDeleted: true })]
    if (kind === 'update') return [this.#edited(row, {})]
    const winner = this.#free(false).find(each => each !== row)
    if (!winner) return []
    return [this.#edited(row, { IsDeleted: true, MasterRecordId: winner.Id }), this.#edited(winner, {})]
  }

  #created(): Row {
    const stamp = this.#stamp()
    const Id = `003${String(++this.#counter).padStart(15, '0')}`
    return { Id, CreatedDate: stamp, SystemModstamp: stamp, Title: '', IsDeleted: false, MasterRecordId: null }
  }

  #edited(row: Row, values: Row): Row {
    return { ...row, SystemModstamp: this.#stamp(), Title: `version ${++this.#counter}`, ...values }
  }

  #stamp(): string {
    return new Date(toSecond(this.nowMs)).toISOString()
  }

  #save(rows: readonly Row[], commitDelayMs: number): void {
    for (const row of rows) this.#latest.set(String(row.Id), row)
    if (commitDelayMs === 0) for (const row of rows) this.#show(row)
    else this.#pending.push({ savedAtMs: this.nowMs, visibleAtMs: this.nowMs + commitDelayMs, rows })
  }

  #purge(row: Row | undefined): void {
    if (!row) return
    const recordId = String(row.Id)
    if (row.IsDeleted !== true) this.#deleteLog.push({ recordId, deletedMs: toSecond(this.nowMs), seenMs: this.nowMs })
    this.#latest.delete(recordId)
    this.#visible.delete(recordId)
    this.purged.add(recordId)
  }

  /** Ids in the order of the query, fixed when it starts. */
  query(fromMs: number, untilMs: number): string[] {
    return [...this.#visible.values()]
      .map(row => ({ id: String(row.Id), stampMs: stampOf(row) }))
      .filter(({ stampMs }) => stampMs >= fromMs && stampMs <= untilMs)
      .sort((a, b) => a.stampMs - b.stampMs || (a.id < b.id ? -1 : 1))
      .map(({ id }) => id)
  }

  /** The row as it is visible; undefined once it was purged. */
  read(id: string): Row | undefined {
    return this.#visible.get(id)
  }

  /** As getUpdated and getDeleted: whole minutes, both ends included, held back by open transactions (salesforce-facts 4.2). */
  changes(fromMs: number, untilMs: number) {
    const from = toMinute(fromMs)
    const until = toMinute(untilMs)
    const oldest = Math.min(...this.#pending.map(({ savedAtMs }) => savedAtMs))
    const coveredMs = toMinute(Math.min(until, oldest, this.nowMs))
    const inRange = (ms: number) => ms >= from && ms <= until
    const updated = [...this.#visible.values()].filter(row => row.IsDeleted !== true && inRange(stampOf(row)))
    const deleted = this.#deleteLog.filter(({ deletedMs, seenMs }) => inRange(deletedMs) && seenMs <= this.nowMs)
    return { updated: updated.map(row => String(row.Id)), deleted, coveredMs }
  }

  #show(row: Row): void {
    const recordId = String(row.Id)
    if (row.IsDeleted === true) this.#deleteLog.push({ recordId, deletedMs: stampOf(row), seenMs: this.nowMs })
    this.#visible.set(recordId, row)
    this.committed.set(`${row.Id} ${row.Title} ${row.IsDeleted}`, row)
  }
}
