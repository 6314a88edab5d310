import { parse } from 'csv-parse/sync'
import jsforce from 'jsforce'
import { beforeEach, describe, expect, test } from 'vitest'
import { control, createContact, root, useSimulator } from './rest-client.ts'

const client = useSimulator()
const jobs = '/jobs/ingest'
const stored = (id: string) => client.simulator.org.row('Contact', id)
type Row = Record<string, string>

const create = (body: object) =>
  client.post(jobs, { object: 'Contact', operation: 'insert', lineEnding: 'LF', ...body })
const upload = (id: string, csv: string) =>
  client.send('PUT', `${root}${jobs}/${id}/batches`, csv, { 'content-type': 'text/csv' })
const close = (id: string) => client.patch(`${jobs}/${id}`, { state: 'UploadComplete' })
const info = async (id: string) => (await client.get(`${jobs}/${id}`)).body as Record<string, unknown>
const csvOf = async (id: string, results: string): Promise<Row[]> =>
  parse(String((await client.get(`${jobs}/${id}/${results}`)).body), { columns: true })

/** Runs a job from its creation to its end and returns its id. */
async function load(body: object, csv: string): Promise<string> {
  const { id } = (await create(body)).body as { id: string }
  expect((await upload(id, csv)).status).toBe(201)
  expect((await close(id)).status).toBe(200)
  await ended(id)
  return id
}
const ended = (id: string) =>
  expect.poll(async () => (await info(id)).state, { interval: 2 }).toMatch(/JobComplete|Failed|Aborted/)

beforeEach(() => control(client, 'switches', { bulkJobs: 'run', bulkStateMs: 0 }))

