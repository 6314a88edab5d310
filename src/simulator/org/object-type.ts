import type { FieldDefinition, FieldType, ObjectDefinition } from '../objects/definition.ts'
import { defaultSwitches, type Switches } from '../switches.ts'
import { addressJson, type Cell, type Cells, jsonWriterOf, locationJson, maskText, personName } from './cell.ts'
import { convertCell } from './convert-cell.ts'
import { type Found, valueReader } from './formula.ts'

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

/** A field ready for use: its flags spelled out, its place in a row, and how it is read and written as JSON. */
export interface Field {
  readonly definition: FieldDefinition
  readonly name: string
  readonly label: string
  readonly type: FieldType
  readonly length: number
  /** Index into the row's cells; -1 for a computed field. A row made before the field was added has no cell there. */
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
  /** A formula field. */
  readonly calculated: boolean
  /** How the org reads and writes values (salesforce-facts 14). */
  readonly switches: Switches
  /** The value to compare and sort by; null for an address or a location. */
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
  /** Where each stored field is kept. */
  readonly slots: ReadonlyMap<string, number>
  readonly slotCount: number
  /** When a field was last added, removed or retyped, epoch milliseconds; 0 if never. */
  readonly changedAtMs: number
  /** Stored fields that a new row fills by itself, with what it puts there. */
  readonly defaults: ReadonlyMap<Field, Cell>
  readonly autoNumbers: readonly Field[]
  readonly surroundings: Surroundings
  field(name: string): Field | undefined
  /** The lookup field behind a relationship, e.g. `Account` -> AccountId. */
  relationship(name: string): Field | undefined
}

/** What an object needs to know of the org it is in. */
export interface Surroundings {
  readonly switches: Switches
  /** Epoch milliseconds. */
  now(): number
  /** The row with that id, whatever its object, from the recycle bin too. */
  find(id: string): Found | undefined
  /** The live rows of `object` whose lookup `field` holds `id`. */
  children(object: string, field: string, id: string): readonly Found[]
}

/** An object by itself: no parents, no children, every switch at its default. */
export const alone: Surroundings = {
  switches: defaultSwitches(),
  now: () => 0,
  find: () => undefined,
  children: () => [],
}

const ungroupable: ReadonlySet<FieldType> = new Set(
  // biome-ignore format: one list
  ['datetime', 'time', 'double', 'currency', 'percent', 'multipicklist', 'combobox', 'address', 'location'],
)
const unsortable: ReadonlySet<FieldType> = new Set(['multipicklist', 'address', 'location'] as const)
const opaque: ReadonlySet<FieldType> = new Set(['base64', 'encryptedstring'] as const)
/** A text longer than this can be read only. */
const searchableTextMax = 4000

function usableIn({ type, length = 0, computed }: FieldDefinition) {
  if (opaque.has(type) || (type === 'textarea' && length > searchableTextMax))
    return { filterable: false, groupable: false, sortable: false }
  const formula = computed?.kind === 'value' && computed.text !== undefined
  const groupable = !ungroupable.has(type) && !formula && !(type === 'textarea' && length > 255)
  return { filterable: true, groupable, sortable: !unsortable.has(type) }
}

interface Making {
  readonly definition: ObjectDefinition
  readonly surroundings: Surroundings
  slotOf(name: string): number
  /** The finished type: used only once rows are read. */
  type(): ObjectType
}

function readerOf(definition: FieldDefinition, making: Making): (cells: Cells) => Cell {
  const { computed, type, retypedFrom } = definition
  if (computed?.kind === 'personName') return personName(making.slotOf('FirstName'), making.slotOf('LastName'))
  if (computed?.kind === 'value') return valueReader(computed.value, making.type)
  if (computed) return () => null
  const slot = making.slotOf(definition.name)
  const empty = type === 'boolean' ? false : null
  if (retypedFrom) return cells => convertCell(type, cells[slot] ?? empty, retypedFrom)
  return type === 'encryptedstring' ? cells => maskText(cells[slot] ?? null) : cells => cells[slot] ?? empty
}

function writerOf(definition: FieldDefinition, read: (cells: Cells) => Cell, making: Making) {
  const { computed, name, type } = definition
  if (computed?.kind === 'address') return addressJson(computed.prefix, making.slotOf)
  if (computed?.kind === 'location') return locationJson(computed.prefix, making.slotOf)
  if (type === 'base64') {
    // The value itself is read from this URL (salesforce-facts 10.2).
    const root = `/services/data/v68.0/sobjects/${making.definition.name}`
    return (cells: Cells) => (read(cells) === null ? 'null' : `"${root}/${cells[systemSlots.Id]}/${name}"`)
  }
  return jsonWriterOf(type, read, making.surroundings.switches)
}

function makeField(definition: FieldDefinition, making: Making): Field {
  const has = (flag: string) => definition.flags.includes(flag)
  const { computed } = definition
  const read = readerOf(definition, making)
  return {
    definition,
    name: definition.name,
    label: definition.label,
    type: definition.type,
    length: definition.length ?? 0,
    slot: computed ? -1 : making.slotOf(definition.name),
    createable: has('C'),
    updateable: has('U'),
    nillable: has('N'),
    defaultedOnCreate: has('D'),
    restricted: has('R'),
    externalId: has('E'),
    unique: has('Q'),
    idLookup: has('L'),
    ...usableIn(definition),
    custom: /__[cs]$/.test(definition.name),
    calculated: computed?.kind === 'value' && computed.text !== undefined,
    switches: making.surroundings.switches,
    read,
    json: writerOf(definition, read, making),
  }
}

/** What `alterObject` carries over from the type that a changed one takes the place of. */
export interface Layout {
  readonly slots: ReadonlyMap<string, number>
  readonly slotCount: number
  readonly changedAtMs: number
}

const systemLayout: Layout = {
  slots: new Map(Object.entries(systemSlots)),
  slotCount: Object.keys(systemSlots).length,
  changedAtMs: 0,
}

/** Gives every field of a definition its slot, its reader and its writer. Slots of `layout` stay where they are. */
export function makeObjectType(
  definition: ObjectDefinition,
  surroundings: Surroundings = alone,
  layout = systemLayout,
): ObjectType {
  const slots = new Map(layout.slots)
  let { slotCount } = layout
  for (const { name, computed } of definition.fields) {
    if (!computed && !slots.has(name)) slots.set(name, slotCount++)
  }
  const making: Making = { definition, surroundings, slotOf: name => slots.get(name) ?? -1, type: () => type }
  const fields = definition.fields.map(each => makeField(each, making))
  const byName = new Map(fields.map(each => [each.name.toLowerCase(), each]))
  const relationships = new Map<string, Field>()
  for (const each of fields) {
    const { relationshipName } = each.definition
    if (relationshipName) relationships.set(relationshipName.toLowerCase(), each)
  }
  const stored = fields.filter(each => each.slot >= 0)
  const type: ObjectType = {
    definition,
    name: definition.name,
    keyPrefix: definition.keyPrefix,
    fields,
    slots,
    slotCount,
    changedAtMs: layout.changedAtMs,
    defaults: new Map(stored.flatMap(each => defaultOf(each))),
    autoNumbers: stored.filter(each => each.definition.autoNumber !== undefined),
    surroundings,
    field: name => byName.get(name.toLowerCase()),
    relationship: name => relationships.get(name.toLowerCase()),
  }
  return type
}

function defaultOf(field: Field): [Field, Cell][] {
  const value = field.definition.defaultValue ?? (field.type === 'boolean' ? false : undefined)
  return value === undefined ? [] : [[field, value]]
}
