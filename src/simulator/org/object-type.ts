import type { FieldDefinition, FieldType, ObjectDefinition } from '../objects/definition.ts'
import { addressJson, type Cell, type Cells, jsonWriterOf, personName } from './cell.ts'

/** Where the fields that every row has are kept, whatever its object. */
export const systemSlots = {
  Id: 0,
  IsDeleted: 1,
  SystemModstamp: 2,
  CreatedDate: 3,
  CreatedById: 4,
  LastModifiedDate: 5,
  LastModifiedById: 6,
} as const
const systemSlotCount = 7

/** A field ready for use: its flags spelled out, its place in a row, and how it is read and written as JSON. */
export interface Field {
  readonly definition: FieldDefinition
  readonly name: string
  readonly label: string
  readonly type: FieldType
  readonly length: number
  /** Index into the row's cells; -1 for a computed field. */
  readonly slot: number
  readonly createable: boolean
  readonly updateable: boolean
  readonly nillable: boolean
  readonly defaultedOnCreate: boolean
  readonly restricted: boolean
  readonly externalId: boolean
  readonly unique: boolean
  readonly idLookup: boolean
  readonly filterable: boolean
  readonly groupable: boolean
  readonly sortable: boolean
  readonly custom: boolean
  /** The value to compare and sort by; null for an address. */
  read(cells: Cells): Cell
  /** The value as JSON text. */
  json(cells: Cells): string
}

/** An object of the org: its definition with fields that can be found by name in any case (salesforce-facts 2.1). */
export interface ObjectType {
  readonly definition: ObjectDefinition
  readonly name: string
  readonly keyPrefix: string
  readonly fields: readonly Field[]
  readonly slotCount: number
  field(name: string): Field | undefined
  /** The lookup field behind a relationship, e.g. `Account` -> AccountId. */
  relationship(name: string): Field | undefined
}

const groupableTypes: ReadonlySet<FieldType> = new Set([
  ...(['id', 'reference', 'string', 'phone', 'email', 'url', 'picklist', 'boolean', 'int', 'date'] as const),
])

function usableIn(definition: FieldDefinition): { filterable: boolean; groupable: boolean; sortable: boolean } {
  const { type, length = 0 } = definition
  if (type === 'textarea') {
    const short = length <= 255
    return { filterable: short, groupable: short, sortable: short }
  }
  const sortable = type !== 'multipicklist' && type !== 'address'
  return { filterable: true, groupable: groupableTypes.has(type), sortable }
}

function makeField(definition: FieldDefinition, slot: number, slotOf: (name: string) => number): Field {
  const has = (flag: string) => definition.flags.includes(flag)
  const { computed, type } = definition
  let read = (cells: Cells): Cell => cells[slot] ?? null
  if (computed?.kind === 'personName') read = personName(slotOf('FirstName'), slotOf('LastName'))
  if (computed?.kind === 'address') read = () => null
  return {
    definition,
    name: definition.name,
    label: definition.label,
    type,
    length: definition.length ?? 0,
    slot,
    createable: has('C'),
    updateable: has('U'),
    nillable: has('N'),
    defaultedOnCreate: has('D'),
    restricted: has('R'),
    externalId: has('E'),
    unique: has('Q'),
    idLookup: has('L'),
    ...usableIn(definition),
    custom: definition.name.endsWith('__c'),
    read,
    json: computed?.kind === 'address' ? addressJson(computed.prefix, slotOf) : jsonWriterOf(type, read),
  }
}

/** Gives every field of a definition its slot and its reader. */
export function makeObjectType(definition: ObjectDefinition): ObjectType {
  const slots = new Map<string, number>(Object.entries(systemSlots))
  let slotCount = systemSlotCount
  for (const { name, computed } of definition.fields) {
    if (!computed && !slots.has(name)) slots.set(name, slotCount++)
  }
  const slotOf = (name: string) => slots.get(name) ?? -1
  const fields = definition.fields.map(each => makeField(each, each.computed ? -1 : slotOf(each.name), slotOf))
  const byName = new Map(fields.map(each => [each.name.toLowerCase(), each]))
  const relationships = new Map(
    fields.flatMap(each => {
      const name = each.definition.relationshipName
      return name ? [[name.toLowerCase(), each] as const] : []
    }),
  )
  return {
    definition,
    name: definition.name,
    keyPrefix: definition.keyPrefix,
    fields,
    slotCount,
    field: name => byName.get(name.toLowerCase()),
    relationship: name => relationships.get(name.toLowerCase()),
  }
}
