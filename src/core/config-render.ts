import { type OptionNode, optionAt, optionTree } from './config-options.ts'

const anyName = '<name>'

/** JSON Schema of the config file, for editors: the text of config/connector.schema.json. */
export function renderSchema(): string {
  return `${JSON.stringify({ title: 'Config of the Salesforce-Kafka connector', ...optionTree }, null, 2)}\n`
}

/** Markdown table of every option: key path, type, default and meaning. */
export function renderOptions(): string {
  const rows = leaves(optionTree, []).map(
    leaf =>
      `| \`${leaf.path.join('.')}\` | ${cell(typeOf(leaf.option))} | ${cell(defaultOf(leaf))} | ${cell(docOf(leaf.option))} |`,
  )
  return ['| Option | Type | Default | Meaning |', '|---|---|---|---|', ...rows, ''].join('\n')
}

/** Key paths of all options, as `kafka.sasl.username`. */
export const optionPaths = (): string[] => leaves(optionTree, []).map(({ path }) => path.join('.'))

interface Leaf {
  readonly path: readonly string[]
  readonly option: OptionNode
  readonly required: boolean
}

function leaves(node: OptionNode, path: readonly string[]): Leaf[] {
  const found = new Map<string, Leaf>()
  for (const each of [node, ...(node.oneOf ?? [])])
    for (const [key, option] of childrenOf(each)) {
      const required = (each.required ?? []).includes(key)
      const below = childrenOf(option).length + (option.oneOf?.length ?? 0) > 0
      for (const leaf of below ? leaves(option, [...path, key]) : [{ path: [...path, key], option, required }]) {
        const known = found.get(leaf.path.join('.'))
        found.set(leaf.path.join('.'), known ? merge(known, leaf) : leaf)
      }
    }
  return [...found.values()]
}

/** The same key in two flows: `flow` itself, whose values add up, or an option both have. */
function merge(a: Leaf, b: Leaf): Leaf {
  if (a.option.const === undefined) return a
  return { ...a, option: { ...a.option, const: `${String(a.option.const)}, ${String(b.option.const)}` } }
}

function childrenOf(node: OptionNode): [string, OptionNode][] {
  const named = Object.entries(node.properties ?? {})
  const free = node.additionalProperties
  return typeof free === 'object' && free.properties ? [...named, [anyName, free]] : named
}

function typeOf(option: OptionNode): string {
  if (option.const !== undefined) return String(option.const)
  if (option.enum) return option.enum.map(String).join(', ')
  if (option.items) return `list of ${typeOf(option.items)}`
  if (option.type === 'integer') return `integer ${option.minimum}–${option.maximum}`
  if (option.type === 'object') return 'mapping'
  return String(option.type ?? 'string')
}

function defaultOf({ option, path, required }: Leaf): string {
  const parent = path.slice(0, -1)
  const within = parent.length === 0 || isRequired(parent) ? '' : ` in \`${parent.join('.')}\``
  if (required) return `required${within}`
  return option.default === undefined ? '' : `\`${JSON.stringify(option.default)}\``
}

function isRequired(path: readonly string[]): boolean {
  return (optionAt(path.slice(0, -1))?.required ?? []).includes(path.at(-1)!)
}

const docOf = (option: OptionNode): string =>
  [option.description ?? (option.const === undefined ? '' : 'The OAuth 2.0 flow.'), option.writeOnly ? 'Secret.' : '']
    .filter(Boolean)
    .join(' ')

const cell = (text: string): string => text.replaceAll('|', '\\|')
