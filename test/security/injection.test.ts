import { expect, test } from 'vitest'
import { actionsOf } from '../../src/actions.ts'
import type { SchemaRegistry } from '../../src/avro/registry.ts'
import type { ObjectDescribe } from '../../src/core/contract.ts'
import { LiveGeneration } from '../../src/kafka/generation.ts'
import type { ApiRequest, Salesforce } from '../../src/salesforce/client.ts'
import type { SinkObject } from '../../src/sink/command.ts'
import { deserialize } from '../../src/sink/deserialize.ts'
import { Execution } from '../../src/sink/execute.ts'
import { type Item, newItem } from '../../src/sink/item.ts'
import { fieldDescribe, objectDescribe } from '../avro/contact-describe.ts'
import { incoming } from '../sink/parts.ts'
import { hostileStrings } from './hostile-strings.ts'
import { Inspector } from './recorded-requests.ts'
import { schemaFor, writeAvro } from './written-avro.ts'

type Json = Readonly<Record<string, unknown>>

const row = '003000000000001AAA'
const account = { relationshipName: 'Account', referenceTo: ['Account'] }
const contactFields = [
  fieldDescribe('Id', 'id', { createable: false, updateable: false, nillable: false }),
  fieldDescribe('LastName', 'string', { nillable: false }),
  fieldDescribe('Description', 'textarea'),
  fieldDescribe('HasOptedOutOfEmail', 'boolean'),
  fieldDescribe('AccountId', 'reference', account),
  fieldDescribe('Ext__c', 'string', { externalId: true, unique: true }),
  fieldDescribe('Command_Id__c', 'string', { externalId: true, unique: true }),
]
const contact = objectDescribe('Contact', contactFields)
const campaign = {
  ...objectDescribe('Campaign', [fieldDescribe('Id', 'id'), fieldDescribe('Name', 'string')]),
  keyPrefix: '701',
}
const member = objectDescribe('CampaignMember', [
  ...['CampaignId', 'ContactId', 'LeadId'].map(name => fieldDescribe(name, 'reference')),
  fieldDescribe('Status', 'picklist'),
])
const user = {
  ...objectDescribe('User', [fieldDescribe('Id', 'id'), fieldDescribe('Username', 'string')]),
  keyPrefix: '005',
}

const sinkObject = (describe: ObjectDescribe, idempotencyField?: string): SinkObject => ({
  describe,
  slug: describe.name.toLowerCase(),
  actions: actionsOf(describe),
  idempotencyField,
})
const objects = {
  contact: sinkObject(contact),
  idempotent: sinkObject(contact, 'Command_Id__c'),
  campaign: sinkObject(campaign),
  user: sinkObject(user),
}

interface Place {
  readonly object: keyof typeof objects
  /** The command with the text where it may do harm. */
  readonly command: (text: string) => Json
  /** Whether a former owner may have sent it: it is looked up first. */
  readonly mayBeSent?: boolean
}

const place = (object: Place['object'], action: string, rest: (text: string) => Json, mayBeSent = false): Place => ({
  object,
  command: text => ({ commandId: 'c', action, ...rest(text) }),
  mayBeSent,
})
const places: readonly Place[] = [
  { object: 'contact', command: action => ({ commandId: 'c', action, recordId: row }) },
  place('contact', 'CreateContact', text => ({ commandId: text, fields: { LastName: 'x' } })),
  place('idempotent', 'CreateContact', text => ({ commandId: text, fields: { LastName: text } })),
  place('contact', 'CreateContact', text => ({ fields: { LastName: text, Description: text } })),
  place('contact', 'CreateContact', text => ({ fields: { LastName: text, Ext__c: text } }), true),
  place('contact', 'CreateContact', text => ({ fields: { LastName: 'x', [text]: 'x' } })),
  place('contact', 'CreateContact', text => ({ fields: { LastName: 'x', AccountId: text } })),
  place('contact', 'CreateContact', text => ({ fields: { LastName: 'x', Account: { Ext__c: text } } })),
  place('contact', 'CreateContact', text => ({ fields: { LastName: 'x', Account: { [text]: 'x' } } })),
  place('contact', 'CreateContact', text => ({ fields: { LastName: 'x', [text]: { Ext__c: 'x' } } })),
  place('contact', 'CreateContact', text => ({ [text]: text, fields: { LastName: 'x' } })),
  place('contact', 'CreateContact', text => ({ fields: { LastName: 'x' }, autoAssign: text })),
  place('contact', 'CreateContact', text => ({ fields: { LastName: 'x' }, expiresAt: text })),
  place('contact', 'UpdateContact', text => ({ recordId: text, fields: { LastName: 'x' } })),
  place('contact', 'UpdateContact', text => ({ recordId: row, fields: { Description: text }, fieldsToNull: [text] })),
  place('contact', 'UpsertContact', text => ({ externalIdField: text, fields: { LastName: 'x', Ext__c: 'x' } })),
  place('contact', 'UpsertContact', text => ({ externalIdField: 'Ext__c', fields: { LastName: 'x', Ext__c: text } })),
  place('contact', 'DeleteContact', text => ({ recordId: text })),
  place('contact', 'GetContactById', text => ({ recordId: text })),
  place('contact', 'SetContactEmailOptOut', text => ({ recordId: text, optedOut: true })),
  place('campaign', 'AddCampaignMember', text => ({ campaignId: text, contactId: row })),
  place('campaign', 'AddCampaignMember', text => ({ campaignId: '701000000000001AAA', contactId: text })),
  place('campaign', 'AddCampaignMember', text => ({
    campaignId: '701000000000001AAA',
    contactId: row,
    status: text,
  })),
  place('user', 'CreateUser', text => ({ fields: { Username: text } }), true),
]

