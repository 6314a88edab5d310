import { type AddressInfo, createServer, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { connect, json, type Respond, signedIn, startCanned } from './canned-server.ts'
import { against, create, failureOf, read } from './experiment.ts'

const answer =
  (status: number, type: string, body: string): Respond =>
  (_, response) =>
    response.writeHead(status, { 'content-type': type }).end(body)

describe('unknown', () => {
  const inDoubt = { executed: 'unknown', code: 'salesforce.unknown_outcome' }

  test('no answer in time', async () => {
    const { salesforce, arrived } = await against(() => undefined)
    expect(await failureOf(create(salesforce, { timeoutMs: 200 }))).toMatchObject(inDoubt)
    expect(arrived()).toBe(1)
    expect(salesforce.breaker.isOpen).toBe(true)
  })

  test('an answer that does not end in time', async () => {
    const { salesforce } = await against((_, response) =>
      response.writeHead(201, { 'content-length': '100' }).write('{"id"'),
    )
    expect(await failureOf(create(salesforce, { timeoutMs: 200 }))).toMatchObject(inDoubt)
  })

  test('a reset after the request arrived', async () => {
    const { salesforce, arrived } = await against(({ socket }) => socket.resetAndDestroy())
    expect(await failureOf(create(salesforce))).toMatchObject(inDoubt)
    expect(arrived()).toBe(1)
    expect(salesforce.breaker.isOpen).toBe(true)
  })

  test('a connection closed without an answer', async () => {
    const { salesforce, arrived } = await against(({ socket }) => socket.destroy())
    expect(await failureOf(create(salesforce))).toMatchObject(inDoubt)
    expect(arrived()).toBe(1)
  })

  test('a truncated body', async () => {
    const { salesforce } = await against((request, response) => {
      response.writeHead(201, { 'content-type': 'application/json', 'content-length': '60' }).write('{"id":"003')
      setImmediate(() => request.socket.destroy())
    })
    expect(await failureOf(create(salesforce))).toMatchObject(inDoubt)
  })

  test('a truncated gzip body', async () => {
    const whole = gzipSync(JSON.stringify({ id: '003', success: true, errors: [] }))
    const { salesforce } = await against((_, response) =>
      response.writeHead(201, { 'content-encoding': 'gzip' }).end(whole.subarray(0, whole.length - 12)),
    )
    expect(await failureOf(create(salesforce))).toMatchObject(inDoubt)
  })

  test.each([
    ['HTML 503', 503, 'text/html', '<html>Down for maintenance</html>'],
    ['HTML 502', 502, 'text/html', '<html>Bad gateway</html>'],
    ['HTML 404', 404, 'text/html', '<html>Not here</html>'],
    ['JSON 500', 500, 'application/json', '[{"errorCode":"UNKNOWN_EXCEPTION","message":"ErrorId: 1"}]'],
    ['a success that is not JSON', 201, 'application/json', '{"id":"003'],
    ['an error object in place of the array', 400, 'application/json', '{"error":"x"}'],
  ])('%s', async (_, status, type, body) => {
    const { salesforce } = await against(answer(status, type, body))
    expect(await failureOf(create(salesforce))).toMatchObject({ ...inDoubt, status })
    expect(salesforce.breaker.isOpen).toBe(true)
  })

  test('given up after it was sent', async () => {
    const stop = new AbortController()
    const { salesforce } = await against(() => stop.abort())
    const error = await failureOf(create(salesforce, { signal: stop.signal }))
    expect(error).toMatchObject({ executed: 'unknown', code: 'internal.stopped' })
    expect(salesforce.breaker.isOpen).toBe(false)
  })

  test('a connection kept from an earlier request and closed by the other side meanwhile', async () => {
    // Answers the first request on a connection, and closes without a word when the second comes.
    const used = new Set<Socket>()
    const { salesforce, arrived } = await against((request, response) => {
      if (used.has(request.socket)) return void request.socket.destroy()
      used.add(request.socket)
      json(response, 201, {})
    })
    let created = 0
    const createUntilFailure = async (): Promise<never> => {
      for (;;) {
        await create(salesforce)
        created++
      }
    }
    expect(await failureOf(createUntilFailure())).toMatchObject(inDoubt)
    expect(arrived()).toBe(created + 1) // it was not sent again on a new connection
  })

  test('a peer that closes the connection instead of reading', async () => {
    const gate = await startCanned(signedIn(() => undefined))
    const broken = createServer(socket => socket.once('data', () => socket.resetAndDestroy()))
    await new Promise<void>(resolve => broken.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void broken.close())
    const brokenUrl = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`
    const login = await startCanned((_, response) =>
      json(response, 200, {
        access_token: 't',
        instance_url: brokenUrl,
        id: `${gate.url}/id/00D000000000001EAA/005000000000001AAA`,
      }),
    )
    expect(await failureOf(connect(login.url))).toMatchObject({ executed: 'unknown', code: 'salesforce.unreachable' })
  })
})

describe('a repeat-safe request with an unknown outcome', () => {
  test('may be tried again, and says so', async () => {
    const { salesforce } = await against(() => undefined)
    expect(await failureOf(create(salesforce, { repeat: 'safe', timeoutMs: 200 }))).toMatchObject({
      executed: 'unknown',
      code: 'salesforce.unreachable',
      consequence: 'retry-later',
    })
  })

  test('a slow read does not stop writes', async () => {
    const { salesforce } = await against(() => undefined)
    expect(await failureOf(read(salesforce, { timeoutMs: 200 }))).toMatchObject({ executed: 'unknown' })
    expect(salesforce.breaker.isOpen).toBe(false)
  })
})
