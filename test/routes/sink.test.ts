import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { actions } from '../../src/actions.ts'
import type { OutgoingRecord } from '../../src/core/contract.ts'
import { actionNames, Commander, type Got, type Json, withId } from './commands.ts'
import { startWorld, type World } from './world.ts'

describe('the sink, by the table of actions', () => {
  let world: World
  let commander: Commander
  let answered = 0

  beforeAll(async () => {
    world = await startWorld()
    await world.start({ sink: true })
    commander = await Commander.open(world)
  })
  afterAll(() => world?.close())

  const newContact = (): string => world.simulator.org.create('Contact', { LastName: 'Someone', Title: 'Before' })

  async function ask(...records: OutgoingRecord[]): Promise<Got[]> {
    await world.write(records)
    answered += records.length
    return (await commander.replies(answered)).slice(-records.length)
  }

  const effects: Readonly<Record<string, (id: string, command: Json, reply: Json) => void>> = {
    CreateContact: (id, command) => {
      const { Interests__c, ...fields } = command.fields as Json
      expect(world.simulator.org.row('Contact', id)).toMatchObject(fields)
      if (Interests__c)
        expect(world.simulator.org.row('Contact', id)?.Interests__c).toBe((Interests__c as string[]).join(';'))
    },
    UpdateContact: (id, command) => {
      const nulls = Object.fromEntries(((command.fieldsToNull ?? []) as string[]).map(name => [name, null]))
      expect(world.simulator.org.row('Contact', id)).toMatchObject({ ...(command.fields as Json), ...nulls })
    },
    DeleteContact: id => expect(world.simulator.org.rows('Contact').some(row => row.Id === id)).toBe(false),
    GetContactById: (id, _, reply) =>
      expect(reply.record).toMatchObject({ Id: id, LastName: 'Someone', VIP__c: false }),
    SetContactEmailOptOut: (id, command) =>
      expect(world.simulator.org.row('Contact', id)?.HasOptedOutOfEmail).toBe(command.optedOut),
  }

  for (const name of actionNames)
    for (const format of ['json', 'avro'] as const)
      test(`${name}: samples as ${format}`, async () => {
        for (const sample of actions[name]!.samples) {
          const command = withId(sample, newContact())
          const [reply] = await ask(await commander[format](name, command))
          expect(reply!.value).toMatchObject({
            action: name,
            status: 'SUCCEEDED',
            errors: [],
            attempts: 1,
            duplicate: false,
          })
          expect(reply!.record.headers['content-type']?.toString()).toBe(`application/${format}`)
          effects[name]!(String(reply!.value.recordId), command, reply!.value)
        }
      })

  for (const name of actionNames)
    test(`${name}: anti-samples are refused with their code`, async () => {
      for (const { command, code } of actions[name]!.antiSamples) {
        const before = world.simulator.org.effects.length
        const id = newContact()
        const [reply] = await ask(commander.json(name, withId(command, id)))
        expect(reply!.value).toMatchObject({ action: name, retryable: false })
        expect(['FAILED', 'REJECTED']).toContain(reply!.value.status)
        const [error] = reply!.value.errors as Json[]
        expect(error).toMatchObject({ code })
        expect(error!.remedy).not.toBe('')
        expect(world.simulator.org.effects.length).toBe(before + 1)
      }
    })

  test('a reply carries the key, the correlation and the CloudEvents headers of its command', async () => {
    const correlation = Buffer.from([0, 255, 1, 254])
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const headers = {
      kafka_correlationId: correlation,
      ce_id: Buffer.from('cause'),
      ce_correlationid: Buffer.from('conversation'),
      traceparent: Buffer.from(traceparent),
    }
    const id = newContact()
    const [reply] = await ask(commander.json('GetContactById', { recordId: id }, { key: 'the key', headers }))
    const { record, value } = reply!
    const { offset } = value.command as { offset: number }
    const text = Object.fromEntries(Object.entries(record.headers).map(([name, header]) => [name, String(header)]))
    expect(record.key?.toString()).toBe('the key')
    expect(record.headers.kafka_correlationId).toEqual(correlation)
    expect(text).toMatchObject({
      ce_specversion: '1.0',
      ce_id: createHash('sha256').update(`${commander.topic}/0/${offset}`).digest('hex').slice(0, 32),
      ce_type: 'salesforce.contact.reply',
      ce_source: `/salesforce/${world.simulator.orgId}`,
      ce_subject: id,
      ce_causationid: 'cause',
      ce_correlationid: 'conversation',
      ce_time: new Date(String(value.finishedAt)).toISOString(),
    })
    expect(text.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/)
  })
})
