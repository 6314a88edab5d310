import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { actionsOf } from '../../src/actions.ts'
import type { AvroSchema } from '../../src/avro/schema.ts'
import type { ObjectDescribe, SchemaId } from '../../src/core/contract.ts'
import { ConnectorError } from '../../src/core/errors.ts'
import { LiveShapes, type ShapeParts } from '../../src/sink/shape.ts'
import { fieldDescribe, objectDescribe } from '../avro/contact-describe.ts'

const described = (...fields: [name: string, type: string][]): ObjectDescribe =>
  objectDescribe('Contact', [fieldDescribe('Id', 'id'), ...fields.map(([name, type]) => fieldDescribe(name, type))])
const down = (): ConnectorError => new ConnectorError('registry.unavailable', 'no answer')
const replySubject = 'contact.replies-salesforce.contact.Reply'
const intervalMs = 300_000

let subjects: Map<string, AvroSchema[]>
let inOrg: ObjectDescribe
let asked: (number | undefined)[]
let failWith: (subject: string) => unknown
let fatal: unknown[]
let nowMs: number
let isOpen: boolean
let shapes: LiveShapes
beforeEach(() => {
  ;[subjects, asked, fatal, nowMs, isOpen] = [new Map(), [], [], 0, false]
  failWith = () => undefined
  inOrg = described(['Score__c', 'double'])
})
afterEach(() => shapes.stop())

function open(changes: Partial<ShapeParts> = {}): LiveShapes {
  const parts = {
    commandTopic: 'contact.commands',
    to: { topic: 'contact.replies', slug: 'contact', orgId: 'o', messageBytesMax: 1_000_000 },
    objectOf: (describe: ObjectDescribe) => ({
      describe,
      slug: 'contact',
      actions: actionsOf(describe),
      allowed: new Set(['CreateContact']),
      idempotencyField: undefined,
    }),
    describeAgeMsMax: intervalMs,
    nowMs: () => nowMs,
    onFatal: (error: unknown) => void fatal.push(error),
    salesforce: {
      breaker: {
        get isOpen() {
          return isOpen
        },
      },
      describe: async (_: string, ageMsMax?: number) => {
        asked.push(ageMsMax)
        return inOrg
      },
    },
    registry: {
      history: async (subject: string) => [...(subjects.get(subject) ?? [])],
      register: async (subject: string, schema: AvroSchema) => {
        const error = failWith(subject)
        if (error !== undefined) throw error
        const known = subjects.get(subject) ?? []
        if (JSON.stringify(known.at(-1)) !== JSON.stringify(schema)) known.push(schema)
        subjects.set(subject, known)
        return known.length as SchemaId
      },
    },
    events: { schemaRegistered: () => undefined, fieldsRenamed: () => undefined, taskFailed: () => undefined },
    ...changes,
  } as unknown as ShapeParts
  shapes = new LiveShapes(parts, inOrg)
  shapes.start()
  return shapes
}

const isWell = (): Promise<void> => vi.waitFor(() => expect(shapes.ailment).toBeUndefined())

describe('registering', () => {
  test('the reply and the allowed commands, one subject each; only then is the object ready', async () => {
    expect(open().ailment).toContain('not registered yet')
    await isWell()
    expect([...subjects.keys()]).toEqual([replySubject, 'contact.commands-salesforce.contact.CreateContact'])
    expect((await shapes.registered()).replies.codec?.schemaId).toBe(1)
  })

  test('a registry that is down is asked until it answers; JSON has its shape meanwhile, and Avro is told why it waits', async () => {
    let isDown = true
    failWith = () => (isDown ? down() : undefined)
    open()
    await vi.waitFor(() => expect(shapes.ailment).toContain('degraded: no answer'))
    expect(shapes.current()).toMatchObject({ object: { describe: inOrg }, replies: { codec: undefined } })
    await expect(shapes.registered()).rejects.toMatchObject({ code: 'registry.unavailable' })
    isDown = false
    await isWell()
    expect((await shapes.registered()).replies.codec).toBeDefined()
    expect(fatal).toEqual([])
  })

  test('another instance came first: the schemas are read anew; refused for good, it is fatal', async () => {
    let refusals = 1
    const refused = new ConnectorError('registry.incompatible', 'no')
    failWith = subject => (subject === replySubject && refusals-- > 0 ? refused : undefined)
    open()
    await isWell()
    expect(fatal).toEqual([])
    refusals = 10
    open()
    await vi.waitFor(() => expect(fatal).toEqual([refused]))
  })
})

