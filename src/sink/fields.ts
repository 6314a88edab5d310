import type { Action } from '../actions/action.ts'
import { isUpsertField } from '../actions/every-object.ts'
import { jsonToSalesforceFields, toSalesforceFields } from '../avro/codec.ts'
import { avroName } from '../avro/names.ts'
import { isParentLookup } from '../avro/written.ts'
import type { FieldDescribe, ObjectDescribe } from '../core/contract.ts'
import type { ExternalId, Format } from './command.ts'
import { invalid, kindOf, quote, suggest } from './refusal.ts'

type Content = Readonly<Record<string, unknown>>

/** The longest text a field of Salesforce takes (long text area), and one that is an external id. */
const fieldCharsMax = 131_072
const externalIdCharsMax = 255
const identifierPattern = /^[A-Za-z][A-Za-z0-9_]{0,79}$/

/** The `fields` of a command as REST takes them, parents named by external id among them. Throws 'command.invalid'. */
export function fieldsOf(content: Content, { shape }: Action, format: Format, describe: ObjectDescribe): Content {
  const { fields } = content
  if (shape.fields === 'none' || fields === undefined || fields === null) return {}
  if (typeof fields !== 'object' || Array.isArray(fields))
    throw invalid(`fields is ${kindOf(fields)}`, 'Give fields as an object of field names and values.')
  const { own, parents } = apart(fields as Content, format, describe)
  const read = format === 'json' ? jsonToSalesforceFields : toSalesforceFields
  const written = read(describe, own)
  for (const [name, value] of Object.entries(written)) {
    const field = describe.fields.find(each => each.name === name)
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
  return { ...written, ...parentsOf(parents, shape.fields, written) }
}

interface Parent {
  readonly lookup: FieldDescribe
  readonly value: unknown
}

/** Parents stand among the fields by the names of their relationships (salesforce-facts 2.7). */
function apart(fields: Content, format: Format, describe: ObjectDescribe): { own: Content; parents: Parent[] } {
  const own: Record<string, unknown> = Object.create(null)
  const parents: Parent[] = []
  for (const [name, value] of Object.entries(fields)) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    const lookup = isObject ? lookupOf(describe, name, format) : undefined
    if (lookup) parents.push({ lookup, value })
    else own[name] = value
  }
  return { own, parents }
}

function lookupOf(describe: ObjectDescribe, name: string, format: Format): FieldDescribe | undefined {
  const nameOf = ({ relationshipName }: FieldDescribe): string | null =>
    relationshipName !== null && format === 'avro' ? avroName(relationshipName) : relationshipName
  if (describe.fields.some(field => field.name === name)) return undefined
  return describe.fields.find(field => field.relationshipName !== null && nameOf(field) === name)
}

function parentsOf(parents: readonly Parent[], kind: Action['shape']['fields'], written: Content): Content {
  const rows: Record<string, unknown> = {}
  for (const { lookup, value } of parents) {
    const name = lookup.relationshipName!
    if (!isWriteable(lookup, kind)) throw invalid(`${name} cannot be written here`, `Leave ${name} out.`)
    if (!isParentLookup(lookup))
      throw invalid(
        `${name} may be a row of ${lookup.referenceTo.length} objects`,
        `Give its id in ${lookup.name}: an external id does not say of which object it is.`,
      )
    if (lookup.name in written) throw invalid(`${name} and ${lookup.name} name the same parent`, 'Give one of them.')
    rows[name] = parentRow(name, value as Content)
  }
  return rows
}

function parentRow(name: string, value: Content): Content {
  const [entry, ...others] = Object.entries(value).filter(([, id]) => id !== null && id !== undefined)
  const remedy = `Give it as {"ExternalId__c": "…"}, with the name of an external id field of the parent.`
  if (!entry || others.length > 0) throw invalid(`${name} has ${others.length + (entry ? 1 : 0)} external ids`, remedy)
  const [field, id] = entry
  const isText = typeof id === 'string' && id !== '' && id.length <= externalIdCharsMax
  if (!identifierPattern.test(field) || !(isText || Number.isFinite(id)))
    throw invalid(`${name}: ${quote(field)} is no external id field with a text or a number`, remedy)
  return { [field]: id }
}

function isWriteable(field: FieldDescribe, kind: Action['shape']['fields']): boolean {
  if (kind === 'createable') return field.createable
  if (kind === 'updateable') return field.updateable
  return kind === 'writeable' && (field.createable || field.updateable)
}

/** The fields to clear. Throws 'command.invalid'. */
export function fieldsToNullOf(
  content: Content,
  { shape }: Action,
  describe: ObjectDescribe,
  given: Content,
): readonly string[] {
  const names = content.fieldsToNull
  if (!shape.fieldsToNull || names === undefined || names === null) return []
  if (!Array.isArray(names)) throw invalid(`fieldsToNull is ${kindOf(names)}`, 'Give it as an array of field names.')
  const fields = new Map(describe.fields.map(field => [field.name, field]))
  for (const name of names as unknown[]) {
    const field = typeof name === 'string' ? fields.get(name) : undefined
    if (!field)
      throw invalid(
        `fieldsToNull names ${quote(name)}`,
        `${suggest(String(name), fields.keys())}Use names of the object’s fields.`,
      )
    if (!field.updateable || !field.nillable)
      throw invalid(`${field.name} cannot be cleared`, 'Take it out of fieldsToNull.')
    if (field.name in given || (field.relationshipName !== null && field.relationshipName in given))
      throw invalid(`${field.name} is both set and cleared`, 'Take it out of fields or of fieldsToNull.')
  }
  return [...new Set(names as string[])]
}

/** The external id that an upsert finds its row by; its value is one of the fields given. Throws 'command.invalid'. */
export function externalIdOf(
  content: Content,
  { shape }: Action,
  describe: ObjectDescribe,
  given: Content,
): ExternalId | undefined {
  if (!shape.externalIdField) return undefined
  const name = content.externalIdField
  const known = describe.fields.filter(isUpsertField)
  const field = known.find(each => each.name === name)
  if (!field)
    throw invalid(
      `externalIdField is ${typeof name === 'string' ? quote(name) : kindOf(name)}`,
      `Name one of ${known.map(each => each.name).join(', ')}.`,
    )
  const value = given[field.name]
  if ((typeof value === 'string' && value.trim() !== '') || typeof value === 'number')
    return { field: field.name, value: String(value), unique: field.unique }
  throw invalid(`fields has no value for ${field.name}`, `Give ${field.name} in fields: the row is found by it.`)
}
