import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OutgoingRecord, offset } from '../../src/core/contract.ts'
import type { Fault } from '../../src/simulator/faults.ts'
import { encodeMark, type Mark } from '../../src/sink/attempt.ts'
import { Commander, type Got } from './commands.ts'
import { startWorld, type World } from './world.ts'

describe('the sink, when Salesforce fails', () => {
  let world: World
  let commander: Commander
  let answered = 0

  beforeAll(async () => {
    world = await startWorld()
    await world.start({ sink: true })
    commander = await Commander.open(world)
  })
  afterAll(() => world?.close())

  async function ask(...records: OutgoingRecord[]): Promise<Got[]> {
    await world.write(records)
    answered += records.length
    return (await commander.replies(answered)).slice(-records.length)
  }

  async function askUnder(fault: Fault, ...records: OutgoingRecord[]): Promise<Got[]> {
    world.simulator.faults.add(fault)
    const replies = await ask(...records)
    expect(world.simulator.faults.waiting).toEqual([])
    return replies
  }

  const create = (LastName: string) => commander.json('CreateContact', { fields: { LastName, VIP__c: true } })
  const found = (lastName: string) =>
    world.simulator.org.rows('Contact').flatMap(row => (row.LastName === lastName ? [String(row.Id)] : []))
  const newContact = (): string => world.simulator.org.create('Contact', { LastName: 'Someone' })

  test('a create whose answer is lost is in doubt, with its row as the candidate, and is not sent again', async () => {
    const [reply] = await askUnder({ action: 'dropAfter', match: { method: 'POST', body: 'Lost-1' } }, create('Lost-1'))
    expect(found('Lost-1')).toHaveLength(1)
    expect(reply!.value).toMatchObject({
      status: 'IN_DOUBT',
      attempts: 1,
      retryable: false,
      candidates: found('Lost-1'),
    })
    const [again, next] = await ask({ ...create('Lost-1'), value: await commandOf(reply!) }, create('After the loss'))
    expect(again!.value).toMatchObject({ status: 'IN_DOUBT', duplicate: true })
    expect(next!.value.status).toBe('SUCCEEDED')
    expect(found('Lost-1')).toHaveLength(1)
  })

  /** The command that a reply answers, as it stood on the topic. */
  async function commandOf({ value }: Got): Promise<Buffer | null> {
    const at = (value.command as { offset: number }).offset
    return (await world.readAll(commander.topic)).find(record => record.offset === BigInt(at))!.value
  }

  test('a create that never arrived is in doubt too, without candidates', async () => {
    const [reply] = await askUnder(
      { action: 'dropBefore', match: { method: 'POST', body: 'Lost-2' } },
      create('Lost-2'),
    )
    expect(reply!.value).toMatchObject({ status: 'IN_DOUBT', candidates: [], attempts: 1 })
    expect(found('Lost-2')).toEqual([])
  })

  test('an update and a delete whose answers are lost are repeated', async () => {
    const [id, gone] = [newContact(), newContact()]
    const drop = (method: string, text: string): Fault => ({ action: 'dropAfter', match: { method, path: text } })
    const update = commander.json('UpdateContact', { recordId: id, fields: { Title: 'Repeated' } })
    const [updated] = await askUnder(drop('PATCH', 'composite'), update)
    const [deleted] = await askUnder(drop('DELETE', gone), commander.json('DeleteContact', { recordId: gone }))
    expect(updated!.value).toMatchObject({ status: 'SUCCEEDED', attempts: 2 })
    expect(deleted!.value).toMatchObject({
      status: 'SUCCEEDED',
      attempts: 2,
      warnings: [expect.stringContaining('already')],
    })
    expect(world.simulator.org.row('Contact', id)?.Title).toBe('Repeated')
  })

  test('what Salesforce certainly did not execute waits, and is executed once', async () => {
    const busy: Fault = { action: 'answer', answer: 'serverUnavailable', match: { method: 'POST', body: 'Waiting' } }
    const [reply] = await askUnder(busy, create('Waiting'))
    expect(reply!.value).toMatchObject({ status: 'SUCCEEDED', attempts: 1 })
    expect(found('Waiting')).toHaveLength(1)
  })

  test('a locked row is tried five times; the same command sent again is executed', async () => {
    const id = newContact()
    const command = commander.json('UpdateContact', { recordId: id, fields: { Title: 'Locked' } })
    const lock = (times: number): Fault => ({ action: 'rowLock', match: { method: 'PATCH', times } })
    const [failed] = await askUnder(lock(5), command)
    const [done] = await askUnder(lock(2), command)
    expect(failed!.value).toMatchObject({
      status: 'FAILED',
      retryable: true,
      attempts: 5,
      errors: [{ code: 'UNABLE_TO_LOCK_ROW' }],
    })
    expect(done!.value).toMatchObject({ status: 'SUCCEEDED', duplicate: false, attempts: 3 })
  })

  test('an expired session is renewed without anybody noticing', async () => {
    world.simulator.expireSessions()
    const [reply] = await ask(create('Renewed'))
    expect(reply!.value).toMatchObject({ status: 'SUCCEEDED', attempts: 1 })
  })

  test('in a batch, one lost answer leaves the other commands their own', async () => {
    const id = newContact()
    const fault: Fault = { action: 'dropAfter', match: { method: 'POST', body: 'Mixed-1' } }
    const replies = await askUnder(
      fault,
      create('Mixed-1'),
      create('Mixed-2'),
      commander.json('UpdateContact', { recordId: id, fields: { Title: 'Mixed' } }),
      commander.json('CreateContact', { fields: { FirstName: 'No last name' } }),
    )
    expect(replies.map(({ value }) => value.status).slice(0, 3)).toEqual(['IN_DOUBT', 'IN_DOUBT', 'SUCCEEDED'])
    expect(replies[0]!.value.candidates).toEqual(found('Mixed-1'))
    expect(replies[1]!.value.candidates).toEqual(found('Mixed-2'))
    expect([found('Mixed-1'), found('Mixed-2')].map(ids => ids.length)).toEqual([1, 1])
  })
})

