import { actions } from '../../src/actions.ts'
import { type IncomingRecord, type ObjectDescribe, offset } from '../../src/core/contract.ts'
import type { Command, SinkObject } from '../../src/sink/command.ts'
import { everyType } from '../avro/contact-describe.ts'

/** The contact of the tests, whose object has every type of field. */
export const contact = (idempotencyField?: string, describe: ObjectDescribe = everyType): SinkObject => ({
  describe,
  slug: 'contact',
  actions: new Map(Object.entries(actions).filter(([, action]) => action.object === 'Contact')),
  idempotencyField,
})

export const recordId = '0035e00000abcdeAAA'

export const incoming = (at: number, value: Buffer | null, changes: Partial<IncomingRecord> = {}): IncomingRecord => ({
  topic: 'contact.commands',
  partition: 0,
  offset: offset(at),
  key: null,
  value,
  headers: {},
  timestampMs: 0,
  ...changes,
})

export const jsonRecord = (at: number, command: object, changes: Partial<IncomingRecord> = {}): IncomingRecord =>
  incoming(at, Buffer.from(JSON.stringify(command)), changes)

/** A command that needs no reading. */
export const command = (at: number, action: string, changes: Partial<Command> = {}): Command => ({
  record: incoming(at, Buffer.from('{}')),
  format: 'json',
  commandId: `command-${at}`,
  action,
  definition: actions[action]!,
  object: 'Contact',
  recordId: null,
  fields: {},
  fieldsToNull: [],
  externalId: undefined,
  saveOptions: {},
  idempotencyField: undefined,
  expiresAt: null,
  hash: `hash-${at}`,
  ...changes,
})
