import { objectSlug } from '../avro/names.ts'
import type { SchemaRegistry } from '../avro/registry.ts'
import type { Config } from '../core/config.ts'
import { type IncomingRecord, type Offset, offset } from '../core/contract.ts'
import { isConnectorError } from '../core/errors.ts'
import { isStub } from '../sink/reject.ts'
import { type DecodedRecord, decode, headerOf } from './decode.ts'
import type { Topics } from './topics.ts'

/** What a dead letter is of: a command that could not be read, or an event that could not be written. */
export type Half = 'commands' | 'events'

/** Which dead letters; every one that fits all that is given. */
export interface LetterFilter {
  /** Only these objects; all if empty. */
  readonly object: readonly string[]
  readonly stage?: string
  /** Part of the error's class, as `command.unreadable`. */
  readonly error?: string
  /** Part of the key, the reason or the value, without regard to case. */
  readonly text?: string
  /** Epoch ms: written at or after, and before. */
  readonly since?: number
  readonly until?: number
}

/** A record of a dead letter topic. */
export interface Letter {
  readonly record: IncomingRecord
  readonly half: Half
  readonly object: string
  readonly stage: string
  readonly errorClass: string
  readonly reason: string
  /** Only whereabouts are kept: the record itself was too large, or is an event that was never written. */
  readonly isStub: boolean
}

/** A dead letter topic of the config. */
export interface LetterTopic {
  readonly half: Half
  readonly object: string
  readonly topic: string
}

const readWaitMsMax = 500
const readBytesMax = 4 * 1_048_576
const prefix = '__connect.errors.'

/** The dead letter topics of the chosen half and objects. */
export function letterTopics(config: Config, half: Half | 'all', objects: readonly string[]): LetterTopic[] {
  const wanted = new Set(objects.map(objectSlug))
  const named: Readonly<Record<Half, readonly string[]>> = {
    commands: config.sink.objects,
    events: Object.keys(config.source.objects),
  }
  const halves: readonly Half[] = half === 'all' ? ['commands', 'events'] : [half]
  return halves.flatMap(each =>
    named[each]
      .filter(object => wanted.size === 0 || wanted.has(objectSlug(object)))
      .map(object => ({
        half: each,
        object,
        topic: `${config.kafka.topicPrefix}.${objectSlug(object)}.${each}.dlq`,
      })),
  )
}

/** The letters of one partition up to its present end that fit the filter, in lists as they are fetched, oldest first. */
export async function* lettersOf(
  { kafka }: Pick<Topics, 'kafka'>,
  from: LetterTopic,
  partition: number,
  filter: LetterFilter,
): AsyncGenerator<Letter[], void, void> {
  const { topic } = from
  const until = await kafka.endOffset(topic, partition)
  const start = await kafka.startOffset(topic, partition)
  const since: Offset | undefined =
    filter.since === undefined ? start : ((await kafka.offsetAt(topic, partition, filter.since)) ?? until)
  const reading = { topic, partition, from: offset(since > start ? since : start), until }
  if (reading.from >= until) return
  for await (const records of kafka.readPartition({ ...reading, waitMsMax: readWaitMsMax, bytesMax: readBytesMax })) {
    const letters = records.map(record => toLetter(record, from)).filter(letter => fits(letter, filter))
    if (letters.length > 0) yield letters
  }
}

function toLetter(record: IncomingRecord, { half, object }: LetterTopic): Letter {
  const say = (name: string): string => headerOf(record.headers, `${prefix}${name}`) ?? ''
  const isEvent = half === 'events'
  return {
    record,
    half,
    object,
    stage: say('stage'),
    errorClass: say('exception.class.name'),
    reason: isEvent ? reasonOf(record) : say('exception.message'),
    isStub: isEvent || isStub(record.headers),
  }
}

/** An event's stub says in its value why the event could not be written. */
function reasonOf({ value }: IncomingRecord): string {
  try {
    const { reason } = JSON.parse(String(value)) as { reason?: unknown }
    return typeof reason === 'string' ? reason : ''
  } catch {
    return ''
  }
}

function fits({ record, stage, errorClass, reason }: Letter, filter: LetterFilter): boolean {
  const holds = (text: string, part: string): boolean => text.toLowerCase().includes(part.toLowerCase())
  if (filter.until !== undefined && record.timestampMs >= filter.until) return false
  if (filter.since !== undefined && record.timestampMs < filter.since) return false
  if (filter.stage !== undefined && stage.toLowerCase() !== filter.stage.toLowerCase()) return false
  if (filter.error !== undefined && !holds(errorClass, filter.error)) return false
  return (
    filter.text === undefined ||
    [record.key, reason, record.value].some(part => holds(String(part ?? ''), filter.text!))
  )
}

/** A dead letter as `dlq list --json` prints it; `value` is decoded where it can be, else `excerpt` is how it begins. */
export interface ShownLetter extends Omit<DecodedRecord, 'headers'> {
  readonly half: Half
  readonly object: string
  readonly stage: string
  readonly errorClass: string
  readonly reason: string
  /** Where the record stood; null for an event, which never stood anywhere. */
  readonly from: { readonly topic: string; readonly partition: number; readonly offset: number } | null
  readonly replayable: boolean
  readonly bytes: number
  readonly excerpt?: string
}

const excerptBytesMax = 120

/** Decodes letters for people. Once the registry does not answer, it is not asked again: the rest is shown as bytes. */
export function letterReader(registry: SchemaRegistry): (letter: Letter) => Promise<ShownLetter> {
  let isAway = false
  const read = async (record: IncomingRecord): Promise<DecodedRecord> => {
    const away = { schema: () => Promise.resolve(undefined) } as unknown as SchemaRegistry
    try {
      return await decode(record, isAway ? away : registry)
    } catch (error) {
      if (!isConnectorError(error, 'registry.unavailable')) throw error
      isAway = true
      return decode(record, away)
    }
  }
  return async letter => {
    const { record, half, object, stage, errorClass, reason, isStub } = letter
    const { headers: _, ...decoded } = await read(record)
    const say = (name: string): string => headerOf(record.headers, `${prefix}${name}`) ?? ''
    const from =
      say('topic') === ''
        ? null
        : { topic: say('topic'), partition: Number(say('partition')), offset: Number(say('offset')) }
    return {
      ...decoded,
      half,
      object,
      stage,
      errorClass,
      reason,
      from,
      replayable: !isStub,
      bytes: record.value?.length ?? 0,
      ...(decoded.unreadable === undefined
        ? {}
        : { excerpt: String(record.value?.subarray(0, excerptBytesMax).toString('latin1')) }),
    }
  }
}

/** Text of strangers for a terminal: characters that could steer it are written as escapes. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, char => `\\u{${char.codePointAt(0)!.toString(16)}}`)
