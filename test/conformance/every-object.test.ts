import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nounOf } from '../../src/actions/every-object.ts'
import { fillSample } from '../../src/actions/samples.ts'
import { actions } from '../../src/actions.ts'
import { valueFor } from '../../src/demo/commands.ts'
import type { Json } from '../routes/commands.ts'
import { startWorld, type World } from '../routes/world.ts'
import { Asking, control } from './asking.ts'

const objects = [...new Set(Object.values(actions).map(action => action.object)), 'Invoice__c']
const succeeded = { status: 'SUCCEEDED', errors: [], warnings: [] }
const invalid = { status: 'REJECTED', errors: [{ code: 'command.invalid' }] }

describe('what every object takes beyond the catalogue', () => {
  let world: World
  let asking: Asking

  beforeAll(async () => {
    world = await startWorld({ config: { sink: { objects } } })
    await world.start({ sink: true })
    asking = await Asking.open(world, objects)
  }, 90_000)
  afterAll(() => world?.close())

  const org = () => world.simulator.org
  const newRow = (object: string): string => valueFor(org(), object, 'id')

  for (const object of objects.filter(each => each !== 'User' && each !== 'Invoice__c'))
    test(`${object}: upsert by external id, get, delete`, async () => {
      const noun = nounOf(object)
      const fields = fillSample(actions[`Create${noun}`]!.samples[0]!, name => valueFor(org(), object, name))
        .fields as Json
      const External_Id__c = randomUUID()
      const upsert = {
        action: `Upsert${noun}`,
        command: { externalIdField: 'External_Id__c', fields: { ...fields, External_Id__c } },
      }
      const again = {
        ...upsert,
        command: {
          ...upsert.command,
          fields: { ...upsert.command.fields, External_Id__c: External_Id__c.toUpperCase() },
        },
      }
      const [made, changed] = await asking.ask(object, upsert, { ...again, format: 'avro' })
      expect(made).toMatchObject({ ...succeeded, created: true })
      expect(changed).toMatchObject({ ...succeeded, created: false, recordId: made!.recordId })
      expect(org().row(object, String(made!.recordId))).toMatchObject(fields)
      const command = { recordId: String(made!.recordId) }
      const [got] = await asking.ask(object, { action: `Get${noun}ById`, command, format: 'avro' })
      expect(got).toMatchObject({ ...succeeded, record: { Id: made!.recordId } })
      const [gone] = await asking.ask(object, { action: `Delete${noun}`, command })
      expect(gone).toMatchObject(succeeded)
      expect(org().row(object, String(made!.recordId))).toMatchObject({ IsDeleted: true })
    })

  test('User: upsert by FederationIdentifier; no delete, as Salesforce has none', async () => {
    const id = newRow('User')
    const FederationIdentifier = randomUUID()
    org().update('User', id, { FederationIdentifier })
    const command = { externalIdField: 'FederationIdentifier', fields: { FederationIdentifier, Title: 'Admiral' } }
    const [reply, refused] = await asking.ask(
      'User',
      { action: 'UpsertUser', command },
      { action: 'DeleteUser', command: { recordId: id } },
    )
    expect(reply).toMatchObject({ ...succeeded, recordId: id, created: false })
    expect(org().row('User', id)).toMatchObject({ Title: 'Admiral' })
    expect(refused).toMatchObject(invalid)
  })

  test.each(['json', 'avro'] as const)('a custom object, as %s', async format => {
    const Account__c = newRow('Account')
    const fields = {
      Account__c,
      Amount__c: 12.5,
      Due_Date__c: '2026-12-31',
      Reminders__c: ['First', 'Final'],
      Sent_At__c: '2026-11-25T10:00:00.000Z',
    }
    const [made] = await asking.ask('Invoice__c', { action: 'CreateInvoice__c', command: { fields }, format })
    expect(made).toMatchObject({ ...succeeded, created: true })
    const id = String(made!.recordId)
    const [changed, read] = await asking.ask(
      'Invoice__c',
      {
        action: 'UpdateInvoice__c',
        command: { recordId: id, fields: { Is_Paid__c: true }, fieldsToNull: ['Due_Date__c'] },
        format,
      },
      { action: 'GetInvoice__cById', command: { recordId: id }, format },
    )
    expect(changed).toMatchObject(succeeded)
    expect(read).toMatchObject({
      ...succeeded,
      record: { Id: id, Is_Paid__c: true, Due_Date__c: null, Reminders__c: ['First', 'Final'] },
    })
    const [gone] = await asking.ask('Invoice__c', { action: 'DeleteInvoice__c', command: { recordId: id }, format })
    expect(gone).toMatchObject(succeeded)
    expect(org().row('Invoice__c', id)).toMatchObject({ IsDeleted: true })
  })

  test('an upsert whose answer is lost is repeated by a Unique field, in doubt by another', async () => {
    const upsert = (field: string, value: string) => ({
      action: 'UpsertContact',
      command: { externalIdField: field, fields: { LastName: 'Lost', [field]: value } },
    })
    const [federated, other] = [randomUUID(), randomUUID()]
    const lost = (value: string) =>
      world.simulator.faults.add({ action: 'dropAfter', match: { method: 'PATCH', body: value } })
    lost(federated)
    const [safe] = await asking.ask('Contact', upsert('Command_Id__c', federated))
    expect(safe).toMatchObject({ ...succeeded, attempts: 2, created: false })
    lost(other)
    const [unsafe] = await asking.ask('Contact', upsert('External_Id__c', other))
    const row = org()
      .rows('Contact')
      .find(each => each.External_Id__c === other)
    expect(unsafe).toMatchObject({ status: 'IN_DOUBT', attempts: 1, candidates: [row?.Id] })
  })

  test.each([
    ['no externalIdField', { fields: { LastName: 'X' } }],
    ['one that is no external id', { externalIdField: 'LastName', fields: { LastName: 'X' } }],
    ['one without a value', { externalIdField: 'External_Id__c', fields: { LastName: 'X' } }],
    ['Id', { externalIdField: 'Id', fields: { LastName: 'X' } }],
    ['text that is no name', { externalIdField: 'External_Id__c/../Id', fields: { LastName: 'X' } }],
  ])('an upsert by %s is refused', async (_, command) => {
    expect((await asking.ask('Contact', { action: 'UpsertContact', command }))[0]).toMatchObject(invalid)
  })

  test.each(['json', 'avro'] as const)('a parent by external id, as %s', async format => {
    const account = newRow('Account')
    const External_Id__c = randomUUID()
    org().update('Account', account, { External_Id__c })
    const create = (Account: Json) => ({
      action: 'CreateContact',
      command: { fields: { LastName: 'Child', Account } },
      format,
    })
    const [made, orphan] = await asking.ask('Contact', create({ External_Id__c }), create({ External_Id__c: 'nobody' }))
    expect(made).toMatchObject(succeeded)
    expect(org().row('Contact', String(made!.recordId))).toMatchObject({ AccountId: account })
    expect(orphan).toMatchObject({ status: 'FAILED', errors: [{ code: 'INVALID_FIELD' }] })
  })

  test.each([
    ['two external ids', 'Contact', { LastName: 'X', Account: { External_Id__c: 'a', Command_Id__c: 'b' } }],
    ['an object as its value', 'Contact', { LastName: 'X', Account: { External_Id__c: { a: 1 } } }],
    ['a field that is no name', 'Contact', { LastName: 'X', Account: { "x' OR": 'a' } }],
    ['its id as well', 'Contact', { LastName: 'X', AccountId: '001000000000001', Account: { External_Id__c: 'a' } }],
    ['a lookup of several objects', 'Task', { Who: { External_Id__c: 'a' } }],
    ['no such relationship', 'Contact', { LastName: 'X', Acount: { External_Id__c: 'a' } }],
  ])('a parent with %s is refused', async (_, object, fields) => {
    expect((await asking.ask(object, { action: `Create${object}`, command: { fields } }))[0]).toMatchObject(invalid)
  })

  test('autoAssign: the assignment rule runs unless the row names its owner, or as the command says', async () => {
    const rule = newRow('User')
    const OwnerId = world.simulator.userId
    await control(world, 'rules', { kind: 'assignment', name: 'leads', object: 'Lead', ownerId: rule })
    const create = (owner: Json, options: Json = {}) => ({
      action: 'CreateLead',
      command: { fields: { LastName: 'Assigned', Company: 'Acme', ...owner }, ...options },
    })
    const replies = await asking.ask(
      'Lead',
      create({}),
      create({ OwnerId }),
      create({ OwnerId }, { autoAssign: true }),
      create({}, { autoAssign: false }),
      { ...create({}, { autoAssign: false }), format: 'avro' },
    )
    const owners = replies.map(reply => org().row('Lead', String(reply.recordId))?.OwnerId)
    expect(owners).toEqual([rule, OwnerId, rule, OwnerId, OwnerId])
    await control(world, 'remove-rules')
  })

  test('allowSave: passes a duplicate rule that alerts, not one that blocks', async () => {
    const rule = (action: string) =>
      control(world, 'rules', { kind: 'duplicate', name: 'same', object: 'Contact', action, match: ['Email'] })
    const Email = `${randomUUID()}@example.com`
    org().create('Contact', { LastName: 'First', Email })
    const create = (options: Json, format?: 'avro') => ({
      action: 'CreateContact',
      command: { fields: { LastName: 'Second', Email }, ...options },
      ...(format && { format }),
    })
    await rule('alert')
    const alerted = await asking.ask(
      'Contact',
      create({}),
      create({ allowSave: false }),
      create({ allowSave: true }),
      create({ allowSave: true }, 'avro'),
    )
    expect(alerted.map(reply => reply.status)).toEqual(['FAILED', 'FAILED', 'SUCCEEDED', 'SUCCEEDED'])
    expect(alerted[0]).toMatchObject({ errors: [{ code: 'DUPLICATES_DETECTED' }] })
    await rule('block')
    const [blocked] = await asking.ask('Contact', create({ allowSave: true }))
    expect(blocked).toMatchObject({ errors: [{ code: 'DUPLICATES_DETECTED' }] })
    await control(world, 'remove-rules')
  })

  test('an expired command is refused and has no effect; one with time left is executed', async () => {
    const id = newRow('Account')
    const update = (Site: string, expiresAt: string, format: 'json' | 'avro') => ({
      action: 'UpdateAccount',
      command: { recordId: id, fields: { Site }, expiresAt },
      format,
    })
    const late = new Date(Date.now() + 600_000).toISOString()
    const replies = await asking.ask(
      'Account',
      update('a', '2020-01-01T00:00:00Z', 'json'),
      update('b', late, 'avro'),
      update('c', '2020-01-01T00:00:00Z', 'avro'),
    )
    expect(replies.map(reply => reply.status)).toEqual(['REJECTED', 'SUCCEEDED', 'REJECTED'])
    expect(replies[0]).toMatchObject({ errors: [{ code: 'command.expired' }] })
    expect(org().row('Account', id)).toMatchObject({ Site: 'b' })
  })
})
