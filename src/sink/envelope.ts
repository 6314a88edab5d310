import type { Action } from '../actions/action.ts'
import { parseDateTime } from '../avro/times.ts'
import type { IncomingRecord, RecordId } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import { isRecordId, to18 } from '../salesforce/ids.ts'
import { type Command, commandHash, type Format, type SaveOptions, type SinkObject } from './command.ts'
import { externalIdOf, fieldsOf, fieldsToNullOf } from './fields.ts'
import { invalid, kindOf, quote, suggest } from './refusal.ts'

/** A record's value once it was decoded: `content` is the command without its action's name, as JSON or Avro gave it. */
export interface Envelope {
  readonly commandId: string
  readonly action: string
  readonly content: Readonly<Record<string, unknown>>
}

const isAllowed = ({ allowed }: SinkObject, action: string): boolean => allowed === undefined || allowed.has(action)

/**
 * Checks a decoded value against its action and the object's describe; throws 'command.invalid' with what to correct, and
 * 'command.not_allowed' for an action that the config does not let producers use.
 */
export function toCommand(record: IncomingRecord, format: Format, envelope: Envelope, object: SinkObject): Command {
  const { commandId, content } = envelope
  const definition = definitionOf(envelope.action, object)
  refuseUnknownKeys(content, definition, envelope.action)
  const recordId = recordIdOf(content, definition, object)
  const extra = extraOf(content, definition)
  const { describe, idempotencyField } = object
  const given = fieldsOf(content, definition, format, describe)
  const fieldsToNull = fieldsToNullOf(content, definition, describe, given)
  const externalId = externalIdOf(content, definition, describe, given)
  const saveOptions = saveOptionsOf(content, definition)
  if (idempotencyField && (idempotencyField in given || fieldsToNull.includes(idempotencyField)))
    throw invalid(`${idempotencyField} is set by the connector`, 'Leave it out: it is filled with the commandId.')
  return {
    record,
    format,
    commandId,
    action: envelope.action,
    definition,
    object: definition.row ?? describe.name,
    recordId,
    fields: { ...given, ...definition.fieldsOf?.(extra) },
    fieldsToNull,
    externalId,
    saveOptions,
    idempotencyField: definition.operation === 'create' && !definition.row ? idempotencyField : undefined,
    expiresAt: expiresAtOf(content.expiresAt),
    hash: commandHash({
      action: envelope.action,
      recordId,
      fields: given,
      fieldsToNull,
      options: { ...extra, ...saveOptions, externalIdField: externalId?.field },
    }),
  }
}

function definitionOf(action: string, object: SinkObject): Action {
  const definition = object.actions.get(action)
  if (definition && isAllowed(object, action)) return definition
  if (definition)
    throw new ConnectorError('command.not_allowed', `${action} is not allowed by this connector`, {
      remedy: `Whoever runs the connector allows it in its config: sink.allow.${object.describe.name}.`,
    })
  const known = [...object.actions.keys()].filter(name => isAllowed(object, name))
  throw invalid(
    `${quote(action)} is no action of ${object.describe.name}`,
    `${suggest(action, known)}Use one of ${known.join(', ')}.`,
  )
}

function refuseUnknownKeys(content: Envelope['content'], { shape }: Action, action: string): void {
  const known = ['commandId', 'expiresAt', ...shape.extra.map(extra => extra.name)]
  if (shape.recordId) known.push('recordId')
  if (shape.fields !== 'none') known.push('fields')
  if (shape.fieldsToNull) known.push('fieldsToNull')
  if (shape.externalIdField) known.push('externalIdField')
  if (shape.saveOptions) known.push('autoAssign', 'allowSave')
  for (const [key, value] of Object.entries(content))
    if (!known.includes(key) && value !== null && value !== undefined)
      throw invalid(`${action} takes no ${quote(key)}`, `${suggest(key, known)}It takes ${known.join(', ')}.`)
}

function recordIdOf(content: Envelope['content'], { shape }: Action, object: SinkObject): RecordId | null {
  if (!shape.recordId) return null
  const { name, keyPrefix } = object.describe
  if (typeof content.recordId === 'string' && isRecordId(content.recordId, keyPrefix ?? undefined))
    return to18(content.recordId)
  const prefix = keyPrefix ? ` that starts with ${keyPrefix}` : ''
  throw invalid(`recordId is not the id of a ${name}`, `Give the 15 or 18 characters of the ${name}’s id${prefix}.`)
}

function extraOf(content: Envelope['content'], definition: Action): Readonly<Record<string, unknown>> {
  const extra: Record<string, unknown> = {}
  for (const { name, type, optional } of definition.shape.extra) {
    const value = content[name]
    if (optional && (value === null || value === undefined)) continue
    if (typeof value !== type) throw invalid(`${name} is ${kindOf(value)}`, `Give ${name} as a ${type}.`)
    extra[name] = value
  }
  const fault = definition.faultOf?.(extra)
  if (fault !== undefined) throw invalid(fault, 'Correct it and send the command again.')
  return extra
}

function saveOptionsOf(content: Envelope['content'], { shape }: Action): SaveOptions {
  if (!shape.saveOptions) return {}
  const given: Record<string, boolean> = {}
  for (const name of ['autoAssign', 'allowSave'] as const) {
    const value = content[name]
    if (value === null || value === undefined) continue
    if (typeof value !== 'boolean') throw invalid(`${name} is ${kindOf(value)}`, `Give ${name} as true or false.`)
    given[name] = value
  }
  return given
}

function expiresAtOf(value: unknown): number | null {
  if (value === undefined || value === null) return null
  const ms = typeof value === 'string' ? parseDateTime(value) : value
  if (typeof ms === 'number' && Number.isSafeInteger(ms) && ms >= 0) return ms
  throw invalid('expiresAt is no time', 'Give it as 2026-01-31T12:00:00Z, or in milliseconds since 1970.')
}