describe('an ingest job (salesforce-facts 9.2)', () => {
  test('inserts: results with sf__Id, sf__Created, sf__Error and the row as it came', async () => {
    const made = await create({})
    const { id } = made.body as { id: string }
    expect(made).toMatchObject({
      status: 200,
      body: {
        state: 'Open',
        operation: 'insert',
        object: 'Contact',
        jobType: 'V2Ingest',
        contentUrl: `services/data/v68.0/jobs/ingest/${id}/batches`,
      },
    })
    const csv = [
      'LastName,Email,VIP__c,Credit_Limit__c,ReportsTo.External_Id__c,Title',
      'A,a@example.com,true,5.5,,"with, comma"',
      'B,bad,,,,',
      ',,,,,',
      'C,,,,nobody,',
      'D,,perhaps,,,',
      '',
    ].join('\n')
    expect((await upload(id, csv)).status).toBe(201)
    expect(await close(id)).toMatchObject({ status: 200, body: { state: 'UploadComplete' } })
    await ended(id)
    expect(await info(id)).toMatchObject({ state: 'JobComplete', numberRecordsProcessed: 5, numberRecordsFailed: 4 })
    const [saved, ...more] = await csvOf(id, 'successfulResults/')
    expect(more).toEqual([])
    expect(saved).toMatchObject({ sf__Created: 'true', LastName: 'A', Title: 'with, comma' })
    expect(stored(saved?.sf__Id ?? '')).toMatchObject({ VIP__c: true, Credit_Limit__c: 5.5, Title: 'with, comma' })
    const failed = Object.fromEntries((await csvOf(id, 'failedResults')).map(row => [row.LastName, row]))
    expect(failed.B).toMatchObject({
      sf__Id: '',
      sf__Error: 'INVALID_EMAIL_ADDRESS:Email: invalid email address: bad:Email --',
    })
    expect(failed['']?.sf__Error).toBe('REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --')
    expect(failed.C?.sf__Error).toMatch(/^INVALID_FIELD:Foreign key external ID: nobody not found.* --$/)
    expect(failed.D?.sf__Error).toBe(
      'INVALID_TYPE_ON_FIELD_IN_RECORD:VIP: value not of required type: perhaps:VIP__c --',
    )
    expect(await csvOf(id, 'unprocessedrecords')).toEqual([])
  })

  test('updates: an empty cell leaves the field, #N/A clears it', async () => {
    const a = await createContact(client, { Title: 'T', Department: 'D' })
    const id = await load({ operation: 'update' }, `Id,Title,Department\n${a},,#N/A\n,x,y\n`)
    expect(stored(a)).toMatchObject({ Title: 'T', Department: null })
    expect(await csvOf(id, 'successfulResults')).toMatchObject([{ sf__Id: a, sf__Created: 'false' }])
    expect((await csvOf(id, 'failedResults'))[0]?.sf__Error).toMatch(/^MISSING_ARGUMENT:/)
  })

  test('upserts by external id, several rows of one key included', async () => {
    await createContact(client, { Command_Id__c: 'b-1' })
    const id = await load(
      { operation: 'upsert', externalIdFieldName: 'Command_Id__c' },
      'Command_Id__c,LastName\nb-1,Old\nb-2,New\n,None\n',
    )
    const created = (await csvOf(id, 'successfulResults')).map(row => [row.Command_Id__c, row.sf__Created])
    expect(created.toSorted()).toEqual([
      ['b-1', 'false'],
      ['b-2', 'true'],
    ])
    expect((await csvOf(id, 'failedResults'))[0]?.sf__Error).toMatch(/^MISSING_ARGUMENT:/)
  })

  test('deletes into the recycle bin, hard-deletes past it', async () => {
    const [a, b] = [await createContact(client), await createContact(client)]
    const id = await load({ operation: 'delete' }, `Id\n${a}\n0035i00000zzzzz\n`)
    expect(stored(a)?.IsDeleted).toBe(true)
    expect((await csvOf(id, 'failedResults'))[0]?.sf__Error).toBe(
      'INVALID_CROSS_REFERENCE_KEY:invalid cross reference id: --',
    )
    await load({ operation: 'hardDelete' }, `Id\n${b}\n`)
    expect(stored(b)).toBeUndefined()
  })

  test('450 rows: three transactions, order not kept; the day’s batches are counted', async () => {
    const left = async () =>
      ((await client.get('/limits')).body as Record<string, { Remaining: number }>).DailyBulkApiBatches?.Remaining ?? 0
    const before = await left()
    const names = Array.from({ length: 450 }, (_, i) => `Bulk${i}`)
    const effects = client.simulator.org.effects.length
    const id = await load({}, `LastName\n${names.join('\n')}\n`)
    const saved = (await csvOf(id, 'successfulResults')).map(row => row.LastName)
    expect(saved.toSorted()).toEqual(names.toSorted())
    expect(saved).not.toEqual(names)
    const requests = client.simulator.org.effects.slice(effects).map(effect => effect.requestId)
    expect(new Set(requests).size).toBe(3)
    expect(await left()).toBe(before - 1)
  })

  test('CRLF and another delimiter', async () => {
    const id = await load({ lineEnding: 'CRLF', columnDelimiter: 'SEMICOLON' }, 'LastName;Title\r\nA;T\r\n')
    const { body } = await client.get(`${jobs}/${id}/successfulResults`)
    expect(body).toMatch(/^"sf__Id";"sf__Created";"LastName";"Title"\r\n"003\w{15}";"true";"A";"T"\r\n$/)
  })
})

