import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { sleep } from '../core/clock.ts'
import { type IncomingRecord, type Offset, offset } from '../core/contract.ts'
import { isConnectorError } from '../core/errors.ts'
import { delayMs } from '../core/retry.ts'
import type { ConsumedBatch, Generation } from '../kafka/consumer.ts'
import type { TransactionalWriter } from '../kafka/transaction.ts'
import { type Answer, answersTo, contentsOf, type Entry } from './answer.ts'
import { covers, decodeMark, encodeMark, type Mark, restOf } from './attempt.ts'
import type { Command } from './command.ts'
import { type Deserialized, deserialize } from './deserialize.ts'
import { Duplicates, isFinal } from './duplicates.ts'
import { Execution } from './execute.ts'
import { type Item, isOnItsWay, newItem, otherContent, type Settled } from './item.ts'
import { rejected } from './outcome.ts'
import { type SinkParts, timeOf } from './parts.ts'
import { recall } from './recall.ts'
import { tell } from './tell.ts'
import type { Route } from './topics.ts'
import { PartitionCommits } from './transaction.ts'

/** A batch's commands are all held in memory, sent and answered together; this bounds their bytes, the config their number. */
const batchBytesMax = 4 * 1_048_576
/** A mark's start lies this much before Salesforce's time: its stamps have a grain of a second (design 4.2). */
const markLeadMs = 2_000
const registryDelays = { attemptsMax: 1_000, delayMsMin: 200, delayMsMax: 5_000 }

/** One partition of a command topic while we own it in one generation. */
export class OwnedPartition {
  readonly #parts: SinkParts
  readonly #route: Route
  readonly #partition: number
  readonly #generation: Generation
  readonly #commits: PartitionCommits
  #memory = new Duplicates({ countMax: 0, bytesMax: 0 })
  #mark: Mark | undefined
  /** The offset the next record is expected at; everything before it has its reply. */
  #next: Offset = offset(0)
  #aligned = false
  #soughtTo: Offset | undefined

  constructor(parts: SinkParts, route: Route, partition: number, writer: TransactionalWriter, generation: Generation) {
    this.#parts = parts
    this.#route = route
    this.#partition = partition
    this.#generation = generation
    const place = { groupId: parts.groupId, topic: route.commandTopic, partition }
    this.#commits = new PartitionCommits(parts.kafka, writer, place, parts.events)
  }

  get next(): Offset {
    return this.#next
  }

  /** Fences the former owner, then reads what it left: position, mark, replies. */
  async open(): Promise<void> {
    const { kafka, registry, config } = this.#parts
    const position = await this.#commits.takeOver()
    this.#mark = decodeMark(position.metadata)
    this.#next = position.offset ?? (await kafka.startOffset(this.#route.commandTopic, this.#partition))
    const limits = { countMax: config.sink.duplicateWindowCount, ageMsMax: config.sink.duplicateWindowMs }
    const { replies } = this.#route
    this.#memory = await recall({ kafka, registry, replies, limits }, this.#partition, this.#generation.signal)
  }

