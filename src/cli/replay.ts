import { createHash } from 'node:crypto'
import type { Headers, OutgoingRecord } from '../core/contract.ts'
import { ConnectorError, isConnectorError } from '../core/errors.ts'
import { partitionFor } from '../kafka/partitioner.ts'
import type { TopicDescription } from '../kafka/topics.ts'
import type { TransactionalWriter } from '../kafka/transaction.ts'
import { sizeOf } from '../sink/record-size.ts'
import { isReplay } from '../sink/reject.ts'
import { type Letter, type LetterFilter, lettersOf, letterTopics } from './dead-letters.ts'
import { headerOf } from './decode.ts'
import { partitionsOf, type Topics } from './topics.ts'

/** How often what became of the dead letters that fit the filter. */
export interface ReplayCounts {
  replayed: number
  /** Replayed by an earlier run. */
  before: number
  /** Parked in doubt: they may have been executed, so they are replayed only when their stage or error is asked for. */
  inDoubt: number
  /** Only their whereabouts are kept. */
  stubs: number
  /** Larger than their command topic takes now. */
  tooLarge: number
}

/** What one transaction holds at most. */
const lettersMax = 500
const bytesMax = 2 * 1_048_576
const readWaitMsMax = 500
const readBytesMax = 4 * 1_048_576
const errorHeaders = '__connect.errors.'

export interface Replay {
  readonly filter: LetterFilter
  /** Says what would be replayed; nothing is written. */
  readonly dryRun: boolean
  readonly onLetter: (letter: Letter) => Promise<void>
  readonly onProgress: (counts: ReplayCounts) => void
}

/**
 * Puts dead letters of commands back on their command topics, as they came. Which ones were is on record in the compacted
 * topic `<prefix>.connector.replays`: a letter's mark is in the same transaction as its command, and marks are read behind
 * a fence that only one replay can hold. So a letter is replayed once, by however many runs, whatever their filters.
 */
export async function replay(topics: Topics, { filter, dryRun, onLetter, onProgress }: Replay): Promise<ReplayCounts> {
  const counts: ReplayCounts = { replayed: 0, before: 0, inDoubt: 0, stubs: 0, tooLarge: 0 }
  const { kafka, config } = topics
  const marks = new Marks(topics)
  if (!dryRun) await marks.ensureTopic()
  const writer = kafka.writer(`${config.environment}.${config.connector}.dlq.replay`)
  try {
    if (!dryRun) await writer.fence()
    await marks.read()
    for (const from of letterTopics(config, 'commands', filter.object)) {
      const letters = await kafka.describeTopic(from.topic)
      if (!letters) continue
      const target = await targetOf(topics, from.topic)
      for (let partition = 0; partition < letters.partitions; partition++)
        for await (const some of lettersOf(topics, from, partition, filter)) {
          const chosen = some.filter(letter => take(letter, filter, target, marks, counts))
          for (const letter of chosen) await onLetter(letter)
          for (const batch of dryRun ? [chosen] : batchesOf(chosen)) {
            if (!dryRun) await commit(writer, batch, target, marks)
            counts.replayed += batch.length
            onProgress(counts)
          }
        }
    }
    return counts
  } finally {
    await writer.close()
  }
}

interface Target extends TopicDescription {
  readonly topic: string
}

async function targetOf({ kafka }: Topics, letterTopic: string): Promise<Target> {
  const topic = letterTopic.slice(0, -'.dlq'.length)
  await partitionsOf(kafka, topic)
  return { topic, ...(await kafka.describeTopic(topic))! }
}

/** Whether the letter is to be replayed; counts it if not. */
function take(letter: Letter, filter: LetterFilter, target: Target, marks: Marks, counts: ReplayCounts): boolean {
  const isNamed = filter.error !== undefined || filter.stage !== undefined
  if (letter.isStub) counts.stubs++
  else if (marks.has(letter)) counts.before++
  else if (isReplay(letter.record) && !isNamed) counts.inDoubt++
  else if (sizeOf(commandOf(letter, target)) > target.messageBytesMax) counts.tooLarge++
  else return true
  return false
}

