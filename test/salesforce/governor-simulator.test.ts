import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { BudgetSettings } from '../../src/salesforce/budget.ts'
import { connectSalesforce, type Salesforce } from '../../src/salesforce/client.ts'
import { Describes } from '../../src/salesforce/describe.ts'
import type { DescribeChanged } from '../../src/salesforce/describe-changes.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { type Noted, noteEvents } from './canned-server.ts'

const dailyMax = 1_000
let simulator: Simulator
let clients: { salesforce: Salesforce; noted: Noted[] }[]

beforeEach(async () => {
  simulator = await startSimulator()
  simulator.limits.set({ apiRequestsMax: dailyMax })
  clients = []
})
afterEach(async () => {
  await Promise.all(clients.map(({ salesforce }) => salesforce.close()))
  await simulator.close()
})

async function connect(budget: Partial<BudgetSettings> = {}): Promise<Salesforce> {
  const { events, noted } = noteEvents()
  const { clientId, clientSecret, url } = simulator
  const auth = { flow: 'client_credentials', clientId, clientSecret } as const
  const delays = { probeDelays: { delayMsMin: 20, delayMsMax: 20 } }
  const settings = { loginUrl: url, auth, apiVersion: '68.0', requestTimeoutMs: 5_000, budget, ...delays }
  const salesforce = await connectSalesforce(settings, events)
  clients.push({ salesforce, noted })
  return salesforce
}

const read = (salesforce: Salesforce): Promise<unknown> =>
  salesforce.request({ method: 'GET', path: '/sobjects', repeat: 'safe', timeoutMs: 300 })
const states = ({ noted }: { noted: Noted[] }): unknown[] =>
  noted.filter(({ event }) => event === 'budgetMoved').map(({ detail }) => detail.state)

/** Each client sends from five senders, each until three were refused; answers how many were answered. */
async function sendAll(salesforce: Salesforce): Promise<number> {
  let answered = 0
  const sender = async (): Promise<void> => {
    for (let refused = 0; refused < 3; )
      await read(salesforce).then(
        () => answered++,
        error => {
          expect(error).toMatchObject({ code: 'salesforce.limit_exceeded', executed: 'no' })
          refused++
        },
      )
  }
  await Promise.all(Array.from({ length: 5 }, sender))
  return answered
}

describe('three instances side by side', { timeout: 60_000 }, () => {
  test('stay below their share, and leave the rest of the limit to others', async () => {
    const three = await Promise.all([1, 2, 3].map(() => connect({ apiShareMax: 0.6 })))
    const answered = await Promise.all(three.map(sendAll))
    const sum = answered.reduce((a, b) => a + b, 0)
    expect(simulator.apiCalls()).toBe(sum)
    expect(sum).toBeLessThanOrEqual(300) // half of the share; the other half comes in the course of a day
    expect(sum).toBeGreaterThan(100)
    for (const client of clients) expect(states(client)).toEqual(['slowed'])
  })

  test('stop before the reserve, whoever used the rest', async () => {
    const three = await Promise.all([1, 2, 3].map(() => connect({ apiShareMax: 1, apiReserve: 200 })))
    await Promise.all(three.map(read))
    simulator.limits.set({ apiRequestsOfOthers: 795 })
    const answered = await Promise.all(three.map(sendAll))
    for (const n of answered) expect(n).toBeLessThanOrEqual(5)
    for (const client of clients) expect(states(client).at(-1)).toBe('throttled')
    const [first] = three
    expect(first!.breaker).toMatchObject({
      isOpen: true,
      reason: expect.stringMatching(/^the budget of API calls is used up: \d+ of 1000 used in 24 hours, 200 kept/),
    })
    expect(first!.budget).toMatchObject({ state: 'throttled', max: dailyMax, left: 0, reserve: 200 })
  })
})

test('a view of a priority is the same client: one session, one budget', async () => {
  const salesforce = await connect()
  const polls = salesforce.withPriority('poll')
  await read(polls)
  expect(polls.budget).toEqual(salesforce.budget)
  expect(polls).toMatchObject({ orgId: salesforce.orgId, userId: salesforce.userId, apiVersion: '68.0' })
  expect(await polls.describe('Contact')).toBe(await salesforce.describe('contact'))
  expect(salesforce.budget).toMatchObject({ state: 'ok', used: 2, max: dailyMax, inFlight: 0, waiting: 0 })
})

