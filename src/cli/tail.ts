import { objectSlug } from '../avro/names.ts'
import type { Config } from '../core/config.ts'
import type { KafkaConnection } from '../kafka/connection.ts'
import { type DecodedRecord, decode } from './decode.ts'
import { describeRecord } from './describe-record.ts'
import { exitCodes } from './failure.ts'
import type { Session } from './session.ts'
import { partitionsOf, type Topics, withTopics } from './topics.ts'

const waitMsMax = 500
const bytesMax = 1_048_576

export type Kind = 'events' | 'replies'

/** Which topics, and from where. */
export interface Selection {
  readonly what: Kind | 'all'
  /** Only these objects; all if empty. */
  readonly object: readonly string[]
  readonly from: 'beginning' | 'end'
}

export interface TailOptions extends Selection {
  readonly config: string
  readonly max?: number
}

/** `tail`: decoded records of the event and reply topics as they arrive, until a signal or `--max`. */
export const tail = (options: TailOptions, session: Session): Promise<number> =>
  withTopics(options.config, session, async topics => {
    const { terminal, json } = session
    const stop = new AbortController()
    const ignore = terminal.onSignal(() => stop.abort())
    let left = options.max ?? Number.POSITIVE_INFINITY
    try {
      if (!json) terminal.note(`Reading ${topicsOf(topics.config, options).join(', ')}; Ctrl-C ends.`)
      await followTopics(topics, options, stop.signal, record => {
        if (left === 0) return
        terminal.out(json ? JSON.stringify(record) : describeRecord(record, terminal))
        left -= 1
        if (left === 0) stop.abort()
      })
      return exitCodes.ok
    } finally {
      ignore()
    }
  })

/** Hands on every record of the chosen topics, decoded, each partition in order, until the signal aborts. */
export async function followTopics(
  topics: Topics,
  selection: Selection,
  signal: AbortSignal,
  onRecord: (record: DecodedRecord) => void,
): Promise<void> {
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  const follow = async (place: Place): Promise<void> => {
    for await (const records of read(topics.kafka, place, selection.from, either))
      for (const record of records) onRecord(await decode(record, topics.registry))
  }
  const places = await placesOf(topics.kafka, topicsOf(topics.config, selection))
  try {
    await Promise.all(places.map(follow))
  } finally {
    failed.abort() // if one partition fails, the others do not go on unseen
  }
}

/** Event topics of the source's objects and reply topics of the sink's, as far as they are asked for. */
export function topicsOf(config: Config, { what, object }: Pick<Selection, 'what' | 'object'>): string[] {
  const wanted = new Set(object.map(objectSlug))
  const slugs: Record<Kind, string[]> = {
    events: Object.keys(config.source.objects).map(objectSlug),
    replies: config.sink.objects.map(objectSlug),
  }
  const kinds: readonly Kind[] = what === 'all' ? ['events', 'replies'] : [what]
  return kinds.flatMap(kind =>
    slugs[kind]
      .filter(slug => wanted.size === 0 || wanted.has(slug))
      .map(slug => `${config.kafka.topicPrefix}.${slug}.${kind}`),
  )
}

interface Place {
  readonly topic: string
  readonly partition: number
}

async function placesOf(kafka: KafkaConnection, topics: readonly string[]): Promise<Place[]> {
  const places: Place[] = []
  for (const topic of topics) {
    const partitions = await partitionsOf(kafka, topic)
    for (let partition = 0; partition < partitions; partition++) places.push({ topic, partition })
  }
  return places
}

async function* read(kafka: KafkaConnection, place: Place, from: Selection['from'], signal: AbortSignal) {
  const { topic, partition } = place
  const start = from === 'end' ? await kafka.endOffset(topic, partition) : await kafka.startOffset(topic, partition)
  yield* kafka.readPartition({ topic, partition, from: start, signal, waitMsMax, bytesMax })
}
