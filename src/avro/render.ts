import type { ObjectDescribe } from '../core/contract.ts'
import { type CommandShape, commandSchema, eventSchema, replySchema } from './derive.ts'
import { type AvroRecordSchema, fullnameOf } from './schema.ts'

/** An object, whether it has events, and the actions that take commands for it. */
export interface SchemaSource {
  readonly describe: ObjectDescribe
  readonly events: boolean
  readonly commands: readonly CommandShape[]
}

/** All schemas of the objects as .avsc files: name (`salesforce.contact.Event.avsc`) to content. */
export function renderSchemas(sources: readonly SchemaSource[]): Map<string, string> {
  const schemas = sources.flatMap(({ describe, events, commands }) => [
    ...(events ? [eventSchema(describe)] : []),
    ...(commands.length > 0 ? [replySchema(describe)] : []),
    ...commands.map(shape => commandSchema(describe, shape)),
  ])
  return new Map(schemas.map(renderSchema))
}

/** A schema as a file: its name and its content. */
export const renderSchema = (schema: AvroRecordSchema): readonly [name: string, content: string] => [
  `${fullnameOf(schema)}.avsc`,
  `${JSON.stringify(schema, null, 2)}\n`,
]
