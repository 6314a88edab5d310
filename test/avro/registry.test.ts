import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connectRegistry, type RegistryOptions, type SchemaRegistry } from '../../src/avro/registry.ts'
import type { SchemaId } from '../../src/core/contract.ts'

/** A registry that answers as it is told; what the real one does is in registry.stack.test.ts. */
type Answer = (request: IncomingMessage, response: ServerResponse) => void
let answer: Answer
const seen: { method: string; url: string; authorization: string | undefined }[] = []
const server = createServer((request, response) => {
  seen.push({ method: request.method!, url: request.url!, authorization: request.headers.authorization })
  request.resume().on('end', () => answer(request, response))
})
const json =
  (status: number, body: unknown): Answer =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

const limits = { attemptsMax: 3, delayMsMin: 1, delayMsMax: 2 }
const connect = (options: Partial<RegistryOptions> = {}): SchemaRegistry => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return connectRegistry({ url, limits, ...options })
}
const one = 1 as SchemaId
const schema = { type: 'record', name: 'R', fields: [] } as const

beforeEach(async () => {
  seen.length = 0
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
})

describe('a registry that is down is tried again, within limits', () => {
  test('nothing listens', async () => {
    const started = performance.now()
    const down = connect({ url: 'http://127.0.0.1:1' })
    await expect(down.schema(one)).rejects.toMatchObject({
      code: 'registry.unavailable',
      message: expect.stringMatching(/^reading schema 1: connect ECONNREFUSED/),
    })
    expect(performance.now() - started).toBeLessThan(5000)
  })
  const calls: Readonly<Record<string, (registry: SchemaRegistry) => Promise<unknown>>> = {
    schema: registry => registry.schema(one),
    latest: registry => registry.latest('s'),
    register: registry => registry.register('s', schema),
  }
  test.for(Object.entries(calls))('%s: it never answers', async ([, call]) => {
    answer = () => {}
    const silent = { code: 'registry.unavailable', message: expect.stringContaining('Timeout') }
    await expect(call(connect({ timeoutMs: 100 }))).rejects.toMatchObject(silent)
    expect(seen).toHaveLength(3)
  })
  test.for([500, 503, 429])('HTTP %i', async status => {
    answer = json(status, { message: 'busy' })
    await expect(connect().register('s', schema)).rejects.toMatchObject({ code: 'registry.unavailable' })
    expect(seen).toHaveLength(3)
  })
  test('an answer that is no JSON', async () => {
    answer = (_, response) => response.writeHead(200).end('<html>')
    await expect(connect().schema(one)).rejects.toMatchObject({ code: 'registry.unavailable' })
  })
  test('it comes back', async () => {
    answer = (request, response) =>
      (seen.length < 3 ? json(503, {}) : json(200, { schema: '"string"' }))(request, response)
    expect(await connect().schema(one)).toBe('string')
  })
})

describe('signing in', () => {
  test('user and password go with each request', async () => {
    answer = json(404, {})
    await connect({ username: 'me', password: 'p:w' }).latest('s')
    expect(seen[0]?.authorization).toBe(`Basic ${btoa('me:p:w')}`)
  })
  test.for([401, 403])('HTTP %i is an error of the config, at once, and shows no password', async status => {
    answer = json(status, { message: 'no' })
    const error = await connect({ username: 'me', password: 'p:w' })
      .latest('s')
      .catch(error => error)
    expect(error).toMatchObject({ code: 'config.invalid', remedy: expect.stringContaining('registry.password') })
    expect(`${error} ${error.remedy} ${error.cause}`).not.toContain('p:w')
    expect(seen).toHaveLength(1)
  })
})

describe('schemas by id', () => {
  test('are asked for once, also by callers at the same time', async () => {
    answer = json(200, { schema: JSON.stringify(schema) })
    const registry = connect()
    const [a, b] = await Promise.all([registry.schema(one), registry.schema(one)])
    expect(a).toEqual(schema)
    expect(b).toBe(a)
    expect(await registry.schema(one)).toBe(a)
    expect(seen.map(request => request.url)).toEqual(['/schemas/ids/1'])
  })
  test('an unknown one is asked for again: it may be registered later', async () => {
    answer = json(404, { error_code: 40403, message: 'Schema not found' })
    const registry = connect()
    expect(await registry.schema(one)).toBeUndefined()
    answer = json(200, { schema: '"int"' })
    expect(await registry.schema(one)).toBe('int')
  })
  test('a failure is not remembered', async () => {
    answer = json(500, {})
    const registry = connect()
    await expect(registry.schema(one)).rejects.toThrow()
    answer = json(200, { schema: '"int"' })
    expect(await registry.schema(one)).toBe('int')
  })
  test('one that is not Avro counts as none', async () => {
    const registry = connect()
    answer = json(200, { schemaType: 'PROTOBUF', schema: 'syntax = "proto3";' })
    expect(await registry.schema(one)).toBeUndefined()
    answer = json(200, { schemaType: 'JSON', schema: '{"type":"record"}' })
    expect(await registry.schema(one)).toBeUndefined()
    answer = json(200, { schema: 'syntax = "proto3";' })
    expect(await registry.schema(one)).toBeUndefined()
  })
  test('are kept up to a limit', async () => {
    answer = json(200, { schema: '"int"' })
    const registry = connect()
    for (let id = 0; id <= 1000; id++) await registry.schema(id as SchemaId)
    await registry.schema(1000 as SchemaId)
    expect(seen).toHaveLength(1001)
    await registry.schema(0 as SchemaId)
    expect(seen).toHaveLength(1002)
  })
})

describe('registering', () => {
  const bySteps =
    (steps: Readonly<Record<string, Answer>>): Answer =>
    (request, response) =>
      (steps[`${request.method} ${request.url}`] ?? json(500, {}))(request, response)

  test('a subject with another compatibility level is left as it is', async () => {
    answer = json(200, { compatibilityLevel: 'BACKWARD' })
    const error = await connect()
      .register('s', schema)
      .catch(error => error)
    expect(error).toMatchObject({
      code: 'registry.incompatible',
      message: 'subject s: its compatibility level is BACKWARD',
    })
    expect(seen).toHaveLength(1)
  })
  test.for([409, 422])('HTTP %i names the subject and the reason', async status => {
    answer = bySteps({
      'GET /config/s': json(200, { compatibilityLevel: 'FULL_TRANSITIVE' }),
      'POST /subjects/s/versions': json(status, { error_code: status, message: 'READER_FIELD_MISSING_DEFAULT_VALUE' }),
    })
    const error = await connect()
      .register('s', schema)
      .catch(error => error)
    expect(error).toMatchObject({ code: 'registry.incompatible' })
    expect(error.message).toMatch(/^subject s: HTTP \d+: READER_FIELD_MISSING_DEFAULT_VALUE/)
  })
  test('a new subject gets its level before its first schema where the registry allows it', async () => {
    answer = bySteps({
      'GET /config/a%2Fb': json(404, {}),
      'PUT /config/a%2Fb': json(200, {}),
      'POST /subjects/a%2Fb/versions': json(200, { id: 5 }),
    })
    expect(await connect().register('a/b', schema)).toBe(5)
    expect(seen.map(request => request.method)).toEqual(['GET', 'PUT', 'POST'])
  })
})
