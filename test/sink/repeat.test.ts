import { describe, expect, test } from 'vitest'
import { compileWriter, decodeFramed, rowReader } from '../../src/avro/codec.ts'
import { evolveReply } from '../../src/avro/evolve.ts'
import type { AvroRecordSchema } from '../../src/avro/schema.ts'
import type { ObjectDescribe, SchemaId } from '../../src/core/contract.ts'
import type { Format } from '../../src/sink/command.ts'
import type { Outcome } from '../../src/sink/outcome.ts'
import { type ReplyWriter, repeatReply, replyRecord, replyValue } from '../../src/sink/reply.ts'
import { fieldDescribe, objectDescribe } from '../avro/contact-describe.ts'
import { incoming, recordId } from './parts.ts'

const described = (...fields: [name: string, type: string][]): ObjectDescribe =>
  objectDescribe('Contact', [fieldDescribe('Id', 'id'), ...fields.map(([name, type]) => fieldDescribe(name, type))])
const before = described(['Born__c', 'date'], ['Was__c', 'date'], ['Score__c', 'double'], ['Likes__c', 'multipicklist'])
const after = described(['Born__c', 'date'], ['Was__c', 'string'], ['Score__c', 'string'], ['New__c', 'boolean'])
const schemas: AvroRecordSchema[] = []
const registry = { schema: async (id: SchemaId) => schemas[id] } as never

/** The writer after each describe, as the sink would have it. */
const [old, current] = [before, after].map((each): ReplyWriter => {
  const { schema, columns, empty } = evolveReply(schemas, each)
  const codec = compileWriter<never>(schema, schemas.length as SchemaId)
  schemas.push(schema)
  const plain = evolveReply([], each).schema
  const to = { topic: 'replies', slug: 'contact', orgId: 'o', messageBytesMax: 1_000_000 }
  return { ...to, describe: each, schema: plain, codec, toRecord: rowReader(each, columns, empty) }
}) as [ReplyWriter, ReplyWriter]

const asked = (format: Format) => ({
  ...{ record: incoming(1, Buffer.from('{}')), format, commandId: 'c-1', hash: 'h', action: 'GetContactById' },
})
const row = { Id: recordId, Born__c: '1990-01-31', Was__c: '1990-02-01', Score__c: 2.5, Likes__c: 'a;b' }
const outcome: Outcome = {
  status: 'SUCCEEDED',
  ...{ recordId, created: null, row, leadStatuses: null, errors: [], warnings: [] },
  ...{ retryable: false, candidates: [] },
}
const times = { attempts: 1, startedAt: 1, finishedAt: 2 }

async function repeat(first: Format, second: Format, writer: ReplyWriter) {
  const value = replyRecord(replyValue(asked(first), outcome, times, old), asked(first), old).value!
  const former = { commandHash: 'h', value, format: first, inDoubt: false }
  const again = await repeatReply(former, asked(second), writer, registry)
  const bytes = replyRecord(again, asked(second), writer).value!
  return second === 'avro' ? (await decodeFramed(bytes, registry)).value : JSON.parse(String(bytes))
}

describe('a reply is repeated as it was', () => {
  test.each<[Format, Format, object]>([
    ['json', 'json', { Born__c: '1990-01-31', Score__c: 2.5, Likes__c: ['a', 'b'] }],
    ['avro', 'json', { Born__c: '1990-01-31', Score__c: 2.5, Likes__c: ['a', 'b'] }],
    ['avro', 'avro', { Born__c: 7335, Score__c: 2.5, Likes__c: ['a', 'b'] }],
    ['json', 'avro', { Born__c: 7335, Score__c: 2.5, Likes__c: ['a', 'b'] }],
  ])('written as %s, asked again as %s', async (first, second, record) => {
    expect(await repeat(first, second, old)).toMatchObject({ status: 'SUCCEEDED', duplicate: true, record })
  })

  test.each<[Format, Format, object]>([
    ['json', 'json', { Born__c: '1990-01-31', Was__c: '1990-02-01', Score__c: 2.5 }],
    ['avro', 'json', { Born__c: '1990-01-31', Was__c: '1990-02-01', Score__c: 2.5 }],
    ['avro', 'avro', { Born__c: 7335, Score__c: 2.5, Score__c_string: null, Likes__c: ['a', 'b'], New__c: null }],
  ])('written as %s before the fields changed, asked again as %s', async (first, second, record) => {
    expect(await repeat(first, second, current)).toMatchObject({ status: 'SUCCEEDED', duplicate: true, record })
  })

  test('a row that no longer fits the form it is asked for in is left out, and the reply says so', async () => {
    expect(await repeat('json', 'avro', current)).toMatchObject({
      status: 'SUCCEEDED',
      recordId,
      record: null,
      warnings: [expect.stringContaining('left out')],
    })
  })
})

test.each<[Format, object]>([
  ['json', { Score__c: 'high' }],
  ['avro', { Score__c: null, Score__c_string: 'high' }],
])('a retyped field stands in %s under the name that its consumers can read', async (format, record) => {
  const read = { ...outcome, row: { Id: recordId, Score__c: 'high' } }
  const reply = replyRecord(replyValue(asked(format), read, times, current), asked(format), current).value!
  const value = format === 'avro' ? (await decodeFramed(reply, registry)).value : JSON.parse(String(reply))
  expect(value.record).toMatchObject(record)
  expect(Object.keys(value.record)).toContain('New__c')
})
