import type { CommandShape } from './avro/derive.ts'

/** What an action does in Salesforce; decides how it is batched (sink/waves.ts) and what a repeat means (sink/attempt.ts). */
export type Operation = 'create' | 'update' | 'delete' | 'get'

/** A command as JSON, as a producer writes it; `commandId` is added where the sample is run. */
export type CommandSample = Readonly<Record<string, unknown>>

export interface Action {
  readonly object: string
  readonly operation: Operation
  /** Rule 6: may the request be sent twice without a second effect? */
  readonly repeat: 'safe' | 'unsafe'
  readonly doc: string
  readonly shape: Omit<CommandShape, 'name'>
  /** Salesforce fields written for the action's own arguments. */
  readonly fieldsOf?: (extra: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>
  /** Commands that must be accepted; `$id` stands for the id of an existing row. */
  readonly samples: readonly CommandSample[]
  /** Commands that must be refused, each with the error code of its reply. */
  readonly antiSamples: readonly { readonly command: CommandSample; readonly code: string }[]
}

const writes = { recordId: true, fields: 'updateable', fieldsToNull: true, externalIdField: false, extra: [] } as const
const byId = { recordId: true, fields: 'none', fieldsToNull: false, externalIdField: false, extra: [] } as const

/** All actions by name. One entry is one kind of command (design 3). */
export const actions: Readonly<Record<string, Action>> = {
  CreateContact: {
    object: 'Contact',
    operation: 'create',
    repeat: 'unsafe',
    doc: 'Creates a contact; the reply carries its id.',
    shape: { recordId: false, fields: 'createable', fieldsToNull: false, externalIdField: false, extra: [] },
    samples: [
      { fields: { LastName: 'Okafor', FirstName: 'Ada', Email: 'ada@example.com' } },
      { fields: { LastName: 'Prince', VIP__c: true, Credit_Limit__c: 2500.5, Interests__c: ['Music', 'Travel'] } },
    ],
    antiSamples: [
      { command: { fields: { FirstName: 'Nameless' } }, code: 'REQUIRED_FIELD_MISSING' },
      { command: { fields: { LastName: 'Okafor', Surname: 'Okafor' } }, code: 'command.invalid' },
      { command: { recordId: '$id', fields: { LastName: 'Okafor' } }, code: 'command.invalid' },
    ],
  },
  UpdateContact: {
    object: 'Contact',
    operation: 'update',
    repeat: 'safe',
    doc: 'Changes the named fields of a contact; `fieldsToNull` clears fields.',
    shape: writes,
    samples: [
      { recordId: '$id', fields: { Title: 'Chief Engineer' } },
      { recordId: '$id', fields: { VIP__c: false }, fieldsToNull: ['Title'] },
    ],
    antiSamples: [
      { command: { fields: { Title: 'No one' } }, code: 'command.invalid' },
      { command: { recordId: "003' OR Id != '", fields: { Title: 'x' } }, code: 'command.invalid' },
      { command: { recordId: '$id', fields: { VIP__c: 'yes' } }, code: 'command.invalid' },
    ],
  },
  DeleteContact: {
    object: 'Contact',
    operation: 'delete',
    repeat: 'safe',
    doc: 'Moves a contact to the recycle bin.',
    shape: byId,
    samples: [{ recordId: '$id' }],
    antiSamples: [{ command: { recordId: '003000000000000AAA/../../Account' }, code: 'command.invalid' }],
  },
  GetContactById: {
    object: 'Contact',
    operation: 'get',
    repeat: 'safe',
    doc: 'Reads a contact; the reply carries all fields the user may read.',
    shape: byId,
    samples: [{ recordId: '$id' }],
    antiSamples: [{ command: { recordId: '001000000000000AAA' }, code: 'command.invalid' }],
  },
  SetContactEmailOptOut: {
    object: 'Contact',
    operation: 'update',
    repeat: 'safe',
    doc: 'Sets or clears HasOptedOutOfEmail.',
    shape: {
      recordId: true,
      fields: 'none',
      fieldsToNull: false,
      externalIdField: false,
      extra: [{ name: 'optedOut', type: 'boolean', doc: 'true: no more e-mail; false: e-mail again.' }],
    },
    fieldsOf: extra => ({ HasOptedOutOfEmail: extra.optedOut }),
    samples: [
      { recordId: '$id', optedOut: true },
      { recordId: '$id', optedOut: false },
    ],
    antiSamples: [
      { command: { recordId: '$id' }, code: 'command.invalid' },
      { command: { recordId: '$id', optedOut: 'true' }, code: 'command.invalid' },
    ],
  },
}

/** The action's shape with its name, as the schema generator takes it. */
export const shapeOf = (name: string): CommandShape => ({ name, ...actions[name]!.shape })
