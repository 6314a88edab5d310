import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, onTestFailed, test } from 'vitest'
import { main } from '../../src/cli/program.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { configText } from '../routes/world.ts'
import { type ConnectorChild, startConnectorChild } from './connector-child.ts'
import { fakeTerminal } from './fake-terminal.ts'

const directory = mkdtempSync(join(tmpdir(), 'positions-'))
const file = join(directory, 'connector.yaml')
let simulator: Simulator
let child: ConnectorChild

beforeAll(async () => {
  simulator = await startSimulator({ rows: { contact: 30 } })
  const source = { interval_ms: 200, objects: { Contact: {}, Account: { start: 'earliest' } } }
  const ours = { http: { host: '127.0.0.1', port: 0 }, log: { level: 'info' } }
  writeFileSync(file, JSON.stringify({ ...JSON.parse(configText(simulator, { source })), ...ours }))
  child = await startConnectorChild(file)
})
afterAll(async () => {
  child?.process.kill('SIGKILL')
  await simulator?.close()
  rmSync(directory, { recursive: true })
})
beforeEach(() => {
  onTestFailed(() => console.error(child?.logged()))
})

async function call(...args: string[]) {
  const terminal = fakeTerminal()
  const code = await main([...args, '--config', file], terminal)
  return { code, out: terminal.outText(), notes: terminal.noteText() }
}

interface Shown {
  readonly object: string
  readonly paused: boolean
  readonly start: string
  readonly lastSnapshot: { readonly outcome: string; readonly rows: number } | null
}
const show = async (object: string): Promise<Shown> =>
  (JSON.parse((await call('offsets', 'show', '--json')).out) as Shown[]).find(each => each.object === object)!

test('offsets show says of each object where it stands, as a table and as JSON', async () => {
  await expect.poll(async () => (await show('Contact'))?.start, { timeout: 20_000 }).toBeDefined()
  expect(await show('Contact')).toMatchObject({ paused: false, snapshot: null, deletes: 0 })
  await expect.poll(async () => (await show('Account'))?.start, { timeout: 20_000 }).toBe('earliest')
  const { out, code } = await call('offsets', 'show', 'Contact')
  expect(out).toMatch(
    /^OBJECT +LOWER +FLOOR +WINDOW +DELETES +STATE +LAST CHANGE\nContact +\d{4}-.* polled +\d+ s ago$/,
  )
  expect(code).toBe(0)
})

test('snapshot --wait ends when it has, and says how it ended', async () => {
  const done = await call('snapshot', 'Contact', '--wait')
  expect(done.out).toBe('Contact: snapshot done')
  expect(done.code).toBe(0)
  expect((await show('Contact')).lastSnapshot).toMatchObject({ outcome: 'done', rows: 30 })
  const failed = await call('snapshot', 'Contact', '--where', 'Nothing = 1', '--wait')
  expect(failed.out).toMatch(/^Contact: snapshot failed: .*INVALID_FIELD/)
  expect(failed.code).toBe(1)
})

test('pause and resume wait until they are obeyed', async () => {
  expect(await call('pause', 'Contact')).toMatchObject({ code: 0, out: 'Contact: pause applied' })
  expect((await show('Contact')).paused).toBe(true)
  expect((await call('offsets', 'show')).out).toMatch(/^Contact .* paused /m)
  const resumed = await call('resume', '--json')
  expect(JSON.parse(resumed.out)).toMatchObject({
    type: 'resume',
    objects: expect.arrayContaining([{ object: 'Contact', outcome: 'applied', reason: '' }]),
  })
  expect((await show('Contact')).paused).toBe(false)
})

test('offsets reset moves a running object, offsets export gives what is known of it', async () => {
  expect(await call('offsets', 'reset', 'Contact', '--to', 'earliest')).toMatchObject({
    code: 0,
    out: 'Contact: reset applied',
  })
  expect((await show('Contact')).start).toBe('earliest')
  const { out } = await call('offsets', 'export', 'Contact')
  const { objects } = JSON.parse(out) as { objects: Record<string, unknown>[] }
  expect(objects).toHaveLength(1)
  expect(objects[0]).toMatchObject({
    object: 'Contact',
    orgId: simulator.orgId,
    position: { startMs: 0 },
    control: { paused: false, last: { type: 'reset', outcome: 'applied' } },
  })
  expect(Object.keys(objects[0]!.records as object)).toEqual(expect.arrayContaining(['watermark', 'control']))
})

test('what cannot be is a usage error, and a connector that is not there is said so', async () => {
  expect(await call('pause', 'Contat')).toMatchObject({ code: 2, notes: expect.stringMatching(/did you mean Contact/) })
  expect(await call('offsets', 'reset', 'Contact', '--to', 'yesterday')).toMatchObject({ code: 2 })
  expect(await call('offsets', 'reset', 'Contact')).toMatchObject({ code: 2 })
  expect(await call('snapshot')).toMatchObject({ code: 2 })
  expect(await child.end('SIGTERM')).toBe(0)
  const unheard = await call('pause', 'Contact', '--timeout-ms', '1500')
  expect(unheard).toMatchObject({ code: 1, notes: expect.stringMatching(/not obeyed within 1500 ms\nremedy: /) })
})
