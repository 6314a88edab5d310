import type { FieldDescribe, ObjectDescribe } from '../core/contract.ts'
import { type Column, type Wanted, wantedOf } from './columns.ts'
import type { CommandShape } from './derive.ts'
import type { FieldKind } from './fields.ts'
import type { AvroField } from './schema.ts'

/** What a command of one kind may write, as columns of its `fields`. */

/** Whether a row can name its parent by an external id: with several objects Salesforce would not know which (salesforce-facts 2.7). */
export const isParentLookup = (field: FieldDescribe): boolean =>
  field.relationshipName !== null && field.referenceTo.length === 1

const isWritten: Readonly<Record<CommandShape['fields'], (field: FieldDescribe) => boolean>> = {
  none: () => false,
  createable: field => field.createable,
  updateable: field => field.updateable,
  writeable: field => field.createable || field.updateable,
}

const never = (): undefined => undefined
/** A parent by its relationship: external id field -> value. It is read by sink/fields.ts, not by its kind. */
const parent: FieldKind = {
  avro: { type: 'map', values: 'string' },
  expected: 'an object with one external id',
  fromRow: never,
  fromAvro: never,
  fromJson: never,
}

/** The fields that the command may carry; behind them, by the names of their relationships, the parents of its lookups. */
export function writtenBy({ fields }: CommandShape, describe: ObjectDescribe): Wanted[] {
  const taken = new Set(describe.fields.map(({ name }) => name))
  const written = describe.fields.filter(isWritten[fields])
  const parents = written
    .filter(isParentLookup)
    .filter(({ relationshipName }) => !taken.has(relationshipName!))
    .map((lookup): Wanted => {
      const label = `${lookup.label} by external id: one entry, external id field and value.`
      return { field: { ...lookup, name: lookup.relationshipName!, label, createable: false }, kind: parent }
    })
  return [...wantedOf(written), ...parents]
}

/** Required on create as far as describe can tell (salesforce-facts 2.5). */
const isRequired = (field: FieldDescribe): boolean => field.createable && !field.nillable && !field.defaultedOnCreate

const requiredMark = ' (required)'

/** The Avro fields with a mark in the doc of those that a new row must have, and of no others. */
export function markRequired(fields: readonly AvroField[], columns: readonly Column[], shape: CommandShape) {
  const creates = shape.fields === 'createable' || shape.fields === 'writeable'
  const required = new Set(columns.filter(({ field }) => creates && isRequired(field)).map(each => each.avroName))
  return fields.map((field): AvroField => {
    const { doc = '', name } = field
    const plain = doc.endsWith(requiredMark) ? doc.slice(0, -requiredMark.length) : doc
    return { ...field, doc: required.has(name) ? `${plain}${requiredMark}` : plain }
  })
}
