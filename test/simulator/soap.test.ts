import jsforce from 'jsforce'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { child, readXml, writeXml } from '../../src/simulator/soap/xml.ts'
import { useSimulator } from './rest-client.ts'
import { control } from './sign-in-client.ts'

// jsforce sends the calls, unchanged.
const client = useSimulator()
let connection: InstanceType<typeof jsforce.Connection>

beforeAll(async () => {
  const { url: loginUrl, clientId, clientSecret } = client.simulator
  connection = new jsforce.Connection({ oauth2: { loginUrl, clientId, clientSecret }, version: '68.0' })
  await connection.authorize({ grant_type: 'client_credentials' })
})
beforeEach(() => control(client.simulator, 'POST', 'sign-in', { securityTokenNeeded: false, api: 'enabled' }))

const org = () => client.simulator.org
const post = async (path: string, body: string) => {
  const headers = { 'content-type': 'text/xml', soapaction: '""' }
  const response = await fetch(client.simulator.url + path, { method: 'POST', body, headers })
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
}
const message = (body: string, header = '') =>
  '<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:p="urn:partner.soap.sforce.com">' +
  `<e:Header>${header}</e:Header><e:Body>${body}</e:Body></e:Envelope>`
const loginMessage = (username: string, password: string) =>
  message(`<p:login><p:username>${username}</p:username><p:password>${password}</p:password></p:login>`)

describe('login', () => {
  test('jsforce signs in with user name, password and security token', async () => {
    const { url: loginUrl, username, password, securityToken, userId, orgId } = client.simulator
    const other = new jsforce.Connection({ loginUrl, version: '68.0', logLevel: 'NONE' })
    expect(await other.login(username, password + securityToken)).toMatchObject({ id: userId, organizationId: orgId })
    expect((await other.query('SELECT Id FROM Contact LIMIT 1')).done).toBe(true)
    expect(await other.soap.getUserInfo()).toMatchObject({ userId, organizationId: orgId, userName: username })
    await other.logout()
    await expect(other.query('SELECT Id FROM Contact LIMIT 1')).rejects.toThrow()
  })

  test('a wrong password is a fault, with the code where simple-salesforce looks for it', async () => {
    const { username, password, securityToken } = client.simulator
    const wrong = await post('/services/Soap/u/59.0', loginMessage(username, 'wrong'))
    expect(wrong).toMatchObject({ status: 500, type: 'text/xml;charset=UTF-8' })
    expect(wrong.text).toContain('<faultcode>sf:INVALID_LOGIN</faultcode>')
    expect(wrong.text).toContain('<sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode>')
    await control(client.simulator, 'POST', 'sign-in', { securityTokenNeeded: true })
    const bare = await post('/services/Soap/c/59.0', loginMessage(username, password))
    expect(bare.text).toContain('<sf:exceptionCode>LOGIN_MUST_USE_SECURITY_TOKEN</sf:exceptionCode>')
    expect(bare.text).toContain('urn:fault.enterprise.soap.sforce.com')
    expect((await post('/services/Soap/c/59.0', loginMessage(username, password + securityToken))).status).toBe(200)
    await control(client.simulator, 'POST', 'sign-in', { api: 'disabledForOrg' })
    const closed = await post('/services/Soap/u/59.0', loginMessage(username, password))
    expect(closed.text).toContain('<sf:exceptionCode>API_DISABLED_FOR_ORG</sf:exceptionCode>')
  })
})

test.each([
  ['no XML', '/services/Soap/u/68.0', 'nonsense', 'soapenv:Client'],
  [
    'a DTD',
    '/services/Soap/u/68.0',
    message('<p:login/>').replace('?>', '?><!DOCTYPE a [<!ENTITY b "c">]>'),
    'soapenv:Client',
  ],
  ['an unknown call', '/services/Soap/u/68.0', message('<p:fly/>'), 'sf:INVALID_SESSION_ID'],
  ['an unknown version', '/services/Soap/u/99.0', message('<p:login/>'), 'sf:UNSUPPORTED_API_VERSION'],
  ['no session', '/services/Soap/u/68.0', message('<p:getUserInfo/>'), 'sf:INVALID_SESSION_ID'],
])('%s is a fault', async (_name, path, body, code) => {
  const got = await post(path, body)
  expect(got.status).toBe(500)
  expect(got.text).toContain(`<faultcode>${code}</faultcode>`)
})

