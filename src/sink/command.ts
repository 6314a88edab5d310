import { createHash } from 'node:crypto'
import type { Action } from '../actions/action.ts'
import type { IncomingRecord, ObjectDescribe, RecordId } from '../core/contract.ts'

/** How a command was written; its reply is written the same way. */
export type Format = 'avro' | 'json'

/** What becomes of a command that may have been executed and must not be sent twice (design 4.2). */
export type InDoubtPolicy = 'reply' | 'retry' | 'park'

/** An object whose commands are taken: its describe and what the config says of it. */
export interface SinkObject {
  readonly describe: ObjectDescribe
  /** The object's part of topic names, as `contact`. */
  readonly slug: string
  /** The object's actions by name. */
  readonly actions: ReadonlyMap<string, Action>
  /** Names of the actions that the operator lets producers use (`sink.allow`); absent: all. */
  readonly allowed?: ReadonlySet<string>
  /** External ID and Unique field that a create fills with the commandId; makes it repeat-safe. */
  readonly idempotencyField: string | undefined
  /** 'reply' if absent. */
  readonly inDoubt?: InDoubtPolicy
}

/** What an upsert finds its row by. */
export interface ExternalId {
  readonly field: string
  /** As text; it stands among the command's fields as well. */
  readonly value: string
  /** Whether Salesforce keeps a second row with the same value from being made. */
  readonly unique: boolean
}

/** How Salesforce is to save the row (salesforce-facts 2.3); absent is Salesforce's own default. */
export interface SaveOptions {
  /** Whether assignment rules run. */
  readonly autoAssign?: boolean
  /** true: the row is saved although a duplicate rule alerts. */
  readonly allowSave?: boolean
}

/** A command that was read and found in order; it has not been looked up among the duplicates yet. */
export interface Command {
  readonly record: IncomingRecord
  readonly format: Format
  readonly commandId: string
  readonly action: string
  readonly definition: Action
  readonly object: string
  readonly recordId: RecordId | null
  /** What is written, by field, in REST's JSON form; the action's own fields and the idempotency field are among them. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly fieldsToNull: readonly string[]
  /** Of an upsert. */
  readonly externalId: ExternalId | undefined
  readonly saveOptions: SaveOptions
  /** The field by which a create is sent as an upsert, if the object has one. */
  readonly idempotencyField: string | undefined
  /** Epoch ms after which the command must not be sent any more. */
  readonly expiresAt: number | null
  /** SHA-256, hex, of what the command asks for. */
  readonly hash: string
}

/** What a command asks for, without who asked and when. */
export interface Content {
  readonly action: string
  readonly recordId: string | null
  readonly fields: Readonly<Record<string, unknown>>
  readonly fieldsToNull: readonly string[]
  readonly options: Readonly<Record<string, unknown>>
}

/** SHA-256 in hex of the canonical JSON of the content: the same for the JSON and the Avro form of a command. */
export const commandHash = (content: Content): string =>
  createHash('sha256')
    .update(canonicalJson({ ...content, fieldsToNull: [...new Set(content.fieldsToNull)].sort() }))
    .digest('hex')

/** JSON with the keys of every object in code-unit order and without those that are undefined (after RFC 8785). */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`
}

/**
 * What no two commands of a wave may share (design 4.6): the Kafka key (rule 4), the row, the external id, the commandId.
 * Salesforce matches text of external ids without regard to case (salesforce-facts 2.7), hence the folding.
 */
export function uniquesOf(command: Command): string[] {
  const uniques = [`id ${command.commandId}`]
  if (command.record.key) uniques.push(`key ${command.record.key.toString('base64')}`)
  if (command.recordId) uniques.push(`row ${command.recordId}`)
  if (command.idempotencyField) uniques.push(externalKey(command.object, command.idempotencyField, command.commandId))
  if (command.externalId) uniques.push(externalKey(command.object, command.externalId.field, command.externalId.value))
  if (command.definition.lookup === 'username')
    uniques.push(externalKey(command.object, 'Username', String(command.fields.Username)))
  if (command.definition.lookup === 'campaign-member') {
    const { CampaignId, ContactId, LeadId } = command.fields
    uniques.push(`member ${CampaignId} ${ContactId ?? LeadId}`)
  }
  return uniques
}

const externalKey = (object: string, field: string, value: string): string =>
  `external ${object} ${field} ${value.trim().toLowerCase()}`

/**
 * Rule 6: may the command's request be sent twice without a second effect? Upserts of one value that run side by side
 * make two rows unless the field is Unique (salesforce-facts 2.7), and one whose answer was lost may still be running.
 */
export const isRepeatSafe = (command: Command): boolean =>
  (command.definition.repeat === 'safe' && command.externalId?.unique !== false) ||
  command.idempotencyField !== undefined

/**
 * Rule 8: must the attempt be on record before its request is sent? A command that may expire counts as well: after a
 * crash nobody could say any more that it was not executed in time. So does a user: only with the time of the attempt
 * can one found by its Username be told from one that was there before (design 4.2).
 */
export const needsMark = (command: Command): boolean =>
  !isRepeatSafe(command) ||
  command.definition.operation === 'delete' ||
  command.definition.lookup === 'username' ||
  command.expiresAt !== null