const batchMax = 40
const stringsCount = 100_000

/** Answers everything so that the next request is made as well. */
function transport(inspector: Inspector): Salesforce {
  const answer = (path: string, body: unknown): unknown => {
    if (path.includes('/query')) return { totalSize: 0, done: true, records: [] }
    const { records, ids } = (body ?? {}) as { records?: readonly Json[]; ids?: readonly string[] }
    if (ids) return ids.map(() => null)
    const results = records ?? path.split('?ids=')[1]!.split('&')[0]!.split(',')
    return results.map((each, i) => ({
      id: typeof each === 'string' ? each : (each.id ?? `003${String(i).padStart(12, '0')}`),
      success: true,
      errors: [],
    }))
  }
  const request = async ({ path, body }: ApiRequest): Promise<unknown> => {
    if (path !== '/composite') return answer(path, body)
    const { compositeRequest } = body as { compositeRequest: readonly Json[] }
    return {
      compositeResponse: compositeRequest.map(({ url, body: own, referenceId }) => ({
        body: answer(String(url), own),
        httpStatusCode: 200,
        referenceId,
      })),
    }
  }
  return {
    apiVersion: '68.0',
    userId: '005000000000001AAA',
    now: () => 1_000_000,
    breaker: { isOpen: false, reason: undefined, whenClosed: async () => undefined },
    request: async (given: ApiRequest) => {
      inspector.inspect(given)
      return { status: 200, headers: {}, body: await request(given), serverDateMs: undefined }
    },
  } as unknown as Salesforce
}

const clone = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json

function recordOf(at: number, command: Json, form: 'json' | 'avro', schemas: Map<number, object>) {
  if (form === 'json') return incoming(at, Buffer.from(JSON.stringify(command)))
  const { action, ...content } = clone(command)
  schemas.set(at, schemaFor(String(action), content))
  const frame = Buffer.alloc(5)
  frame.writeInt32BE(at, 1)
  return incoming(at, Buffer.concat([frame, writeAvro(content)]))
}

async function execute(items: readonly Item[], describe: ObjectDescribe, salesforce: Salesforce): Promise<void> {
  const generation = new LiveGeneration(1)
  await new Execution(items, {
    salesforce,
    describe,
    inDoubt: 'reply',
    generation,
    heartbeatAgeMsMax: 600_000,
    drainMsMax: 0,
    recall: () => undefined,
    mark: async () => 1_000_000,
    reconsider: async () => undefined,
    unmark: async () => undefined,
  }).run()
}

test(`${stringsCount} hostile strings: paths, queries and bodies hold only what is known, and texts as they are`, {
  timeout: 300_000,
}, async () => {
  const inspector = new Inspector([contact, campaign, member, user])
  const salesforce = transport(inspector)
  const schemas = new Map<number, object>()
  const registry = { schema: async (id: number) => schemas.get(id) } as unknown as SchemaRegistry
  const read = { command: 0, invalid: 0, 'dead-letter': 0 }
  const expected = { values: new Set<unknown>(), literals: new Set<unknown>() }
  const waiting = new Map<Place['object'], Item[]>()
  const flush = async (object: Place['object']): Promise<void> => {
    await execute(waiting.get(object)!.splice(0), objects[object].describe, salesforce)
    schemas.clear()
  }
  for (const [i, text] of hostileStrings(stringsCount, 20_261_125).entries()) {
    const { object, command, mayBeSent = false } = places[(i >> 1) % places.length]!
    const record = recordOf(i, { ...command(text) }, i % 2 === 0 ? 'json' : 'avro', schemas)
    const found = await deserialize(record, objects[object], registry)
    read[found.kind]++
    if (found.kind !== 'command') continue
    const own = { ...found.command, commandId: found.command.commandId === 'c' ? `c-${i}` : found.command.commandId }
    if (own.fields.LastName === text && !mayBeSent) expected.values.add(text)
    // What may have been sent is looked for first, with the text as Salesforce keeps it.
    if (own.fields.LastName === text && mayBeSent && text.trim() !== '') expected.literals.add(text.trim())
    if (own.fields.Username === text && text.length <= 80) expected.literals.add(text)
    const items = waiting.get(object) ?? []
    waiting.set(object, items)
    items.push(newItem(own, mayBeSent))
    if (items.length === batchMax) await flush(object)
  }
  for (const object of waiting.keys()) await flush(object)
  expect(inspector.problems).toEqual([])
  // The strings reach Salesforce where they are values, and each as what it is.
  expect([...expected.values].filter(each => !inspector.values.has(each))).toEqual([])
  expect([...expected.literals].filter(each => !inspector.literals.has(String(each)))).toEqual([])
  expect(expected.values.size + expected.literals.size).toBeGreaterThan(stringsCount / 20)
  expect(inspector.requests).toBeGreaterThan(1_000)
  expect(Math.min(read.command, read.invalid, read['dead-letter'])).toBeGreaterThan(1_000)
  expect(Object.keys(Object.prototype)).toEqual([])
  expect(({} as Json).Ext__c).toBeUndefined()
})