describe('jobs that fail or stop', () => {
  test.each([
    ['an unknown column', 'LastName,Nope\nA,B\n', 'InvalidBatch : Field name not found : Nope'],
    ['a wrong line ending', 'LastName\r\nA\r\n', /^ClientInputError : LineEnding is invalid on user data/],
    ['rows of unequal length', 'LastName,Title\nA\n', /^InvalidBatch : /],
    ['nothing', '\n', /^InvalidBatch : /],
  ])('%s fails the job', async (_name, csv, message) => {
    const before = client.simulator.org.count('Contact')
    expect(await info(await load({}, csv))).toMatchObject({
      state: 'Failed',
      errorMessage: message instanceof RegExp ? expect.stringMatching(message) : message,
    })
    expect(client.simulator.org.count('Contact')).toBe(before)
  })

  test('aborted: what was not reached is unprocessed', async () => {
    await control(client, 'switches', { bulkJobs: 'hold' })
    const { id } = (await create({})).body as { id: string }
    await upload(id, 'LastName\nA\n')
    await close(id)
    expect(await client.patch(`${jobs}/${id}`, { state: 'Aborted' })).toMatchObject({ body: { state: 'Aborted' } })
    expect(await csvOf(id, 'unprocessedrecords')).toEqual([{ LastName: 'A' }])
    expect((await client.delete(`${jobs}/${id}`)).status).toBe(204)
    expect((await client.get(`${jobs}/${id}`)).status).toBe(404)
  })

  test('aborted on the way: what is saved stays, the rest is unprocessed', async () => {
    client.simulator.commitDelayMs = 20
    const names = Array.from({ length: 2000 }, (_, i) => `Half${i}`)
    const { id } = (await create({})).body as { id: string }
    await upload(id, `LastName\n${names.join('\n')}\n`)
    await close(id)
    await expect.poll(async () => Number((await info(id)).numberRecordsProcessed), { interval: 2 }).toBeGreaterThan(0)
    await client.patch(`${jobs}/${id}`, { state: 'Aborted' })
    const stored = () =>
      client.simulator.org.rows('Contact').filter(row => String(row.LastName).startsWith('Half')).length
    const processed = async () => Number((await info(id)).numberRecordsProcessed)
    // The chunk under way is still saved: all counts are of one moment, or it has not ended.
    const counts = async () => {
      const [saved, unprocessed] = [await csvOf(id, 'successfulResults'), await csvOf(id, 'unprocessedrecords')]
      return [await processed(), stored(), saved.length, 2000 - unprocessed.length]
    }
    await expect.poll(async () => new Set(await counts()).size, { interval: 2 }).toBe(1)
    client.simulator.commitDelayMs = 0
    expect(await processed()).toBeLessThan(2000)
  })

  test('one upload, one closing; text/csv only; the other results have no name', async () => {
    const { id } = (await create({})).body as { id: string }
    const url = `${root}${jobs}/${id}/batches`
    expect((await client.send('PUT', url, '{}', { 'content-type': 'application/json' })).status).toBe(415)
    await upload(id, 'LastName\nA\n')
    expect(await upload(id, 'LastName\nB\n')).toMatchObject({ status: 400, body: [{ errorCode: 'INVALIDJOBSTATE' }] })
    await close(id)
    expect(await close(id)).toMatchObject({ status: 400, body: [{ errorCode: 'INVALIDJOBSTATE' }] })
    expect((await client.get(`${jobs}/${id}/otherResults`)).status).toBe(404)
    expect((await client.get(`/jobs/query/${id}`)).status).toBe(404)
  })

  test.each<[string, object]>([
    ['an unknown object', { object: 'Nope' }],
    ['an unknown operation', { operation: 'merge' }],
    ['an upsert without a field', { operation: 'upsert' }],
    ['an upsert by a field that is no external id', { operation: 'upsert', externalIdFieldName: 'Title' }],
  ])('%s is refused at once', async (_name, body) => {
    expect(await create(body)).toMatchObject({ status: 400, body: [{ errorCode: expect.any(String) }] })
  })

  test('a hidden column is not there, and a right that is missing fails the rows', async () => {
    await control(client, 'access', { fields: { 'Contact.Title': 'none' }, objects: { Contact: { delete: false } } })
    const a = await createContact(client)
    expect(await info(await load({}, 'LastName,Title\nA,B\n'))).toMatchObject({ state: 'Failed' })
    const id = await load({ operation: 'delete' }, `Id\n${a}\n`)
    expect((await csvOf(id, 'failedResults'))[0]?.sf__Error).toMatch(/^INSUFFICIENT_ACCESS_OR_READONLY:/)
    await control(client, 'access', { fields: { 'Contact.Title': 'edit' }, objects: { Contact: { delete: true } } })
  })
})

test('jsforce loads in bulk, unchanged', async () => {
  const { url: loginUrl, clientId, clientSecret } = client.simulator
  const connection = new jsforce.Connection({ oauth2: { loginUrl, clientId, clientSecret }, version: '68.0' })
  await connection.authorize({ grant_type: 'client_credentials' })
  const { successfulResults, failedResults, unprocessedRecords } = await connection.bulk2.loadAndWaitForResults({
    object: 'Contact',
    operation: 'insert',
    input: [
      { LastName: 'A', Email: 'a@example.com' },
      { LastName: 'B', Email: 'bad' },
    ],
    pollInterval: 5,
    pollTimeout: 10_000,
  })
  expect(successfulResults).toMatchObject([{ sf__Created: 'true', LastName: 'A' }])
  expect(failedResults).toMatchObject([{ sf__Error: expect.stringMatching(/^INVALID_EMAIL_ADDRESS:/), LastName: 'B' }])
  expect(unprocessedRecords).toEqual([])
})
