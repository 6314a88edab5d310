import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { connectSalesforce, type Salesforce } from '../../src/salesforce/client.ts'
import { executeGroups, PartialExecution, type RowResult } from '../../src/salesforce/composite.ts'
import { queryAllPages } from '../../src/salesforce/query.ts'
import { select, stringLiteral } from '../../src/salesforce/soql.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { noteEvents } from './canned-server.ts'

const contactRows = 1_200
let simulator: Simulator
let salesforce: Salesforce

const connectTo = (changes: object = {}): Promise<Salesforce> =>
  connectSalesforce(
    {
      loginUrl: simulator.url,
      auth: { flow: 'client_credentials', clientId: simulator.clientId, clientSecret: simulator.clientSecret },
      apiVersion: '68.0',
      requestTimeoutMs: 5_000,
      probeDelays: { delayMsMin: 10, delayMsMax: 20 },
      ...changes,
    },
    noteEvents().events,
  )

beforeAll(async () => {
  simulator = await startSimulator({ rows: { contact: contactRows } })
  salesforce = await connectTo()
})
afterAll(async () => {
  await salesforce.close()
  await simulator.close()
})

const stored = (id: string | null) => simulator.org.row('Contact', id ?? '')
const idOf = (result: RowResult | undefined): string | null => (result?.ok ? result.id : null)
const create = (fields: object): string => simulator.org.create('Contact', { LastName: 'Okafor', ...fields })

describe('signing in', () => {
  test('by client credentials, at no API call', async () => {
    const before = simulator.apiCalls()
    const other = await connectTo()
    onTestFinished(() => other.close())
    expect(other).toMatchObject({ orgId: simulator.orgId, userId: simulator.userId, instanceUrl: simulator.url })
    expect(simulator.apiCalls()).toBe(before)
    expect(Math.abs(other.now() - Date.now())).toBeLessThan(2_000)
  })

  test('by an assertion signed with the key', async () => {
    const { clientId, username, privateKey } = simulator
    const other = await connectTo({ auth: { flow: 'jwt_bearer', clientId, username, privateKey } })
    onTestFinished(() => other.close())
    expect(other.userId).toBe(simulator.userId)
  })

  test('with a wrong secret', async () => {
    const auth = { flow: 'client_credentials', clientId: simulator.clientId, clientSecret: 'wrong' }
    await expect(connectTo({ auth })).rejects.toMatchObject({
      code: 'salesforce.unauthorized',
      remedy: expect.stringContaining('client_secret'),
    })
  })

  test('again, unnoticed, when the sessions end', async () => {
    simulator.expireSessions()
    const reads = Array.from({ length: 20 }, () =>
      salesforce.request({ method: 'GET', path: '/limits', repeat: 'safe' }),
    )
    expect((await Promise.all(reads)).map(({ status }) => status)).toEqual(Array(20).fill(200))
  })
})

test('describe: the fields with their types, custom ones included', async () => {
  const contact = await salesforce.describe('contact')
  expect(contact).toMatchObject({ name: 'Contact', keyPrefix: '003', createable: true })
  const types = Object.fromEntries(contact.fields.map(field => [field.name, field.type]))
  expect(types).toMatchObject({
    Id: 'id',
    VIP__c: 'boolean',
    Credit_Limit__c: 'currency',
    Interests__c: 'multipicklist',
  })
})

