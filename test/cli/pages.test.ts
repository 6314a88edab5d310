import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { actionsByDescribe } from '../../src/actions/every-object.ts'
import { actions, actionsOf, objectOf } from '../../src/actions.ts'
import { connectRegistry } from '../../src/avro/registry.ts'
import { main } from '../../src/cli/program.ts'
import { parseConfig } from '../../src/core/config-load.ts'
import { eventTypes, type ObjectDescribe, offset } from '../../src/core/contract.ts'
import { fullAccess } from '../../src/simulator/org/access.ts'
import { Org } from '../../src/simulator/org/org.ts'
import { describeJson } from '../../src/simulator/routes/describe-json.ts'
import { deserialize } from '../../src/sink/deserialize.ts'
import { readSignal } from '../../src/source/signals.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { triggers } from '../../src/triggers.ts'
import { minimal } from '../core/minimal-config.ts'
import { jsonRecord } from '../sink/parts.ts'
import { root } from './container.ts'
import { fakeTerminal } from './fake-terminal.ts'

const paths = [
  'README.md',
  'ARCHITECTURE.md',
  'bench/README.md',
  ...readdirSync(join(root, 'docs')).map(name => `docs/${name}`),
]
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')
const pages = paths.map(path => [path, textOf(path)] as const)
const everything = pages.map(([, text]) => text).join('\n')

/** The fenced blocks of all pages in one language; '' is that of commands. */
const blocksIn = (language: string): string[] =>
  [...everything.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, found, block]) =>
    found === language ? [block!] : [],
  )

/** The headings of a page as GitHub makes anchors of them. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )

describe.each(pages)('%s', (path, text) => {
  test('links to what is there', () => {
    for (const [, link] of text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [file, anchor] = link!.split('#') as [string, string?]
      const target = file === '' ? join(root, path) : resolve(root, dirname(path), file)
      expect(existsSync(target), link).toBe(true)
      if (anchor !== undefined) expect(anchorsOf(readFileSync(target, 'utf8')), link).toContain(anchor)
    }
  })

  test('names files and metrics that are there', () => {
    // Those of a program may leave out src/.
    for (const [, file] of text.matchAll(/`((?:src|test|config|schemas)\/[\w./-]*|[a-z]+\/[\w./-]+\.ts)`/g))
      expect(existsSync(join(root, file!)) || existsSync(join(root, 'src', file!)), file).toBe(true)
    const known = createMetrics().registry.getMetricsAsArray()
    for (const [, metric] of text.matchAll(/`(connector_\w+)[`{]/g)) {
      const isKnown = known.some(({ name }) => (metric!.endsWith('_') ? name.startsWith(metric!) : name === metric))
      expect(isKnown, metric).toBe(true)
    }
  })
})

test.each(blocksIn('yaml'))('a piece of config is one: %s', block => {
  type Section = Readonly<Record<string, object>>
  const given = parse(block) as Section
  const whole = { ...minimal, ...given, salesforce: { ...minimal.salesforce, ...given.salesforce } }
  const kafka = { ...minimal.kafka, ...given.kafka }
  const env = { SF_CLIENT_ID: 'id', SF_CLIENT_SECRET: 'secret' }
  parseConfig(JSON.stringify({ ...whole, kafka }), { file: 'page.yaml', env })
})

const org = new Org(Date.now)
const tables = [...org.tables]
function describeOf(object: string): ObjectDescribe {
  const { type } = tables.find(each => each.type.name === object)!
  return describeJson(type, { root: '/services/data', access: fullAccess, tables: org.tables, recordTypes: [] })
}

const commands = blocksIn('json').filter(block => 'action' in JSON.parse(block))
test.each(commands)('a command is taken: %s', async block => {
  const command = JSON.parse(block) as { action: string }
  const describe = describeOf(
    objectOf(
      command.action,
      tables.map(({ type }) => type.name),
    )!,
  )
  const object = { describe, slug: 'object', actions: actionsOf(describe), idempotencyField: undefined }
  const read = await deserialize(jsonRecord(1, command), object, connectRegistry({ url: 'http://127.0.0.1:1' }))
  expect(read.kind === 'command' ? read.command.action : read.error).toBe(command.action)
})

const signals = blocksIn('json').filter(block => 'connector' in JSON.parse(block))
test.each(signals)('a signal is one: %s', block => {
  const record = { offset: offset(0), value: Buffer.from(block) }
  expect(readSignal(record, JSON.parse(block).connector, ['Contact'])).not.toHaveProperty('problem')
})

describe('the command line', () => {
  /** The options of each command, by its words. */
  const known = new Map<string, ReadonlySet<string>>()
  async function learn(words: readonly string[]): Promise<void> {
    const terminal = fakeTerminal()
    await main([...words, '--help'], terminal)
    const help = terminal.outText()
    const below = [...(help.split('\nCommands:\n')[1] ?? '').matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name]) => name!)
    const options = [...help.matchAll(/^ +(?:-\w, )?(--[a-z-]+)/gm)].map(([, name]) => name!)
    if (below.length === 0) known.set(words.join(' '), new Set(options))
    for (const name of below) if (name !== 'help') await learn([...words, name])
  }
  beforeAll(() => learn([]))
  const everywhere = new Set(['--json', '--debug', '--help', '--version', '--config'])

  test('has every command and option in the table of operations', () => {
    expect(known.size).toBeGreaterThan(15)
    const rows = textOf('docs/operations.md').split('\n')
    for (const [words, options] of known) {
      const row = rows.find(line => line.startsWith('| `') && line.includes(`\`${words}`))
      expect(row, words).toBeDefined()
      const unnamed = [...options].filter(name => !everywhere.has(name))
      // Those of `dlq list` are those of `dlq replay` too.
      const text = words === 'dlq replay' ? `${row}${rows.find(line => line.includes('`dlq list'))}` : row
      expect(
        unnamed.filter(name => !text?.includes(`\`${name}\``)),
        words,
      ).toEqual([])
    }
  })

  test('takes what the pages write', () => {
    const lines = blocksIn('').flatMap(block => block.split('\n').filter(line => line.startsWith('salesforce-kafka ')))
    expect(lines.length).toBeGreaterThan(10)
    for (const line of lines) {
      const words = line
        .replaceAll(/"[^"]*"/g, 'text')
        .split(' ')
        .slice(1)
      const name = [...known.keys()].find(each => `${words.join(' ')} `.startsWith(`${each} `))
      expect(name, line).toBeDefined()
      const options = words.filter(word => word.startsWith('--'))
      expect(
        options.filter(option => !known.get(name!)!.has(option)),
        line,
      ).toEqual([])
    }
  })
})

test('the pages list every trigger and every action', () => {
  const events = textOf('docs/events.md')
  for (const object of new Set(Object.values(triggers).map(trigger => trigger.object))) {
    const row = events.split('\n').find(line => line.startsWith(`| ${object} | \``))
    const types = Object.values(triggers)
      .filter(each => each.object === object)
      .map(({ type }) => type)
    expect(
      eventTypes.filter(type => row?.includes(type)),
      object,
    ).toEqual(eventTypes.filter(type => types.includes(type)))
  }
  const commandsPage = textOf('docs/commands.md')
  for (const [name, { object }] of Object.entries(actions)) {
    const row = commandsPage.split('\n').find(line => line.startsWith(`| ${object} | \``))
    expect(row?.split(/[ ,|]+/), name).toContain(name)
  }
  for (const [name] of actionsByDescribe(describeOf('Invoice__c')))
    expect(commandsPage).toContain(`\`${name.replace('Invoice__c', '<Object>')}\``)
})