function batchesOf(letters: readonly Letter[]): Letter[][] {
  const batches: Letter[][] = []
  let bytes = 0
  for (const letter of letters) {
    const last = batches.at(-1)
    const size = letter.record.value?.length ?? 0
    bytes += size
    if (last && last.length < lettersMax && bytes <= bytesMax) last.push(letter)
    else {
      batches.push([letter])
      bytes = size
    }
  }
  return batches
}

async function commit(writer: TransactionalWriter, letters: readonly Letter[], target: Target, marks: Marks) {
  const records = [...letters.map(letter => commandOf(letter, target)), marks.recordOf(letters)]
  try {
    await writer.transact('replay', tx => tx.send(records))
  } catch (error) {
    if (!isConnectorError(error)) throw error
    const remedy =
      error.code === 'kafka.fenced'
        ? 'Another replay of this connector runs; let it finish.'
        : 'Run it again: what was replayed is on record, and is not replayed twice.'
    throw new ConnectorError(error.code, `replaying stopped: ${error.message}`, { cause: error, remedy })
  }
}

/** The record as it stood on its command topic: key, value and headers, without those that say why it could not be read. */
function commandOf({ record }: Letter, { topic, partitions }: Target): OutgoingRecord {
  const { key, value } = record
  const headers: Headers = Object.fromEntries(
    Object.entries(record.headers).filter(([name]) => !name.startsWith(errorHeaders)),
  )
  const from = headerOf(record.headers, `${errorHeaders}partition`) ?? ''
  const asked = /^\d{1,9}$/.test(from) && Number(from) < partitions ? Number(from) : undefined
  return { topic, partition: asked ?? (key === null ? 0 : partitionFor(key, partitions)), key, value, headers }
}

/** Which letters were replayed, as the topic of the marks says. */
class Marks {
  readonly #topics: Topics
  readonly #topic: string
  readonly #seen = new Set<string>()

  constructor(topics: Topics) {
    this.#topics = topics
    this.#topic = `${topics.config.kafka.topicPrefix}.connector.replays`
  }

  has(letter: Letter): boolean {
    return this.#seen.has(nameOf(letter))
  }

  /** One record for the letters of a transaction. */
  recordOf(letters: readonly Letter[]): OutgoingRecord {
    const names = letters.map(nameOf)
    const value = Buffer.from(JSON.stringify({ letters: names, replayedAt: new Date().toISOString() }))
    return { topic: this.#topic, partition: 0, key: Buffer.from(names[0]!), value }
  }

  async ensureTopic(): Promise<void> {
    const { kafka, config } = this.#topics
    const { createTopics, replicationFactor } = config.kafka
    const spec = { topic: this.#topic, partitions: 1, replicationFactor, config: { 'cleanup.policy': 'compact' } }
    if (createTopics) await kafka.ensureTopics([spec])
    const found = await kafka.describeTopic(this.#topic)
    if (found?.cleanupPolicy === 'compact') return
    const wrong = found ? `has cleanup.policy=${found.cleanupPolicy}` : 'does not exist'
    throw new ConnectorError('kafka.topic_invalid', `the topic ${this.#topic} ${wrong}`, {
      remedy:
        'Create it with one partition and cleanup.policy=compact: it says what was replayed, and must not forget.',
    })
  }

  async read(): Promise<void> {
    const { kafka } = this.#topics
    const place = { topic: this.#topic, partition: 0 }
    if (!(await kafka.describeTopic(this.#topic))) return
    const from = await kafka.startOffset(this.#topic, 0)
    const until = await kafka.endOffset(this.#topic, 0)
    const reading = { ...place, from, until, waitMsMax: readWaitMsMax, bytesMax: readBytesMax }
    for await (const records of kafka.readPartition(reading))
      for (const { value } of records) {
        const { letters } = JSON.parse(String(value)) as { letters: readonly string[] }
        for (const letter of letters) this.#seen.add(letter)
      }
  }
}

/** A letter's name is of its content too: another letter may stand at its place once the topic was made anew. */
function nameOf({ record }: Letter): string {
  const { topic, partition, offset, timestampMs, value } = record
  const hash = createHash('sha256')
    .update(value ?? '')
    .digest('hex')
    .slice(0, 16)
  return `${topic}/${partition}@${offset} ${timestampMs} ${hash}`
}
