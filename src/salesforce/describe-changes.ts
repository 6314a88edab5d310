import { isDeepStrictEqual } from 'node:util'
import type { FieldDescribe, ObjectDescribe } from '../core/contract.ts'

/** What differs between two describes of an object, by field. */
export interface DescribeChanges {
  readonly added: readonly FieldDescribe[]
  /** Deleted, or no longer visible to the connector's user (salesforce-facts 2.5). */
  readonly removed: readonly FieldDescribe[]
  /** Fields whose values take another form now. */
  readonly retyped: readonly { readonly before: FieldDescribe; readonly after: FieldDescribe }[]
  /** Fields that differ in something else: a label, a picklist value, whether they may be written. */
  readonly altered: readonly FieldDescribe[]
}

/** The event: names of fields, never values. */
export interface DescribeChanged {
  readonly object: string
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly retyped: readonly string[]
  readonly altered: readonly string[]
}

/** Pure. By API name, which Salesforce compares without case; the order of fields says nothing. */
export function describeChanges(before: ObjectDescribe, after: ObjectDescribe): DescribeChanges {
  const former = byName(before)
  const present = byName(after)
  const pairs = after.fields.flatMap(field => {
    const known = former.get(field.name.toLowerCase())
    return known ? [{ before: known, after: field }] : []
  })
  const retyped = pairs.filter(pair => !isDeepStrictEqual(formOf(pair.before), formOf(pair.after)))
  const otherwise = pairs.filter(pair => !retyped.includes(pair) && !isDeepStrictEqual(pair.before, pair.after))
  return {
    added: after.fields.filter(field => !former.has(field.name.toLowerCase())),
    removed: before.fields.filter(field => !present.has(field.name.toLowerCase())),
    retyped,
    altered: otherwise.map(pair => pair.after),
  }
}

const byName = ({ fields }: ObjectDescribe): Map<string, FieldDescribe> =>
  new Map(fields.map(field => [field.name.toLowerCase(), field]))

/** What decides which values a field can hold, so what its Avro type and its comparisons rest on. */
const formOf = ({ name, type, scale, compoundFieldName, referenceTo }: FieldDescribe) => ({
  name,
  type,
  scale,
  compoundFieldName,
  referenceTo: referenceTo.toSorted(),
})

/** What telemetry is told of the changes. */
export function namesOf(object: string, { added, removed, retyped, altered }: DescribeChanges): DescribeChanged {
  const names = (fields: readonly FieldDescribe[]): string[] => fields.map(({ name }) => name)
  return {
    object,
    added: names(added),
    removed: names(removed),
    retyped: names(retyped.map(pair => pair.after)),
    altered: names(altered),
  }
}
