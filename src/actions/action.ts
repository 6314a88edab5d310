import type { CommandShape } from '../avro/derive.ts'

/** What an action does in Salesforce; decides how it is batched (sink/requests.ts) and what a repeat means (sink/attempt.ts). */
export type Operation = 'create' | 'update' | 'upsert' | 'delete' | 'get' | 'look-up'

/**
 * What is read before an action's own request, or instead of it (sink/lookups.ts): whether the campaign has the status
 * and already the member; after an unanswered request, whether the user is there; the lead statuses.
 */
export type Lookup = 'campaign-member' | 'username' | 'lead-statuses'

/** A command as JSON, as a producer writes it; `commandId` is added where the sample is run. */
export type CommandSample = Readonly<Record<string, unknown>>

/** An action's own arguments, of the types its shape says; those that were not given are absent. */
export type Arguments = Readonly<Record<string, unknown>>

export interface Action {
  /** The object whose command topic takes it. */
  readonly object: string
  /** The object of the row it writes, if that is another. */
  readonly row?: string
  readonly operation: Operation
  /** Rule 6: may the request be sent twice without a second effect? */
  readonly repeat: 'safe' | 'unsafe'
  readonly doc: string
  readonly shape: Omit<CommandShape, 'name'>
  readonly lookup?: Lookup
  /** Salesforce fields written for the action's own arguments. */
  readonly fieldsOf?: (given: Arguments) => Readonly<Record<string, unknown>>
  /** What is wrong with the action's own arguments, as a sentence for the reply. */
  readonly faultOf?: (given: Arguments) => string | undefined
  /**
   * Commands that must be accepted. `$id` stands for the id of an existing row of the object, `$Account` for one of that
   * object, `$unique` for a text that nothing else holds.
   */
  readonly samples: readonly CommandSample[]
  /** Commands that must be refused, each with the error code of its reply. */
  readonly antiSamples: readonly AntiSample[]
}

/** A command that must be refused; `code` is the error code of its reply. */
export interface AntiSample {
  readonly command: CommandSample
  readonly code: string
}

const nothing = { recordId: false, fields: 'none', fieldsToNull: false, externalIdField: false, extra: [] } as const
const byId = { ...nothing, recordId: true } as const

/** What an entry of the table says itself; the rest follows from the kind of request. */
export type Entry = Pick<Action, 'doc'> & Partial<Pick<Action, 'samples' | 'antiSamples' | 'repeat' | 'lookup'>>

const without = { samples: [], antiSamples: [] } as const

/** Creates a row of the object from the fields of the command. */
export const creates = (object: string, entry: Entry): Action => ({
  ...without,
  object,
  operation: 'create',
  repeat: 'unsafe',
  shape: { ...nothing, fields: 'createable', saveOptions: true },
  ...entry,
})

/** Changes the row with the command's recordId. */
export const updates = (object: string, entry: Entry): Action => ({
  ...without,
  object,
  operation: 'update',
  repeat: 'safe',
  shape: { ...byId, fields: 'updateable', fieldsToNull: true, saveOptions: true },
  ...entry,
})

/** Changes the row that has the external id, or creates it; a repeat is safe if the field is Unique (sink/command.ts). */
export const upserts = (object: string, entry: Entry): Action => ({
  ...without,
  object,
  operation: 'upsert',
  repeat: 'safe',
  shape: { ...nothing, fields: 'writeable', fieldsToNull: true, externalIdField: true, saveOptions: true },
  ...entry,
})

/** Moves the row with the command's recordId to the recycle bin. */
export const deletes = (object: string, entry: Entry): Action => ({
  ...without,
  object,
  operation: 'delete',
  repeat: 'safe',
  shape: byId,
  ...entry,
})

/** Reads the row with the command's recordId. */
export const reads = (object: string, entry: Entry): Action => ({
  ...without,
  object,
  operation: 'get',
  repeat: 'safe',
  shape: byId,
  ...entry,
})

/** Writes HasOptedOutOfEmail, either way. */
export const setsEmailOptOut = (object: string, entry: Entry): Action => ({
  ...without,
  object,
  operation: 'update',
  repeat: 'safe',
  shape: {
    ...byId,
    extra: [{ name: 'optedOut', type: 'boolean', doc: 'true: no more e-mail; false: e-mail again.' }],
  },
  fieldsOf: given => ({ HasOptedOutOfEmail: given.optedOut }),
  ...entry,
})

/** Answers from what the org knows of the object, for no row in particular. */
export const looksUp = (object: string, entry: Entry & { readonly lookup: Lookup }): Action => ({
  ...without,
  object,
  operation: 'look-up',
  repeat: 'safe',
  shape: nothing,
  ...entry,
})
