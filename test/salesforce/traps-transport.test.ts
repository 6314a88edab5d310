import { describe, expect, test } from 'vitest'
import { requestSafely } from '../../src/salesforce/request-safely.ts'
import { json, startCanned } from './canned-server.ts'
import { against, failureOf, read } from './experiment.ts'
import { codes, watched } from './watched.ts'

// Traps of jsforce in what goes over the wire (salesforce-facts 12), each shown closed in the client of the product.

describe('redirects', () => {
  const statuses = [301, 302, 303, 307, 308]
  const methods = ['POST', 'PATCH', 'DELETE', 'GET'] as const
  test.each(statuses.flatMap(status => methods.map(method => [status, method] as const)))(
    '%i for a %s: not followed, neither here nor to another host; a new sign-in tells the instance',
    async (status, method) => {
      const elsewhere = await startCanned((_, response) => json(response, 200, {}))
      let first = true
      const { salesforce, received } = await watched((_, response) => {
        if (!first) return json(response, 200, {})
        first = false
        response.writeHead(status, { location: `${elsewhere.url}/services/data/v68.0/x` }).end()
      })
      const request = { method, path: '/x', repeat: 'unsafe', ...(method !== 'GET' && { body: {} }) } as const
      expect(await failureOf(salesforce.request(request))).toMatchObject({ executed: 'no', retryable: true, status })
      await salesforce.breaker.whenClosed()
      expect(elsewhere.received).toEqual([])
      expect(
        received()
          .filter(({ path }) => path.endsWith('/x'))
          .map(each => each.method),
      ).toEqual([method])
      expect(received().some(({ path }) => path === '/services/oauth2/token')).toBe(true)
    },
  )
})

describe('what is repeated', () => {
  const flaky = (): Promise<{ salesforce: Parameters<typeof read>[0]; arrived: () => number }> => {
    let left = 2
    return against(({ path, socket }, response) =>
      path.includes('/sobjects/') && left-- > 0 ? socket.destroy() : json(response, 200, { ok: true }),
    )
  }

  test.each(['POST', 'PATCH', 'DELETE'] as const)('an unsafe %s: never', async method => {
    const { salesforce, arrived } = await flaky()
    const request = { method, path: '/sobjects/Contact/x', body: {}, repeat: 'unsafe' } as const
    expect(await failureOf(salesforce.request(request))).toMatchObject({ executed: 'unknown' })
    expect(arrived()).toBe(1)
    expect(() => requestSafely(salesforce, request)).toThrowError(expect.objectContaining({ code: 'internal.bug' }))
    expect(arrived()).toBe(1)
  })

  test.each(['GET', 'POST', 'PATCH', 'DELETE'] as const)(
    'a %s that says it is safe: until it is answered',
    async method => {
      const { salesforce, arrived } = await flaky()
      const body = method === 'GET' ? {} : { body: {} }
      const answer = await requestSafely(salesforce, { method, path: '/sobjects/Contact/x', repeat: 'safe', ...body })
      expect(answer.body).toEqual({ ok: true })
      expect(arrived()).toBe(3)
    },
  )

  test('403 REQUEST_LIMIT_EXCEEDED: after a pause', async () => {
    let left = 1
    const { salesforce, received } = await watched(({ path }, response) => {
      if (path.includes('/sobjects/') && left-- > 0) return codes(response, 403, 'REQUEST_LIMIT_EXCEEDED')
      json(response, 200, { ok: true })
    })
    const answer = await requestSafely(salesforce, { method: 'GET', path: '/sobjects/Contact/x', repeat: 'safe' })
    expect(answer.body).toEqual({ ok: true })
    expect(received().some(({ path }) => path.endsWith('/limits'))).toBe(true)
  })
})

describe('connections that are kept', () => {
  test('one that never answers its second request does not hang the caller, nor the next request', async () => {
    let calls = 0
    const { salesforce } = await against((_, response) =>
      ++calls === 2 ? undefined : json(response, 200, { ok: true }),
    )
    await read(salesforce)
    await failureOf(read(salesforce, { timeoutMs: 200 }))
    expect(await read(salesforce)).toMatchObject({ body: { ok: true } })
  })

  test('one that is closed after each answer costs nothing', async () => {
    const { salesforce, arrived } = await against((_, response) => json(response, 200, {}, { connection: 'close' }))
    for (let i = 0; i < 20; i++) await read(salesforce)
    expect(arrived()).toBe(20)
  })
})
