import { describe, expect, test } from 'vitest'
import { CommitDelay } from '../../src/simulator/org/commit-delay.ts'
import { command } from './control-client.ts'
import { createContact, recordsOf, signIn, useSimulator } from './rest-client.ts'

let nowMs = Date.UTC(2026, 10, 23, 10, 0, 0)
const client = useSimulator({ clock: () => nowMs })
const org = () => client.simulator.org
const read = async (object: string, id: string, fields: string) =>
  recordsOf(await client.soql(`SELECT ${fields} FROM ${object} WHERE Id = '${id}'`, 'queryAll'))[0]
const stamp = (ms: number) => new Date(ms).toISOString().replace('Z', '+0000')

describe('the control endpoint', () => {
  test('lists what it can do with what is set', async () => {
    const { body } = await client.send('GET', '/control')
    const listed = new Map((body as { name: string; doc: string; state?: unknown }[]).map(each => [each.name, each]))
    expect([...listed.keys()]).toEqual(
      expect.arrayContaining([
        'rows',
        'begin',
        'commit',
        'merge',
        'convert',
        'switches',
        'access',
        'rules',
        'clock',
        'faults',
        'users',
      ]),
    )
    expect(listed.get('switches')?.state).toMatchObject({ deletedRowGet: 'NOT_FOUND', rowLockWaitMs: 0 })
    for (const each of listed.values()) expect(each.doc).toMatch(/\.$/)
  })

  test('says what is wrong with a request', async () => {
    const error = async (name: string, body: unknown) => {
      const got = await command(client, name, body)
      expect(got.status).toBe(400)
      return (got.body as { error: string }).error
    }
    expect(await error('merge', { object: 'Contact' })).toContain('masterId')
    expect(await error('clock', { advanceMs: -1 })).toContain('advanceMs')
    expect(await error('commit-delay', { ms: 'long' })).toContain('ms')
    expect(await error('switches', { nothing: 1 })).toContain('known are deletedRowGet')
    expect(await error('switches', { rowLockWaitMs: 1, fieldChecks: 'some' })).toContain('fieldChecks must be one of')
    expect((await client.send('GET', '/control/switches')).body).toMatchObject({ state: { rowLockWaitMs: 0 } })
    expect(await error('commit', { transaction: '99' })).toBe('no transaction 99 is open; open are none')
    expect(await error('rows', { operation: 'upsert', object: 'Contact' })).toContain('operation')
    expect(await error('rows', '{"operation":')).toContain('JSON')
    expect(await error('rows', { operation: 'create', object: 'Nothing' })).toContain('Nothing')
    expect((await command(client, 'nothing')).status).toBe(404)
    expect((await command(client, 'toString')).status).toBe(404)
  })
})

describe('what happens in an org beside its clients', () => {
  test('a touch moves SystemModstamp alone, a revision no stamp (salesforce-facts 3.5)', async () => {
    const id = await createContact(client)
    const createdMs = nowMs
    nowMs += 5000
    const touch = { operation: 'touch', object: 'Contact', id, fields: { LastActivityDate: '2026-11-20' } }
    expect((await command(client, 'rows', touch)).status).toBe(200)
    const fields = 'Title, LastActivityDate, SystemModstamp, LastModifiedDate, LastModifiedById'
    const touched = { SystemModstamp: stamp(nowMs), LastModifiedDate: stamp(createdMs) }
    expect(await read('Contact', id, fields)).toMatchObject({
      ...touched,
      ...{ LastActivityDate: '2026-11-20', LastModifiedById: client.simulator.userId },
    })
    nowMs += 5000
    await command(client, 'rows', { operation: 'revise', object: 'Contact', id, fields: { Title: 'shown' } })
    expect(await read('Contact', id, fields)).toMatchObject({ ...touched, Title: 'shown' })
  })

  test('closed tasks of a year ago go to the archive (salesforce-facts 6.4)', async () => {
    const task = (ActivityDate: string, Status: string) =>
      org().create('Task', { Subject: 'Call', ActivityDate, Status })
    const old = task('2025-11-23', 'Completed')
    const others = [task('2025-11-24', 'Completed'), task('2025-11-01', 'Not Started')]
    nowMs += 5000
    expect((await command(client, 'archive-tasks')).body).toEqual({ archived: 1 })
    expect(await read('Task', old, 'IsArchived, IsDeleted, SystemModstamp')).toMatchObject({
      ...{ IsArchived: true, IsDeleted: false, SystemModstamp: stamp(nowMs) },
    })
    const found = recordsOf(await client.soql('SELECT Id FROM Task ORDER BY Id'))
    expect(found.map(row => row.Id)).toEqual(others)
    expect((await command(client, 'archive-tasks')).body).toEqual({ archived: 0 })
  })

  test('fields come, change their type and go while clients run', async () => {
    const id = await createContact(client)
    const fields = (changes: object) => command(client, 'fields', { object: 'Contact', ...changes })
    const add = [{ name: 'Code__c', type: 'string', flags: 'CUNLEQ', length: 20 }]
    expect((await fields({ add })).status).toBe(200)
    expect((await client.patch(`/sobjects/Contact/${id}`, { Code__c: '17' })).status).toBe(204)
    expect((await client.get('/sobjects/Contact/Code__c/17')).body).toMatchObject({ Id: id, Code__c: '17' })
    const before = await read('Contact', id, 'SystemModstamp')
    nowMs += 5000
    expect((await fields({ retype: { Code__c: { type: 'double' } } })).status).toBe(200)
    expect(await read('Contact', id, 'Code__c, SystemModstamp')).toMatchObject({ ...before, Code__c: 17 })
    expect((await fields({ remove: ['Code__c'] })).status).toBe(200)
    expect((await client.soql('SELECT Code__c FROM Contact')).status).toBe(400)
    expect((await fields({ remove: ['LastName'] })).status).toBe(400)
  })

  test('the clock moves sessions, stamps and the Date header', async () => {
    const before = nowMs
    expect((await command(client, 'clock', { advanceMs: 3 * 3_600_000 })).body).toEqual({
      now: new Date(before + 3 * 3_600_000).toISOString(),
    })
    const ended = await client.get('/limits')
    expect(ended.status).toBe(401)
    expect(Date.parse(ended.headers.get('date') ?? '')).toBe(before + 3 * 3_600_000)
    Object.assign(client, await signIn(client.simulator))
    const id = await createContact(client)
    expect(await read('Contact', id, 'SystemModstamp')).toMatchObject({ SystemModstamp: stamp(before + 3 * 3_600_000) })
  })

  test('delays are drawn from the seed', () => {
    const draw = (seed: number) => {
      const delay = new CommitDelay(seed)
      delay.fixedMs = 10
      delay.randomMs = 100
      return Array.from({ length: 20 }, () => delay.nextMs())
    }
    expect(draw(3)).toEqual(draw(3))
    expect(draw(3)).not.toEqual(draw(4))
    for (const ms of draw(3)) expect(ms >= 10 && ms < 110).toBe(true)
  })
})
