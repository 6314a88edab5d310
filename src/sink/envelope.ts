import type { Action } from '../actions.ts'
import { jsonToSalesforceFields, toSalesforceFields } from '../avro/codec.ts'
import { parseDateTime } from '../avro/times.ts'
import type { FieldDescribe, IncomingRecord, RecordId } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { isRecordId, to18 } from '../salesforce/ids.ts'
import { type Command, commandHash, type Format, type SinkObject } from './command.ts'

/** A record's value once it was decoded: `content` is the command without its action's name, as JSON or Avro gave it. */
export interface Envelope {
  readonly commandId: string
  readonly action: string
  readonly content: Readonly<Record<string, unknown>>
}

/** The longest text a field of Salesforce takes (long text area). */
const fieldCharsMax = 131_072
const quotedCharsMax = 80

/** Checks a decoded value against its action and the object's describe; throws 'command.invalid' with what to correct. */
export function toCommand(record: IncomingRecord, format: Format, envelope: Envelope, object: SinkObject): Command {
  const { commandId, content } = envelope
  const definition = definitionOf(envelope.action, object)
  refuseUnknownKeys(content, definition, envelope.action)
  const recordId = recordIdOf(content, definition, object)
  const extra = extraOf(content, definition)
  const given = fieldsOf(content, definition, format, object)
  const fieldsToNull = fieldsToNullOf(content, definition, object, given)
  const { idempotencyField } = object
  if (idempotencyField && (idempotencyField in given || fieldsToNull.includes(idempotencyField)))
    throw invalid(`${idempotencyField} is set by the connector`, 'Leave it out: it is filled with the commandId.')
  return {
    record,
    format,
    commandId,
    action: envelope.action,
    definition,
    object: object.describe.name,
    recordId,
    fields: { ...given, ...definition.fieldsOf?.(extra) },
    fieldsToNull,
    idempotencyField: definition.operation === 'create' ? idempotencyField : undefined,
    expiresAt: expiresAtOf(content.expiresAt),
    hash: commandHash({ action: envelope.action, recordId, fields: given, fieldsToNull, options: extra }),
  }
}

function definitionOf(action: string, object: SinkObject): Action {
  const definition = object.actions.get(action)
  if (definition) return definition
  const known = [...object.actions.keys()]
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

function extraOf(content: Envelope['content'], { shape }: Action): Readonly<Record<string, unknown>> {
  const extra: Record<string, unknown> = {}
  for (const { name, type } of shape.extra) {
    const value = content[name]
    if (typeof value !== type) throw invalid(`${name} is ${kindOf(value)}`, `Give ${name} as a ${type}.`)
    extra[name] = value
  }
  return extra
}

function fieldsOf(
  content: Envelope['content'],
  { shape }: Action,
  format: Format,
  object: SinkObject,
): Readonly<Record<string, unknown>> {
  const { fields } = content
  if (shape.fields === 'none' || fields === undefined || fields === null) return {}
  if (typeof fields !== 'object' || Array.isArray(fields))
    throw invalid(`fields is ${kindOf(fields)}`, 'Give fields as an object of field names and values.')
  const given = fields as Readonly<Record<string, unknown>>
  const read = format === 'json' ? jsonToSalesforceFields : toSalesforceFields
  const written = read(object.describe, given)
  for (const [name, value] of Object.entries(written)) {
    const field = object.describe.fields.find(each => each.name === name)
    if (!field || !isWriteable(field, shape.fields))
      throw invalid(
        `${quote(name)} cannot be written here`,
        `Leave ${quote(name)} out, or give the connector’s user the right to write it.`,
      )
    if (typeof value === 'string' && value.length > fieldCharsMax)
      throw invalid(
        `${name} has ${value.length} characters`,
        `Shorten ${name}: no field takes more than ${fieldCharsMax}.`,
      )
  }
  return written
}

function isWriteable(field: FieldDescribe, kind: Action['shape']['fields']): boolean {
  if (kind === 'createable') return field.createable
  if (kind === 'updateable') return field.updateable
  return kind === 'writeable' && (field.createable || field.updateable)
}

function fieldsToNullOf(
  content: Envelope['content'],
  { shape }: Action,
  object: SinkObject,
  given: Readonly<Record<string, unknown>>,
): string[] {
  const names = content.fieldsToNull
  if (!shape.fieldsToNull || names === undefined || names === null) return []
  if (!Array.isArray(names)) throw invalid(`fieldsToNull is ${kindOf(names)}`, 'Give it as an array of field names.')
  const fields = new Map(object.describe.fields.map(field => [field.name, field]))
  for (const name of names as unknown[]) {
    const field = typeof name === 'string' ? fields.get(name) : undefined
    if (!field)
      throw invalid(
        `fieldsToNull names ${quote(name)}`,
        `${suggest(String(name), fields.keys())}Use names of the object’s fields.`,
      )
    if (!field.updateable || !field.nillable)
      throw invalid(`${field.name} cannot be cleared`, 'Take it out of fieldsToNull.')
    if (field.name in given)
      throw invalid(`${field.name} is both set and cleared`, 'Take it out of fields or of fieldsToNull.')
  }
  return [...new Set(names as string[])]
}

function expiresAtOf(value: unknown): number | null {
  if (value === undefined || value === null) return null
  const ms = typeof value === 'string' ? parseDateTime(value) : value
  if (typeof ms === 'number' && Number.isSafeInteger(ms) && ms >= 0) return ms
  throw invalid('expiresAt is no time', 'Give it as 2026-01-31T12:00:00Z, or in milliseconds since 1970.')
}

const kindOf = (value: unknown): string =>
  value === undefined
    ? 'missing'
    : value === null
      ? 'null'
      : Array.isArray(value)
        ? 'an array'
        : `of type ${typeof value}`

/** What a stranger wrote, short enough for a message. */
const quote = (value: unknown): string => {
  const text = typeof value === 'string' ? value : kindOf(value)
  return JSON.stringify(text.length > quotedCharsMax ? `${text.slice(0, quotedCharsMax)}…` : text)
}

function suggest(name: string, known: Iterable<string>): string {
  const best = name.length > quotedCharsMax ? undefined : nearest(name, known)
  return best === undefined ? '' : `Did you mean ${best}? `
}

const invalid = (message: string, remedy: string): ConnectorError =>
  new ConnectorError('command.invalid', message, { remedy })
