import { describe, expect, test } from 'vitest'
import { createContact, useSimulator } from './rest-client.ts'

const client = useSimulator()

describe('refusals', () => {
  const long = 'a'.repeat(41)
  const readOnly =
    'Unable to create/update fields: Name, IsDeleted. Please check the security settings of this field and verify that it is read/write for your profile or permission set.'
  const parser = (type: string, token: string) =>
    expect.stringMatching(
      new RegExp(
        `^Cannot deserialize instance of ${type} from ${token} or request may be missing a required field at \\[line:1, column:\\d+\\]$`,
      ),
    )
  test.each<[string, object, string, unknown, string[] | undefined]>([
    [
      'required',
      { FirstName: 'Ada' },
      'REQUIRED_FIELD_MISSING',
      'Required fields are missing: [LastName]',
      ['LastName'],
    ],
    [
      'required, but blank',
      { LastName: ' ' },
      'REQUIRED_FIELD_MISSING',
      'Required fields are missing: [LastName]',
      ['LastName'],
    ],
    [
      'unknown field',
      { LastName: 'x', Foo__c: 1 },
      'INVALID_FIELD',
      "No such column 'Foo__c' on sobject of type Contact",
      undefined,
    ],
    [
      'an id',
      { LastName: 'x', Id: '1' },
      'INVALID_FIELD',
      'The Id field should not be specified in the sobject data.',
      undefined,
    ],
    [
      'too long',
      { LastName: 'x', FirstName: long },
      'STRING_TOO_LONG',
      `First Name: data value too large: ${long} (max length=40)`,
      ['FirstName'],
    ],
    [
      'e-mail',
      { LastName: 'x', Email: 'foo' },
      'INVALID_EMAIL_ADDRESS',
      'Email: invalid email address: foo',
      ['Email'],
    ],
    [
      'restricted picklist',
      { LastName: 'x', Interests__c: 'Music;Chess' },
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
      'Interests: bad value for restricted picklist field: Chess',
      ['Interests__c'],
    ],
    [
      'read-only',
      { LastName: 'x', Name: 'y', IsDeleted: true },
      'INVALID_FIELD_FOR_INSERT_UPDATE',
      readOnly,
      ['Name', 'IsDeleted'],
    ],
    [
      'null in a checkbox',
      { LastName: 'x', VIP__c: null },
      'INVALID_TYPE_ON_FIELD_IN_RECORD',
      'VIP: value not of required type: null',
      ['VIP__c'],
    ],
    [
      'number out of range',
      { LastName: 'x', Credit_Limit__c: 1e16 },
      'NUMBER_OUTSIDE_VALID_RANGE',
      'Credit Limit: value outside of valid range on numeric field: 10000000000000000',
      ['Credit_Limit__c'],
    ],
    [
      'text for a checkbox',
      { LastName: 'x', VIP__c: 'yes' },
      'JSON_PARSER_ERROR',
      parser('boolean', 'VALUE_STRING value yes'),
      undefined,
    ],
    ['number for text', { LastName: 7 }, 'JSON_PARSER_ERROR', parser('string', 'VALUE_NUMBER_INT value 7'), undefined],
    [
      'not a date',
      { LastName: 'x', Birthdate: '2024/01/01' },
      'JSON_PARSER_ERROR',
      parser('date', 'VALUE_STRING value 2024/01/01'),
      undefined,
    ],
    [
      'no such day',
      { LastName: 'x', Birthdate: '2026-02-30' },
      'JSON_PARSER_ERROR',
      parser('date', 'VALUE_STRING value 2026-02-30'),
      undefined,
    ],
    [
      'text for currency',
      { LastName: 'x', Credit_Limit__c: 'much' },
      'JSON_PARSER_ERROR',
      parser('currency', 'VALUE_STRING value much'),
      undefined,
    ],
    [
      'parent unknown',
      { LastName: 'x', AccountId: '0015i00000zzzzz' },
      'INVALID_CROSS_REFERENCE_KEY',
      'invalid cross reference id',
      [],
    ],
    [
      'parent of another object',
      { LastName: 'x', AccountId: '0035i0000000001' },
      'MALFORMED_ID',
      expect.stringContaining('Account ID: id value of incorrect type'),
      ['AccountId'],
    ],
  ])('%s', async (_name, fields, errorCode, message, names) => {
    const got = await client.post('/sobjects/Contact', fields)
    expect(got.status).toBe(400)
    expect(got.body).toEqual([names ? { message, errorCode, fields: names } : { message, errorCode }])
  })

  test('a value of another row’s unique field, whatever its case', async () => {
    const id = await createContact(client, { Command_Id__c: 'cmd-1' })
    const got = await client.post('/sobjects/Contact', { LastName: 'x', Command_Id__c: 'CMD-1' })
    expect(got.body).toEqual([
      {
        message: `duplicate value found: Command_Id__c duplicates value on record with id: ${id.slice(0, 15)}`,
        errorCode: 'DUPLICATE_VALUE',
        fields: [],
      },
    ])
    expect((await client.patch(`/sobjects/Contact/${id}`, { Command_Id__c: 'cmd-1' })).status).toBe(204)
    await client.delete(`/sobjects/Contact/${id}`)
    expect((await client.post('/sobjects/Contact', { LastName: 'x', Command_Id__c: 'cmd-1' })).status).toBe(201)
  })

  test('objects that cannot be written', async () => {
    const got = await client.post('/sobjects/Organization', { Name: 'x' })
    expect(got).toMatchObject({ status: 400, body: [{ errorCode: 'INVALID_TYPE_FOR_OPERATION' }] })
  })
})

