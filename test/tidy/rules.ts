import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, normalize } from 'node:path/posix'
import { functionLengths } from './functions.ts'

export interface SourceFile {
  readonly path: string
  readonly text: string
}

export interface BrokenRule {
  readonly rule: string
  readonly where: string
}

const fileLinesMax = 250
const functionLinesMax = 70

// Floors of design 7: imports go down or stay in the folder.
const floors: Readonly<Record<string, number>> = {
  cli: 5,
  main: 5,
  demo: 5,
  source: 4,
  sink: 4,
  triggers: 3,
  actions: 3,
  salesforce: 2,
  kafka: 2,
  avro: 2,
  telemetry: 1,
  core: 0,
}
const islands = new Set(['simulator', 'stack'])
const apart: readonly (readonly [string, ReadonlySet<string>])[] = [
  ['source and sink stay apart', new Set(['source', 'sink'])],
  ['salesforce, kafka and avro stay apart', new Set(['salesforce', 'kafka', 'avro'])],
]
const rulesFile = 'test/tidy/rules.ts'
const catchAllNames = /(^|[/-])(utils?|helpers?|common|manager|service|base|misc)(-|\.ts$|\/)/

/** Every file git tracks or would track that the rules speak of. */
export function readTree(): SourceFile[] {
  const list = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  return list
    .split('\n')
    .filter(path => /^(src|test|bench|config|deploy|docs)\/|^[A-Za-z.-]+\.(md|ya?ml|json|ts)$|^\.ci\//.test(path))
    .filter(path => path !== 'package-lock.json' && existsSync(path))
    .map(path => ({ path, text: readFileSync(path, 'utf8') }))
}

export function brokenRules(files: readonly SourceFile[]): BrokenRule[] {
  return files.flatMap(file => [
    ...(file.path.endsWith('.ts') ? [...importRules(file), ...lengthRules(file), ...textRules(file)] : []),
    ...when(/\/(work|farm|tmp)\/[a-z]/.test(file.text), 'no machine paths', file.path),
  ])
}

const when = (broken: boolean, rule: string, where: string): BrokenRule[] => (broken ? [{ rule, where }] : [])

/** The part of the product a file belongs to: its folder under src, or its own name there. */
const partOf = (path: string): string | undefined => /^src\/([a-z-]+)(\.ts$|\/)/.exec(path)?.[1]

function importRules(file: SourceFile): BrokenRule[] {
  const part = partOf(file.path)
  if (part === undefined) return []
  if (!islands.has(part) && floors[part] === undefined) return [{ rule: 'a file has its floor', where: file.path }]
  const targets = [...file.text.matchAll(/\bfrom '(\.[^']+)'|\bimport\('(\.[^']+)'\)/g)].map(m => (m[1] ?? m[2])!)
  return targets.flatMap(target => {
    const used = partOf(normalize(`${dirname(file.path)}/${target}`))
    return used === undefined || used === part ? [] : importRule(file.path, part, used)
  })
}

function importRule(path: string, part: string, used: string): BrokenRule[] {
  const where = `${path} imports ${used}`
  if (islands.has(part)) return when(used !== 'core', `the ${part} imports only core`, where)
  if (islands.has(used)) return when(!['cli', 'demo'].includes(part), `the ${used} is an island`, where)
  return [
    ...when(floors[used]! > floors[part]!, 'imports never climb', where),
    ...apart.flatMap(([rule, parts]) => when(parts.has(part) && parts.has(used), rule, where)),
  ]
}

function lengthRules({ path, text }: SourceFile): BrokenRule[] {
  const lines = text.split('\n').length - 1
  return [
    ...when(lines > fileLinesMax, 'files stay short', `${path}: ${lines} lines, at most ${fileLinesMax}`),
    ...functionLengths(text)
      .filter(found => found.lines > functionLinesMax)
      .map(found => ({
        rule: found.isMethod ? 'methods stay short' : 'functions stay short',
        where: `${path}:${found.line} ${found.name}: ${found.lines} lines, at most ${functionLinesMax}`,
      })),
  ]
}

function textRules({ path, text }: SourceFile): BrokenRule[] {
  if (path === rulesFile) return [] // it names what it forbids
  const undocumented = path.startsWith('src/')
    ? [...text.matchAll(/(^|\n)([^\n]*)\nexport (?:async )?(?:function|class) (\w+)/g)].filter(
        m => !/\*\/\s*$/.test(m[2]!),
      )
    : []
  const first = path.startsWith('src/') && /^export (?:async )?(?:function|class) \w+/.test(text)
  return [
    ...when(/\b(TODO|FIXME|XXX)\b/.test(text), 'work is finished', path),
    ...when(/\b(it|test|describe)\.(only|skip|todo)\b/.test(text), 'no test is switched off', path),
    ...when(/\bas any\b|: any(?! \w)\b|<any>|@ts-(ignore|nocheck)/.test(text), 'the type checker stays on', path),
    ...when(catchAllNames.test(path), 'no catch-all names', path),
    ...when(first, 'exports are documented', path),
    ...undocumented.map(m => ({ rule: 'exports are documented', where: `${path}: ${m[3]}` })),
  ]
}
