import type { ObjectDescribe } from '../core/contract.ts'
import { type CommandShape, commandSchema, eventSchema, replySchema } from './derive.ts'
import { fullnameOf } from './schema.ts'

/** An object and the actions that take commands for it. */
export interface SchemaSource {
  readonly describe: ObjectDescribe
  readonly commands: readonly CommandShape[]
}

/** All schemas of the objects as .avsc files: name (`salesforce.contact.Event.avsc`) to content. */
export function renderSchemas(sources: readonly SchemaSource[]): Map<string, string> {
  const schemas = sources.flatMap(({ describe, commands }) => [
    eventSchema(describe),
    replySchema(describe),
    ...commands.map(shape => commandSchema(describe, shape)),
  ])
  return new Map(schemas.map(schema => [`${fullnameOf(schema)}.avsc`, `${JSON.stringify(schema, null, 2)}\n`]))
}
