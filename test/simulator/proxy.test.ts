import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { assertionFor } from './sign-in-client.ts'

const run = promisify(execFile)
const directory = mkdtempSync(join(tmpdir(), 'proxy-'))
const caFile = join(directory, 'ca.pem')
let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator({ rows: { contact: 3 }, tls: { names: [] }, proxy: true })
  writeFileSync(caFile, simulator.ca ?? '')
})
afterAll(async () => {
  await simulator.close()
  rmSync(directory, { recursive: true })
})

/** Runs a script in a process that knows of the simulator only what its environment says. */
async function inProcess(script: string, details: object): Promise<unknown> {
  const file = join(directory, 'script.mjs')
  writeFileSync(file, script)
  const env = {
    ...process.env,
    HTTPS_PROXY: simulator.proxyUrl,
    NODE_USE_ENV_PROXY: '1',
    NODE_EXTRA_CA_CERTS: caFile,
    DETAILS: JSON.stringify(details),
  }
  const { stdout } = await run(process.execPath, [file], { env, timeout: 30_000 })
  return JSON.parse(stdout)
}

const jsforce = pathToFileURL(join(import.meta.dirname, '../../node_modules/jsforce/index.js')).href

test('jsforce signs in at login.salesforce.com and reads from the instance it is sent to', async () => {
  const { clientId, username, password, securityToken } = simulator
  const assertion = assertionFor(simulator, { aud: 'https://login.salesforce.com' })
  const script = `
    import jsforce from ${JSON.stringify(jsforce)}
    const { clientId, username, password, assertion } = JSON.parse(process.env.DETAILS)
    const connection = new jsforce.Connection({ oauth2: { clientId }, version: '68.0', logLevel: 'NONE' })
    await connection.authorize({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion })
    const { totalSize } = await connection.query('SELECT Id FROM Contact')
    const sandbox = new jsforce.Connection({ loginUrl: 'https://test.salesforce.com', version: '68.0', logLevel: 'NONE' })
    await sandbox.login(username, password)
    console.log(JSON.stringify([connection.instanceUrl, totalSize, sandbox.instanceUrl, (await sandbox.identity()).username]))`
  expect(await inProcess(script, { clientId, username, password: password + securityToken, assertion })).toEqual([
    'https://simulated.my.salesforce.com',
    3,
    'https://simulated--test.sandbox.my.salesforce.com',
    username,
  ])
})

test('client credentials are for My Domain alone, and the login host is not the API’s', async () => {
  const { clientId: client_id, clientSecret: client_secret } = simulator
  const script = `
    const details = JSON.parse(process.env.DETAILS)
    const token = async host => {
      const body = new URLSearchParams({ grant_type: 'client_credentials', ...details })
      return (await fetch('https://' + host + '/services/oauth2/token', { method: 'POST', body })).json()
    }
    const limits = async (host, { access_token }) =>
      (await fetch('https://' + host + '/services/data/v68.0/limits', { headers: { authorization: 'Bearer ' + access_token } })).status
    const mine = await token('acme.my.salesforce.com')
    console.log(JSON.stringify({
      refused: await token('login.salesforce.com'),
      instance: mine.instance_url,
      statuses: [await limits('acme.my.salesforce.com', mine), await limits('login.salesforce.com', mine)],
    }))`
  expect(await inProcess(script, { client_id, client_secret })).toEqual({
    refused: { error: 'invalid_grant', error_description: 'request not supported on this domain' },
    instance: 'https://acme.my.salesforce.com',
    statuses: [200, 401],
  })
})

/** The first line that the proxy answers. */
function firstLine(text: string): Promise<string> {
  const { hostname, port } = new URL(simulator.proxyUrl ?? '')
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text))
    socket.once('data', data => {
      resolve(data.toString().split('\r\n')[0] ?? '')
      socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('closed without an answer')))
  })
}

const port = () => new URL(simulator.url).port
test.each([
  ['CONNECT login.salesforce.com:443', 200],
  ['CONNECT LOGIN.salesforce.com:443', 200],
  ['CONNECT acme--uat.sandbox.my.salesforce.com:443', 200],
  ['CONNECT 127.0.0.1:<port>', 200],
  ['CONNECT example.com:443', 403],
  ['CONNECT my.salesforce.com.example.com:443', 403],
  ['CONNECT evil-login.salesforce.com:443', 403],
  ['CONNECT a.b.c.my.salesforce.com:443', 403],
  ['CONNECT login.salesforce.com:22', 403],
  ['CONNECT 127.0.0.1:22', 403],
  ['CONNECT nonsense', 403],
  ['GET http://example.com/', 403],
  ['GET http://login.salesforce.com/', 403],
])('%s: %i', async (request, status) => {
  const what = request.replace('<port>', port())
  expect(await firstLine(`${what} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
})

test('to close the org ends what goes through the proxy', async () => {
  const other = await startSimulator({ tls: { names: [] }, proxy: true })
  const { hostname, port: proxyPort } = new URL(other.proxyUrl ?? '')
  const socket = connect(Number(proxyPort), hostname)
  const ended = new Promise(resolve => socket.on('close', resolve))
  socket.on('error', () => undefined)
  await new Promise<void>(resolve => {
    socket.once('data', () => resolve())
    socket.write('CONNECT login.salesforce.com:443 HTTP/1.1\r\nHost: x\r\n\r\n')
  })
  await other.close()
  await ended
  expect(socket.destroyed).toBe(true)
})
