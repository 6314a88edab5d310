import { afterEach, expect, test } from 'vitest'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { type HttpServer, startHttp } from '../../src/telemetry/server.ts'

const servers: HttpServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

async function start(ready: () => string[], port = 0): Promise<string> {
  const server = await startHttp({ host: '127.0.0.1', port }, createMetrics(), ready)
  servers.push(server)
  return server.url
}

test('ready answers 503 with the reasons until there are none; live answers all the while', async () => {
  const reasons = ['sink: not yet a member of its consumer group']
  const url = await start(() => reasons)
  const before = await fetch(`${url}/health/ready`)
  expect(before.status).toBe(503)
  expect(await before.json()).toEqual({ status: 'not ready', reasons })
  expect((await fetch(`${url}/health/live`)).status).toBe(200)
  reasons.pop()
  const after = await fetch(`${url}/health/ready`)
  expect(after.status).toBe(200)
  expect(await after.json()).toEqual({ status: 'ready', reasons: [] })
})

test('metrics are in the text format of Prometheus, process metrics among them', async () => {
  const answer = await fetch(`${await start(() => [])}/metrics`)
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(await answer.text()).toMatch(/^process_resident_memory_bytes \d+/m)
})

test('anything else is not found', async () => {
  expect((await fetch(`${await start(() => [])}/`)).status).toBe(404)
})

test('a port in use is an error of the config, with a remedy', async () => {
  const port = Number(new URL(await start(() => [])).port)
  await expect(start(() => [], port)).rejects.toMatchObject({
    code: 'config.invalid',
    message: expect.stringContaining('EADDRINUSE'),
    remedy: expect.stringContaining('http.port'),
  })
})