test("the limit of the day opens the breaker; what the org's header tells keeps the budget closed", async () => {
  const salesforce = await connect()
  await read(salesforce)
  simulator.limits.set({ apiRequestsOfOthers: dailyMax })
  await expect(read(salesforce)).rejects.toMatchObject({ code: 'salesforce.limit_exceeded', executed: 'no' })
  expect(salesforce.budget).toMatchObject({ state: 'throttled', left: 0 })
  simulator.limits.set({ apiRequestsOfOthers: 0 })
  await salesforce.breaker.whenClosed(AbortSignal.timeout(20_000)) // by the breaker's own look at the limits
  await read(salesforce)
})

test('a refusal for too many at a time is no outage: fewer are in flight, and the breaker stays closed', async () => {
  const salesforce = await connect()
  await read(salesforce)
  simulator.faults.add({ action: 'answer', answer: 'concurrentLimitExceeded', match: { path: 'sobjects' } })
  await expect(read(salesforce)).rejects.toMatchObject({ code: 'salesforce.limit_exceeded', executed: 'no' })
  expect(salesforce.breaker.isOpen).toBe(false)
  expect(clients[0]!.noted.find(({ event }) => event === 'inFlightReduced')?.detail).toEqual({ from: 25, to: 12 })
  await read(salesforce)
})

test('every exchange is counted once, sign-ins and new ones included', async () => {
  const salesforce = await connect()
  await read(salesforce)
  simulator.expireSessions()
  await read(salesforce)
  const done = clients[0]!.noted.filter(({ event }) => event === 'requestDone').map(({ detail }) => detail)
  expect(done.map(({ method, resource, status }) => `${method} ${resource} ${status}`)).toEqual([
    'POST /oauth2/token 200',
    'GET versions 200',
    'GET /sobjects 200',
    'GET /sobjects 401',
    'POST /oauth2/token 200',
    'GET /sobjects 200',
  ])
  for (const { ms } of done) expect(ms).toBeGreaterThan(0)
})

test('a field added, retyped and removed while it runs is noticed at the next look', async () => {
  const salesforce = await connect()
  const time = { ms: 0 }
  const changed: DescribeChanged[] = []
  const asked: number[] = []
  const describes = new Describes(
    async (path, since) => {
      const headers = since === undefined ? {} : { 'if-modified-since': since }
      const answer = await salesforce.request<unknown>({ method: 'GET', path, repeat: 'safe', headers })
      asked.push(answer.status)
      return answer
    },
    () => time.ms,
    change => void changed.push(change),
  )
  const alter = async (changes: object): Promise<void> => {
    // Last-Modified has a grain of one second: a change within it would be missed until the next one.
    await fetch(`${simulator.controlUrl}/clock`, { method: 'POST', body: JSON.stringify({ advanceMs: 2_000 }) })
    const body = JSON.stringify({ object: 'Contact', ...changes })
    const { status } = await fetch(`${simulator.controlUrl}/fields`, { method: 'POST', body })
    expect(status).toBe(200)
  }
  const look = () => {
    time.ms += 300_000
    return describes.get('Contact')
  }
  const first = await look()
  expect(await look()).toBe(first)
  await alter({ add: [{ name: 'Hobby__c', type: 'string' }] })
  const second = await look()
  expect(second.fields.some(({ name }) => name === 'Hobby__c')).toBe(true)
  expect(await look()).toBe(second)
  await alter({ retype: { Hobby__c: { type: 'textarea' } } })
  await look()
  await alter({ remove: ['Hobby__c'] })
  await look()
  expect(asked).toEqual([200, 304, 200, 304, 200, 200])
  const none = { object: 'Contact', added: [], removed: [], retyped: [], altered: [] }
  expect(changed).toEqual([
    { ...none, added: ['Hobby__c'] },
    { ...none, retyped: ['Hobby__c'] },
    { ...none, removed: ['Hobby__c'] },
  ])
})
