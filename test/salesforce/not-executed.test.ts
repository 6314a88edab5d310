import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { SalesforceError } from '../../src/salesforce/salesforce-error.ts'
import { connect, json, startCanned } from './canned-server.ts'
import { against, create, failureOf, read } from './experiment.ts'

describe('certainly not executed', () => {
  const instanceAt = async (instanceUrl: string): Promise<SalesforceError> => {
    const server = await startCanned((_, response) =>
      json(response, 200, {
        access_token: 'token',
        instance_url: instanceUrl,
        id: `${instanceUrl}/id/00D000000000001EAA/005000000000001AAA`,
      }),
    )
    // The first request to the instance is the list of versions.
    return failureOf(connect(server.url, { requestTimeoutMs: 2_000 }))
  }

  test('a refused connection', async () => {
    const gone = await startCanned(() => undefined)
    await gone.close()
    const error = await instanceAt(gone.url)
    expect(error).toMatchObject({ executed: 'no', code: 'salesforce.unreachable', retryable: true })
    expect(error.message).toContain('ECONNREFUSED')
  })

  test('a host without an address', async () => {
    const error = await instanceAt('http://instance.invalid')
    expect(error).toMatchObject({ executed: 'no', code: 'salesforce.unreachable' })
    expect(error.message).toMatch(/ENOTFOUND|EAI_AGAIN/)
    expect(error.remedy).toContain('DNS')
  })

  test('a failed TLS handshake', async () => {
    const plain = await startCanned((_, response) => json(response, 200, []))
    const error = await instanceAt(plain.url.replace('http:', 'https:'))
    expect(error).toMatchObject({ executed: 'no', code: 'salesforce.unreachable' })
    expect(error.remedy).toContain('TLS')
    expect(plain.received).toEqual([])
  })

  test('JSON 503 SERVER_UNAVAILABLE', async () => {
    const { salesforce } = await against((_, response) =>
      json(response, 503, [{ errorCode: 'SERVER_UNAVAILABLE', message: 'Server too busy' }]),
    )
    expect(await failureOf(create(salesforce))).toMatchObject({
      executed: 'no',
      code: 'salesforce.unreachable',
      status: 503,
    })
    expect(salesforce.breaker.isOpen).toBe(true)
  })

  test('403 REQUEST_LIMIT_EXCEEDED, after which the breaker is open', async () => {
    const { salesforce, arrived } = await against((_, response) =>
      json(response, 403, [{ errorCode: 'REQUEST_LIMIT_EXCEEDED', message: 'TotalRequests Limit exceeded.' }]),
    )
    expect(await failureOf(create(salesforce))).toMatchObject({ executed: 'no', code: 'salesforce.limit_exceeded' })
    expect(await failureOf(create(salesforce))).toMatchObject({ executed: 'no', code: 'salesforce.unreachable' })
    expect(arrived()).toBe(1)
  })

  test('a refusal in JSON, which leaves the breaker closed', async () => {
    const errors = [
      { errorCode: 'REQUIRED_FIELD_MISSING', message: 'Required fields are missing: [LastName]', fields: ['LastName'] },
    ]
    const { salesforce } = await against((_, response) => json(response, 400, errors))
    expect(await failureOf(create(salesforce))).toMatchObject({
      executed: 'no',
      code: 'salesforce.refused',
      status: 400,
      retryable: false,
      errorCode: 'REQUIRED_FIELD_MISSING',
      errors: [{ code: 'REQUIRED_FIELD_MISSING', fields: ['LastName'] }],
    })
    expect(salesforce.breaker.isOpen).toBe(false)
  })

  test('300, several rows with one external id', async () => {
    const urls = ['/services/data/v68.0/sobjects/Contact/003A', '/services/data/v68.0/sobjects/Contact/003B']
    const { salesforce } = await against((_, response) => json(response, 300, urls))
    const error = await failureOf(create(salesforce))
    expect(error).toMatchObject({ executed: 'no', code: 'salesforce.refused', errorCode: 'MULTIPLE_CHOICES' })
    expect(error.message).toContain('003B')
  })

  test('a redirect, which is not followed', async () => {
    const { salesforce, arrived } = await against((_, response) =>
      response.writeHead(302, { location: '/services/data/v68.0/sobjects/Elsewhere' }).end(),
    )
    expect(await failureOf(create(salesforce))).toMatchObject({
      executed: 'no',
      code: 'salesforce.unreachable',
      status: 302,
    })
    expect(arrived()).toBe(1)
  })

  test('given up before a connection was free', async () => {
    const { salesforce, arrived } = await against(() => undefined)
    const signal = AbortSignal.abort()
    expect(await failureOf(create(salesforce, { signal }))).toMatchObject({ executed: 'no', code: 'internal.stopped' })
    expect(arrived()).toBe(0)
    expect(salesforce.breaker.isOpen).toBe(false)
  })

  const connections = 25

  test('still waiting for a connection when another request finds Salesforce out of reach', async () => {
    const sockets: Socket[] = []
    const { salesforce, arrived } = await against(({ socket }) => {
      sockets.push(socket)
      if (sockets.length === connections) for (const each of sockets) each.resetAndDestroy()
    })
    const all = await Promise.all(Array.from({ length: connections + 5 }, () => failureOf(create(salesforce))))
    expect(arrived()).toBe(connections)
    const unsent = all.filter(error => error.executed === 'no')
    expect(unsent).toHaveLength(5)
    for (const error of unsent) expect(error.message).toContain('until Salesforce works again')
  })

  test('given up while it waited for a connection, which then became free', async () => {
    const held: ServerResponse[] = []
    const { salesforce, arrived } = await against((_, response) => held.push(response))
    const reads = Array.from({ length: connections }, () => read(salesforce))
    await expect.poll(arrived).toBe(connections)
    const stop = new AbortController()
    const waiting = failureOf(create(salesforce, { signal: stop.signal }))
    await new Promise(resolve => setImmediate(resolve)) // it stands in the queue now
    stop.abort()
    expect(await waiting).toMatchObject({ executed: 'no', code: 'internal.stopped' })
    for (const response of held) json(response, 200, {})
    await Promise.all(reads)
    const last = read(salesforce)
    await expect.poll(arrived).toBe(connections + 1)
    json(held.at(-1)!, 200, {})
    await last
    expect(arrived()).toBe(connections + 1)
  })
})
