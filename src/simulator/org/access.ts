import type { Field, ObjectType } from './object-type.ts'

export type ObjectRight = 'read' | 'create' | 'update' | 'delete'

/** What one user may see and change: object permissions and field-level security (salesforce-facts 2.5). */
export interface Access {
  /** Whether the user has the right on the object's rows. Without `read` the object is as if it did not exist. */
  may(right: ObjectRight, type: ObjectType): boolean
  canRead(field: Field): boolean
  /** Whether the user may set the field when the row is made, and change it afterwards. */
  canCreate(field: Field): boolean
  canUpdate(field: Field): boolean
  /** The fields the user sees, in the order of the definition. */
  readable(type: ObjectType): readonly Field[]
  /** The permission View and Edit Converted Leads (salesforce-facts 5.2). */
  readonly editsConvertedLeads: boolean
  /** Changes whenever the rights do: describe is newer then (salesforce-facts 2.3). Epoch milliseconds. */
  readonly changedAtMs: number
}

/** The access of a user from whom nothing is withheld. */
export const fullAccess: Access = {
  may: () => true,
  canRead: () => true,
  canCreate: field => field.createable,
  canUpdate: field => field.updateable,
  readable: type => type.fields,
  editsConvertedLeads: false,
  changedAtMs: 0,
}

const rights: readonly string[] = ['read', 'create', 'update', 'delete'] satisfies ObjectRight[]
const fieldLevels = ['edit', 'read', 'none'] as const

/** What a user may do with a field; `edit` is the default. */
export type FieldLevel = (typeof fieldLevels)[number]

/** Changes of one user's rights. What is not named stays as it is; at first everything is granted. */
export interface Grants {
  /** By object name. */
  readonly objects?: Readonly<Record<string, Readonly<Partial<Record<ObjectRight, boolean>>>>>
  /** By `Object.Field`. */
  readonly fields?: Readonly<Record<string, FieldLevel>>
  readonly editsConvertedLeads?: boolean
}

interface Rights {
  readonly denied: Map<string, Set<ObjectRight>>
  /** By `object.field` in lower case; never `edit`. */
  readonly levels: Map<string, FieldLevel>
  editsConvertedLeads: boolean
  changedAtMs: number
}

type TypeOf = (object: string) => ObjectType | undefined

/** The rights of the users of whom something is withheld, or something special granted. */
export class AccessRights {
  readonly #users = new Map<string, Rights>()
  readonly #typeOf: TypeOf

  constructor(typeOf: TypeOf) {
    this.#typeOf = typeOf
  }

  /** Throws RangeError for a right, level, object or field that there is none of, and then changes nothing. */
  set(userId: string, grants: Grants, nowMs: number): void {
    const { objects = {}, fields = {}, editsConvertedLeads } = grants
    for (const [object, changes] of Object.entries(objects)) this.#checkObject(object, changes)
    for (const [path, level] of Object.entries(fields)) this.#checkField(path, level)
    const user = this.#users.get(userId) ?? {
      denied: new Map(),
      levels: new Map(),
      editsConvertedLeads: false,
      changedAtMs: nowMs,
    }
    for (const [object, changes] of Object.entries(objects)) {
      const denied = user.denied.get(object.toLowerCase()) ?? new Set()
      for (const [right, granted] of Object.entries(changes) as [ObjectRight, boolean][]) {
        if (granted) denied.delete(right)
        else denied.add(right)
      }
      user.denied.set(object.toLowerCase(), denied)
    }
    for (const [path, level] of Object.entries(fields)) {
      if (level === 'edit') user.levels.delete(path.toLowerCase())
      else user.levels.set(path.toLowerCase(), level)
    }
    user.editsConvertedLeads = editsConvertedLeads ?? user.editsConvertedLeads
    user.changedAtMs = nowMs
    this.#users.set(userId, user)
  }

  /** The fields are looked up anew each time: a field may have been replaced by one of the same name. */
  of(userId: string): Access {
    const user = this.#users.get(userId)
    if (!user) return fullAccess
    const hidden = new Set<Field>()
    const readOnly = new Set<Field>()
    for (const [path, level] of user.levels) {
      const field = this.#field(path)
      if (field) (level === 'none' ? hidden : readOnly).add(field)
    }
    const canWrite = (field: Field) => !hidden.has(field) && !readOnly.has(field)
    return {
      may: (right, type) => user.denied.get(type.name.toLowerCase())?.has(right) !== true,
      canRead: field => !hidden.has(field),
      canCreate: field => field.createable && canWrite(field),
      canUpdate: field => field.updateable && canWrite(field),
      readable: type => type.fields.filter(field => !hidden.has(field)),
      editsConvertedLeads: user.editsConvertedLeads,
      changedAtMs: user.changedAtMs,
    }
  }

  /** What is withheld from whom, as `set` would take it. */
  get withheld(): Readonly<Record<string, Grants>> {
    const entries = [...this.#users].map(([userId, { denied, levels, editsConvertedLeads }]) => {
      const objects = [...denied].map(([object, set]) => [
        object,
        Object.fromEntries([...set].map(right => [right, false])),
      ])
      const grants = { objects: Object.fromEntries(objects), fields: Object.fromEntries(levels), editsConvertedLeads }
      return [userId, grants] as const
    })
    return Object.fromEntries(entries)
  }

  #field(path: string): Field | undefined {
    const [object = '', name = ''] = path.split('.')
    return this.#typeOf(object)?.field(name)
  }

  #checkObject(object: string, changes: Readonly<Record<string, unknown>>): void {
    if (!this.#typeOf(object)) throw new RangeError(`the simulated org has no object ${object}`)
    for (const [right, granted] of Object.entries(changes)) {
      if (!rights.includes(right)) throw new RangeError(`unknown right ${right}; known are ${rights.join(', ')}`)
      if (typeof granted !== 'boolean') throw new RangeError(`${object}.${right} must be true or false`)
    }
  }

  #checkField(path: string, level: unknown): void {
    if (!this.#field(path)) throw new RangeError(`the simulated org has no field ${path}`)
    if (!fieldLevels.includes(level as FieldLevel))
      throw new RangeError(`${path} must be one of ${fieldLevels.join(', ')}`)
  }
}
