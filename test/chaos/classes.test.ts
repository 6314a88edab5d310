import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Asking } from '../conformance/asking.ts'
import type { Json } from '../routes/commands.ts'
import { startWorld, type World } from '../routes/world.ts'
import { type ConnectorProcess, type Failure, startProcess } from './process.ts'
import { times } from './scene.ts'

// Design 4.2, class by class: the owner dies after Salesforce has executed the commands and before anything is committed.

const requestTimeoutMs = 1_500
const objects = ['Contact', 'Campaign', 'User']

interface Stage {
  readonly world: World
  readonly asking: Asking
  /** Starts a connector on the config, with other options of the sink if they are given. */
  start(failure?: Failure, sink?: object): Promise<ConnectorProcess>
  stop(connector: ConnectorProcess): Promise<void>
}

async function withStage(sink: Json, run: (stage: Stage) => Promise<void>): Promise<void> {
  const timesOf = { kafka: times, salesforce: { request_timeout_ms: requestTimeoutMs } }
  const changes = { ...timesOf, sink: { objects, ...sink }, http: { host: '127.0.0.1', port: 0 } }
  const world = await startWorld({ config: { ...changes, log: { level: 'info' } } })
  const folder = await mkdtemp(join(tmpdir(), 'classes-'))
  const processes: ConnectorProcess[] = []
  const start: Stage['start'] = async (failure = {}, other) => {
    const file = join(folder, `connector-${processes.length}.yaml`)
    const config = JSON.parse(world.configText) as Json
    await writeFile(file, JSON.stringify(other ? { ...config, sink: { objects, ...other } } : config))
    const started = startProcess(file, failure)
    processes.push(started)
    await started.ready
    return started
  }
  const stop: Stage['stop'] = async ({ child, ended, output }) => {
    child.kill('SIGTERM')
    expect(await ended, output()).toBe(0)
  }
  try {
    // Topics and schemas are there before anything fails.
    await stop(await start())
    await run({ world, asking: await Asking.open(world, objects), start, stop })
  } finally {
    for (const { child } of processes) if (child.exitCode === null) child.kill('SIGKILL')
    await Promise.all(processes.map(({ ended }) => ended))
    await rm(folder, { recursive: true, force: true })
    await world.close()
  }
}

/** One command of each class, by name, with what its effect is and how often it is seen in the org. */
function classes({ simulator }: World) {
  const { org } = simulator
  const contact = (LastName: string): string => org.create('Contact', { LastName })
  const campaignId = org.create('Campaign', { Name: 'Fair', IsActive: true })
  const [edited, gone, opted, read, member] = ['Edited', 'Gone', 'Opted', 'Read', 'Member'].map(contact) as string[]
  const username = `${randomUUID()}@classes.example`
  const count = (object: string, field: string, value: unknown): number =>
    org.rows(object).filter(row => row[field] === value).length
  const user = {
    Username: username,
    Email: username,
    LastName: 'Hopper',
    Alias: 'hopper',
    ProfileId: org.rows('Profile')[0]!.Id,
    TimeZoneSidKey: 'GMT',
    LocaleSidKey: 'en_US',
    LanguageLocaleKey: 'en_US',
    EmailEncodingKey: 'UTF-8',
  }
  return [
    {
      object: 'Contact',
      action: 'CreateContact',
      command: { fields: { LastName: 'Made' } },
      effect: () => count('Contact', 'LastName', 'Made'),
    },
    {
      object: 'Contact',
      action: 'UpdateContact',
      command: { recordId: edited, fields: { Title: 'Done' } },
      effect: () => count('Contact', 'Title', 'Done'),
    },
    {
      object: 'Contact',
      action: 'DeleteContact',
      command: { recordId: gone },
      effect: () => Number(org.row('Contact', gone!)?.IsDeleted),
    },
    {
      object: 'Contact',
      action: 'SetContactEmailOptOut',
      command: { recordId: opted, optedOut: true },
      effect: () => Number(org.row('Contact', opted!)?.HasOptedOutOfEmail),
    },
    { object: 'Contact', action: 'GetContactById', command: { recordId: read }, effect: () => 1 },
    {
      object: 'Contact',
      action: 'UpsertContact',
      command: { externalIdField: 'Command_Id__c', fields: { Command_Id__c: 'once', LastName: 'Upserted' } },
      effect: () => count('Contact', 'LastName', 'Upserted'),
    },
    {
      object: 'Campaign',
      action: 'AddCampaignMember',
      command: { campaignId, contactId: member },
      effect: () => count('CampaignMember', 'ContactId', member),
    },
    {
      object: 'User',
      action: 'CreateUser',
      command: { fields: user },
      effect: () => count('User', 'Username', username),
    },
  ]
}