describe('queryAllPages', () => {
  test('reads every row once, deleted ones included, in order', async () => {
    const gone = create({ FirstName: 'Gone' })
    simulator.org.delete('Contact', gone)
    const soql = select({
      fields: ['Id', 'IsDeleted', 'SystemModstamp'],
      object: 'Contact',
      orderBy: 'SystemModstamp, Id',
    })
    const ids: string[] = []
    for await (const page of queryAllPages(salesforce, soql, { batchSize: 500 }))
      ids.push(...page.rows.map(row => String(row.Id)))
    const expected = simulator.org.rows('Contact', { deleted: true }).map(row => String(row.Id))
    expect([...ids].sort()).toEqual(expected.sort())
    expect(ids).toContain(gone)
  })

  test('a new session in the middle of the pages', async () => {
    const soql = select({ fields: ['Id'], object: 'Contact', orderBy: 'Id' })
    let rows = 0
    for await (const page of queryAllPages(salesforce, soql, { batchSize: 200 })) {
      rows += page.rows.length
      simulator.expireSessions()
    }
    expect(rows).toBe(simulator.org.rows('Contact', { deleted: true }).length)
  })

  test('a lost cursor', async () => {
    const pages = queryAllPages(salesforce, 'SELECT Id FROM Contact', { batchSize: 200 })
    await pages.next()
    await pages.next() // the page fetched ahead was in time
    simulator.cursors.expireAll()
    const rest = async (): Promise<void> => {
      for await (const _ of pages);
    }
    await expect(rest()).rejects.toMatchObject({ code: 'salesforce.query_lost' })
  })

  test.each(["O'Hara", "' OR Id != '", 'back\\slash', '\\', 'quo"te', "\\' OR Name LIKE '%"])(
    'finds exactly the row named %j',
    async name => {
      const id = create({ LastName: name })
      const soql = select({ fields: ['Id'], object: 'Contact', where: `LastName = ${stringLiteral(name)}` })
      const found: unknown[] = []
      for await (const page of queryAllPages(salesforce, soql)) found.push(...page.rows.map(row => row.Id))
      expect(found).toEqual([id])
    },
  )
})

