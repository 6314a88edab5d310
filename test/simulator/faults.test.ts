import { request } from 'node:http'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, test } from 'vitest'
import type { Fault } from '../../src/simulator/faults.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { createContact, type Got, signIn, useSimulator } from './rest-client.ts'

const client = useSimulator()
const org = () => client.simulator.org
const faults = () => client.simulator.faults
afterEach(() => faults().clear())

const createOne = (name: string) => client.post('/sobjects/Contact', { LastName: name })
const named = (name: string) =>
  org()
    .rows('Contact')
    .filter(row => row.LastName === name).length

describe('faults', () => {
  test('dropBefore: no answer and no effect; dropAfter: no answer, but the effect', async () => {
    const calls = client.simulator.apiCalls()
    faults().add({ action: 'dropBefore' }, { action: 'dropAfter' })
    await expect(createOne('before')).rejects.toThrow('fetch failed')
    await expect(createOne('after')).rejects.toThrow('fetch failed')
    expect([named('before'), named('after')]).toEqual([0, 1])
    expect(client.simulator.apiCalls()).toBe(calls + 1)
    expect((await createOne('then')).status).toBe(201)
  })

  test.each([
    ['serverUnavailable', 503, 'SERVER_UNAVAILABLE'],
    ['limitExceeded', 403, 'REQUEST_LIMIT_EXCEEDED'],
    ['concurrentLimitExceeded', 403, 'REQUEST_LIMIT_EXCEEDED'],
    ['apiDisabled', 403, 'API_DISABLED_FOR_ORG'],
  ] as const)('%s', async (answer, status, errorCode) => {
    faults().add({ action: 'answer', answer })
    expect(await createOne(answer)).toMatchObject({ status, body: [{ errorCode }] })
    expect(named(answer)).toBe(0)
  })

  test('a page of HTML; UNKNOWN_EXCEPTION after the commit', async () => {
    faults().add({ action: 'answer', answer: 'serverUnavailableHtml' })
    const page = await createOne('html')
    expect([page.status, page.headers.get('content-type'), String(page.body)]).toEqual([
      503,
      'text/html',
      expect.stringMatching(/^<html>/),
    ])
    faults().add({ action: 'answer', answer: 'unknownException', executed: true })
    expect(await createOne('ambiguous')).toMatchObject({ status: 500, body: [{ errorCode: 'UNKNOWN_EXCEPTION' }] })
    expect([named('html'), named('ambiguous')]).toEqual([0, 1])
  })

  test('match: method, path, body, skip, times', async () => {
    faults().add({
      action: 'answer',
      answer: 'serverUnavailable',
      match: { method: 'POST', path: '/sobjects/Contact$', body: '"match', skip: 1, times: 2 },
    })
    const statuses: number[] = []
    for (const name of ['other', 'match1', 'match2', 'other', 'match3', 'match4'])
      statuses.push((await createOne(name)).status)
    expect((await client.get('/limits')).status).toBe(200)
    expect(statuses).toEqual([201, 201, 503, 201, 503, 201])
    expect(faults().waiting).toEqual([])
  })

  test('probability is drawn from the seed', async () => {
    const pattern = async () => {
      const simulator = await startSimulator({ seed: 7 })
      const other = await signIn(simulator)
      simulator.faults.add({
        action: 'answer',
        answer: 'serverUnavailable',
        match: { probability: 0.5, times: 'always' },
      })
      const statuses: number[] = []
      for (let i = 0; i < 20; i++) statuses.push((await other.get('/limits')).status)
      await simulator.close()
      return statuses
    }
    const first = await pattern()
    expect(new Set(first)).toEqual(new Set([200, 503]))
    expect(await pattern()).toEqual(first)
  })

  test('expireSessions strikes in the middle of a walk', async () => {
    faults().add({ action: 'expireSessions', match: { path: '/limits' } })
    expect((await client.get('/limits')).status).toBe(401)
    Object.assign(client, await signIn(client.simulator))
    expect((await client.get('/limits')).status).toBe(200)
  })

  test('delays, before and after the execution', async () => {
    for (const [action, seenMeanwhile] of [
      ['delay', 1],
      ['delayBefore', 0],
    ] as const) {
      faults().add({ action, delayMs: 300, match: { method: 'POST' } })
      const startedAt = performance.now()
      const write = createOne(action)
      while (performance.now() - startedAt < 150) await client.get('/limits')
      expect(named(action)).toBe(seenMeanwhile)
      expect((await write).status).toBe(201)
      expect(performance.now() - startedAt).toBeGreaterThan(290)
    }
  })

  test('rowLock hits single rows of a collection', async () => {
    const ids = [await createContact(client), await createContact(client), await createContact(client)]
    faults().add({ action: 'rowLock', rows: 2 })
    const records = ids.map(id => ({ attributes: { type: 'Contact' }, id, Title: 'x' }))
    const got = await client.patch('/composite/sobjects', { allOrNone: false, records })
    const locked = { success: false, errors: [{ statusCode: 'UNABLE_TO_LOCK_ROW' }] }
    expect(got.body).toMatchObject([locked, locked, { success: true }])
    expect((await client.patch('/composite/sobjects', { records })).body).toMatchObject([{ success: true }, {}, {}])
  })

  test('what makes no sense is refused', () => {
    expect(() => faults().add({ action: 'explode' } as unknown as Fault)).toThrow('unknown fault action explode')
    expect(() => faults().add({ action: 'answer', answer: 'teapot' } as unknown as Fault)).toThrow(
      'unknown fault answer teapot',
    )
  })
})

