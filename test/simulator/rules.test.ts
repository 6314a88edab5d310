import { afterEach, describe, expect, test } from 'vitest'
import { codeOf, command, errorsOf } from './control-client.ts'
import { createContact, recordsOf, root, useSimulator } from './rest-client.ts'

let nowMs = Date.UTC(2026, 10, 23, 10, 0, 0)
const client = useSimulator({ clock: () => nowMs })
const org = () => client.simulator.org
const rule = (body: object) => command(client, 'rules', body)
const read = async (id: string, fields: string) =>
  recordsOf(await client.soql(`SELECT ${fields} FROM Contact WHERE Id = '${id}'`))[0]

afterEach(() => command(client, 'remove-rules'))

describe('checks before rules (salesforce-facts 2.10, 14.10)', () => {
  const bad = { FirstName: 'x'.repeat(41), Email: 'nobody', AccountId: '003000000000001AAA' }

  test('the first failing class alone, or all of them', async () => {
    const first = await client.post('/sobjects/Contact', bad)
    expect(errorsOf(first)).toEqual([
      {
        errorCode: 'REQUIRED_FIELD_MISSING',
        message: 'Required fields are missing: [LastName]',
        fields: ['LastName'],
      },
    ])
    await command(client, 'switches', { fieldChecks: 'all' })
    const all = await client.post('/sobjects/Contact', bad)
    expect(errorsOf(all).map(error => error.errorCode)).toEqual([
      'REQUIRED_FIELD_MISSING',
      'STRING_TOO_LONG',
      'INVALID_EMAIL_ADDRESS',
      'MALFORMED_ID',
    ])
    await command(client, 'switches', { fieldChecks: 'first' })
  })

  test('the id of another object in a lookup', async () => {
    const contact = await createContact(client)
    const wrong = () => client.post('/sobjects/Contact', { LastName: 'x', AccountId: contact })
    expect(errorsOf(await wrong())[0]).toMatchObject({
      errorCode: 'MALFORMED_ID',
      message: `Account ID: id value of incorrect type: ${contact}`,
    })
    await command(client, 'switches', { wrongLookup: 'FIELD_INTEGRITY_EXCEPTION' })
    expect(errorsOf(await wrong())[0]).toMatchObject({
      errorCode: 'FIELD_INTEGRITY_EXCEPTION',
      message: 'Account ID: id value of incorrect type',
    })
    await command(client, 'switches', { wrongLookup: 'MALFORMED_ID' })
  })

  test('whether the case of an external id counts is a switch, but not for a unique one', async () => {
    const upsert = async (field: string, value: string) =>
      (await client.patch(`/sobjects/Contact/${field}/${value}`, { LastName: 'Case' })).status
    expect([await upsert('External_Id__c', 'Case-a'), await upsert('External_Id__c', 'CASE-A')]).toEqual([201, 200])
    await command(client, 'switches', { externalIdCase: 'exact' })
    expect([await upsert('External_Id__c', 'CASE-A'), await upsert('External_Id__c', 'Case-a')]).toEqual([201, 200])
    expect([await upsert('Command_Id__c', 'Case-b'), await upsert('Command_Id__c', 'CASE-B')]).toEqual([201, 200])
    await command(client, 'switches', { externalIdCase: 'folded' })
    expect(await upsert('External_Id__c', 'case-a')).toBe(300)
  })

  test('an inactive owner', async () => {
    const { userId } = client.simulator
    const [other] = recordsOf(await client.soql(`SELECT Id FROM User WHERE Id != '${userId}' LIMIT 1`))
    await client.send('POST', '/control/users', { id: other?.Id, active: false })
    const got = await client.post('/sobjects/Contact', { LastName: 'x', OwnerId: other?.Id })
    expect(errorsOf(got)[0]).toMatchObject({
      errorCode: 'INACTIVE_OWNER_OR_USER',
      message: `operation performed with inactive user [${String(other?.Id).slice(0, 15)}] as owner of contact`,
    })
    await client.send('POST', '/control/users', { id: other?.Id, active: true })
  })
})

