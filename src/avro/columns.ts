import type { FieldDescribe } from '../core/contract.ts'
import { type FieldKind, kindOf, type Numbers } from './fields.ts'
import { avroName } from './names.ts'
import type { AvroField, AvroRecordSchema, AvroSchema } from './schema.ts'

/** A field of an object and where its values stand in Avro. */
export interface Column {
  readonly field: FieldDescribe
  readonly avroName: string
  readonly kind: FieldKind
}

/** A field that a registered schema has, its type written out. */
export interface KnownField {
  /** API name of the Salesforce field whose values it holds. */
  readonly salesforceName: string
  readonly field: AvroField
  /** Its `formOf`. */
  readonly form: string
}

export const isRecordSchema = (type: AvroSchema): type is AvroRecordSchema =>
  typeof type === 'object' && 'type' in type && type.type === 'record'

/** What two types must share for the values of both to stand under one name; a record's form is its name. */
export function formOf(type: AvroSchema): string {
  if (typeof type === 'string') return type
  if (isRecordSchema(type)) return `record ${type.name}`
  const entries = Object.entries(type).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify(entries)
}

/** A type in a word that may be part of a name: `string`, `date`, `decimal2`, `address`. */
function wordOf(type: AvroSchema): string {
  if (typeof type === 'string') return type
  if (isRecordSchema(type)) return type.name.toLowerCase()
  const { logicalType, scale, type: plain } = type as Readonly<Record<string, unknown>>
  if (logicalType === 'decimal') return `decimal${scale}`
  return typeof logicalType === 'string' ? logicalType.replace(/-.*/, '') : String(plain)
}

/** A field whose values are to stand in Avro. */
export type Wanted = Pick<Column, 'field' | 'kind'>

/** Salesforce compares names without case, as do many readers. */
const keyOf = (name: string): string => name.toLowerCase()

/** The fields with their kinds; base64 is left out. */
export const wantedOf = (fields: readonly FieldDescribe[], numbers: Numbers = 'double'): Wanted[] =>
  fields.flatMap(field => {
    const kind = kindOf(field, numbers)
    return kind === undefined ? [] : [{ field, kind }]
  })

/**
 * The columns of the fields, in their order. A field that is known in the same form keeps its Avro name. A new one gets its
 * own, unless that is taken (by its own former type, or by a name that differs in case only): then the word of its type is
 * added, and a number if need be. Names are unique without regard to case.
 */
export function columnsOf(wanted: readonly Wanted[], known: readonly KnownField[] = []): Column[] {
  const taken = new Set(known.map(({ field }) => keyOf(field.name)))
  const names = new Map<FieldDescribe, string>()
  if (known.length > 0) keepKnown(wanted, known, names)
  const take = (field: FieldDescribe, name: string): boolean => {
    if (taken.has(keyOf(name))) return false
    taken.add(keyOf(name))
    names.set(field, name)
    return true
  }
  // Own names first, so that no other field's substitute takes one.
  for (const { field } of wanted) if (!names.has(field)) take(field, avroName(field.name))
  for (const { field, kind } of wanted) {
    const substitute = `${avroName(field.name)}_${wordOf(kind.avro)}`
    for (let n = 1; !names.has(field); n++) take(field, n === 1 ? substitute : `${substitute}_${n}`)
  }
  return wanted.map(({ field, kind }) => ({ field, kind, avroName: names.get(field)! }))
}

function keepKnown(wanted: readonly Wanted[], known: readonly KnownField[], names: Map<FieldDescribe, string>): void {
  const left = new Set(known)
  // By the very name before by one that differs in case, should an object ever have both.
  for (const spell of [(name: string) => name, keyOf]) {
    const byForm = new Map([...left].map(each => [`${spell(each.salesforceName)} ${each.form}`, each]))
    for (const { field, kind } of wanted) {
      const found = names.has(field) ? undefined : byForm.get(`${spell(field.name)} ${formOf(kind.avro)}`)
      if (!found || !left.delete(found)) continue
      names.set(field, found.field.name)
    }
  }
}

/** The Avro fields of columns, each nullable; where the Avro name is not the field's own, it says whose values it holds. */
export const columnFields = (columns: readonly Column[]): AvroField[] =>
  columns.map(({ field: described, avroName, kind }) => ({
    name: avroName,
    type: ['null', kind.avro],
    doc: described.label,
    default: null,
    ...(avroName === described.name ? {} : { salesforceName: described.name }),
  }))

/** The fields with each record type spelled out where it first stands and named after that, as the columns' kinds have it. */
export function spellOnce(fields: readonly AvroField[], columns: readonly Column[]): AvroField[] {
  const current = new Map(columns.flatMap(({ kind: { avro } }) => (isRecordSchema(avro) ? [[avro.name, avro]] : [])))
  const spelled = new Set<string>()
  return fields.map(each => {
    const type = Array.isArray(each.type) ? (each.type[1] as AvroSchema | undefined) : undefined
    if (type === undefined || !isRecordSchema(type)) return each
    const known = spelled.has(type.name)
    spelled.add(type.name)
    return { ...each, type: ['null', known ? type.name : (current.get(type.name) ?? type)] }
  })
}

/** The Avro fields of columns before anything is registered. */
export const freshFields = (columns: readonly Column[]): AvroField[] => spellOnce(columnFields(columns), columns)
