import { randomUUID } from 'node:crypto'
import { type Action, actions } from '../actions.ts'
import type { JsonCommand } from '../cli/command.ts'
import type { OrgHandle } from '../simulator/org/handle.ts'
import { type Change, triggers } from '../triggers.ts'
import type { Seen } from './watch.ts'

type Fields = Readonly<Record<string, unknown>>

/** What the script needs: an org to change, a way to send commands, and the records as they are consumed from Kafka. */
export interface Stage {
  readonly org: OrgHandle
  readonly send: (command: JsonCommand, as: 'json' | 'avro') => Promise<void>
  readonly seen: Seen
  readonly say: (line: string) => void
}

/** Names of the entries that were seen with the right content, and what was wrong with the others. */
export interface Score {
  readonly passed: readonly string[]
  readonly failed: readonly string[]
}

const waitMsMax = 30_000

/** Plays every trigger's samples as changes by another user, and waits for each event on the topic. */
export async function playTriggers(stage: Stage): Promise<Score> {
  const score = { passed: [] as string[], failed: [] as string[] }
  for (const [name, trigger] of Object.entries(triggers)) {
    stage.say(`trigger ${name}: ${trigger.doc}`)
    try {
      for (const sample of trigger.samples) await playChanges(stage, trigger.object, sample)
      score.passed.push(name)
    } catch (error) {
      score.failed.push(`${name}: ${error instanceof Error ? error.message : error}`)
    }
  }
  return score
}

async function playChanges(stage: Stage, object: string, changes: readonly Change[]): Promise<void> {
  let id = ''
  for (const change of changes) {
    if ('create' in change) id = stage.org.create(object, change.create)
    else if ('update' in change) stage.org.update(object, id, change.update)
    else stage.org.delete(object, id)
    const type = 'create' in change ? 'CREATED' : 'update' in change ? 'UPDATED' : 'DELETED'
    const event = await stage.seen.event(id, type, waitMsMax)
    const written = 'create' in change ? change.create : 'update' in change ? change.update : { IsDeleted: true }
    expectFields(`${type} event`, event.record as Fields, written)
  }
}

/** Sends every action's samples, in turn as JSON and as Avro, and checks the reply and the org. */
export async function playActions(stage: Stage): Promise<Score> {
  const score = { passed: [] as string[], failed: [] as string[] }
  for (const [name, action] of Object.entries(actions)) {
    stage.say(`action ${name}: ${action.doc}`)
    try {
      for (const [index, sample] of action.samples.entries())
        await playCommand(stage, name, action, sample, index % 2 === 0 ? 'json' : 'avro')
      score.passed.push(name)
    } catch (error) {
      score.failed.push(`${name}: ${error instanceof Error ? error.message : error}`)
    }
  }
  return score
}

async function playCommand(
  stage: Stage,
  name: string,
  action: Action,
  sample: Fields,
  as: 'json' | 'avro',
): Promise<void> {
  const target = 'recordId' in sample ? stage.org.create(action.object, { LastName: 'Target', Title: 'Before' }) : null
  const commandId = randomUUID()
  await stage.send({ ...sample, action: name, commandId, ...(target === null ? {} : { recordId: target }) }, as)
  const reply = await stage.seen.reply(commandId, waitMsMax)
  if (reply.status !== 'SUCCEEDED') throw new Error(`status ${reply.status}, ${JSON.stringify(reply.errors)}`)
  const id = String(reply.recordId)
  if (target !== null && id !== target) throw new Error(`the reply is about ${id} instead of ${target}`)
  expectEffect(stage.org, name, action, sample, id, reply)
}

function expectEffect(org: OrgHandle, name: string, action: Action, sample: Fields, id: string, reply: Fields): void {
  const row = org.row(action.object, id)
  if (!row) throw new Error(`the org has no ${action.object} ${id}`)
  const cleared = Object.fromEntries(((sample.fieldsToNull as string[]) ?? []).map(field => [field, null]))
  if (action.operation === 'delete') expectFields(name, row, { IsDeleted: true })
  else if (action.operation === 'get') expectFields(name, reply.record as Fields, { Id: id, Title: row.Title })
  else expectFields(name, row, { ...(sample.fields as Fields), ...action.fieldsOf?.(sample), ...cleared })
}

const plain = (value: unknown): string => JSON.stringify(Array.isArray(value) ? value.join(';') : value)

function expectFields(what: string, found: Fields | null, wanted: Fields): void {
  for (const [field, value] of Object.entries(wanted))
    if (plain(found?.[field]) !== plain(value))
      throw new Error(`${what}: ${field} is ${plain(found?.[field])} instead of ${plain(value)}`)
}