describe('validation rules and triggers (salesforce-facts 2.10)', () => {
  test('a validation rule refuses with its own text, switched on while clients write', async () => {
    const id = await createContact(client, { Title: 'Free' })
    await rule({
      ...{ kind: 'validation', name: 'No VIP without phone', object: 'contact' },
      ...{ message: 'A VIP needs a phone.', fields: ['Phone'] },
      when: [
        { field: 'VIP__c', is: '=', value: true },
        { field: 'Phone', is: '=', value: null },
      ],
    })
    const refused = await client.patch(`/sobjects/Contact/${id}`, { VIP__c: true })
    expect(refused).toMatchObject({
      status: 400,
      body: [{ errorCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message: 'A VIP needs a phone.', fields: ['Phone'] }],
    })
    expect((await client.patch(`/sobjects/Contact/${id}`, { VIP__c: true, Phone: '1' })).status).toBe(204)
    expect((await client.patch(`/sobjects/Contact/${id}`, { VIP__c: false, Phone: null })).status).toBe(204)
  })

  test('the rule sees the field that this save changes, and deletes if told to', async () => {
    const id = await createContact(client, { Title: 'a' })
    await rule([
      {
        ...{ kind: 'validation', name: 'fixed', object: 'Contact', on: ['update'], message: 'fixed' },
        when: [{ field: 'Title', is: 'changed' }],
      },
      {
        ...{ kind: 'validation', name: 'kept', object: 'Contact', on: ['delete'] },
        ...{ message: 'Keep: execution of BeforeDelete', code: 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY' },
      },
    ])
    expect(codeOf(await client.patch(`/sobjects/Contact/${id}`, { Title: 'b' }))).toBe(
      'FIELD_CUSTOM_VALIDATION_EXCEPTION',
    )
    expect((await client.patch(`/sobjects/Contact/${id}`, { Title: 'a', Phone: '2' })).status).toBe(204)
    expect(codeOf(await client.delete(`/sobjects/Contact/${id}`))).toBe('CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY')
  })
})

describe('the duplicate rule (salesforce-facts 2.3, 2.10)', () => {
  const duplicate = (action: string) =>
    rule({ kind: 'duplicate', name: 'Same_Email', object: 'Contact', action, match: ['Email'] })
  const post = (Email: string, headers: Record<string, string> = {}) =>
    client.send('POST', `${root}/sobjects/Contact`, { LastName: 'Twin', Email }, headers)
  const allowSave = { 'Sforce-Duplicate-Rule-Header': 'allowSave=true; includeRecordDetails=true' }

  test('names the matches under duplicateResut; allowSave passes an alert', async () => {
    const id = await createContact(client, { Email: 'Twin@a.example' })
    await duplicate('alert')
    const got = await post('twin@a.example')
    expect(got.status).toBe(400)
    const [error] = errorsOf(got)
    expect(error).toMatchObject({
      ...{ errorCode: 'DUPLICATES_DETECTED', message: 'Use one of these records?', fields: [] },
      duplicateResut: {
        ...{ allowSave: true, duplicateRule: 'Same_Email', duplicateRuleEntityType: 'Contact' },
        matchResults: [
          {
            ...{ entityType: 'Contact', size: 1, success: true },
            matchRecords: [
              { record: { attributes: { type: 'Contact', url: `${root}/sobjects/Contact/${id}` }, Id: id } },
            ],
          },
        ],
      },
    })
    expect((await post('twin@a.example', allowSave)).status).toBe(201)
    expect((await post('else@a.example')).status).toBe(201)
  })

  test('allowSave does not pass a block; collections leave the details out; the row itself is no duplicate', async () => {
    const id = await createContact(client, { Email: 'b@a.example' })
    await duplicate('block')
    expect(codeOf(await post('b@a.example', allowSave))).toBe('DUPLICATES_DETECTED')
    const records = [{ attributes: { type: 'Contact' }, LastName: 'x', Email: 'b@a.example' }]
    expect((await client.post('/composite/sobjects', { records })).body).toEqual([
      {
        success: false,
        errors: [{ statusCode: 'DUPLICATES_DETECTED', message: 'Use one of these records?', fields: [] }],
      },
    ])
    expect((await client.patch(`/sobjects/Contact/${id}`, { Title: 'x' })).status).toBe(204)
  })
})

describe('flows and assignment rules', () => {
  test('a flow edits the row again within the transaction', async () => {
    await rule({ kind: 'flow', name: 'f', object: 'Contact', on: ['create'], set: { Title: 'by flow' } })
    const id = await createContact(client, { Title: 'by client' })
    expect(await read(id, 'Title')).toMatchObject({ Title: 'by flow' })
    const writes = org().effects.filter(effect => effect.recordId === id)
    expect(writes.map(effect => effect.operation)).toEqual(['create', 'update'])
    expect(new Set(writes.map(effect => effect.requestId)).size).toBe(1)
  })

  test('a flow after the commit makes a second version, with the same stamp if told to', async () => {
    const flow = {
      kind: 'flow',
      name: 'f',
      object: 'Contact',
      on: ['create'],
      set: { Title: 'later' },
      afterCommitMs: 300,
    }
    const stamps = async (sameStamp: boolean) => {
      await rule({ ...flow, sameStamp })
      const id = await createContact(client)
      nowMs += 5000
      await expect.poll(() => read(id, 'Title')).toMatchObject({ Title: 'later' })
      const writes = org().effects.filter(effect => effect.recordId === id)
      expect(writes.map(effect => effect.operation)).toEqual(['create', 'update'])
      const [first = 0, second = 0] = writes.map(effect => effect.savedAtMs)
      expect(await read(id, 'SystemModstamp')).toMatchObject({
        SystemModstamp: new Date(second).toISOString().replace('Z', '+0000'),
      })
      return second - first
    }
    expect(await stamps(true)).toBe(0)
    expect(await stamps(false)).toBe(5000)
  })

  test('a row that a rule refuses takes none of the others of its request with it', async () => {
    await rule({
      kind: 'validation',
      name: 'v',
      object: 'Contact',
      message: 'no',
      when: [{ field: 'Title', is: '=', value: 'bad' }],
    })
    const attributes = { type: 'Contact' }
    const records = ['good', 'bad'].map(Title => ({ attributes, LastName: `flow ${Title}`, Title }))
    expect((await client.post('/composite/sobjects', { records })).body).toMatchObject([
      { success: true },
      { success: false },
    ])
    expect(recordsOf(await client.soql("SELECT Title FROM Contact WHERE LastName LIKE 'flow %'"))).toHaveLength(1)
  })

  test('an assignment rule gives leads away unless Sforce-Auto-Assign is FALSE', async () => {
    const { userId } = client.simulator
    const [someone] = recordsOf(await client.soql(`SELECT Id FROM User WHERE Id != '${userId}' LIMIT 1`))
    await rule({ kind: 'assignment', name: 'a', object: 'Lead', ownerId: someone?.Id })
    const owner = async (headers: Record<string, string>) => {
      const lead = { LastName: 'L', Company: 'C', OwnerId: userId }
      const { body } = await client.send('POST', `${root}/sobjects/Lead`, lead, headers)
      const { id } = body as { id: string }
      return recordsOf(await client.soql(`SELECT OwnerId FROM Lead WHERE Id = '${id}'`))[0]?.OwnerId
    }
    expect(await owner({})).toBe(someone?.Id)
    expect(await owner({ 'Sforce-Auto-Assign': 'FALSE' })).toBe(userId)
  })

  test('rules that make no sense are refused', async () => {
    for (const body of [
      { kind: 'flow', name: 'x', object: 'Nothing', set: {} },
      { kind: 'flow', name: 'x', object: 'Contact', set: { Nothing: 1 } },
      { kind: 'validation', name: 'x', object: 'Contact' },
      { kind: 'duplicate', name: 'x', object: 'Contact', action: 'warn', match: ['Email'] },
      { kind: 'assignment', name: 'x', object: 'Contact', ownerId: client.simulator.userId },
      { kind: 'validation', name: 'x', object: 'Contact', message: 'm', when: [{ field: 'Title', is: '~' }] },
    ]) {
      expect((await rule(body)).status).toBe(400)
    }
    expect((await client.send('GET', '/control/rules')).body).toMatchObject({ state: [] })
  })
})
