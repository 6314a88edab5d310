import assert from 'node:assert/strict'
import type { SchemaRegistry } from '../avro/registry.ts'
import type { OutgoingRecord, ReplyValue } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import { type Copy, copyOf, fitsCopy, type ReplyTopics } from './copies.ts'
import type { DeadLetter, Deserialized, Invalid } from './deserialize.ts'
import type { Item } from './item.ts'
import { rejected } from './outcome.ts'
import { type DeadLetterTopic, deadLetterRecord } from './reject.ts'
import { type Asked, type ReplyWriter, type RowForms, repeatReply, replyRecord, replyValue } from './reply.ts'
import type { Contents } from './transaction.ts'

/** What a record of the command topic earned: a reply, or a place among the dead letters. */
export type Answer =
  | {
      readonly kind: 'reply'
      readonly asked: Asked
      readonly value: ReplyValue
      /** The command, to be parked among the dead letters beside its reply. */
      readonly parked?: DeadLetter
    }
  | DeadLetter

/** A record as read and, if it is a command, how far its execution came. */
export interface Entry {
  readonly read: Deserialized
  readonly item: Item | undefined
}

export interface AnswerParts {
  readonly forms: RowForms
  readonly registry: SchemaRegistry
  /** Salesforce's time, epoch ms. */
  readonly now: () => number
}

/** The answers to the entries, in their order; stops before the first one that is not settled. */
export async function answersTo(entries: readonly Entry[], parts: AnswerParts): Promise<Answer[]> {
  const answers: Answer[] = []
  for (const { read, item } of entries) {
    if (read.kind === 'dead-letter') answers.push(read)
    else if (read.kind === 'invalid') answers.push(answerInvalid(read, parts))
    else {
      if (!item?.settled) break
      const asked = askedBy(item)
      const value = await replyOf(item, asked, parts)
      answers.push({ kind: 'reply', asked, value, ...parkedOf(item) })
    }
  }
  return answers
}

/** What is in doubt goes to the dead letters as well if its policy says so (design 4.2). */
function parkedOf({ command, settled }: Item): { parked?: DeadLetter } {
  if (settled?.kind !== 'outcome' || !settled.parked) return {}
  const { candidates, errors } = settled.outcome
  const found = candidates.length > 0 ? ` Candidates: ${candidates.join(', ')}.` : ''
  const message = `${errors[0]?.message ?? 'in doubt'}${found}`
  const error = new ConnectorError('salesforce.unknown_outcome', message)
  return { parked: { kind: 'dead-letter', record: command.record, error, stage: 'execute' } }
}

const askedBy = ({ command }: Item): Asked => command

function answerInvalid(read: Invalid, { now, forms }: AnswerParts): Answer {
  const asked = { ...read, hash: '' }
  const times = { attempts: 0, startedAt: now(), finishedAt: now() }
  return { kind: 'reply', asked, value: replyValue(asked, rejected(read.error), times, forms) }
}

async function replyOf(item: Item, asked: Asked, { forms, registry }: AnswerParts): Promise<ReplyValue> {
  const settled = item.settled!
  if (settled.kind === 'duplicate' && !('command' in settled.of)) return repeatReply(settled.of, asked, forms, registry)
  // One that repeats another of its batch may be written in the other format.
  const first = settled.kind === 'duplicate' ? (settled.of as Item) : item
  assert.ok(first.settled?.kind === 'outcome', 'a command is answered after the one it repeats')
  const { sent: attempts, startedAt, finishedAt } = first
  const value = replyValue(asked, first.settled.outcome, { attempts, startedAt, finishedAt }, forms)
  return { ...value, duplicate: first !== item }
}

export interface Targets {
  readonly replies: ReplyWriter
  readonly deadLetters: DeadLetterTopic
  readonly copies: ReplyTopics
}

/** The records of the answers: one reply or dead letter for each, and the copies that were asked for and can be made. */
export async function recordsOf(
  answers: readonly Answer[],
  to: Targets,
  withCopies: boolean,
): Promise<OutgoingRecord[]> {
  const records: OutgoingRecord[] = []
  const copies: OutgoingRecord[] = []
  for (const answer of answers) {
    if (answer.kind === 'dead-letter') records.push(deadLetterRecord(answer, to.deadLetters))
    else {
      const { reply, copy } = await withCopy(answer, to, withCopies)
      records.push(reply)
      if (copy) copies.push(copy)
      if (answer.parked) copies.push(deadLetterRecord(answer.parked, to.deadLetters))
    }
  }
  // Rule 3: one command, one committed reply (or dead letter, rule 5).
  assert.equal(records.length, answers.length)
  return [...records, ...copies]
}

interface Copied {
  readonly reply: OutgoingRecord
  readonly copy?: OutgoingRecord
}

/** Design 4.7: a copy that could fail the transaction is left out, and the reply says so. */
async function withCopy(answer: Answer & { kind: 'reply' }, to: Targets, withCopies: boolean): Promise<Copied> {
  const { asked, value } = answer
  const { headers, key } = asked.record
  const where: Copy = await copyOf(headers, key, to.copies)
  const warned = (warning: string): Copied => ({
    reply: replyRecord({ ...value, warnings: [...value.warnings, warning] }, asked, to.replies),
  })
  if (where.kind === 'refused') return warned(where.warning)
  const reply = replyRecord(value, asked, to.replies)
  if (where.kind === 'none') return { reply }
  const copy = { ...reply, topic: where.topic, partition: where.partition }
  if (!withCopies || !fitsCopy(copy, where)) {
    const reason = withCopies ? 'it is too large for that topic.' : 'writing to that topic failed.'
    return warned(`No copy was sent to kafka_replyTopic: ${reason}`)
  }
  return { reply, copy }
}

/**
 * The records as a commit asks for them (design 4.7): what was too large for its topic is written smaller, and what fails
 * twice without copies, so that nothing poisons the transaction. `valueAt` is what was last written for an answer.
 */
export function contentsOf(
  answers: readonly Answer[],
  to: Targets,
): { contents: Contents; valueAt: (at: number) => Buffer | null } {
  let shrink = 1
  let records: readonly OutgoingRecord[] = []
  const contents: Contents = async (tries, failure) => {
    if (failure?.code === 'record.too_large') shrink *= 2
    const replies = { ...to.replies, messageBytesMax: to.replies.messageBytesMax / shrink }
    const deadLetters = { ...to.deadLetters, messageBytesMax: to.deadLetters.messageBytesMax / shrink }
    records = await recordsOf(answers, { ...to, replies, deadLetters }, tries <= 2)
    return records
  }
  return { contents, valueAt: at => records[at]?.value ?? null }
}
