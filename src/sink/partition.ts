import { type IncomingRecord, type Offset, offset } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import type { ConsumedBatch, Generation } from '../kafka/consumer.ts'
import type { TransactionalWriter } from '../kafka/transaction.ts'
import { type Answer, answersTo, contentsOf, type Entry } from './answer.ts'
import type { Command } from './command.ts'
import type { Deserialized } from './deserialize.ts'
import { Duplicates, isFinal } from './duplicates.ts'
import { Execution } from './execute.ts'
import { isOutdatedRead, type ReadBatch, readInShape, writerFor } from './in-shape.ts'
import { type Item, isOnItsWay, newItem, otherContent, type Settled } from './item.ts'
import { OnRecord } from './on-record.ts'
import { rejected } from './outcome.ts'
import { type SinkParts, timeOf } from './parts.ts'
import { patiently } from './patience.ts'
import { recall } from './recall.ts'
import { isReplay } from './reject.ts'
import type { ReplyWriter } from './reply.ts'
import type { SinkShape } from './shape.ts'
import { tell } from './tell.ts'
import type { Route } from './topics.ts'
import { PartitionCommits } from './transaction.ts'

/** A batch's commands are all held in memory, sent and answered together; this bounds their bytes, the config their number. */
const batchBytesMax = 4 * 1_048_576

