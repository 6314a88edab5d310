import { randomUUID } from 'node:crypto'
import type { Action, CommandSample } from '../actions/action.ts'
import { nounOf } from '../actions/every-object.ts'
import { fillSample } from '../actions/samples.ts'
import { actions } from '../actions.ts'
import type { OrgHandle } from '../simulator/org/handle.ts'
import type { Score, Stage } from './script.ts'

type Fields = Readonly<Record<string, unknown>>

const waitMsMax = 30_000

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
  { org, send, seen }: Stage,
  name: string,
  action: Action,
  sample: Fields,
  as: 'json' | 'avro',
): Promise<void> {
  const command = commandFor(org, action, sample)
  const commandId = randomUUID()
  await send({ ...command, action: name, commandId }, as)
  const reply = await seen.reply(commandId, waitMsMax)
  if (reply.status !== 'SUCCEEDED') throw new Error(`status ${reply.status}, ${JSON.stringify(reply.errors)}`)
  if ('recordId' in command && reply.recordId !== command.recordId)
    throw new Error(`the reply is about ${reply.recordId} instead of ${command.recordId}`)
  expectEffect(org, action, command, reply)
}

/** The sample as a command: rows stand for its placeholders, and what is to be cleared or turned is set before. */
export function commandFor(org: OrgHandle, { object }: Action, sample: CommandSample): CommandSample {
  const command = fillSample(sample, placeholder => valueFor(org, object, placeholder))
  const { recordId, fieldsToNull, optedOut } = command
  if (typeof recordId === 'string' && Array.isArray(fieldsToNull))
    org.update(object, recordId, Object.fromEntries(fieldsToNull.map(name => [name, 'Before'])))
  if (typeof recordId === 'string' && typeof optedOut === 'boolean')
    org.update(object, recordId, { HasOptedOutOfEmail: !optedOut })
  return command
}

/** What stands for a placeholder of a sample: a row of that object, made by somebody else than the connector. */
export function valueFor(org: OrgHandle, object: string, placeholder: string): string {
  if (placeholder === 'unique') return randomUUID().slice(0, 8)
  const wanted = placeholder === 'id' ? object : placeholder
  const [sample] = actions[`Create${nounOf(wanted)}`]?.samples ?? []
  const [existing] = sample ? [] : org.rows(wanted)
  if (existing) return String(existing.Id)
  return org.create(wanted, fillSample(sample ?? {}, name => valueFor(org, wanted, name)).fields as Fields)
}

/** Throws if the org, or what the reply carries, is not what the command asks for. */
export function expectEffect(org: OrgHandle, action: Action, command: Fields, reply: Fields): void {
  if (action.operation === 'look-up') {
    expectStatuses(org, reply)
    return
  }
  const row = org.row(action.row ?? action.object, String(reply.recordId))
  if (!row) throw new Error(`the org has no ${action.row ?? action.object} ${reply.recordId}`)
  const cleared = Object.fromEntries(((command.fieldsToNull as string[]) ?? []).map(field => [field, null]))
  if (action.operation === 'delete') expectFields('deleted row', row, { IsDeleted: true })
  else if (action.operation === 'get') expectFields('record', reply.record as Fields, { Id: row.Id, Name: row.Name })
  else expectFields('row', row, { ...(command.fields as Fields), ...written(command), ...cleared })
}

/** What an action's own arguments come to, said here once more: the table's own word would prove nothing. */
const written = ({ optedOut, campaignId, contactId = null, leadId = null, status }: Fields): Fields => ({
  ...(optedOut !== undefined && { HasOptedOutOfEmail: optedOut }),
  ...(campaignId !== undefined && { CampaignId: campaignId, ContactId: contactId, LeadId: leadId }),
  ...(status !== undefined && { Status: status }),
})

function expectStatuses(org: OrgHandle, reply: Fields): void {
  const wanted = org.rows('LeadStatus').map(row => ({
    id: row.Id,
    label: row.MasterLabel,
    apiName: row.ApiName,
    isDefault: row.IsDefault,
    isConverted: row.IsConverted,
    sortOrder: row.SortOrder,
  }))
  if (plain(reply.leadStatuses) !== plain(wanted)) throw new Error(`leadStatuses are ${plain(reply.leadStatuses)}`)
}

const plain = (value: unknown): string =>
  JSON.stringify(Array.isArray(value) && typeof value[0] === 'string' ? value.join(';') : value)

/** Throws if a field has another value than wanted; a multipicklist may be an array or `a;b`. */
export function expectFields(what: string, found: Fields | null, wanted: Fields): void {
  for (const [field, value] of Object.entries(wanted))
    if (plain(found?.[field]) !== plain(value))
      throw new Error(`${what}: ${field} is ${plain(found?.[field])} instead of ${plain(value)}`)
}
