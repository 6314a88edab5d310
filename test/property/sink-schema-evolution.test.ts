import avsc from 'avsc'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { actionsOf, shapeOf } from '../../src/actions.ts'
import {
  compileWriter,
  decodeFramed,
  jsonToSalesforceFields,
  rowReader,
  toSalesforceFields,
} from '../../src/avro/codec.ts'
import { type Evolved, evolveCommand, evolveReply } from '../../src/avro/evolve.ts'
import type { AvroRecordSchema, AvroSchema } from '../../src/avro/schema.ts'
import { sentByName } from '../../src/avro/sent-fields.ts'
import type { ObjectDescribe, SchemaId } from '../../src/core/contract.ts'
import { isConnectorError } from '../../src/core/errors.ts'
import { fieldDescribe, objectDescribe } from '../avro/contact-describe.ts'
import { histories, typeNames } from './describe-histories.ts'

const lookup = (name: string, relationshipName: string) =>
  fieldDescribe(name, 'reference', { relationshipName, referenceTo: ['Account'], externalId: true })
/** One of the names belongs to a field of the histories at times, so that a parent comes to stand beside it. */
const lookups = [lookup('Parent__c', 'Parent__r'), lookup('Other__c', 'C__c_string')]

/** Histories in which parents come and go, and fields become required, read-only and writeable again. */
const changing: fc.Arbitrary<ObjectDescribe[]> = fc
  .tuple(histories, fc.array(fc.nat(), { minLength: 1, maxLength: 15 }))
  .map(([describes, seeds]) =>
    describes.map((each, step) => {
      const seed = seeds[step % seeds.length]!
      const fields = each.fields.map((field, at) => {
        const bits = seed >> (2 * at)
        return { ...field, nillable: (bits & 1) === 0, updateable: (bits & 2) === 0 }
      })
      return objectDescribe('Contact', [...fields, ...lookups.filter((_, at) => (seed >> at) & 1)])
    }),
  )

type Evolve = (history: readonly AvroSchema[], describe: ObjectDescribe) => Evolved
const shapeNamed = (name: string) => shapeOf(name, actionsOf(objectDescribe('Contact', lookups)).get(name))
const command =
  (name: string): Evolve =>
  (history, described) =>
    evolveCommand(history, described, shapeNamed(name))
const kinds: [string, Evolve][] = [
  ['replies', evolveReply],
  ...['CreateContact', 'UpdateContact', 'UpsertContact'].map((name): [string, Evolve] => [name, command(name)]),
]

const typeOf = (schema: AvroRecordSchema): avsc.Type => avsc.Type.forSchema(schema as avsc.Schema)

function registered(
  describes: readonly ObjectDescribe[],
  evolve: Evolve,
): { schema: AvroRecordSchema; evolved: Evolved }[] {
  const history: AvroRecordSchema[] = []
  return describes.map(each => {
    const evolved = evolve(history, each)
    if (JSON.stringify(evolved.schema) !== JSON.stringify(history.at(-1))) history.push(evolved.schema)
    return { schema: evolved.schema, evolved }
  })
}

describe.each(kinds)('%s', (_, evolve) => {
  test('any history leaves a subject FULL_TRANSITIVE: every schema reads what every other wrote', () => {
    fc.assert(
      fc.property(changing, describes => {
        const types = registered(describes, evolve).map(({ schema }) => typeOf(schema))
        for (const writer of types)
          for (const reader of types) expect(() => reader.createResolver(writer)).not.toThrow()
      }),
      { numRuns: 25 },
    )
  })

  test('an object without changes leads to the latest schema again', () => {
    fc.assert(
      fc.property(changing, describes => {
        const schemas = registered(describes, evolve).map(({ schema }) => schema)
        expect(evolve(schemas, describes.at(-1)!).schema).toEqual(schemas.at(-1))
      }),
      { numRuns: 40 },
    )
  })
})

test('the docs of a create mark the fields that are required now, and no others', () => {
  fc.assert(
    fc.property(changing, describes => {
      const { schema, evolved } = registered(describes, command('CreateContact')).at(-1)!
      const { fields } = schema.fields.find(({ name }) => name === 'fields')!.type as AvroRecordSchema
      const marked = fields.filter(({ doc }) => doc?.endsWith(' (required)')).map(({ name }) => name)
      const required = evolved.columns.filter(({ field }) =>
        describes.at(-1)!.fields.some(each => each === field && !each.nillable),
      )
      expect(marked.toSorted()).toEqual(required.map(({ avroName }) => avroName).toSorted())
    }),
    { numRuns: 60 },
  )
})

describe('a command in Avro, whenever its schema was registered', () => {
  /** What a command writes that was made for one describe and is read with another; undefined if it is refused. */
  async function rest(
    made: ObjectDescribe,
    evolved: Evolved,
    row: object,
    read: ObjectDescribe,
  ): Promise<object | undefined> {
    const fields = rowReader(made, evolved.columns, evolved.empty)(row as never)
    const value = { commandId: 'c', expiresAt: null, autoAssign: null, allowSave: null, fields }
    const bytes = compileWriter<object>(evolved.schema, 1 as SchemaId).encode(value)
    const decoded = await decodeFramed(bytes, { schema: async () => evolved.schema })
    try {
      return toSalesforceFields(read, sentByName(read, decoded.schema, decoded.value.fields as never))
    } catch (error) {
      if (isConnectorError(error, 'command.invalid')) return undefined
      throw error
    }
  }
  const writeable = (made: ObjectDescribe) =>
    made.fields.filter(({ type }) => type !== 'address' && type !== 'location')

  test('a field whose name changed its case arrives under the name it has now', async () => {
    const [before, after] = ['Home__c', 'HOME__C'].map(name =>
      objectDescribe('Contact', [fieldDescribe(name, 'string')]),
    )
    const { evolved } = registered([before!, after!], command('CreateContact')).at(-1)!
    expect(await rest(after!, evolved, { HOME__C: 'text' }, after!)).toEqual({ HOME__C: 'text' })
  })

  test('a field of the same type arrives as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(changing, async describes => {
        const last = describes.at(-1)!
        for (const [step, { evolved }] of registered(describes, command('CreateContact')).entries()) {
          const made = describes[step]!
          const kept = writeable(made).filter(({ name, type }) =>
            last.fields.some(each => each.name === name && each.type === type),
          )
          const row = Object.fromEntries(kept.map(({ name, type }) => [name, typeNames[type] ?? '001']))
          expect(await rest(made, evolved, row, last)).toEqual(jsonToSalesforceFields(last, row))
        }
      }),
      { numRuns: 40 },
    )
  })

  test('a field of another type is refused, or means what it meant', async () => {
    await fc.assert(
      fc.asyncProperty(changing, async describes => {
        const last = describes.at(-1)!
        for (const [step, { evolved }] of registered(describes, command('CreateContact')).entries()) {
          const made = describes[step]!
          for (const { name, type } of writeable(made)) {
            const row = { [name]: typeNames[type] ?? '001' }
            const read = await rest(made, evolved, row, last)
            if (read) expect(Object.values(read)).toEqual(Object.values(jsonToSalesforceFields(made, row)))
          }
        }
      }),
      { numRuns: 40 },
    )
  })
})
