import { createHash } from 'node:crypto'
import type { Headers, IncomingRecord, Offset, OutgoingRecord } from '../core/contract.ts'
import type { DeadLetter } from './deserialize.ts'
import { sizeOf } from './record-size.ts'

/** The dead letter topic of a command topic, and who writes to it. */
export interface DeadLetterTopic {
  readonly topic: string
  readonly partitions: number
  readonly messageBytesMax: number
  readonly connector: string
}

/** The record that keeps a dead letter: key, value and headers byte for byte, and Kafka Connect's error headers (rule 5). */
export function deadLetterRecord(letter: DeadLetter, to: DeadLetterTopic): OutgoingRecord {
  const { record } = letter
  const headers = errorHeaders(letter, to.connector)
  const whole: OutgoingRecord = {
    topic: to.topic,
    partition: record.partition % to.partitions,
    key: record.key,
    value: record.value,
    headers: { ...record.headers, ...headers },
  }
  // The reason why a batch cannot be read stays in its headers; beside a larger record it is said that only the place is kept.
  if (record.unreadable) return { ...whole, ...stub(letter), headers: { ...headers, ...stubMark } }
  return sizeOf(whole) <= to.messageBytesMax
    ? whole
    : { ...whole, ...stub(letter), headers: { ...headers, ...stubMark, ...stubNote } }
}

const stubHeader = 'salesforce_kafka_stub'

/** Whether a dead letter is a stub: the record itself was too large for the dead letter topic, or is a batch that cannot be read. */
export const isStub = (headers: Headers): boolean => headers[stubHeader] !== undefined

const stubMark: Headers = { [stubHeader]: Buffer.from('true'), 'content-type': Buffer.from('application/json') }
const stubNote: Headers = {
  '__connect.errors.exception.message': Buffer.from(
    'too large for the dead letter topic: only its whereabouts are kept',
  ),
}

/**
 * Stands for a record that is too large even here, or for a batch that cannot be read; the original is where it says, as
 * long as its topic keeps it.
 */
function stub({ record }: DeadLetter): { key: null; value: Buffer } {
  const { topic, partition, offset, unreadable } = record
  const at = (from: Offset, rest: object) => ({
    key: null,
    value: Buffer.from(JSON.stringify({ topic, partition, offset: Number(from), ...rest })),
  })
  if (unreadable) {
    const { firstOffset, reason, sha256 } = unreadable
    return at(firstOffset, { lastOffset: Number(offset), reason, sha256 })
  }
  const sha256 = createHash('sha256')
    .update(record.value ?? '')
    .digest('hex')
  return at(offset, { sha256 })
}

const replayHeader = 'salesforce_kafka_replay'

/** Whether the record was parked in doubt and put back: then its IN_DOUBT reply does not keep it from being executed. */
export const isReplay = ({ headers }: Pick<IncomingRecord, 'headers'>): boolean => headers[replayHeader] !== undefined

/** Kafka Connect's names (DeadLetterQueueReporter), so that its tools read our dead letters. */
function errorHeaders({ record, error, stage }: DeadLetter, connector: string): Headers {
  const prefix = '__connect.errors.'
  return {
    ...(stage === 'execute' ? { [replayHeader]: Buffer.from('in-doubt') } : {}),
    [`${prefix}topic`]: Buffer.from(record.topic),
    [`${prefix}partition`]: Buffer.from(String(record.partition)),
    [`${prefix}offset`]: Buffer.from(String(record.unreadable?.firstOffset ?? record.offset)),
    [`${prefix}connector.name`]: Buffer.from(connector),
    [`${prefix}task.id`]: Buffer.from(String(record.partition)),
    [`${prefix}stage`]: Buffer.from(stage === 'execute' ? 'TASK_PUT' : 'VALUE_CONVERTER'),
    [`${prefix}class.name`]: Buffer.from(`sink/${stage ?? 'deserialize'}`),
    [`${prefix}exception.class.name`]: Buffer.from(error.code),
    [`${prefix}exception.message`]: Buffer.from(error.message),
  }
}