describe('rows that are gone (salesforce-facts 2.9)', () => {
  const notFound = { message: 'The requested resource does not exist', errorCode: 'NOT_FOUND' }

  test('deleted', async () => {
    const id = await createContact(client)
    expect(await client.delete(`/sobjects/Contact/${id}`)).toMatchObject({ status: 204, body: undefined })
    const gone = { status: 404, body: [{ message: 'entity is deleted', errorCode: 'ENTITY_IS_DELETED', fields: [] }] }
    expect(await client.patch(`/sobjects/Contact/${id}`, { Title: 'x' })).toMatchObject(gone)
    expect(await client.delete(`/sobjects/Contact/${id}`)).toMatchObject(gone)
    expect(await client.get(`/sobjects/Contact/${id}`)).toMatchObject({ status: 404, body: [notFound] })
  })

  test('never there', async () => {
    const id = '0035i00000zzzzz'
    const gone = {
      status: 404,
      body: [{ message: 'invalid cross reference id', errorCode: 'INVALID_CROSS_REFERENCE_KEY', fields: [] }],
    }
    expect(await client.patch(`/sobjects/Contact/${id}`, { Title: 'x' })).toMatchObject(gone)
    expect(await client.delete(`/sobjects/Contact/${id}`)).toMatchObject(gone)
    expect(await client.get(`/sobjects/Contact/${id}`)).toMatchObject({ status: 404, body: [notFound] })
  })

  test('no id at all, a wrong checksum, an id of another object', async () => {
    const bad = 'Provided external ID field does not exist or is not accessible: -1'
    expect(await client.get('/sobjects/Contact/-1')).toMatchObject({
      status: 404,
      body: [{ message: bad, errorCode: 'NOT_FOUND' }],
    })
    const id = await createContact(client)
    const wrong = id.slice(0, 17) + (id.endsWith('A') ? 'B' : 'A')
    expect((await client.get(`/sobjects/Contact/${wrong}`)).status).toBe(404)
    expect(await client.patch('/sobjects/Contact/0015i0000000001', {})).toMatchObject({
      status: 400,
      body: [{ errorCode: 'MALFORMED_ID' }],
    })
  })
})
