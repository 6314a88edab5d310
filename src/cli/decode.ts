import { decodeFramed } from '../avro/codec.ts'
import { recordToJson } from '../avro/json.ts'
import type { SchemaRegistry } from '../avro/registry.ts'
import type { Headers, IncomingRecord } from '../core/contract.ts'
import { isConnectorError } from '../core/errors.ts'

type Fields = Readonly<Record<string, unknown>>

/** A record as `tail --json` prints it; `value` is decoded Avro or JSON, null for a tombstone. */
export interface DecodedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: string
  readonly key: string | null
  readonly headers: Readonly<Record<string, string>>
  readonly schema?: string
  readonly value: Fields | null
  /** Why the value could not be read. */
  readonly unreadable?: string
}

/** Decodes a record of an event or reply topic. A value that cannot be read is said, not thrown; throws 'registry.unavailable'. */
export async function decode(record: IncomingRecord, registry: SchemaRegistry): Promise<DecodedRecord> {
  const { topic, partition, offset, key } = record
  const place = {
    topic,
    partition,
    offset: Number(offset),
    timestamp: new Date(record.timestampMs).toISOString(),
    key: key?.toString('utf8') ?? null,
    headers: Object.fromEntries(Object.keys(record.headers).map(name => [name, headerOf(record.headers, name) ?? ''])),
  }
  if (record.value === null) return { ...place, value: null }
  if (record.value[0] === 0x7b) return { ...place, ...readJson(record.value) }
  try {
    const { schema, schemaName, value } = await decodeFramed(record.value, registry)
    return { ...place, schema: schemaName, value: recordToJson(schema, value) }
  } catch (error) {
    if (!isConnectorError(error, 'command.unreadable')) throw error
    return { ...place, value: null, unreadable: error.message }
  }
}

function readJson(value: Buffer): { value: Fields | null; unreadable?: string } {
  try {
    return { value: JSON.parse(value.toString('utf8')) as Fields }
  } catch {
    return { value: null, unreadable: 'the value begins like JSON, but is none' }
  }
}

/** The first value of a header as text. */
export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name]
  return (Buffer.isBuffer(value) ? value : value?.[0])?.toString('utf8')
}
