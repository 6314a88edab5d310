import { describe, expect, test } from 'vitest'
import { createContact, useSimulator } from './rest-client.ts'

const client = useSimulator()
const contact = (fields: object) => ({ attributes: { type: 'Contact' }, ...fields })
const stored = (id: string) => client.simulator.org.row('Contact', id)
interface RowResult {
  readonly id?: string
  readonly success: boolean
  readonly created?: boolean
  readonly errors: readonly { statusCode: string; message: string; fields: string[] }[]
}
const rolledBack = {
  statusCode: 'ALL_OR_NONE_OPERATION_ROLLED_BACK',
  message: 'Record rolled back because not all records were valid and the request was using AllOrNone header',
  fields: [],
}

describe('create', () => {
  test('partial success: results in order, statusCode instead of errorCode', async () => {
    const records = [contact({ LastName: 'A' }), contact({ FirstName: 'B' }), contact({ LastName: 'C', Email: 'bad' })]
    const got = await client.post('/composite/sobjects', { allOrNone: false, records })
    expect(got.status).toBe(200)
    const results = got.body as RowResult[]
    expect(results).toEqual([
      { id: results[0]?.id, success: true, errors: [] },
      {
        success: false,
        errors: [
          {
            statusCode: 'REQUIRED_FIELD_MISSING',
            message: 'Required fields are missing: [LastName]',
            fields: ['LastName'],
          },
        ],
      },
      {
        success: false,
        errors: [
          { statusCode: 'INVALID_EMAIL_ADDRESS', message: 'Email: invalid email address: bad', fields: ['Email'] },
        ],
      },
    ])
    expect(stored(results[0]?.id ?? '')?.LastName).toBe('A')
  })

  test('allOrNone takes the innocent back', async () => {
    const before = client.simulator.org.count('Contact')
    const records = [contact({ LastName: 'A' }), contact({ FirstName: 'B' })]
    const got = await client.post('/composite/sobjects', { allOrNone: true, records })
    expect(got.status).toBe(200)
    expect(got.body).toMatchObject([
      { success: false, errors: [rolledBack] },
      { errors: [{ statusCode: 'REQUIRED_FIELD_MISSING' }] },
    ])
    expect(client.simulator.org.count('Contact')).toBe(before)
  })

  test.each<[string, object[], string]>([
    [
      'an unknown field in one row',
      [contact({ LastName: 'A' }), contact({ LastName: 'B', Foo__c: 1 })],
      'INVALID_FIELD',
    ],
    [
      'a value of the wrong JSON type',
      [contact({ LastName: 'A' }), contact({ LastName: 'B', VIP__c: 'x' })],
      'JSON_PARSER_ERROR',
    ],
    ['no attributes', [{ LastName: 'A' }], 'INVALID_FIELD'],
    ['an unknown object', [{ attributes: { type: 'Nope' } }], 'INVALID_TYPE'],
    ['201 rows', Array.from({ length: 201 }, () => contact({ LastName: 'A' })), 'EXCEEDED_ID_LIMIT'],
    [
      '11 chunks',
      Array.from({ length: 11 }, (_, i) =>
        i % 2 ? contact({ LastName: 'A' }) : { attributes: { type: 'Account' }, Name: 'A' },
      ),
      'LIMIT_EXCEEDED',
    ],
  ])('%s fails the whole request', async (_name, records, errorCode) => {
    const before = client.simulator.org.count('Contact')
    const got = await client.post('/composite/sobjects', { records })
    expect(got).toMatchObject({ status: 400, body: [{ errorCode }] })
    expect(client.simulator.org.count('Contact')).toBe(before)
  })

  test('ten chunks of mixed types pass', async () => {
    const records = Array.from({ length: 10 }, (_, i) =>
      i % 2 ? contact({ LastName: 'A' }) : { attributes: { type: 'Account' }, Name: 'A' },
    )
    const got = await client.post('/composite/sobjects', { records })
    expect((got.body as RowResult[]).map(result => result.id?.slice(0, 3))).toEqual(
      records.map((_, i) => (i % 2 ? '003' : '001')),
    )
  })
})

describe('update, upsert, delete, retrieve', () => {
  test('update by lower-case id; gone, malformed and repeated ids fail alone', async () => {
    const [a, b] = [await createContact(client), await createContact(client)]
    await client.delete(`/sobjects/Contact/${b}`)
    const rows = [a, b, 'nonsense', '0035i00000zzzzz', a].map(id => contact({ id, Title: 'T' }))
    const got = await client.patch('/composite/sobjects', { records: [...rows, contact({ Title: 'no id' })] })
    expect((got.body as RowResult[]).map(result => result.errors[0]?.statusCode)).toEqual([
      undefined,
      'ENTITY_IS_DELETED',
      'MALFORMED_ID',
      'INVALID_CROSS_REFERENCE_KEY',
      'DUPLICATE_VALUE',
      'MISSING_ARGUMENT',
    ])
    expect((got.body as RowResult[])[0]).toEqual({ id: a, success: true, errors: [] })
    expect(stored(a)?.Title).toBe('T')
  })

  test('upsert by external id says what was created; a value twice fails the second time', async () => {
    const records = ['k1', 'k2', 'K1'].map(value => contact({ Command_Id__c: value, LastName: value }))
    const first = (await client.patch('/composite/sobjects/Contact/Command_Id__c', { records })).body as RowResult[]
    expect(first.map(result => [result.success, result.created])).toEqual([
      [true, true],
      [true, true],
      [false, undefined],
    ])
    expect(first[2]?.errors[0]).toMatchObject({
      statusCode: 'DUPLICATE_VALUE',
      message: 'Duplicate external id specified: K1',
    })
    const again = await client.patch('/composite/sobjects/Contact/Command_Id__c', { records: records.slice(0, 1) })
    expect(again.body).toEqual([{ id: first[0]?.id, success: true, errors: [], created: false }])
  })

  test('delete by ids, with and without allOrNone', async () => {
    const [a, b] = [await createContact(client), await createContact(client)]
    const none = await client.delete(`/composite/sobjects?ids=${a},0035i00000zzzzz&allOrNone=true`)
    expect(none.body).toMatchObject([
      { errors: [rolledBack] },
      { errors: [{ statusCode: 'INVALID_CROSS_REFERENCE_KEY' }] },
    ])
    expect(stored(a)?.IsDeleted).toBe(false)
    const got = await client.delete(`/composite/sobjects?ids=${a},${b}&allOrNone=false`)
    expect(got.body).toEqual([a, b].map(id => ({ id, success: true, errors: [] })))
    expect(stored(a)?.IsDeleted).toBe(true)
  })

  test('retrieve: null for a missing row, one unknown field fails all; GET and POST', async () => {
    const a = await createContact(client)
    const b = await createContact(client)
    await client.delete(`/sobjects/Contact/${b}`)
    const expected = [{ attributes: { type: 'Contact' }, Id: a, LastName: 'Okafor' }, null, null]
    const ids = [a, b, '0035i00000zzzzz']
    expect((await client.get(`/composite/sobjects/Contact?ids=${ids}&fields=Id,LastName`)).body).toMatchObject(expected)
    expect((await client.post('/composite/sobjects/Contact', { ids, fields: ['Id', 'LastName'] })).body).toMatchObject(
      expected,
    )
    const bad = await client.post('/composite/sobjects/Contact', { ids, fields: ['Id', 'Foo__c'] })
    expect(bad).toMatchObject({ status: 400, body: [{ errorCode: 'INVALID_FIELD' }] })
  })
})
