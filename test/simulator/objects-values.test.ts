import { beforeAll, describe, expect, test } from 'vitest'
import type { Cell } from '../../src/simulator/org/cell.ts'
import { Org } from '../../src/simulator/org/org.ts'
import { codeOf, command, errorsOf } from './control-client.ts'
import { recordsOf, root, useSimulator } from './rest-client.ts'

let time = Date.UTC(2026, 10, 24, 23, 50)
const client = useSimulator({ clock: () => time })
const org = () => client.simulator.org
let account = ''

const create = async (fields: object, object = 'Invoice__c'): Promise<string> =>
  ((await client.post(`/sobjects/${object}`, fields)).body as { id: string }).id
const invoice = (fields: object) => create({ Account__c: account, ...fields })
const read = async (id: string, object = 'Invoice__c') =>
  (await client.get(`/sobjects/${object}/${id}`)).body as Record<string, unknown>

beforeAll(async () => {
  account = await create({ Name: 'Juniper' }, 'Account')
})

describe('values in and out (salesforce-facts 10.2)', () => {
  test('every type of custom field comes back as Salesforce writes it', async () => {
    const written = {
      ...{ Is_Paid__c: true, Amount__c: 12.345, Tax_Rate__c: '19', Weight__c: 1.23456, Line_Count__c: 3.9 },
      ...{ Due_Date__c: '2026-12-24', Sent_At__c: '2026-11-23T10:11:12.987+02:00', Call_Time__c: '09:30:00' },
      ...{ Billing_Email__c: 'a@b.example', Billing_Phone__c: '+49 30', Document_Url__c: 'no-scheme/x' },
      ...{ Channel__c: 'Pigeon', State__c: 'Sent', Reminders__c: 'Final;First', Reference__c: '  R 1 ' },
      ...{ Address_Note__c: 'a\nb', Terms__c: '', Cover_Letter__c: '<p>Hi</p>', Iban__c: 'DE89370400440532013000' },
      ...{ Delivered_At__Latitude__s: 52.5, Delivered_At__Longitude__s: 13.4 },
    }
    expect(await read(await invoice(written))).toMatchObject({
      ...{ Name: expect.stringMatching(/^INV-\d{5}$/), Is_Paid__c: true, Is_Open__c: true },
      ...{ Amount__c: 12.34, Tax_Rate__c: 19, Weight__c: 1.2345, Line_Count__c: 3, Due_Date__c: '2026-12-24' },
      ...{ Sent_At__c: '2026-11-23T08:11:12.000+0000', Call_Time__c: '09:30:00.000Z' },
      ...{ Billing_Phone__c: '+49 30', Document_Url__c: 'no-scheme/x', Channel__c: 'Pigeon' },
      ...{ Reminders__c: 'First;Final', Reference__c: 'R 1', Address_Note__c: 'a\nb', Terms__c: null },
      ...{ Cover_Letter__c: '<p>Hi</p>', Iban__c: '******************3000' },
      Delivered_At__c: { latitude: 52.5, longitude: 13.4 },
      ...{ Account_Name__c: 'Juniper', Total__c: 14.68, Is_Overdue__c: false, Last_Day__c: '2027-01-07' },
    })
  })

  test('an empty row has defaults, nulls, and no location', async () => {
    const row = await read(await invoice({ Delivered_At__Latitude__s: 1 }))
    expect(row).toMatchObject({
      ...{ Is_Paid__c: false, Is_Open__c: true, State__c: 'Draft', Amount__c: null, Delivered_At__c: null },
      ...{ Total__c: null, Is_Overdue__c: false, Last_Day__c: null, Call_Time__c: null, Iban__c: null },
    })
  })

  test.each([
    ['Call_Time__c', '25:00:00', 'JSON_PARSER_ERROR'],
    ['Call_Time__c', 930, 'JSON_PARSER_ERROR'],
    ['State__c', 'Lost', 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST'],
    ['Reminders__c', 'First;Fourth', 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST'],
    ['Tax_Rate__c', 1000, 'NUMBER_OUTSIDE_VALID_RANGE'],
    ['Delivered_At__Latitude__s', 90.5, 'NUMBER_OUTSIDE_VALID_RANGE'],
    ['Delivered_At__Longitude__s', -180.5, 'NUMBER_OUTSIDE_VALID_RANGE'],
    ['Billing_Email__c', 'nobody', 'INVALID_EMAIL_ADDRESS'],
    ['Address_Note__c', 'x'.repeat(256), 'STRING_TOO_LONG'],
    ['Is_Paid__c', null, 'INVALID_TYPE_ON_FIELD_IN_RECORD'],
    ['Delivered_At__c', { latitude: 1, longitude: 1 }, 'INVALID_FIELD_FOR_INSERT_UPDATE'],
    ['Total__c', 1, 'INVALID_FIELD_FOR_INSERT_UPDATE'],
    ['Name', 'INV-1', 'INVALID_FIELD_FOR_INSERT_UPDATE'],
  ])('%s refuses %j with %s', async (field, value, code) => {
    expect(codeOf(await client.post('/sobjects/Invoice__c', { Account__c: account, [field]: value }))).toBe(code)
  })

  test('a master-detail parent is required and stays', async () => {
    expect(errorsOf(await client.post('/sobjects/Invoice__c', {}))[0]).toMatchObject({ fields: ['Account__c'] })
    const id = await invoice({})
    const moved = await client.patch(`/sobjects/Invoice__c/${id}`, { Account__c: account })
    expect(codeOf(moved)).toBe('INVALID_FIELD_FOR_INSERT_UPDATE')
  })

  test('a base64 field is a URL, from which its bytes are read', async () => {
    const fields = { ParentId: account, Name: 'a.txt', Body: Buffer.from('hello').toString('base64') }
    const id = await create(fields, 'Attachment')
    expect(await read(id, 'Attachment')).toMatchObject({
      Body: `${root}/sobjects/Attachment/${id}/Body`,
      BodyLength: 5,
    })
    const body = await client.get(`/sobjects/Attachment/${id}/Body`)
    expect([body.status, body.headers.get('content-type'), body.body]).toEqual([
      200,
      'application/octetstream',
      'hello',
    ])
    expect((await client.get(`/sobjects/Attachment/${account}/Body`)).status).toBe(404)
    await client.delete(`/sobjects/Attachment/${id}`)
    expect((await client.get(`/sobjects/Attachment/${id}/Body`)).status).toBe(404)
    expect(codeOf(await client.post('/sobjects/Attachment', { ...fields, Body: '*' }))).toBe('JSON_PARSER_ERROR')
  })

  test('an address joins its parts, geocode accuracy too', async () => {
    const id = await create({ LastName: 'A', Company: 'B', City: 'Leeds', GeocodeAccuracy: 'Zip' }, 'Lead')
    expect((await read(id, 'Lead')).Address).toEqual({
      ...{ city: 'Leeds', country: null, countryCode: null, geocodeAccuracy: 'Zip', latitude: null, longitude: null },
      ...{ postalCode: null, state: null, stateCode: null, street: null },
    })
  })
})

describe('what is not proven can be switched (salesforce-facts 14.9)', () => {
  test('blanks and line ends', async () => {
    await command(client, 'switches', { textTrimmed: false, lineEnds: 'crlf' })
    const id = await invoice({ Reference__c: ' R ', Address_Note__c: 'a\nb\r\nc' })
    expect(await read(id)).toMatchObject({ Reference__c: ' R ', Address_Note__c: 'a\r\nb\r\nc' })
    await command(client, 'switches', { textTrimmed: true, lineEnds: 'asSent' })
    expect(await read(id)).toMatchObject({ Address_Note__c: 'a\nb\r\nc' })
  })

  test('whole doubles', () => {
    const own = new Org(() => time)
    const { type } = own.table('Invoice__c') ?? {}
    const weight = type?.field('Weight__c')
    const cells: Cell[] = []
    cells[weight?.slot ?? 0] = 5
    expect(weight?.json(cells)).toBe('5.0')
    own.switches.wholeDoubles = 'plain'
    expect(weight?.json(cells)).toBe('5')
  })
})

describe('formulas are worked out on read (salesforce-facts 3.5)', () => {
  test('a value that follows the parent or the clock moves no stamp', async () => {
    const id = await invoice({ Due_Date__c: '2026-11-24' })
    const { SystemModstamp, Is_Overdue__c } = await read(id)
    expect(Is_Overdue__c).toBe(false)
    await client.patch(`/sobjects/Account/${account}`, { Name: 'Meridian' })
    time += 20 * 60 * 1000
    expect(await read(id)).toMatchObject({ Account_Name__c: 'Meridian', Is_Overdue__c: true, SystemModstamp })
    const found = await client.soql(
      "SELECT Id FROM Invoice__c WHERE Account_Name__c = 'meridian' AND Is_Overdue__c = true",
    )
    expect(recordsOf(found).map(each => each.Id)).toContain(id)
  })
})

describe('fields change while clients run', () => {
  const alter = (changes: object) => command(client, 'fields', { object: 'Contact', ...changes })

  test('an added field is there for old rows too; a removed one is gone, and starts empty when it comes back', async () => {
    const id = await create({ LastName: 'Old' }, 'Contact')
    const added = [
      { name: 'Note__c', type: 'string', length: 10 },
      { name: 'Flag__c', type: 'boolean' },
      { name: 'Place__c', type: 'location' },
      { name: 'Code__c', type: 'string', flags: 'CUNLEQ' },
    ]
    expect((await alter({ add: added })).status).toBe(200)
    const before = await read(id, 'Contact')
    expect(before).toMatchObject({ Note__c: null, Flag__c: false, Place__c: null })
    const values = { Note__c: 'kept', Flag__c: true, Place__Latitude__s: 1, Place__Longitude__s: 2, Code__c: 'c1' }
    expect((await client.patch(`/sobjects/Contact/${id}`, values)).status).toBe(204)
    expect(await read(id, 'Contact')).toMatchObject({
      Note__c: 'kept',
      Flag__c: true,
      Place__c: { latitude: 1, longitude: 2 },
    })
    expect((await client.get('/sobjects/Contact/Code__c/C1')).status).toBe(200)
    expect((await alter({ remove: ['Note__c', 'Place__c'] })).status).toBe(200)
    const { SystemModstamp } = await read(id, 'Contact')
    expect(Object.keys(await read(id, 'Contact')).filter(name => /^(Note|Place)__/.test(name))).toEqual([])
    expect(codeOf(await client.patch(`/sobjects/Contact/${id}`, { Note__c: 'x' }))).toBe('INVALID_FIELD')
    await alter({ add: [{ name: 'Note__c', type: 'string' }] })
    expect(await read(id, 'Contact')).toMatchObject({ Note__c: null, Flag__c: true, SystemModstamp })
  })

  test('a retyped field shows what is left of its values, and takes the new ones', async () => {
    await alter({ add: ['A__c', 'B__c', 'C__c', 'D__c', 'E__c'].map(name => ({ name, type: 'string' })) })
    const ids = []
    for (const value of ['12.5', '2026-11-23', 'words'])
      ids.push(
        await create({ LastName: 'R', A__c: value, B__c: value, C__c: value, D__c: value, E__c: value }, 'Contact'),
      )
    const retype = {
      A__c: { type: 'double', precision: 10, scale: 2 },
      B__c: { type: 'date' },
      C__c: { type: 'boolean' },
      D__c: { type: 'picklist', values: ['words'] },
      E__c: { type: 'datetime' },
    }
    expect((await alter({ retype })).status).toBe(200)
    const rows = await Promise.all(ids.map(id => read(id, 'Contact')))
    expect(rows.map(row => row.A__c)).toEqual([12.5, null, null])
    expect(rows.map(row => row.B__c)).toEqual([null, '2026-11-23', null])
    expect(rows.map(row => row.C__c)).toEqual([false, false, false])
    expect(rows.map(row => row.D__c)).toEqual(['12.5', '2026-11-23', 'words'])
    expect(rows[1]?.E__c).toBe('2026-11-23T00:00:00.000+0000')
    expect(codeOf(await client.patch(`/sobjects/Contact/${ids[2]}`, { A__c: 'many' }))).toBe('JSON_PARSER_ERROR')
    await client.patch(`/sobjects/Contact/${ids[2]}`, { A__c: 7, C__c: true })
    expect(await read(ids[2] ?? '', 'Contact')).toMatchObject({ A__c: 7, C__c: true })
    await alter({ retype: { A__c: { type: 'string', length: 40 } } })
    expect(await read(ids[2] ?? '', 'Contact')).toMatchObject({ A__c: '7' })
    expect(await read(ids[0] ?? '', 'Contact')).toMatchObject({ A__c: '12.5' })
  })

  test.each([
    [{ add: [{ name: 'Plain', type: 'string' }] }],
    [{ add: [{ name: 'VIP__c', type: 'string' }] }],
    [{ add: [{ name: 'Odd__c', type: 'base64' }] }],
    [{ remove: ['Email'] }],
    [{ remove: ['Nowhere__c'] }],
    [{ retype: { Email: { type: 'string' } } }],
    [{ retype: { Account_Name__c: { type: 'double' } } }],
    [{ retype: { Credit_Limit__c: { type: 'datetime' } } }],
  ])('%j is refused', async changes => {
    const before = org().rows('Contact')[0]
    expect((await alter(changes)).status).toBe(400)
    expect(org().rows('Contact')[0]).toEqual(before)
  })
})