/** One partition of a command topic while we own it in one generation. */
export class OwnedPartition {
  readonly #parts: SinkParts
  readonly #route: Route
  readonly #partition: number
  readonly #generation: Generation
  readonly #commits: PartitionCommits
  readonly #onRecord: OnRecord
  #memory = new Duplicates({ countMax: 0, bytesMax: 0 })
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
    this.#onRecord = new OnRecord({
      commit: to => this.#commits.commit('mark', to, async () => [], generation.signal),
      now: () => timeOf(parts.salesforce),
      field: route.shapes.current().object.idempotencyField,
    })
  }

  get next(): Offset {
    return this.#next
  }

  /** Fences the former owner, then reads what it left: position, mark, replies. */
  async open(): Promise<void> {
    const { kafka, registry, config } = this.#parts
    const position = await this.#commits.takeOver()
    this.#next = position.offset ?? (await kafka.startOffset(this.#route.commandTopic, this.#partition))
    const end = await kafka.endOffset(this.#route.commandTopic, this.#partition)
    await this.#onRecord.restore(position.metadata, this.#next, end)
    const limits = { countMax: config.sink.duplicateWindowCount, ageMsMax: config.sink.duplicateWindowMs }
    const { replies } = this.#route.shapes.current()
    const parts = { kafka, registry, replies, limits }
    const memory = await this.#patiently(() => recall(parts, this.#partition, this.#generation.signal))
    if (!memory) throw new ConnectorError('internal.stopped', 'the generation ended before the replies could be read')
    this.#memory = memory
  }

  /** Handles the batch in parts, each with its own commit; what is left when the generation ends is left to the next owner. */
  async take(batch: ConsumedBatch): Promise<void> {
    if (!(await this.#isAligned(batch))) return
    for (let rest = batch.records; rest.length > 0; ) {
      if (this.#generation.isEnding()) return batch.rewind(this.#next)
      const records = this.#cut(rest)
      const { taken, isDone } = await this.#run(records)
      batch.resolve(this.#next)
      this.#tellLag(batch)
      if (!isDone) return batch.rewind(this.#next)
      rest = rest.slice(taken)
    }
  }

  /** The consumer may have fetched before the fence: the first records must begin where the position is (kafka-facts 2.1, rule 5). */
  async #isAligned(batch: ConsumedBatch): Promise<boolean> {
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
    if (this.#soughtTo === this.#next) await this.#checkPosition()
    this.#soughtTo = this.#next
    batch.rewind(this.#next)
    return false
  }

  /** A position beyond the end: the log lost its tail, or is another. Neither would a command be missed silently nor run twice. */
  async #checkPosition(): Promise<void> {
    const [topic, partition] = [this.#route.commandTopic, this.#partition]
    const end = await this.#parts.kafka.endOffset(topic, partition)
    if (end >= this.#next) return
    throw new ConnectorError(
      'kafka.topic_invalid',
      `${topic}/${partition} ends at ${end}, but the group ${this.#parts.groupId} is at ${this.#next} in it`,
      { remedy: 'If the topic was made anew, move the group to its start with kafka-consumer-groups --reset-offsets.' },
    )
  }

  /** The next records to be handled together; a former owner's are not mixed with new ones (design 4.2). */
  #cut(records: readonly IncomingRecord[]): readonly IncomingRecord[] {
    let bytes = 0
    let count = 0
    const last = this.#onRecord.lastWith(records[0]!.offset)
    for (const record of records) {
      bytes += record.value?.length ?? 0
      const isFull = count >= this.#parts.config.sink.batchCommandsMax || bytes > batchBytesMax
      if (count > 0 && (isFull || (last !== undefined && record.offset > last))) break
      count++
    }
    return records.slice(0, count)
  }

  /** Executes and commits the records, or the first of them; `isDone` false: not everything could be settled before the generation ended. */
  async #run(asked: readonly IncomingRecord[]): Promise<{ readonly taken: number; readonly isDone: boolean }> {
    const batch = await this.#read(asked)
    if (batch === undefined) return { taken: 0, isDone: false }
    const { records, read } = batch
    let { shape } = batch
    const inherited = this.#onRecord.from(records[0]!.offset)
    const entries = read.map((each): Entry => ({ read: each, item: this.#itemOf(each) }))
    const items = entries.flatMap(entry => entry.item ?? [])
    const execution = new Execution(items, {
      salesforce: this.#parts.salesforce,
      get describe() {
        return shape.object.describe
      },
      inDoubt: shape.object.inDoubt ?? 'reply',
      generation: this.#generation,
      heartbeatAgeMsMax: this.#parts.heartbeatAgeMsMax,
      drainMsMax: this.#parts.drainMsMax,
      recall: command => this.#recall(command),
      mark: () => this.#onRecord.put(records, this.#next),
      unmark: () => (inherited ? Promise.resolve() : this.#onRecord.takeBack(this.#next)),
      reconsider: async left => {
        const outdated = left.filter(isOutdatedRead)
        const renewed = outdated.length > 0 ? await this.#route.shapes.doubt() : shape
        if (renewed.object.describe === shape.object.describe) return
        shape = renewed
        for (const item of outdated) item.settled = undefined
      },
    })
    const failure = await execution.run().then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    // Rule 7: a member that is still one commits what it has in hand, even if the batch ended early.
    const { answers, replies } = (await this.#answers(entries, shape)) ?? {}
    if (answers !== undefined && answers.length > 0)
      await this.#commit(records, items, answers, replies ? { ...shape, replies } : shape)
    else if (!inherited && !items.some(isOnItsWay)) await this.#onRecord.takeBack(this.#next)
    if (failure) throw failure.error
    return { taken: records.length, isDone: answers?.length === records.length }
  }

  /** undefined: the generation is ending, and the registry could not be asked. */
  #read(records: readonly IncomingRecord[]): Promise<ReadBatch | undefined> {
    return this.#patiently(() => readInShape(records, this.#route.shapes, this.#parts.registry))
  }

  #answers(
    entries: readonly Entry[],
    shape: SinkShape,
  ): Promise<{ readonly answers: Answer[]; readonly replies: ReplyWriter } | undefined> {
    const { registry, salesforce } = this.#parts
    return this.#patiently(async () => {
      const replies = await writerFor(entries, this.#route.shapes, shape.replies)
      const parts = { registry, forms: replies, now: () => timeOf(salesforce) }
      return { answers: await answersTo(entries, parts), replies }
    })
  }

  #patiently<T>(work: () => Promise<T>): Promise<T | undefined> {
    return patiently(work, `${this.#route.commandTopic}/${this.#partition}`, this.#parts, this.#generation)
  }

  #itemOf(read: Deserialized): Item | undefined {
    if (read.kind !== 'command') return undefined
    return newItem(this.#onRecord.asSent(read.command), this.#onRecord.covers(read.command.record.offset))
  }

  #recall(command: Command): Settled | undefined {
    const found = this.#memory.lookUp(command.commandId, command.hash)
    if (found.kind === 'new') return undefined
    if (found.kind === 'same' && found.reply.inDoubt && isReplay(command.record)) return undefined
    if (found.kind === 'same') return { kind: 'duplicate', of: found.reply }
    return { kind: 'outcome', outcome: rejected(otherContent(), command.recordId) }
  }

  /** Rule 2: the offset is committed beside the replies it earned, with what is still unanswered beyond it. */
  async #commit(
    records: readonly IncomingRecord[],
    items: readonly Item[],
    answers: readonly Answer[],
    { object, replies }: SinkShape,
  ): Promise<void> {
    const last = records[answers.length - 1]!
    const next = offset(last.offset + 1n)
    const isLeft = items.some(item => item.command.record.offset >= next && isOnItsWay(item))
    const reachesBeyond = this.#onRecord.reachesBeyond(records[records.length - 1]!.offset)
    const rest = isLeft || reachesBeyond ? this.#onRecord.from(next) : undefined
    const to = { offset: next, metadata: this.#onRecord.metadata(next, rest) }
    const { contents, valueAt } = contentsOf(answers, { ...this.#route, replies, copies: this.#parts.copies })
    await this.#commits.commit('replies', to, contents, this.#generation.signal)
    this.#onRecord.moved(rest)
    this.#next = next
    for (const [at, answer] of answers.entries()) this.#remember(answer, valueAt(at))
    tell(this.#parts.events, this.#route, object, answers)
  }

  #remember(answer: Answer, value: Buffer | null): void {
    if (answer.kind !== 'reply' || value === null || !isFinal(answer.value)) return
    const { commandId, hash, format } = answer.asked
    this.#memory.remember(commandId, { commandHash: hash, value, format, inDoubt: answer.value.status === 'IN_DOUBT' })
  }

  #tellLag({ highWatermark, topic, partition }: ConsumedBatch): void {
    this.#parts.events.lagSeen({ topic, partition, lag: Math.max(0, Number(highWatermark - this.#next)) })
  }
}