describe('the sink, fenced by somebody who takes its transactional id', () => {
  test('it stops, joins anew, and answers each command once', async () => {
    const world = await startWorld()
    try {
      await world.start({ sink: true })
      const commander = await Commander.open(world)
      const create = (LastName: string) => commander.json('CreateContact', { fields: { LastName } })
      await world.write([create('Before')])
      await commander.replies(1)
      const { environment, connector } = world.config
      const other = world.kafka.writer(`${environment}.${connector}.sink.${commander.topic}.0`)
      await other.fence()
      await other.close()
      await world.write([create('Fenced')])
      const replies = await commander.replies(2)
      expect(replies.map(({ value }) => value.status)).toEqual(['SUCCEEDED', 'SUCCEEDED'])
      expect(world.simulator.org.rows('Contact').map(row => row.LastName)).toEqual(['Before', 'Fenced'])
      expect(await commander.repliesNow()).toHaveLength(2)
    } finally {
      await world.close()
    }
  })
})

describe('the sink, with an idempotency field', () => {
  test('a create is repeated by its commandId and has one effect; the field is not the caller’s to set', async () => {
    const world = await startWorld({ config: { sink: { idempotency_fields: { Contact: 'Command_Id__c' } } } })
    try {
      await world.start({ sink: true })
      const commander = await Commander.open(world)
      world.simulator.faults.add({ action: 'dropAfter', match: { method: 'PATCH', body: 'Once' } })
      const commandId = randomUUID()
      await world.write([
        commander.json('CreateContact', { commandId, fields: { LastName: 'Once' } }),
        commander.json('CreateContact', { fields: { LastName: 'Mine', Command_Id__c: 'x' } }),
      ])
      const [reply, refused] = await commander.replies(2)
      const rows = world.simulator.org.rows('Contact')
      expect(rows.map(row => [row.Id, row.LastName, row.Command_Id__c])).toEqual([
        [reply!.value.recordId, 'Once', commandId],
      ])
      expect(reply!.value).toMatchObject({ status: 'SUCCEEDED', attempts: 2 })
      expect(refused!.value).toMatchObject({ status: 'REJECTED', errors: [{ code: 'command.invalid' }] })
    } finally {
      await world.close()
    }
  })
})

describe('the sink, taking over from an owner that died after its request', () => {
  test('each command under the mark is handled by its class, those after it as new ones', async () => {
    const world = await startWorld()
    try {
      const { org } = world.simulator
      await (await world.start({ sink: true })).stop()
      const commander = await Commander.open(world)
      const [gone, kept, edited] = ['Gone', 'Kept', 'Edited'].map(LastName => org.create('Contact', { LastName }))
      const startedAt = Date.now() - 2_000
      // What the dead owner did before it died: the first create and the first delete.
      const done = org.begin(world.simulator.userId)
      const effect = done.create('Contact', { LastName: 'Marked', VIP__c: true })
      done.delete('Contact', gone!)
      done.commit()
      const create = (LastName: string) => commander.json('CreateContact', { fields: { LastName, VIP__c: true } })
      await world.write([
        create('Marked'),
        create('Marked but not done'),
        commander.json('DeleteContact', { recordId: gone }),
        commander.json('DeleteContact', { recordId: kept }),
        commander.json('UpdateContact', { recordId: edited, fields: { Title: 'Again' } }),
        commander.json('CreateContact', { fields: { LastName: 'Expired' }, expiresAt: startedAt }),
        create('After the mark'),
        commander.json('DeleteContact', { recordId: gone }),
      ])
      await commitMark(world, commander.topic, { attempt: 'dead', first: offset(0), last: offset(5), startedAt })
      await world.start({ sink: true })
      const replies = await commander.replies(8)
      const { value: first } = replies[0]!
      expect(first).toMatchObject({ status: 'IN_DOUBT', candidates: [effect], attempts: 0 })
      expect(replies.map(({ value }) => value.status)).toEqual([
        'IN_DOUBT',
        'IN_DOUBT',
        'SUCCEEDED',
        'SUCCEEDED',
        'SUCCEEDED',
        'IN_DOUBT',
        'SUCCEEDED',
        'FAILED',
      ])
      expect(replies[1]!.value.candidates).toEqual([])
      const names = org.rows('Contact').map(row => row.LastName)
      expect(names.sort()).toEqual(['After the mark', 'Edited', 'Marked'])
      const { environment, connector } = world.config
      const committed = await world.kafka.committed(`${environment}.${connector}.sink`, commander.topic, 0)
      expect(committed).toEqual({ offset: 8n, metadata: '' })
    } finally {
      await world.close()
    }
  })

  async function commitMark(world: World, topic: string, mark: Mark): Promise<void> {
    const { environment, connector } = world.config
    const groupId = `${environment}.${connector}.sink`
    const writer = world.kafka.writer(`${environment}.${connector}.sink.${topic}.0`)
    await writer.fence()
    const commit = { groupId, topic, partition: 0, offset: mark.first, metadata: encodeMark(mark) }
    await writer.transact('test', tx => tx.sendOffset(commit))
    await writer.close()
  }
})