describe('describe changes', () => {
  test('it is asked for again when it is old, in the background, and the new schemas are registered', async () => {
    open()
    await isWell()
    const former = shapes.current()
    inOrg = described(['Score__c', 'string'], ['New__c', 'date'])
    nowMs += intervalMs - 1
    expect(shapes.current()).toBe(former)
    expect(asked).toEqual([])
    nowMs += 1
    expect(shapes.current()).toBe(former)
    await vi.waitFor(() => expect(shapes.current().object.describe).toBe(inOrg))
    expect(asked).toEqual([intervalMs])
    const { replies } = await shapes.registered(true)
    expect(replies.toRecord?.({ Id: '1', Score__c: 'high' })).toMatchObject({ Score__c: null, Score__c_string: 'high' })
    expect(JSON.stringify(replies.schema)).not.toContain('Score__c_string')
    expect(subjects.get(replySubject)).toHaveLength(2)
  })

  test('a former schema is written with until the new one is registered, unless the latest is asked for', async () => {
    open()
    await isWell()
    failWith = down
    const { codec } = shapes.current().replies
    inOrg = described(['New__c', 'date'])
    const renewed = await shapes.doubt()
    expect(renewed).toMatchObject({ object: { describe: inOrg }, replies: { describe: inOrg, codec } })
    await vi.waitFor(() => expect(shapes.ailment).toContain('degraded'))
    expect((await shapes.registered()).replies.codec).toBe(codec)
    await expect(shapes.registered(true)).rejects.toMatchObject({ code: 'registry.unavailable' })
    failWith = () => undefined
    await isWell()
    expect((await shapes.registered(true)).replies.codec).not.toBe(codec)
  })

  test('doubts are followed up at once, and ever more rarely if they come to nothing', async () => {
    open()
    const atMs: number[] = []
    for (nowMs = 0; nowMs < 60_000; nowMs += 100) {
      const before = asked.length
      await shapes.doubt()
      if (asked.length > before) atMs.push(nowMs)
    }
    expect(atMs).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000])
    expect(new Set(asked)).toEqual(new Set([0]))
    nowMs += 10 * 60_000
    inOrg = described()
    expect((await shapes.doubt()).object.describe).toBe(inOrg)
  })

  test('Salesforce out of reach, and a config that no longer fits, leave the former shape in force', async () => {
    const misfit = new ConnectorError('config.invalid', 'the idempotency field is gone')
    const failing = vi.fn(async () => Promise.reject(new ConnectorError('salesforce.unreachable', 'no')))
    open({ salesforce: { describe: failing, breaker: { isOpen: false } } as never })
    await isWell()
    const former = shapes.current()
    expect(await shapes.doubt()).toBe(former)
    expect(failing).toHaveBeenCalledTimes(1)
    shapes.stop()

    let isFit = true
    const objectOf = (describe: ObjectDescribe) => {
      if (!isFit) throw misfit
      return { describe, slug: 'contact', actions: actionsOf(describe), idempotencyField: undefined }
    }
    open({ objectOf })
    await isWell()
    isFit = false
    inOrg = described()
    const before = shapes.current()
    expect(await shapes.doubt()).toBe(before)
    expect(shapes.ailment).toContain('degraded: the idempotency field is gone')
    expect(fatal).toEqual([])

    isFit = true
    isOpen = true
    nowMs += intervalMs
    const calls = asked.length
    expect(await shapes.doubt()).toBe(before)
    expect(asked).toHaveLength(calls)
  })
})
