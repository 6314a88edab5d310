import { z } from 'zod'
import { configSchema } from './config.ts'
import { camelKey } from './config-section.ts'

/** The part of a JSON Schema that the config's schema uses. */
export interface OptionNode {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly writeOnly?: boolean
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, OptionNode>>
  readonly required?: readonly string[]
  readonly additionalProperties?: OptionNode | boolean
  readonly items?: OptionNode
  readonly oneOf?: readonly OptionNode[]
  readonly anyOf?: readonly OptionNode[]
}

/** JSON Schema (2020-12) of the config file, generated from the zod schema. */
export const optionTree = z.toJSONSchema(configSchema, { io: 'input' }) as OptionNode

/** The keys that may stand under `node`; undefined where any name may. */
export function keysOf(node: OptionNode): string[] {
  return [...new Set([node, ...(node.oneOf ?? [])].flatMap(each => Object.keys(each.properties ?? {})))]
}

/** The option at a path of the YAML file, or undefined if there is none. A choice of flows is one mapping with all their keys. */
export function optionAt(path: readonly PropertyKey[]): OptionNode | undefined {
  let node: OptionNode | undefined = optionTree
  for (const key of path) node = node && childOf(node, key)
  return node
}

function childOf(node: OptionNode, key: PropertyKey): OptionNode | undefined {
  if (typeof key === 'number') return node.items
  for (const each of [node, ...(node.oneOf ?? [])]) {
    const child = each.properties?.[String(key)]
    if (child) return child
  }
  return typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined
}

function secretKeys(node: OptionNode): string[] {
  return [node, ...(node.oneOf ?? [])]
    .flatMap(each => Object.entries(each.properties ?? {}))
    .flatMap(([key, child]) => (child.writeOnly ? [camelKey(key)] : secretKeys(child)))
}

/** camelCase names of the options that hold secrets, wherever they stand. */
export const secretNames: ReadonlySet<string> = new Set(secretKeys(optionTree))

/** A copy of a config (or of a part of it) in which every secret is `***`. */
export function redact<T>(config: T): T {
  return mapSecrets(config, () => '***')
}

/** The values of all secrets of a config, to be masked wherever they would be printed. */
export function secretsOf(config: unknown): string[] {
  const found: string[] = []
  mapSecrets(config, value => {
    found.push(value)
    return value
  })
  return found
}

function mapSecrets<T>(value: T, replace: (secret: string) => string): T {
  if (Array.isArray(value)) return value.map(item => mapSecrets(item, replace)) as T
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    secretNames.has(key) && typeof item === 'string' ? replace(item) : mapSecrets(item, replace),
  ])
  return Object.fromEntries(entries) as T
}
