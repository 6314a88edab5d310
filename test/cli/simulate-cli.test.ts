import { execFile } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { main } from '../../src/cli/program.ts'
import { fakeTerminal } from './fake-terminal.ts'
import { until } from './until.ts'

const directory = mkdtempSync(join(tmpdir(), 'simulate-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** Runs the command, hands over what it printed as JSON, then stops it. */
async function simulated(args: readonly string[], use: (details: Record<string, string>) => Promise<void>) {
  const terminal = fakeTerminal()
  const done = main(['simulate', '--json', ...args], terminal)
  const text = await until(() => terminal.outText() || undefined)
  expect(text.trim()).not.toContain('\n')
  try {
    await use(JSON.parse(text) as Record<string, string>)
  } finally {
    terminal.signal('SIGTERM')
    expect(await done).toBe(0)
  }
}

const mode = (file: string) => statSync(file).mode & 0o777

test('one line of JSON tells what every flow needs; the key of the app is in a file of its owner, gone afterwards', async () => {
  let keyFile = ''
  await simulated(['--seed', '5', '--rows', 'contact=2,Lead=3'], async details => {
    const { clientId, clientSecret, username, password, securityToken, refreshToken, tokenUrl, url } = details
    keyFile = details.privateKeyFile ?? ''
    expect(mode(keyFile)).toBe(0o600)
    expect(createPrivateKey(readFileSync(keyFile)).asymmetricKeyType).toBe('rsa')
    expect(details.privateKey).toBe(readFileSync(keyFile, 'utf8'))
    const app = { client_id: clientId ?? '', client_secret: clientSecret ?? '' }
    for (const form of [
      { grant_type: 'client_credentials', ...app },
      { grant_type: 'password', ...app, username: username ?? '', password: password ?? '' },
      { grant_type: 'password', ...app, username: username ?? '', password: `${password}${securityToken}` },
      { grant_type: 'refresh_token', ...app, refresh_token: refreshToken ?? '' },
    ]) {
      const answer = await fetch(tokenUrl ?? '', { method: 'POST', body: new URLSearchParams(form) })
      expect(answer.status, form.grant_type).toBe(200)
    }
    expect((await fetch(`${details.controlUrl}/sign-in`)).status).toBe(200)
    const state = (await (await fetch(`${details.controlUrl}/state`)).json()) as { counts: object }
    expect(state.counts).toMatchObject({ Contact: { live: 2 }, Lead: { live: 3 } })
    expect([url, details.caFile, details.proxyUrl]).toEqual([details.loginUrl, undefined, undefined])
  })
  expect(existsSync(dirname(keyFile))).toBe(false)
})

test('--tls, --host and --proxy: the CA is written, and a client with Salesforce’s hosts built in gets through', async () => {
  const tls = join(directory, 'certificates')
  await simulated(['--tls', tls, '--host', 'one.internal', 'two.internal', '--proxy'], async details => {
    expect(details.url).toMatch(/^https:/)
    expect(details.caFile).toBe(join(tls, 'ca.pem'))
    expect(mode(details.privateKeyFile ?? '')).toBe(0o600)
    expect(readFileSync(details.caFile ?? '', 'utf8')).toMatch(/^-----BEGIN CERTIFICATE-----/)
    const script = `Promise.all(['login.salesforce.com', 'one.internal', 'two.internal'].map(host =>
      fetch('https://' + host + '/services/data/').then(answer => answer.status))).then(all => console.log(all.join()))`
    const env = {
      ...process.env,
      ...{ HTTPS_PROXY: details.proxyUrl, NODE_USE_ENV_PROXY: '1', NODE_EXTRA_CA_CERTS: details.caFile },
    }
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { env, timeout: 30_000 })
    expect(stdout.trim()).toBe('200,200,200')
  })
  expect(existsSync(join(tls, 'ca.pem'))).toBe(true)
})

test('as a table, what it prints names the files and not the key itself', async () => {
  const terminal = fakeTerminal()
  const done = main(['simulate'], terminal)
  const text = await until(() => (/privateKeyFile/.test(terminal.outText()) ? terminal.outText() : undefined))
  for (const name of ['tokenUrl', 'controlUrl', 'clientId', 'clientSecret', 'username', 'password', 'refreshToken'])
    expect(text).toMatch(new RegExp(`^${name} +\\S`, 'm'))
  expect(text).not.toContain('PRIVATE KEY')
  terminal.signal('SIGINT')
  expect(await done).toBe(0)
})

describe('usage', () => {
  test.each([
    [['--proxy'], /--proxy needs --tls/],
    [['--host', 'a.internal'], /--host needs --tls/],
    [['--tls', 'x', '--host', 'no name'], /host name or an IP address/],
    [['--rows', 'nope=1'], /known are/],
  ])('%j is exit 2', async (args, text) => {
    const terminal = fakeTerminal()
    expect(await main(['simulate', ...args], terminal)).toBe(2)
    expect(terminal.noteText()).toMatch(text)
  })
})
