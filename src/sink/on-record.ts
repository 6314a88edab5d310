import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type IncomingRecord, type Offset, offset } from '../core/contract.ts'
import { covers, decodeField, decodeMark, encodeMark, type Mark, restOf } from './attempt.ts'
import type { Command } from './command.ts'
import type { Position } from './transaction.ts'

/** A mark's start lies this much before Salesforce's time: its stamps have a grain of a second (design 4.2). */
const markLeadMs = 2_000

type Known = Position & { readonly offset: Offset }

export interface OnRecordParts {
  /** Commits the unchanged position with other metadata. */
  readonly commit: (to: Known) => Promise<void>
  /** Salesforce's time, epoch ms. */
  readonly now: () => number
  /** The object's idempotency field, if it has one. */
  readonly field: string | undefined
}

/**
 * What the metadata of a partition's position says of attempts (design 4.2): which commands may have been sent, since when,
 * and by which field creates are sent. Behind a change of the config, creates that a former owner may have sent are still
 * sent by the field they were sent by, or are in doubt: by another field they would be made twice.
 */
export class OnRecord {
  readonly #parts: OnRecordParts
  #mark: Mark | undefined
  #former: { readonly field: string; readonly until: Offset } | undefined

  constructor(parts: OnRecordParts) {
    this.#parts = parts
  }

  /**
   * Takes the metadata as a former owner left it, and puts the field on record before anything is sent by it; `until` is
   * the end of what that one can have read. Throws on metadata of an unknown version.
   */
  async restore(metadata: string, next: Offset, until: Offset): Promise<void> {
    this.#mark = decodeMark(metadata)
    const field = decodeField(metadata)
    const isOther = field !== undefined && field !== this.#parts.field && next < until
    this.#former = isOther ? { field, until } : undefined
    if (this.#fieldAt(next) !== field) await this.#commit(next, this.#mark)
  }

  /** The last offset that may be handled together with this one: a former owner's commands are not mixed with new ones. */
  lastWith(at: Offset): Offset | undefined {
    const mark = restOf(this.#mark, at)
    if (mark) return mark.last
    return this.#former && at < this.#former.until ? offset(this.#former.until - 1n) : undefined
  }

  /** The mark in force from this offset on. */
  from(next: Offset): Mark | undefined {
    return restOf(this.#mark, next)
  }

  covers(at: Offset): boolean {
    return covers(this.#mark, at)
  }

  /** Whether the mark reaches beyond this offset. */
  reachesBeyond(at: Offset): boolean {
    return this.#mark !== undefined && this.#mark.last > at
  }

  /** The command as it was sent, if it was, or would be now. */
  asSent(command: Command): Command {
    const { definition, record, idempotencyField } = command
    if (definition.operation !== 'create' || definition.row !== undefined) return command
    const field = this.covers(record.offset) ? this.#mark!.field : this.#fieldAt(record.offset)
    return field === idempotencyField ? command : { ...command, idempotencyField: field }
  }

  /** The metadata of a position, with this mark. */
  metadata(next: Offset, mark: Mark | undefined): string {
    return encodeMark(mark, this.#fieldAt(next))
  }

  /** Rule 8: the unchanged position with the mark; answers when the attempt began. A former owner's mark stands as it is. */
  async put(records: readonly IncomingRecord[], next: Offset): Promise<number> {
    const [first, last] = [records[0]!, records[records.length - 1]!]
    if (this.#mark && covers(this.#mark, first.offset)) {
      assert.ok(covers(this.#mark, last.offset), 'a batch is covered by a mark wholly or not at all')
      return this.#mark.startedAt
    }
    const startedAt = this.#parts.now() - markLeadMs
    const field = this.#fieldAt(next)
    const mark = {
      attempt: randomUUID(),
      first: next,
      last: last.offset,
      startedAt,
      ...(field !== undefined && { field }),
    }
    await this.#commit(next, mark)
    return startedAt
  }

  async takeBack(next: Offset): Promise<void> {
    if (this.#mark) await this.#commit(next, undefined)
  }

  /** The position was committed with this mark. */
  moved(mark: Mark | undefined): void {
    this.#mark = mark
  }

  async #commit(next: Offset, mark: Mark | undefined): Promise<void> {
    await this.#parts.commit({ offset: next, metadata: this.metadata(next, mark) })
    this.#mark = mark
  }

  #fieldAt(at: Offset): string | undefined {
    return this.#former && at < this.#former.until ? this.#former.field : this.#parts.field
  }
}
