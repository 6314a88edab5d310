import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { actions } from '../../src/actions.ts'
import { reportFailure } from '../../src/cli/failure.ts'
import { main } from '../../src/cli/program.ts'
import { halvesOf } from '../../src/cli/run.ts'
import { ConnectorError } from '../../src/core/errors.ts'
import { triggers } from '../../src/triggers.ts'
import { minimal } from '../core/minimal-config.ts'
import { fakeTerminal } from './fake-terminal.ts'
import { until } from './until.ts'

const directory = mkdtempSync(join(tmpdir(), 'cli-'))
afterAll(() => rmSync(directory, { recursive: true }))

async function call(...args: string[]) {
  const terminal = fakeTerminal()
  const code = await main(args, terminal)
  return { code, out: terminal.outText(), notes: terminal.noteText() }
}

describe('exit codes', () => {
  test.each([
    [0, ['--version'], /^\d+\.\d+\.\d+$/, /^$/],
    [0, ['--help'], /Usage: salesforce-kafka/, /^$/],
    [0, ['run', '--help'], /--config <file>.*--json/s, /^$/],
    [2, [], /^$/, /Usage: /],
    [2, ['rum'], /^$/, /unknown command 'rum'\n\(Did you mean run\?\)/],
    [2, ['run'], /^$/, /required option '--config <file>'/],
    [2, ['run', '--config', 'x', '--sinc'], /^$/, /unknown option '--sinc'\n\(Did you mean --sink\?\)/],
    [2, ['simulate', '--port', '70000'], /^$/, /whole number from 0 to 65535/],
    [2, ['simulate', '--rows', 'contact=many'], /^$/, /contact=1000/],
    [2, ['tail', 'gossip', '--config', 'x'], /^$/, /Allowed choices are events, replies, all/],
    [
      3,
      ['run', '--config', 'none.yaml'],
      /^$/,
      /^error: config file none\.yaml cannot be read \(ENOENT\)\n(cause: .*\n)?remedy: /,
    ],
    [3, ['tail', '--config', 'none.yaml'], /^$/, /^error: config file none\.yaml/],
  ])('%i: %j', async (code, args, out, notes) => {
    const done = await call(...args)
    expect(done.notes).toMatch(notes)
    expect(done.out).toMatch(out)
    expect(done.code).toBe(code)
  })

  test.each([
    ['config.invalid', 3],
    ['stack.unavailable', 3],
    ['usage.invalid', 2],
    ['salesforce.unauthorized', 1],
    ['command.unanswered', 1],
  ] as const)('%s: %i', (code, exit) => {
    const terminal = fakeTerminal()
    const error = new ConnectorError(code, 'what happened', { remedy: 'What to do.' })
    expect(reportFailure(error, terminal, { debug: false, secrets: [] })).toBe(exit)
    expect(terminal.noteText()).toBe('error: what happened\nremedy: What to do.')
  })

  test('a foreign error is a bug: exit 1, no stack unless --debug, secrets masked in both', () => {
    const error = new Error('bad hunter2', { cause: new Error('deeper hunter2') })
    for (const debug of [false, true]) {
      const terminal = fakeTerminal()
      expect(reportFailure(error, terminal, { debug, secrets: ['hunter2'] })).toBe(1)
      expect(terminal.noteText()).toMatch(/^error: bad \*\*\*\ncause: deeper \*\*\*\nremedy: This is a bug/)
      expect(terminal.noteText()).not.toContain('hunter2')
      expect(/^ +at /m.test(terminal.noteText())).toBe(debug)
    }
  })
})

test('catalog lists every trigger and action, as a table and as JSON', async () => {
  const { out } = await call('catalog')
  for (const name of [...Object.keys(triggers), ...Object.keys(actions)])
    expect(out).toMatch(new RegExp(`^${name} `, 'm'))
  const json = JSON.parse((await call('catalog', '--json')).out) as Record<string, { name: string }[]>
  expect(json.triggers?.map(({ name }) => name)).toEqual(Object.keys(triggers))
  expect(out.match(/^[a-z]+-[a-z]+ .* yes +An? /gm)).toHaveLength(23)
  expect(json.actions?.map(({ name }) => name)).toEqual(Object.keys(actions))
})

test('simulate --json prints what a client needs to sign in, serves until a signal, and exits 0', async () => {
  const terminal = fakeTerminal()
  const done = main(
    ['simulate', '--json', '--rows', 'contact=3', '--client-id', 'me', '--client-secret', 'mine'],
    terminal,
  )
  const details = JSON.parse(await until(() => terminal.outText() || undefined)) as Record<string, string>
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'me', client_secret: 'mine' })
  const answer = await fetch(details.tokenUrl!, { method: 'POST', body })
  expect(answer.status).toBe(200)
  const { access_token: token } = (await answer.json()) as { access_token: string }
  const query = `${details.loginUrl}/services/data/v${details.apiVersion}/query?q=SELECT+COUNT()+FROM+Contact`
  const rows = (await (await fetch(query, { headers: { authorization: `Bearer ${token}` } })).json()) as object
  expect(rows).toMatchObject({ totalSize: 3 })
  terminal.signal('SIGINT')
  expect(await done).toBe(0)
})

test('--source and --sink choose halves; without them the config does', () => {
  const enabled = { source: true, sink: false }
  expect(halvesOf({}, enabled)).toEqual(enabled)
  expect(halvesOf({ sink: true }, enabled)).toEqual({ source: false, sink: true })
  expect(halvesOf({ source: true, sink: true }, enabled)).toEqual({ source: true, sink: true })
})

test('run that cannot sign in exits 1 with a remedy; no secret of the config is printed', async () => {
  const file = join(directory, 'c.yaml')
  const salesforce = { ...minimal.salesforce, login_url: 'http://127.0.0.1:9', request_timeout_ms: 1_000 }
  writeFileSync(
    file,
    JSON.stringify({ ...minimal, salesforce, http: { host: '127.0.0.1', port: 0 }, log: { level: 'error' } }),
  )
  const { code, notes } = await call('run', '--config', file)
  expect(code).toBe(1)
  expect(notes).toMatch(/^error: .*\n(cause: .*\n)*remedy: /)
  expect(notes).not.toContain('hunter2')
})
