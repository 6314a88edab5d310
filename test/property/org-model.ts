import type { Row } from '../../src/core/contract.ts'

export interface Operation {
  readonly kind: 'create' | 'update' | 'delete'
  /** Which of the live rows, modulo their number. */
  readonly pick: number
  /** Milliseconds from the save, when the row is stamped, to the commit, when others see it. */
  readonly commitDelayMs: number
}

interface Pending {
  readonly visibleAtMs: number
  readonly row: Row
}

/** An org in a few lines: rows are stamped at save with one-second grain and seen at commit (salesforce-facts 3.6). */
export class OrgModel {
  nowMs = 1_800_000_000_000
  readonly #visible = new Map<string, Row>()
  readonly #latest = new Map<string, Row>()
  #pending: Pending[] = []
  #counter = 0
  /** Every version that was ever visible. */
  readonly committed = new Map<string, Row>()

  pass(ms: number): void {
    this.nowMs += ms
    const due = this.#pending.filter(({ visibleAtMs }) => visibleAtMs <= this.nowMs)
    this.#pending = this.#pending.filter(({ visibleAtMs }) => visibleAtMs > this.nowMs)
    for (const { row } of due) this.#show(row)
  }

  apply({ kind, pick, commitDelayMs }: Operation): void {
    const locked = new Set(this.#pending.map(({ row }) => row.Id))
    const live = [...this.#latest.values()].filter(row => row.IsDeleted !== true && !locked.has(row.Id))
    const former = kind === 'create' ? undefined : live[pick % Math.max(1, live.length)]
    if (kind !== 'create' && !former) return
    const stamp = new Date(Math.floor(this.nowMs / 1_000) * 1_000).toISOString()
    const count = ++this.#counter
    const row: Row = former
      ? { ...former, SystemModstamp: stamp, Title: `version ${count}`, IsDeleted: kind === 'delete' }
      : {
          Id: `003${String(count).padStart(15, '0')}`,
          CreatedDate: stamp,
          SystemModstamp: stamp,
          Title: '',
          IsDeleted: false,
        }
    this.#latest.set(String(row.Id), row)
    if (commitDelayMs === 0) this.#show(row)
    else this.#pending.push({ visibleAtMs: this.nowMs + commitDelayMs, row })
  }

  /** Ids in the order of the query, fixed when it starts. */
  query(fromMs: number, untilMs: number): string[] {
    return [...this.#visible.values()]
      .map(row => ({ id: String(row.Id), stampMs: Date.parse(String(row.SystemModstamp)) }))
      .filter(({ stampMs }) => stampMs >= fromMs && stampMs <= untilMs)
      .sort((a, b) => a.stampMs - b.stampMs || (a.id < b.id ? -1 : 1))
      .map(({ id }) => id)
  }

  read(id: string): Row {
    return this.#visible.get(id)!
  }

  #show(row: Row): void {
    this.#visible.set(String(row.Id), row)
    this.committed.set(`${row.Id} ${row.Title} ${row.IsDeleted}`, row)
  }
}
