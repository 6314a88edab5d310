import { describe, expect, test } from 'vitest'
import { userLicencesMax } from '../../src/simulator/objects/rules/user.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { codeOf, command } from './control-client.ts'
import { refusal, useObjects } from './object-client.ts'

const { client, org, post, patch, create, rowOf } = useObjects()
const leadFields = { LastName: 'Silva', Company: 'Quarry' }

describe('Lead (salesforce-facts 5.2, 6.3)', () => {
  test('Company is required although describe calls it nillable', async () => {
    const missing = { errorCode: 'REQUIRED_FIELD_MISSING', fields: ['Company'] }
    expect(refusal(await post('Lead', { LastName: 'Silva' }))).toMatchObject(missing)
    const id = await create('Lead', leadFields)
    expect(refusal(await patch('Lead', id, { Company: null }))).toMatchObject(missing)
  })

  test('Status has a default, and takes values that nobody set up; it is never null', async () => {
    const id = await create('Lead', { ...leadFields, Status: null })
    expect(rowOf('Lead', id)).toMatchObject({ Status: 'Open - Not Contacted', IsConverted: false })
    expect((await patch('Lead', id, { Status: 'Asleep' })).status).toBe(204)
    expect(codeOf(await patch('Lead', id, { Status: null }))).toBe('REQUIRED_FIELD_MISSING')
    expect(rowOf('Lead', id).Status).toBe('Asleep')
  })

  test('a converted status converts nothing, and conversion fields cannot be given', async () => {
    const id = await create('Lead', { ...leadFields, Status: 'Closed - Converted' })
    expect(rowOf('Lead', id).IsConverted).toBe(false)
    const given = refusal(await post('Lead', { ...leadFields, IsConverted: true }))
    expect(given).toMatchObject({ errorCode: 'INVALID_FIELD_FOR_INSERT_UPDATE', fields: ['IsConverted'] })
    expect((await post('Lead', { ...leadFields, IsConverted: false })).status).toBe(201)
  })

  test('a converted lead is read-only without the permission', async () => {
    const id = await create('Lead', leadFields)
    org().convert({ leadId: id, convertedStatus: 'Closed - Converted' })
    expect(refusal(await patch('Lead', id, { Title: 'Buyer' }))).toEqual({
      errorCode: 'CANNOT_UPDATE_CONVERTED_LEAD',
      message: 'cannot reference converted lead',
      fields: [],
    })
    await command(client, 'access', { editsConvertedLeads: true })
    expect((await patch('Lead', id, { Title: 'Buyer' })).status).toBe(204)
    await command(client, 'access', { editsConvertedLeads: false })
  })
})

describe('Task (salesforce-facts 6.4)', () => {
  test('nothing is required; Status, Priority, subtype and owner have defaults', async () => {
    expect(rowOf('Task', await create('Task', {}))).toMatchObject({
      ...{ Status: 'Not Started', Priority: 'Normal', TaskSubtype: 'Task', IsClosed: false, IsHighPriority: false },
      OwnerId: client.simulator.userId,
    })
  })

  test('a task of a lead has no WhatId', async () => {
    const WhoId = await create('Lead', leadFields)
    const WhatId = await create('Account', { Name: 'Granite' })
    const refused = refusal(await post('Task', { WhoId, WhatId }))
    expect(refused).toMatchObject({ errorCode: 'FIELD_INTEGRITY_EXCEPTION', fields: ['WhatId'] })
    expect(rowOf('Task', await create('Task', { WhoId }))).toMatchObject({ WhoCount: 1, WhatCount: 0, AccountId: null })
    const contact = await create('Contact', { LastName: 'Ada', AccountId: WhatId })
    expect(rowOf('Task', await create('Task', { WhoId: contact }))).toMatchObject({ AccountId: WhatId })
    expect(rowOf('Task', await create('Task', { WhoId: contact, WhatId }))).toMatchObject({ WhatCount: 1 })
  })

  test('Status closes and reopens it, Priority makes it high, the subtype stays', async () => {
    const id = await create('Task', { Priority: 'High', TaskSubtype: 'Call' })
    expect(rowOf('Task', id)).toMatchObject({ IsHighPriority: true, CompletedDateTime: null })
    await patch('Task', id, { Status: 'Completed' })
    expect(rowOf('Task', id)).toMatchObject({ IsClosed: true, CompletedDateTime: expect.stringMatching(/^\d{4}/) })
    await patch('Task', id, { Status: 'In Progress', Priority: 'Low' })
    expect(rowOf('Task', id)).toMatchObject({ IsClosed: false, CompletedDateTime: null, IsHighPriority: false })
    expect(codeOf(await patch('Task', id, { TaskSubtype: 'Email' }))).toBe('INVALID_FIELD_FOR_INSERT_UPDATE')
    expect(codeOf(await post('Task', { TaskSubtype: 'Chat' }))).toBe('INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST')
  })
})