describe('executeGroups', () => {
  test('all operations in one call, each row with its own result', async () => {
    const [changed, removed, read] = [create({}), create({}), create({ FirstName: 'Ada' })]
    const before = simulator.apiCalls()
    const [creates, updates, deletes, upserts, reads] = await executeGroups(salesforce, [
      { operation: 'create', object: 'Contact', rows: [{ LastName: 'New', VIP__c: true }, { FirstName: 'Nameless' }] },
      { operation: 'update', object: 'Contact', rows: [{ id: changed, Title: 'Chief' }] },
      { operation: 'delete', object: 'Contact', rows: [{ id: removed }] },
      {
        operation: 'upsert',
        object: 'Contact',
        externalIdField: 'Command_Id__c',
        rows: [{ Command_Id__c: 'c-1', LastName: 'Upserted' }],
      },
      {
        operation: 'retrieve',
        object: 'Contact',
        fields: ['Id', 'FirstName'],
        rows: [{ id: read }, { id: '003000000000999AAA' }],
      },
    ])
    expect(simulator.apiCalls()).toBe(before + 1)
    expect(creates).toMatchObject([
      { ok: true },
      { ok: false, executed: 'no', errors: [{ code: 'REQUIRED_FIELD_MISSING' }] },
    ])
    expect(stored(idOf(creates?.[0]))).toMatchObject({ LastName: 'New', VIP__c: true })
    expect(updates).toEqual([{ ok: true, id: changed }])
    expect(stored(changed)).toMatchObject({ Title: 'Chief' })
    expect(deletes).toEqual([{ ok: true, id: removed }])
    expect(upserts).toMatchObject([{ ok: true, created: true }])
    expect(reads).toMatchObject([
      { ok: true, record: { Id: read, FirstName: 'Ada' } },
      { ok: true, record: null },
    ])
  })

  test('a thousand updates are one call', async () => {
    const rows = simulator.org
      .rows('Contact')
      .slice(0, 1_000)
      .map(row => ({ id: row.Id, Title: 'Engineer' }))
    const before = simulator.apiCalls()
    const [results] = await executeGroups(salesforce, [{ operation: 'update', object: 'Contact', rows }])
    expect(results!.every(result => result.ok)).toBe(true)
    expect(simulator.apiCalls()).toBe(before + 1)
  })

  test('an unknown field spoils its own row only', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => ({ LastName: `Row ${i}`, ...(i === 13 && { Nope__c: 1 }) }))
    const [results] = await executeGroups(salesforce, [{ operation: 'create', object: 'Contact', rows }])
    expect(results!.map(result => result.ok)).toEqual(rows.map((_, i) => i !== 13))
    expect(results![13]).toMatchObject({ executed: 'no', errors: [{ code: 'INVALID_FIELD' }] })
  })

  test('text that looks like a reference is kept as it is', async () => {
    const rows = [{ LastName: '@{part1.id}', Title: 'at @{nowhere}' }, { LastName: 'Plain' }]
    const upsert = [{ Command_Id__c: 'c-2', LastName: 'x' }]
    const [results] = await executeGroups(salesforce, [
      { operation: 'create', object: 'Contact', rows },
      { operation: 'upsert', object: 'Contact', externalIdField: 'Command_Id__c', rows: upsert },
    ])
    expect(results![0]).toMatchObject({ ok: true })
    expect(stored(idOf(results?.[0]))).toMatchObject({
      LastName: '@{part1.id}',
      Title: 'at @{nowhere}',
    })
  })

  test('a deleted row, a locked row', async () => {
    const [gone, locked] = [create({}), create({})]
    simulator.org.delete('Contact', gone)
    const [again] = await executeGroups(salesforce, [{ operation: 'delete', object: 'Contact', rows: [{ id: gone }] }])
    expect(again).toMatchObject([{ ok: false, retryable: false, errors: [{ code: 'ENTITY_IS_DELETED' }] }])
    simulator.faults.add({ action: 'rowLock' })
    const update = [{ operation: 'update', object: 'Contact', rows: [{ id: locked, Title: 'x' }] }] as const
    expect((await executeGroups(salesforce, update))[0]).toMatchObject([
      { ok: false, executed: 'no', retryable: true, errors: [{ code: 'UNABLE_TO_LOCK_ROW' }] },
    ])
    expect((await executeGroups(salesforce, update))[0]).toMatchObject([{ ok: true }])
  })

  test.each([
    ['dropAfter', 1],
    ['dropBefore', 0],
  ] as const)('%s: the rows are in doubt, and nothing is sent twice', async (action, created) => {
    const LastName = `Doubtful ${action}`
    simulator.faults.add({ action, match: { path: '/composite' } })
    const error: unknown = await executeGroups(salesforce, [
      { operation: 'create', object: 'Contact', rows: [{ LastName }] },
      { operation: 'update', object: 'Contact', rows: [{ id: create({}), Title: 'x' }] },
    ]).catch(cause => cause)
    expect(error).toBeInstanceOf(PartialExecution)
    const unknown = { ok: false, executed: 'unknown' }
    expect(error).toMatchObject({ code: 'salesforce.unknown_outcome', results: [[unknown], [unknown]] })
    await salesforce.breaker.whenClosed()
    expect(simulator.org.rows('Contact').filter(row => row.LastName === LastName)).toHaveLength(created)
  })

  test.each([
    ['serverUnavailable', 'no', 'salesforce.unreachable'],
    ['limitExceeded', 'no', 'salesforce.limit_exceeded'],
    ['serverUnavailableHtml', 'unknown', 'salesforce.unknown_outcome'],
    ['unknownException', 'unknown', 'salesforce.unknown_outcome'],
  ] as const)('%s', async (answer, executed, code) => {
    simulator.faults.add({ action: 'answer', answer, match: { path: '/composite' } })
    const rows = [{ LastName: 'Unlucky' }]
    const error: unknown = await executeGroups(salesforce, [{ operation: 'create', object: 'Contact', rows }]).catch(
      cause => cause,
    )
    expect(error).toMatchObject({ code, cause: { executed } })
    await salesforce.breaker.whenClosed()
  })
})
