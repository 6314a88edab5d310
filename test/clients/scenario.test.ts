import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { pythonWith } from '../readers/python.ts'

// The same scenario with clients that were written for Salesforce and have its hosts built in.
const run = promisify(execFile)
const scenarioTimeoutMs = 120_000
const installTimeoutMs = 300_000
const directory = mkdtempSync(join(tmpdir(), 'clients-'))
const caFile = join(directory, 'ca.pem')

let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator({ rows: { contact: 4_100 }, tls: { names: [] }, proxy: true })
  writeFileSync(caFile, simulator.ca ?? '')
})
afterEach(() => simulator.close())
afterAll(() => rmSync(directory, { recursive: true }))

async function scenario(program: string, args: readonly string[]): Promise<unknown> {
  const { username, password, securityToken, userId } = simulator
  const details = { username, password: password + securityToken, plainPassword: password, securityToken, userId }
  const trust = { NODE_EXTRA_CA_CERTS: caFile, REQUESTS_CA_BUNDLE: caFile }
  const proxy = { HTTPS_PROXY: simulator.proxyUrl, NODE_USE_ENV_PROXY: '1', NO_PROXY: '' }
  const env = { ...process.env, ...trust, ...proxy, DETAILS: JSON.stringify(details) }
  const { stdout } = await run(program, args, { env, timeout: scenarioTimeoutMs })
  return JSON.parse(stdout)
}

const expected = () => ({
  signedIn: simulator.username,
  described: true,
  created: true,
  paged: true,
  updated: 'Chief Engineer',
  upserted: [true, true, 'Director'],
  deleted: [0, true],
  composite: [201, 201],
  collections: 450,
  updatedIds: true,
  bulk: 450,
})

test('jsforce', { timeout: scenarioTimeoutMs }, async () => {
  expect(await scenario(process.execPath, ['test/clients/scenario.ts'])).toEqual(expected())
})

test('simple-salesforce', { timeout: installTimeoutMs + scenarioTimeoutMs }, async () => {
  const python = await pythonWith(['simple-salesforce==1.12.10'])
  expect(await scenario(python, ['test/clients/scenario.py'])).toEqual(expected())
})
