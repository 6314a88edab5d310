/** Avro schemas as JSON, and their resolved form. */

export interface AvroField {
  readonly name: string
  readonly type: AvroSchema
  readonly doc?: string
  readonly default?: unknown
  /** API name of the Salesforce field, where the Avro name is another. */
  readonly salesforceName?: string
}

export interface AvroRecordSchema {
  readonly type: 'record'
  readonly name: string
  readonly namespace?: string
  readonly doc?: string
  readonly fields: readonly AvroField[]
}

/** Any other schema object: enum, array, map, fixed, or a primitive with attributes. */
export interface AvroObjectSchema {
  readonly type: string | AvroSchema
  readonly [attribute: string]: unknown
}

export type AvroSchema = string | AvroRecordSchema | AvroObjectSchema | readonly AvroSchema[]

const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'string', 'bytes'] as const
type Primitive = (typeof primitives)[number]

/** A schema with its names resolved; `logical` is the logicalType as written. Recursive records point back to themselves. */
export type AvroType =
  | { readonly kind: Primitive; readonly logical?: string; readonly scale?: number }
  | { readonly kind: 'array'; readonly items: AvroType }
  | { readonly kind: 'map'; readonly values: AvroType }
  | { readonly kind: 'union'; readonly branches: readonly AvroType[] }
  | { readonly kind: 'enum'; readonly fullname: string; readonly symbols: readonly string[] }
  | { readonly kind: 'fixed'; readonly fullname: string; readonly size: number }
  | AvroRecordType

export interface AvroRecordType {
  readonly kind: 'record'
  readonly fullname: string
  readonly fields: readonly { readonly name: string; readonly type: AvroType; readonly default?: unknown }[]
}

type Names = Map<string, AvroType>
type SchemaObject = Readonly<Record<string, unknown>>

const isPrimitive = (name: string): name is Primitive => (primitives as readonly string[]).includes(name)
const isObject = (value: unknown): value is SchemaObject => typeof value === 'object' && value !== null

function nameOf(schema: SchemaObject, namespace: string): { fullname: string; inner: string } {
  const { name } = schema
  // `__proto__` as a key would set the decoded value's prototype instead of a property.
  if (typeof name !== 'string' || name === '' || name === '__proto__')
    throw new Error('a named type has no usable name')
  if (name.includes('.')) return { fullname: name, inner: name.slice(0, name.lastIndexOf('.')) }
  const inner = typeof schema.namespace === 'string' ? schema.namespace : namespace
  return { fullname: inner === '' ? name : `${inner}.${name}`, inner }
}

function resolveName(name: string, namespace: string, names: Names): AvroType {
  if (isPrimitive(name)) return { kind: name }
  const found = names.get(name.includes('.') || namespace === '' ? name : `${namespace}.${name}`) ?? names.get(name)
  if (found === undefined) throw new Error(`the schema names a type it does not define: ${name.slice(0, 80)}`)
  return found
}

function define(names: Names, fullname: string, type: AvroType): AvroType {
  if (names.has(fullname)) throw new Error(`the schema defines ${fullname} twice`)
  names.set(fullname, type)
  return type
}

function resolveRecord(schema: SchemaObject, namespace: string, names: Names): AvroType {
  const { fullname, inner } = nameOf(schema, namespace)
  const fields: { name: string; type: AvroType; default?: unknown }[] = []
  const record = define(names, fullname, { kind: 'record', fullname, fields })
  if (!Array.isArray(schema.fields)) throw new Error(`${fullname} has no fields`)
  for (const field of schema.fields as unknown[]) {
    if (!isObject(field) || typeof field.name !== 'string' || field.name === '__proto__')
      throw new Error(`${fullname} has a field without a usable name`)
    fields.push({ name: field.name, type: resolve(field.type, inner, names), default: field.default })
  }
  return record
}

function resolveObject(schema: SchemaObject, namespace: string, names: Names): AvroType {
  const { type } = schema
  if (typeof type !== 'string') return resolve(type, namespace, names)
  if (isPrimitive(type))
    return typeof schema.logicalType === 'string'
      ? { kind: type, logical: schema.logicalType, scale: Number(schema.scale ?? 0) }
      : { kind: type }
  switch (type) {
    case 'record':
      return resolveRecord(schema, namespace, names)
    case 'array':
      return { kind: 'array', items: resolve(schema.items, namespace, names) }
    case 'map':
      return { kind: 'map', values: resolve(schema.values, namespace, names) }
    case 'enum': {
      const { fullname } = nameOf(schema, namespace)
      if (!Array.isArray(schema.symbols)) throw new Error(`${fullname} has no symbols`)
      return define(names, fullname, { kind: 'enum', fullname, symbols: schema.symbols.map(String) })
    }
    case 'fixed': {
      const { fullname } = nameOf(schema, namespace)
      const size = Number(schema.size)
      if (!Number.isSafeInteger(size) || size < 0) throw new Error(`${fullname} has no size`)
      return define(names, fullname, { kind: 'fixed', fullname, size })
    }
    default:
      return resolveName(type, namespace, names)
  }
}

function resolve(schema: unknown, namespace: string, names: Names): AvroType {
  if (typeof schema === 'string') return resolveName(schema, namespace, names)
  if (Array.isArray(schema)) return { kind: 'union', branches: schema.map(branch => resolve(branch, namespace, names)) }
  if (isObject(schema)) return resolveObject(schema, namespace, names)
  throw new Error('the schema is not Avro')
}

// Keyed by the schema's identity: the registry's bounded cache decides how long an entry lives.
const resolved = new WeakMap<object, AvroType>()

/** The schema with its names resolved, worked out once for each schema object. Throws a plain Error that says what is wrong with it. */
export function resolveSchema(schema: AvroSchema): AvroType {
  if (!isObject(schema)) return resolve(schema, '', new Map())
  const known = resolved.get(schema)
  if (known !== undefined) return known
  const type = resolve(schema, '', new Map())
  resolved.set(schema, type)
  return type
}

/** `namespace.name` of a record schema. */
export const fullnameOf = (schema: AvroRecordSchema): string =>
  schema.namespace === undefined ? schema.name : `${schema.namespace}.${schema.name}`