test('a call that needs a session names the fault as jsforce expects, and jsforce signs in again', async () => {
  client.simulator.expireSessions()
  const { url: loginUrl, clientId, clientSecret } = client.simulator
  let refreshed = 0
  const dead = new jsforce.Connection({
    ...{ instanceUrl: loginUrl, accessToken: '00D!dead', version: '68.0' },
    refreshFn: async (_connection, done) => {
      refreshed++
      const fresh = new jsforce.Connection({ oauth2: { loginUrl, clientId, clientSecret } })
      await fresh.authorize({ grant_type: 'client_credentials' })
      done(null, fresh.accessToken ?? '')
    },
  })
  expect((await dead.soap.getUserInfo()).userId).toBe(client.simulator.userId)
  expect(refreshed).toBe(1)
  connection.accessToken = dead.accessToken
})

test('what is written is read again, whatever it holds', () => {
  const held = { text: '<a>&amp;"\'\n]]>\u00e9\u{1f600}', empty: '', many: ['1', '2'] }
  expect(child(readXml(`<e xmlns:xsi="x">${writeXml(held)}</e>`), 'e')).toEqual(held)
  expect(writeXml({ nothing: null, control: 'a\u0000b' })).toBe('<nothing xsi:nil="true"/><control>ab</control>')
})

describe('rows', () => {
  const contact = (fields: object = {}) => org().create('Contact', { LastName: 'Soap', ...fields })

  test('merge: the losers go, the winner takes the values', async () => {
    const [winner, loser] = [contact(), contact({ Title: 'Loser' })]
    const masterRecord = { type: 'Contact', Id: winner, Title: 'A < B & "C"', Email: 'w@example.com' }
    const calls = client.simulator.apiCalls()
    const got = await connection.soap.merge({ masterRecord, recordToMergeIds: [loser] })
    expect(got).toMatchObject({ id: winner, mergedRecordIds: [loser], success: true, errors: [] })
    expect(org().row('Contact', winner)).toMatchObject({ Title: 'A < B & "C"', Email: 'w@example.com' })
    expect(org().row('Contact', loser)).toMatchObject({ IsDeleted: true, MasterRecordId: winner })
    expect(client.simulator.apiCalls()).toBe(calls + 1)
  })

  test('a merge that fails is a result with its error, and changes nothing', async () => {
    const winner = contact()
    const got = await connection.soap.merge({
      masterRecord: { type: 'Contact', Id: winner, ...{ Title: 'x' } },
      recordToMergeIds: [winner],
    })
    expect(got).toMatchObject({ success: false, errors: [{ statusCode: 'MERGE_FAILED' }] })
    expect(org().row('Contact', winner)?.Title).toBeNull()
  })

  test('undelete and emptyRecycleBin: each id has its own result', async () => {
    const [one, two, live] = [contact(), contact(), contact()]
    for (const id of [one, two]) org().delete('Contact', id)
    expect(await connection.soap.undelete([one, live, 'nonsense'])).toMatchObject([
      { id: one, success: true },
      { success: false, errors: [{ statusCode: 'UNDELETE_FAILED' }] },
      { success: false, errors: [{ statusCode: 'MALFORMED_ID' }] },
    ])
    expect(org().row('Contact', one)).toMatchObject({ IsDeleted: false })
    expect(await connection.soap.emptyRecycleBin([two])).toMatchObject([{ id: two, success: true }])
    expect(await connection.soap.undelete([two])).toMatchObject([{ success: false }])
  })

  test('an undelete that fails half way brings nothing back', async () => {
    const account = org().create('Account', { Name: 'Soap' })
    const child = contact({ AccountId: account, Command_Id__c: 'soap-taken' })
    org().delete('Account', account)
    expect(org().row('Contact', child)).toMatchObject({ IsDeleted: true })
    contact({ Command_Id__c: 'soap-taken' })
    expect(await connection.soap.undelete([account])).toMatchObject([
      { success: false, errors: [{ statusCode: 'DUPLICATE_VALUE' }] },
    ])
    expect(org().row('Account', account)).toMatchObject({ IsDeleted: true })
  })

  test('convertLead', async () => {
    const lead = org().create('Lead', { LastName: 'Lead', Company: 'Acme' })
    const got = await connection.soap.convertLead({
      leadId: lead,
      convertedStatus: 'Closed - Converted',
      doNotCreateOpportunity: true,
    })
    expect(got).toMatchObject({ leadId: lead, success: true, opportunityId: null })
    expect(org().row('Lead', lead)).toMatchObject({ IsConverted: true, ConvertedAccountId: got.accountId })
    const again = await connection.soap.convertLead([{ leadId: lead, convertedStatus: 'Closed - Converted' }])
    expect(again).toMatchObject([{ success: false, errors: [{ statusCode: expect.any(String) }] }])
  })
})
