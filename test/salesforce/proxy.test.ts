import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttp, type RequestListener } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, connect as connectSocket, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { makeCertificate } from '../../src/simulator/tls.ts'
import { json, orgId, userId } from './canned-server.ts'

const host = 'acme.my.salesforce.com'
const directory = mkdtempSync(join(tmpdir(), 'proxy-'))
const caFile = join(directory, 'ca.pem')
let certificate: Awaited<ReturnType<typeof makeCertificate>>
beforeAll(async () => {
  certificate = await makeCertificate([host, 'localhost'])
  writeFileSync(caFile, certificate.ca)
})
afterAll(() => rmSync(directory, { recursive: true }))

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** Answers as an org does; `creates` counts what came to the sobjects. */
function org(scheme: string): { answer: RequestListener; creates: () => number } {
  let creates = 0
  return {
    creates: () => creates,
    answer: (request, response) => {
      const here = `${scheme}://${request.headers.host}`
      const path = new URL(request.url ?? '', here).pathname
      if (path === '/services/oauth2/token')
        return json(response, 200, { access_token: 't', instance_url: here, id: `${here}/id/${orgId}/${userId}` })
      if (path === '/services/data/') return json(response, 200, [{ version: '68.0' }])
      creates++
      json(response, 201, {})
    },
  }
}

type Fate = 'tunnel' | 'refuse' | 'silent' | 'cut'

/** A CONNECT proxy that leads every host to one port. */
async function startProxy(port: number, fate: Fate): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = []
  const proxy = createHttp()
  proxy.on('connect', (request, socket: Socket) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`)
    socket.on('error', () => undefined)
    if (fate === 'silent') return
    if (fate === 'refuse') return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    const inner = connectSocket(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(inner).pipe(socket)
    })
    inner.on('error', () => socket.destroy()).on('close', () => socket.destroy())
  })
  return { url: `http://user:pa%40ss@127.0.0.1:${await listen(proxy)}`, asked }
}

const client = fileURLToPath(new URL('./proxy-client.ts', import.meta.url))

/** What became of a create by a client in a process with this environment. */
async function createWith(loginUrl: string, env: Record<string, string>): Promise<Record<string, unknown>> {
  const clean = { HTTPS_PROXY: '', HTTP_PROXY: '', NO_PROXY: '', https_proxy: '', http_proxy: '', no_proxy: '' }
  const extra = { NODE_EXTRA_CA_CERTS: caFile }
  const given = Object.entries({ ...process.env, ...clean, ...extra, ...env }).filter(([, value]) => value !== '')
  const child = spawn(process.execPath, [client, loginUrl], { env: Object.fromEntries(given), stdio: 'pipe' })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await once(child, 'close')
  expect(output).not.toContain('pa%40ss')
  expect(output).not.toContain('pa@ss')
  return JSON.parse(output) as Record<string, unknown>
}

async function start(fate: Fate = 'tunnel') {
  const { answer, creates } = org('https')
  const tls = createHttps({ cert: certificate.cert, key: certificate.key }, (request, response) => {
    if (fate === 'cut' && request.url?.includes('/sobjects/')) request.socket.destroy()
    else answer(request, response)
  })
  const port = await listen(tls)
  return { port, creates, proxy: await startProxy(port, fate) }
}

test('HTTPS_PROXY leads to the org, with user and password, and a private CA is trusted', async () => {
  const { proxy, creates } = await start()
  expect(await createWith(`https://${host}`, { HTTPS_PROXY: proxy.url })).toEqual({ status: 201 })
  expect(creates()).toBe(1)
  const credentials = `Basic ${Buffer.from('user:pa@ss').toString('base64')}`
  expect(new Set(proxy.asked)).toEqual(new Set([`${host}:443 ${credentials}`]))
})

test('NO_PROXY leaves the proxy out', async () => {
  const { proxy, port } = await start()
  const env = { HTTPS_PROXY: proxy.url, NO_PROXY: 'example.com,localhost' }
  expect(await createWith(`https://localhost:${port}`, env)).toEqual({ status: 201 })
  expect(proxy.asked).toEqual([])
})

test('HTTP_PROXY is for an org without TLS', async () => {
  const { answer } = org('http')
  const asked: string[] = []
  const proxy = createHttp((request, response) => {
    asked.push(request.url ?? '')
    answer(request, response)
  })
  const env = { HTTP_PROXY: `http://127.0.0.1:${await listen(proxy)}` }
  expect(await createWith('http://org.invalid', env)).toEqual({ status: 201 })
  expect(asked[0]).toBe('http://org.invalid/services/oauth2/token')
})

test('without the CA: not executed, and the remedy names the variable', async () => {
  const { proxy } = await start()
  const env = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: '' }
  const failure = await createWith(`https://${host}`, env)
  expect(failure).toMatchObject({ code: 'salesforce.unreachable', executed: 'no' })
  expect(failure.remedy).toContain('NODE_EXTRA_CA_CERTS')
})

test('a proxy that refuses: not executed, and the remedy names the proxy', async () => {
  const { proxy } = await start('refuse')
  const failure = await createWith(`https://${host}`, { HTTPS_PROXY: proxy.url })
  expect(failure).toMatchObject({ code: 'salesforce.unreachable', executed: 'no' })
  expect(failure.message).toContain('407')
  expect(failure.remedy).toContain('HTTPS_PROXY')
})

test('a proxy that is not there: not executed', async () => {
  const failure = await createWith(`https://${host}`, { HTTPS_PROXY: 'http://127.0.0.1:1' })
  expect(failure).toMatchObject({ code: 'salesforce.unreachable', executed: 'no' })
})

test('a proxy that does not answer: given up in time, not executed', async () => {
  const { proxy } = await start('silent')
  const failure = await createWith(`https://${host}`, { HTTPS_PROXY: proxy.url })
  expect(failure).toMatchObject({ code: 'salesforce.unreachable', executed: 'no' })
})

test('a tunnel that is cut after the request was sent: unknown', async () => {
  const { proxy } = await start('cut')
  const failure = await createWith(`https://${host}`, { HTTPS_PROXY: proxy.url })
  expect(failure).toMatchObject({ code: 'salesforce.unknown_outcome', executed: 'unknown' })
})
