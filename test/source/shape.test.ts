import { beforeEach, describe, expect, test } from 'vitest'
import type { TriggerOptions } from '../../src/core/config-triggers.ts'
import type { ObjectDescribe, SchemaId } from '../../src/core/contract.ts'
import { ConnectorError } from '../../src/core/errors.ts'
import { SalesforceError } from '../../src/salesforce/salesforce-error.ts'
import { Selection } from '../../src/source/selection.ts'
import { type ShapeParts, Shapes } from '../../src/source/shape.ts'
import type { TriggerOption } from '../../src/triggers.ts'
import { fieldDescribe, objectDescribe } from '../avro/contact-describe.ts'

const on: TriggerOptions = { enabled: true }
const all: Record<TriggerOption, TriggerOptions> = {
  ...{ created: on, updated: on, deleted: on },
  ...{ merged: on, undeleted: on, snapshot: on },
}
const described = (...fields: [name: string, type: string][]): ObjectDescribe =>
  objectDescribe('Contact', [fieldDescribe('Id', 'id'), ...fields.map(([name, type]) => fieldDescribe(name, type))])

let told: [event: string, detail: unknown][]
let asked: (number | undefined)[]
let inOrg: ObjectDescribe
let schemas: object[]
let refusals: unknown[]
let nowMs: number
beforeEach(() => {
  ;[told, asked, schemas, refusals, nowMs] = [[], [], [], [], 0]
  inOrg = described(['Score__c', 'double'])
})

const parts = {
  object: 'Contact',
  numbers: 'double',
  describeAgeMsMax: 300_000,
  to: { topic: 't', partitions: 1, typePrefix: 'salesforce.contact', traceparent: () => '' },
  salesforce: {
    orgId: 'o',
    userId: 'u',
    describe: async (_: string, ageMsMax?: number) => {
      asked.push(ageMsMax)
      return inOrg
    },
  },
  registry: {
    history: async () => [...schemas],
    register: async (_: string, schema: object) => {
      if (refusals.length > 0) throw refusals.shift()
      if (JSON.stringify(schemas.at(-1)) !== JSON.stringify(schema)) schemas.push(schema)
      return schemas.length as SchemaId
    },
  },
  events: {
    schemaRegistered: ({ added }: { added: readonly string[] }) => void told.push(['registered', added]),
    fieldsRenamed: ({ fields }: { fields: unknown }) => void told.push(['renamed', fields]),
    fieldsLost: ({ fields }: { fields: unknown }) => void told.push(['lost', fields]),
  },
  selectionOf: (describe: ObjectDescribe) => new Selection(describe, all, 'GMT'),
  nowMs: () => nowMs,
} as unknown as ShapeParts

test('a shape stays the same object until describe is another one', async () => {
  const shapes = new Shapes(parts)
  const first = await shapes.current()
  expect(await shapes.current()).toBe(first)
  expect(schemas).toHaveLength(1)
  inOrg = described(['Score__c', 'double'], ['New__c', 'string'])
  const next = await shapes.current()
  expect(next.to.codec.schemaId).toBe(2)
  expect(next.describe.fields.map(({ name }) => name)).toContain('New__c')
  expect(asked).toEqual([300_000, 300_000, 300_000])
})

test('what is new, renamed and lost is told, each once', async () => {
  const shapes = new Shapes(parts)
  await shapes.current()
  inOrg = described(['Score__c', 'string'])
  await shapes.current()
  inOrg = described()
  await shapes.current()
  inOrg = described(['New__c', 'string'])
  await shapes.current()
  expect(told).toEqual([
    ['registered', ['Id', 'Score__c']],
    ['registered', []],
    ['renamed', [{ field: 'Score__c', avroName: 'Score__c_string' }]],
    ['registered', []],
    ['lost', ['Score__c']],
    ['registered', ['New__c']],
  ])
})

describe('the registry', () => {
  test('that is down leaves no shape to go on with, however long', async () => {
    const shapes = new Shapes(parts)
    await shapes.current()
    inOrg = described(['New__c', 'string'])
    const down = new ConnectorError('registry.unavailable', 'down')
    refusals.push(down, down)
    await expect(shapes.current()).rejects.toBe(down)
    await expect(shapes.current()).rejects.toBe(down)
    expect((await shapes.current()).describe).toBe(inOrg)
  })

  test('where another instance was first is read again; one that refuses for good is heard', async () => {
    const refused = new ConnectorError('registry.incompatible', 'another type')
    refusals.push(refused, refused)
    await new Shapes(parts).current()
    refusals.push(refused, refused, refused)
    inOrg = described(['Other__c', 'string'])
    await expect(new Shapes(parts).current()).rejects.toBe(refused)
  })
})

describe('a describe in doubt', () => {
  const refusal = (code: string) =>
    new SalesforceError({
      ...{ code: 'salesforce.refused', message: 'refused', remedy: '', executed: 'no', retryable: false },
      errors: [{ code, message: '', fields: [] }],
    })

  test.each(['INVALID_FIELD', 'INVALID_TYPE', 'NOT_FOUND'])(
    'after %s it is asked for at once, and once',
    async code => {
      const shapes = new Shapes(parts)
      await shapes.current()
      expect(shapes.doubt(refusal(code))).toBe(true)
      await shapes.current()
      await shapes.current()
      expect(asked).toEqual([300_000, 0, 300_000])
    },
  )

  test('no other error casts doubt on it', () => {
    const shapes = new Shapes(parts)
    for (const error of [refusal('MALFORMED_QUERY'), new Error('x'), new ConnectorError('salesforce.bad_answer', 'x')])
      expect(shapes.doubt(error)).toBe(false)
  })

  test('confirm is silent while it is true, and throws once it is not', async () => {
    const { confirm } = await new Shapes(parts).current()
    await confirm()
    inOrg = described(['New__c', 'string'])
    await expect(confirm()).rejects.toMatchObject({ code: 'source.shape_doubted' })
    expect(asked).toEqual([300_000, 0, 0])
  })

  test('a value that does not fit is bad only after Salesforce was asked, and each kind of it anew', async () => {
    const shapes = new Shapes(parts)
    inOrg = described(['Score__c', 'double'], ['VIP__c', 'boolean'])
    const { context } = await shapes.current()
    const convert = (row: object) => () => context.toRecord(row as never, 'CREATED')
    const doubted = expect.objectContaining({ code: 'source.shape_doubted' })
    const bad = expect.objectContaining({ code: 'salesforce.bad_answer' })
    const error = thrownBy(convert({ Score__c: 'many' }))
    expect(error).toEqual(doubted)
    expect(shapes.doubt(error)).toBe(true)
    await shapes.current()
    expect(asked.at(-1)).toBe(0)
    expect(thrownBy(convert({ Score__c: 'many' }))).toEqual(bad)
    expect(thrownBy(convert({ VIP__c: 'yes' }))).toEqual(doubted)
    nowMs += 60_000
    expect(thrownBy(convert({ Score__c: 'many' }))).toEqual(doubted)
  })
})

function thrownBy(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