  /** Handles the batch in parts, each with its own commit; what is left when the generation ends is left to the next owner. */
  async take(batch: ConsumedBatch): Promise<void> {
    if (!this.#isAligned(batch)) return
    for (let rest = batch.records; rest.length > 0; ) {
      if (this.#generation.isEnding()) return batch.rewind(this.#next)
      const records = this.#cut(rest)
      const done = await this.#run(records)
      batch.resolve(this.#next)
      this.#tellLag(batch)
      if (!done) return batch.rewind(this.#next)
      rest = rest.slice(records.length)
    }
  }

  /** The consumer may have fetched before the fence: the first records must begin where the position is (kafka-facts 2.1, rule 5). */
  #isAligned(batch: ConsumedBatch): boolean {
    const first = batch.records[0]
    if (!first) return false
    // After a rewind a later record comes first only if those between are gone: markers of transactions, or retention.
    if (
      first.offset === this.#next ||
      (first.offset > this.#next && (this.#aligned || this.#soughtTo === this.#next))
    ) {
      this.#aligned = true
      return true
    }
    this.#soughtTo = this.#next
    batch.rewind(this.#next)
    return false
  }

  /** The next records to be handled together; a former owner's are not mixed with new ones (design 4.2). */
  #cut(records: readonly IncomingRecord[]): readonly IncomingRecord[] {
    let bytes = 0
    let count = 0
    const last = restOf(this.#mark, records[0]!.offset)?.last
    for (const record of records) {
      bytes += record.value?.length ?? 0
      const isFull = count >= this.#parts.config.sink.batchCommandsMax || bytes > batchBytesMax
      if (count > 0 && (isFull || (last !== undefined && record.offset > last))) break
      count++
    }
    return records.slice(0, count)
  }

  /** Executes and commits; false if not everything could be settled before the generation ended. */
  async #run(records: readonly IncomingRecord[]): Promise<boolean> {
    const read = await this.#read(records)
    if (read === undefined) return false
    const inherited = restOf(this.#mark, records[0]!.offset)
    const entries = read.map((each): Entry => ({ read: each, item: this.#itemOf(each) }))
    const items = entries.flatMap(entry => entry.item ?? [])
    const execution = new Execution(items, {
      salesforce: this.#parts.salesforce,
      describe: this.#route.object.describe,
      generation: this.#generation,
      heartbeatAgeMsMax: this.#parts.heartbeatAgeMsMax,
      drainMsMax: this.#parts.drainMsMax,
      recall: command => this.#recall(command),
      mark: () => this.#putMark(records),
      unmark: () => (inherited ? Promise.resolve() : this.#takeMarkBack()),
    })
    const failure = await execution.run().then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    // Rule 7: a member that is still one commits what it has in hand, even if the batch ended early.
    const answers = await this.#answers(entries)
    if (answers !== undefined && answers.length > 0) await this.#commit(records, items, answers)
    else if (!inherited && !items.some(isOnItsWay)) await this.#takeMarkBack()
    if (failure) throw failure.error
    return answers?.length === records.length
  }

  /** undefined: the generation is ending, and the registry could not be asked. The registry's absence says nothing of a record. */
  async #read(records: readonly IncomingRecord[]): Promise<Deserialized[] | undefined> {
    const { registry } = this.#parts
    return this.#patiently(() => Promise.all(records.map(record => deserialize(record, this.#route.object, registry))))
  }

  #answers(entries: readonly Entry[]): Promise<Answer[] | undefined> {
    const { registry, salesforce } = this.#parts
    const parts = { registry, describe: this.#route.object.describe, now: () => timeOf(salesforce) }
    return this.#patiently(() => answersTo(entries, parts))
  }

  async #patiently<T>(work: () => Promise<T>): Promise<T | undefined> {
    for (let n = 1; ; n++) {
      try {
        return await work()
      } catch (error) {
        if (!isConnectorError(error, 'registry.unavailable')) throw error
        this.#parts.events.taskFailed({
          task: `sink ${this.#route.commandTopic}/${this.#partition}`,
          error,
          stage: 'deserialize',
        })
      }
      if (this.#generation.isEnding()) return undefined
      await sleep(delayMs(registryDelays, n), this.#generation.signal).catch(() => undefined)
      this.#generation.signal.throwIfAborted()
    }
  }

  #itemOf(read: Deserialized): Item | undefined {
    if (read.kind !== 'command') return undefined
    return newItem(read.command, covers(this.#mark, read.command.record.offset))
  }

  #recall(command: Command): Settled | undefined {
    const found = this.#memory.lookUp(command.commandId, command.hash)
    if (found.kind === 'new') return undefined
    if (found.kind === 'same') return { kind: 'duplicate', of: found.reply }
    return { kind: 'outcome', outcome: rejected(otherContent(), command.recordId) }
  }

  /** Rule 8: the unchanged position with the mark; answers when the attempt began. A former owner's mark stands as it is. */
  async #putMark(records: readonly IncomingRecord[]): Promise<number> {
    const [first, last] = [records[0]!, records[records.length - 1]!]
    if (this.#mark && covers(this.#mark, first.offset)) {
      assert.ok(covers(this.#mark, last.offset), 'a batch is covered by a mark wholly or not at all')
      return this.#mark.startedAt
    }
    const startedAt = timeOf(this.#parts.salesforce) - markLeadMs
    const mark = { attempt: randomUUID(), first: this.#next, last: last.offset, startedAt }
    await this.#commitMark(mark)
    return startedAt
  }

  async #takeMarkBack(): Promise<void> {
    if (this.#mark) await this.#commitMark(undefined)
  }

  async #commitMark(mark: Mark | undefined): Promise<void> {
    const to = { offset: this.#next, metadata: encodeMark(mark) }
    await this.#commits.commit('mark', to, async () => [], this.#generation.signal)
    this.#mark = mark
  }

  /** Rule 2: the offset is committed beside the replies it earned, with what is still unanswered beyond it. */
  async #commit(records: readonly IncomingRecord[], items: readonly Item[], answers: readonly Answer[]): Promise<void> {
    const last = records[answers.length - 1]!
    const next = offset(last.offset + 1n)
    const isLeft = items.some(item => item.command.record.offset >= next && isOnItsWay(item))
    const reachesBeyond = this.#mark !== undefined && this.#mark.last > records[records.length - 1]!.offset
    const rest = isLeft || reachesBeyond ? restOf(this.#mark, next) : undefined
    const to = { offset: next, metadata: encodeMark(rest) }
    const { contents, valueAt } = contentsOf(answers, { ...this.#route, copies: this.#parts.copies })
    await this.#commits.commit('replies', to, contents, this.#generation.signal)
    this.#mark = rest
    this.#next = next
    for (const [at, answer] of answers.entries()) this.#remember(answer, valueAt(at))
    tell(this.#parts.events, this.#route, answers)
  }

  #remember(answer: Answer, value: Buffer | null): void {
    if (answer.kind !== 'reply' || value === null || !isFinal(answer.value)) return
    const { commandId, hash, format } = answer.asked
    this.#memory.remember(commandId, { commandHash: hash, value, format })
  }

  #tellLag({ highWatermark, topic, partition }: ConsumedBatch): void {
    this.#parts.events.lagSeen({ topic, partition, lag: Math.max(0, Number(highWatermark - this.#next)) })
  }
}
