import { describe, expect, test } from 'vitest'
import { compileWriter, decodeFramed } from '../../src/avro/codec.ts'
import { replySchema } from '../../src/avro/derive.ts'
import type { SchemaRegistry } from '../../src/avro/registry.ts'
import type { ReplyError, ReplyValue, SchemaId } from '../../src/core/contract.ts'
import type { Format } from '../../src/sink/command.ts'
import { sizeOf } from '../../src/sink/record-size.ts'
import { replyRecord } from '../../src/sink/reply.ts'
import { fieldDescribe, objectDescribe } from '../avro/contact-describe.ts'
import { incoming, recordId } from './parts.ts'

const lead = objectDescribe('Lead', [fieldDescribe('Id', 'id'), fieldDescribe('Description', 'textarea')])
const schema = replySchema(lead)
const codec = compileWriter<ReplyValue>(schema, 1 as SchemaId)
const registry = { schema: async () => schema } as unknown as SchemaRegistry

const error = (code: string, chars = 10): ReplyError => ({
  code,
  message: 'm'.repeat(chars),
  fields: ['Description'],
  remedy: 'r'.repeat(chars),
})
const value = (changes: Partial<ReplyValue>): ReplyValue => ({
  commandId: 'c-1',
  commandHash: 'h',
  action: 'GetLeadById',
  status: 'SUCCEEDED',
  recordId,
  created: null,
  record: null,
  leadStatuses: null,
  errors: [],
  warnings: [],
  retryable: false,
  attempts: 1,
  duplicate: false,
  candidates: [],
  command: { topic: 't', partition: 0, offset: 1 },
  startedAt: 0,
  finishedAt: 0,
  ...changes,
})

async function write(given: ReplyValue, format: Format, messageBytesMax: number, headers = {}) {
  const writer = { topic: 'replies', slug: 'lead', orgId: 'o', describe: lead, schema, codec, messageBytesMax }
  const record = incoming(1, Buffer.from('{}'), { key: Buffer.from('the key'), headers })
  const asked = { record, format, commandId: given.commandId, hash: 'h', action: given.action }
  const reply = replyRecord(given, asked, writer)
  const read = format === 'avro' ? (await decodeFramed(reply.value!, registry)).value : JSON.parse(String(reply.value))
  return { reply, read: read as ReplyValue, size: sizeOf(reply) }
}

describe.each(['json', 'avro'] as const)('a reply larger than its topic takes, as %s', format => {
  const row = { Id: recordId, Description: 'x'.repeat(50_000) }

  test('what fits is written whole', async () => {
    const { read } = await write(value({ record: row }), format, 60_000)
    expect(read).toMatchObject({ status: 'SUCCEEDED', record: row, warnings: [] })
  })

  test('first the row goes: what was read did not arrive', async () => {
    const errors = [error('A', 200), error('B', 200)]
    const { read, size, reply } = await write(value({ record: row, errors, candidates: ['1'] }), format, 8_000)
    expect(read).toMatchObject({
      status: 'FAILED',
      recordId,
      record: null,
      errors: [...errors, { code: 'record.too_large' }],
      candidates: ['1'],
      warnings: [expect.stringContaining('left out')],
    })
    expect(size).toBeLessThanOrEqual(8_000)
    expect(reply.key?.toString()).toBe('the key')
  })

  test('then the errors are shortened: the first ones stay readable, a write keeps its status', async () => {
    const errors = Array.from({ length: 50 }, (_, i) => error(`CODE_${i}`, 5_000))
    const { read, size } = await write(value({ status: 'FAILED', errors }), format, 4_000)
    expect(read).toMatchObject({ status: 'FAILED', recordId, warnings: [expect.stringContaining('left out')] })
    expect(read.errors.map(({ code }) => code)).toEqual(['CODE_0', 'CODE_1', 'record.too_large'])
    expect(read.errors[0]!.message).toMatch(/^m{200}…$/)
    expect(size).toBeLessThanOrEqual(4_000)
    const warnings = Array.from({ length: 100 }, () => 'w'.repeat(1_000))
    expect((await write(value({ warnings }), format, 4_000)).read).toMatchObject({ status: 'SUCCEEDED', recordId })
  })

  test('lead statuses that do not fit did not arrive either', async () => {
    const status = {
      id: '1',
      label: 'l'.repeat(1_000),
      apiName: 'a',
      isDefault: false,
      isConverted: false,
      sortOrder: 1,
    }
    const given = value({ action: 'GetAllLeadStatuses', recordId: null, leadStatuses: Array(20).fill(status) })
    expect((await write(given, format, 8_000)).read).toMatchObject({ status: 'FAILED', leadStatuses: null })
  })

  test('at last the caller’s key and headers go, but never the commandId', async () => {
    const headers = { ce_correlationid: Buffer.alloc(20_000, 'c'), kafka_correlationId: Buffer.alloc(20_000, 'k') }
    const { reply, read, size } = await write(value({ record: row }), format, 4_000, headers)
    expect(read).toMatchObject({ commandId: 'c-1', status: 'FAILED', errors: [{ code: 'record.too_large' }] })
    expect([reply.key, reply.headers?.kafka_correlationId]).toEqual([null, undefined])
    expect(size).toBeLessThanOrEqual(4_000)
  })
})
