import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument, type Scalar, visit } from 'yaml'
import type { z } from 'zod'
import { type Config, configSchema } from './config.ts'
import { hasReference, interpolate, type Surroundings } from './config-interpolate.ts'
import { type OptionNode, optionAt } from './config-options.ts'
import { type Complaint, complaintsOf, crossChecks } from './config-problems.ts'
import { ConnectorError } from './errors.ts'

type Path = readonly (string | number)[]
type Env = Surroundings['env']

/** One thing wrong with a config file. `line` and `column` start at 1; `path` is empty for the file as a whole. */
export interface Problem {
  readonly path: string
  readonly line: number
  readonly column: number
  readonly message: string
}

/** Reads and checks a config file. Throws 'config.invalid' with every problem found, none of which shows a secret. */
export function loadConfig(file: string, env: Env): Config {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unreadable'
    throw new ConnectorError('config.invalid', `config file ${file} cannot be read (${code})`, {
      cause,
      remedy: 'Name a readable YAML file with --config.',
    })
  }
  return parseConfig(text, { file, env })
}

/** As loadConfig, from text (YAML, of which JSON is a part); `file` names it in errors and anchors relative paths. */
export function parseConfig(text: string, source: { readonly file: string; readonly env: Env }): Config {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const problems: Problem[] = document.errors.slice(0, 1).map(error => {
    // Later errors of the YAML parser are mostly consequences of the first.
    const { line, col } = lines.linePos(error.pos[0])
    return { path: '', line, column: col, message: `not valid YAML: ${error.message}${quoteHint(text, line)}` }
  })
  const locate = (path: Path): Omit<Problem, 'message'> => position(document, lines, path)
  if (problems.length > 0) throw invalid(source.file, problems)

  const surroundings = { env: source.env, directory: dirname(resolve(source.file)) }
  const references = fillReferences(document, surroundings, (path, message) =>
    problems.push({ ...locate(path), message }),
  )
  // An unset variable is one problem; what its empty place does to the schema is not a second one.
  const broken = new Set(problems.map(problem => problem.path))
  const input: unknown = document.toJS({ maxAliasCount: 100 }) ?? {}
  const parsed = configSchema.safeParse(input)
  const complaints = parsed.success ? crossChecks(parsed.data) : parsedComplaints(parsed.error, input, references)
  for (const complaint of complaints)
    if (!broken.has(complaint.path.join('.'))) problems.push({ ...locate(complaint.path), message: complaint.message })
  if (!parsed.success || problems.length > 0) throw invalid(source.file, problems)
  return withPaths(parsed.data, surroundings.directory)
}

/** Paths are relative to the config file, as those of references are. */
function withPaths(config: Config, directory: string): Config {
  const { salesforce } = config
  if (salesforce.auth.flow !== 'refresh_token') return config
  const auth = { ...salesforce.auth, tokenFile: resolve(directory, salesforce.auth.tokenFile) }
  return { ...config, salesforce: { ...salesforce, auth } }
}

const parsedComplaints = (error: z.ZodError, input: unknown, references: ReadonlyMap<string, string>): Complaint[] =>
  error.issues.flatMap(issue => complaintsOf(issue, input, references))

/** Replaces references in place; returns, by path, the text that stood there. A plain number or boolean is read as such. */
function fillReferences(
  document: Document.Parsed,
  surroundings: Surroundings,
  report: (path: Path, message: string) => void,
): Map<string, string> {
  const written = new Map<string, string>()
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key === 'key' || typeof node.value !== 'string' || !hasReference(node.value)) return
      const path = pathOf(node, ancestors as readonly Node[])
      written.set(path.join('.'), node.value)
      try {
        node.value = typed(interpolate(node.value, surroundings), optionAt(path)?.type)
      } catch (error) {
        node.value = null
        report(path, (error as Error).message)
      }
    },
  })
  return written
}

function typed(text: string, type: OptionNode['type']): string | number | boolean {
  if (type === 'integer' && /^-?[0-9]+$/.test(text)) return Number(text)
  if (type?.includes('boolean') && /^(true|false)$/.test(text)) return text === 'true'
  return text
}

function pathOf(node: Node, ancestors: readonly unknown[]): (string | number)[] {
  const path: (string | number)[] = []
  const chain = [...ancestors, node]
  for (const [index, each] of chain.entries()) {
    const next = chain[index + 1]
    const items = (each as { items?: unknown[] }).items
    if (isMap(each)) path.push(String((next as { key: Scalar }).key?.value))
    else if (Array.isArray(items)) path.push(items.indexOf(next))
  }
  return path
}

/** Where a key stands; for a missing one, where the mapping stands that lacks it. */
function position(document: Document.Parsed, lines: LineCounter, path: Path): Omit<Problem, 'message'> {
  let node: unknown = document.contents
  let start = (document.contents as Node | null)?.range?.[0] ?? 0
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find(item => isScalar(item.key) && String(item.key.value) === String(key))
      if (!pair) break
      start = (pair.key as Scalar).range?.[0] ?? start
      node = pair.value
    } else {
      node = (node as { items?: unknown[] } | null)?.items?.[Number(key)]
      if (node === undefined) break
      start = (node as Node).range?.[0] ?? start
    }
  }
  const { line, col } = lines.linePos(start)
  return { path: path.join('.'), line, column: col }
}

const quoteHint = (text: string, line: number): string =>
  (text.split('\n')[line - 1] ?? '').includes('${') ? ` (inside { } or [ ], put "\${…}" in quotes)` : ''

function invalid(file: string, problems: readonly Problem[]): ConnectorError {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
  const list = sorted.map(
    each => `${file}:${each.line}:${each.column}: ${each.path && `${each.path}: `}${each.message}`,
  )
  return new ConnectorError('config.invalid', `the config has ${plural(list.length)}\n${list.join('\n')}`, {
    remedy:
      'Correct the file. config/README.md lists every option; config/connector.schema.json checks it in an editor.',
  })
}

const plural = (n: number): string => `${n} problem${n === 1 ? '' : 's'}`
