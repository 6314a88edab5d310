import type { FieldDefinition, FieldType } from '../objects/definition.ts'
import { geolocation } from '../objects/fields.ts'
import { isConvertible } from './convert-cell.ts'
import { makeObjectType, type ObjectType } from './object-type.ts'

/** A custom field to be added: what is left out is as Setup would have it. */
export type NewField = Pick<FieldDefinition, 'name' | 'type'> & Partial<FieldDefinition>

/** Changes of an object's custom fields. */
export interface ObjectChanges {
  readonly add?: readonly NewField[]
  /** Names. A field added again under the same name starts empty. */
  readonly remove?: readonly string[]
  /** By name: the new type, with its length, precision or values. */
  readonly retype?: Readonly<Record<string, Pick<FieldDefinition, 'type'> & Partial<FieldDefinition>>>
}

const addable: ReadonlySet<FieldType> = new Set(
  // biome-ignore format: one list
  ['string', 'textarea', 'phone', 'email', 'url', 'picklist', 'multipicklist', 'boolean', 'int', 'double', 'currency',
   'percent', 'date', 'datetime', 'time', 'location', 'encryptedstring', 'reference'],
)
const typeDefaults: Partial<Record<FieldType, Partial<FieldDefinition>>> = {
  string: { length: 255 },
  textarea: { length: 32_768 },
  phone: { length: 40 },
  email: { length: 80 },
  url: { length: 255 },
  picklist: { length: 255 },
  multipicklist: { length: 4099 },
  encryptedstring: { length: 175 },
  reference: { length: 18 },
  double: { precision: 18, scale: 2 },
  currency: { precision: 18, scale: 2 },
  percent: { precision: 18, scale: 2 },
}

/** The object with changed fields, as an administrator changes them while clients run. Rows and their stamps stay as they are:
 *  a cell is converted when it is read. Whoever keeps rows of the object must take the new type in the old one's place and build
 *  its indexes anew. `atMs` is the time of the change: describe is newer from then on.
 *  Throws RangeError for a field that is unknown, not custom, there already, or cannot become the type. */
export function alterObject(type: ObjectType, changes: ObjectChanges, atMs: number): ObjectType {
  const fields = new Map(type.definition.fields.map(each => [each.name.toLowerCase(), each]))
  const slots = new Map(type.slots)
  const custom = (name: string): FieldDefinition => {
    const found = fields.get(name.toLowerCase())
    if (!found || !type.field(name)?.custom) throw new RangeError(`${type.name} has no custom field ${name}`)
    return found
  }
  for (const name of changes.remove ?? []) {
    const gone = custom(name)
    for (const each of [...fields.values()].filter(other => other === gone || other.compound === gone.name)) {
      fields.delete(each.name.toLowerCase())
      slots.delete(each.name)
    }
  }
  for (const [name, change] of Object.entries(changes.retype ?? {})) {
    const old = custom(name)
    const retypedFrom = [...(old.retypedFrom ?? []), old.type]
    if (old.computed || !addable.has(change.type) || !isConvertible(change.type, retypedFrom))
      throw new RangeError(`${type.name}.${old.name} cannot become ${change.type}`)
    const { values: _values, length: _length, precision: _precision, scale: _scale, ...kept } = old
    fields.set(name.toLowerCase(), {
      ...kept,
      flags: flagsFor(change.type, old.flags),
      ...typeDefaults[change.type],
      ...change,
      name: old.name,
      retypedFrom,
    })
  }
  for (const wanted of changes.add ?? []) {
    for (const each of customField(wanted)) {
      if (fields.has(each.name.toLowerCase())) throw new RangeError(`${type.name} has a field ${each.name} already`)
      fields.set(each.name.toLowerCase(), each)
    }
  }
  const definition = { ...type.definition, fields: [...fields.values()] }
  // HTTP dates have whole seconds: what was described within the second of a change must still look older than the change.
  const changedAtMs = Math.max((Math.floor(atMs / 1000) + 1) * 1000, type.changedAtMs + 1000)
  return makeObjectType(definition, type.surroundings, { slots, slotCount: type.slotCount, changedAtMs })
}

/** A checkbox is never null and always has a default; nothing else has one by its type. */
function flagsFor(type: FieldType, old: string): string {
  const others = old.replace(/[ND]/g, '')
  return others + (type === 'boolean' ? 'D' : 'N')
}

function customField(wanted: NewField): FieldDefinition[] {
  const { name, type } = wanted
  if (!/^[A-Za-z]\w*__c$/.test(name)) throw new RangeError(`the name of a custom field ends in __c: ${name}`)
  if (!addable.has(type)) throw new RangeError(`${name} cannot be of type ${type}`)
  const label = wanted.label ?? name.slice(0, -3).replaceAll('_', ' ')
  if (type === 'location') return geolocation(name, label)
  return [{ label, flags: type === 'boolean' ? 'CUD' : 'CUN', ...typeDefaults[type], ...wanted }]
}
