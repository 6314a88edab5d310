import { actionsOf, shapeOf } from '../actions.ts'
import { type Evolved, evolve, evolveCommand, evolveReply } from '../avro/evolve.ts'
import { eventTopicOf } from '../avro/names.ts'
import { topicNameSubject, topicRecordNameSubject } from '../avro/registry.ts'
import type { AvroSchema } from '../avro/schema.ts'
import type { Config } from '../core/config.ts'
import type { ObjectDescribe } from '../core/contract.ts'
import { commandTopicOf, replyTopicOf } from '../sink/topics.ts'

/** A subject of the registry, and the schema that the connector would register there next. */
export interface Subject {
  readonly subject: string
  /** Pure. `registered`: the subject's schemas, oldest first. */
  readonly evolve: (registered: readonly AvroSchema[]) => Evolved
}

/** Which objects the config has events of, and which commands and replies; an object named beyond it counts as both. */
export function objectsOf(
  config: Config,
  named: readonly string[],
): Map<string, { events: boolean; commands: boolean }> {
  const source = config.source.enabled ? Object.keys(config.source.objects) : []
  const sink = config.sink.enabled ? config.sink.objects : []
  const objects = named.length > 0 ? named : [...new Set([...source, ...sink])]
  return new Map(
    objects.map(object => {
      const [events, commands] = [source.includes(object), sink.includes(object)]
      return [object, events || commands ? { events, commands } : { events: true, commands: true }]
    }),
  )
}

/** The subjects of an object: its events, its replies, and the commands of each action that the config allows. */
export function subjectsOf(
  config: Config,
  describe: ObjectDescribe,
  { events, commands }: { readonly events: boolean; readonly commands: boolean },
): Subject[] {
  const { name } = describe
  const allowed = config.sink.allow[name]
  const subjects: Subject[] = []
  if (events)
    subjects.push({
      subject: topicNameSubject(eventTopicOf(config.kafka.topicPrefix, name)),
      evolve: history => evolve(history, describe, config.source.numbers),
    })
  if (!commands) return subjects
  const byRecord = (topic: string, next: Subject['evolve']): Subject => ({
    subject: topicRecordNameSubject(topic, next([]).schema),
    evolve: next,
  })
  subjects.push(byRecord(replyTopicOf(config, name), history => evolveReply(history, describe)))
  for (const [action, definition] of actionsOf(describe))
    if (allowed?.includes(action) ?? true) {
      const shape = shapeOf(action, definition)
      subjects.push(byRecord(commandTopicOf(config, name), history => evolveCommand(history, describe, shape)))
    }
  return subjects
}