describe('the control endpoint', () => {
  const send = async (method: string, what: string, body?: unknown): Promise<Pick<Got, 'status' | 'body'>> => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
    const response = await fetch(`${client.simulator.controlUrl}/${what}`, init)
    return { status: response.status, body: await response.json() }
  }

  test('rows by another user, counts, effects', async () => {
    const made = await send('POST', 'rows', { operation: 'create', object: 'Contact', fields: { LastName: 'Control' } })
    const [id = ''] = (made.body as { ids: string[] }).ids
    await send('POST', 'rows', [
      { operation: 'update', object: 'Contact', id, fields: { Title: 'x' } },
      { operation: 'delete', object: 'Contact', id },
    ])
    expect(org().row('Contact', id)).toMatchObject({ Title: 'x', IsDeleted: true })
    expect(org().row('Contact', id)?.CreatedById).not.toBe(client.simulator.userId)
    const state = (await send('GET', 'state')).body as { apiCalls: number; counts: Record<string, unknown> }
    expect(state.apiCalls).toBe(client.simulator.apiCalls())
    expect(state.counts.Contact).toEqual({ live: org().count('Contact'), deleted: 1 })
    const effects = (await send('GET', 'effects')).body as { recordId: string; operation: string }[]
    expect(effects.filter(effect => effect.recordId === id).map(effect => effect.operation)).toEqual([
      'create',
      'update',
      'delete',
    ])
  })

  test('faults, sessions and the commit delay', async () => {
    expect((await send('POST', 'faults', { action: 'answer', answer: 'serverUnavailable' })).body).toEqual({
      waiting: 1,
    })
    expect((await client.get('/limits')).status).toBe(503)
    await send('POST', 'faults', [{ action: 'dropBefore' }, { action: 'dropAfter' }])
    expect((await send('DELETE', 'faults')).body).toEqual({ waiting: 0 })
    expect((await client.get('/limits')).status).toBe(200)
    await send('POST', 'commit-delay', { ms: 30 })
    expect(client.simulator.commitDelayMs).toBe(30)
    await send('POST', 'commit-delay', { ms: 0 })
    await send('POST', 'expire-sessions')
    expect((await client.get('/limits')).status).toBe(401)
    Object.assign(client, await signIn(client.simulator))
  })

  test.each([
    ['POST', 'faults', { action: 'explode' }],
    ['POST', 'rows', { operation: 'create', object: 'Nope', fields: {} }],
    ['POST', 'rows', { operation: 'create', object: 'Contact', fields: {} }],
    ['POST', 'rows', { operation: 'merge', object: 'Contact' }],
  ])('%s %s %o is 400', async (method, what, body) => {
    expect((await send(method, what, body)).status).toBe(400)
  })

  const outside = Object.values(networkInterfaces())
    .flat()
    .find(each => each?.family === 'IPv4' && !each.internal)?.address
  test.runIf(outside !== undefined)('only from this machine’s loopback', async () => {
    const open = await startSimulator({ host: '0.0.0.0' })
    expect(await statusFrom(open, outside ?? '')).toBe(403)
    expect(await statusFrom(open, '127.0.0.1')).toBe(200)
    await open.close()
  })
})

function statusFrom(simulator: Simulator, localAddress: string): Promise<number | undefined> {
  const { port } = new URL(simulator.url)
  return new Promise((resolve, reject) => {
    const sent = request({ host: localAddress, localAddress, port, path: '/control/state' }, response => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.on('error', reject)
    sent.end()
  })
}