describe('User (salesforce-facts 6.9)', () => {
  const profile = () => String(org().rows('Profile')[0]?.Id)
  const person = (name: string, fields: object = {}) => ({
    ...{
      Username: `${name}@company.example`,
      Email: `${name}@company.example`,
      LastName: name,
      Alias: name.slice(0, 8),
    },
    ...{ ProfileId: profile(), TimeZoneSidKey: 'GMT', LocaleSidKey: 'en_US', LanguageLocaleKey: 'en_US' },
    ...{ EmailEncodingKey: 'UTF-8', ...fields },
  })

  test('a username is an address that nobody has, a nickname is made up, and users stay', async () => {
    expect(refusal(await post('User', person('ana', { Username: 'ana' })))).toMatchObject({
      ...{ errorCode: 'INVALID_EMAIL_ADDRESS', fields: ['Username'] },
    })
    const id = await create('User', person('ana'))
    expect(rowOf('User', id)).toMatchObject({
      IsActive: true,
      UserType: 'Standard',
      CommunityNickname: expect.stringMatching(/^User/),
    })
    const taken = refusal(await post('User', person('other', { Username: 'ANA@company.example' })))
    expect(taken).toMatchObject({ errorCode: 'DUPLICATE_USERNAME', fields: ['Username'] })
    expect(taken?.message).toContain('Duplicate Username. The username already exists in this or another')
    await create('User', person('bo', { CommunityNickname: 'bo', FederationIdentifier: 'bo-1' }))
    expect(codeOf(await post('User', person('cy', { CommunityNickname: 'bo' })))).toBe('DUPLICATE_COMM_NICKNAME')
    expect(codeOf(await post('User', person('cy', { FederationIdentifier: 'bo-1' })))).toBe('DUPLICATE_VALUE')
    expect(codeOf(await post('User', person('cy', { ProfileId: null })))).toBe('REQUIRED_FIELD_MISSING')
    expect(codeOf(await post('User', person('cy', { TimeZoneSidKey: 'Mars' })))).toBe(
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    )
    expect((await client.delete(`/sobjects/User/${id}`)).status).toBeGreaterThanOrEqual(400)
    expect((await patch('User', id, { Username: 'ana@company.example', IsActive: false })).status).toBe(204)
  })

  test('each active user takes a licence', async () => {
    const simulator = await startSimulator({ rows: { user: userLicencesMax - 2 } })
    try {
      const someone = String(simulator.org.rows('Profile')[0]?.Id)
      const full = () => simulator.org.create('User', person('dee', { ProfileId: someone }))
      expect(full).toThrow('LICENSE_LIMIT_EXCEEDED')
      const idle = simulator.org.create('User', person('dee', { ProfileId: someone, IsActive: false }))
      expect(() => simulator.org.update('User', idle, { IsActive: true })).toThrow('LICENSE_LIMIT_EXCEEDED')
      simulator.org.update('User', String(simulator.org.rows('User')[5]?.Id), { IsActive: false })
      simulator.org.update('User', idle, { IsActive: true })
    } finally {
      await simulator.close()
    }
  })
})