/** Writes the commands, lets a connector die with them executed, and answers the replies of the next one. */
async function dieWith(stage: Stage, commands: readonly (Json & { object: string; action: string })[], last?: object) {
  const { world, asking } = stage
  const records = await Promise.all(
    commands.map(({ object, action, command }) =>
      asking.record(object, { action, command: command as Json, commandId: randomUUID() }),
    ),
  )
  await world.write(records.map(record => record!))
  expect(await (await stage.start({ at: 'execute:after' })).ended).toBe('SIGKILL')
  const survivor = await stage.start({}, last)
  const replies: Json[] = []
  for (const object of new Set(commands.map(each => each.object)))
    replies.push(...(await asking.replies(object, commands.filter(each => each.object === object).length)))
  await stage.stop(survivor)
  return new Map(replies.map(reply => [String(reply.action), reply]))
}

describe.concurrent('killed after the call, before the commit', { timeout: 240_000 }, () => {
  test('each class is executed once: a create is in doubt with its candidate, every other SUCCEEDED', () =>
    withStage({}, async stage => {
      const commands = classes(stage.world)
      const replies = new Map<string, Json>()
      for (const object of objects) {
        const own = commands.filter(each => each.object === object)
        for (const [action, reply] of await dieWith(stage, own)) replies.set(action, reply)
      }
      for (const { action, effect } of commands) {
        expect([action, effect()]).toEqual([action, 1])
        if (action !== 'CreateContact') expect(replies.get(action)).toMatchObject({ status: 'SUCCEEDED' })
      }
      const made = stage.world.simulator.org.rows('Contact').find(row => row.LastName === 'Made')
      expect(replies.get('CreateContact')).toMatchObject({ status: 'IN_DOUBT', candidates: [made?.Id] })
    }))

  test('policy retry: the create is sent again, at the risk that was chosen', () =>
    withStage({ in_doubt: 'retry' }, async stage => {
      const commands = classes(stage.world).slice(0, 1)
      const replies = await dieWith(stage, commands)
      expect(replies.get('CreateContact')).toMatchObject({
        status: 'SUCCEEDED',
        warnings: [expect.stringContaining('as well')],
      })
      expect(commands[0]!.effect()).toBe(2)
    }))

  test('policy park: the create is among the dead letters as well, ready to be put back', () =>
    withStage({ in_doubt: 'reply', in_doubt_objects: { Contact: 'park' } }, async stage => {
      const commands = classes(stage.world).slice(0, 1)
      const replies = await dieWith(stage, commands)
      expect(replies.get('CreateContact')).toMatchObject({ status: 'IN_DOUBT', candidates: [expect.any(String)] })
      expect(commands[0]!.effect()).toBe(1)
      const { topicPrefix } = stage.world.config.kafka
      const letters = await stage.world.readAll(`${topicPrefix}.contact.commands.dlq`)
      const [command] = await stage.world.readAll(`${topicPrefix}.contact.commands`)
      expect(letters.map(({ value }) => value)).toEqual([command!.value])
    }))

  test.each([
    ['taken away', { idempotency_fields: { Contact: 'Command_Id__c' } }, {}],
    ['set', {}, { idempotency_fields: { Contact: 'Command_Id__c' } }],
  ])('an idempotency field %s before the next owner comes: no create is executed twice', (_, before, after) =>
    withStage(before, async stage => {
      const commands = classes(stage.world).slice(0, 1)
      await dieWith(stage, commands, after)
      expect(commands[0]!.effect()).toBe(1)
    }),
  )
})
