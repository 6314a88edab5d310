import type { SchemaRegistry } from '../avro/registry.ts'
import type { IncomingRecord } from '../core/contract.ts'
import { isConnectorError } from '../core/errors.ts'
import type { Entry } from './answer.ts'
import { type Deserialized, deserialize } from './deserialize.ts'
import type { Item } from './item.ts'
import { type ReplyWriter, recordOf } from './reply.ts'
import type { Shapes, SinkShape } from './shape.ts'

/** The records that are handled together, as read, and the shape they were read in. */
export interface ReadBatch {
  readonly records: readonly IncomingRecord[]
  readonly read: readonly Deserialized[]
  readonly shape: SinkShape
}

/**
 * Reads the records. What does not fit may have been written for fields that Salesforce has only now: it is read again if
 * describe says so. While the registry is out of reach, records before the first in Avro are read alone. Throws
 * 'registry.unavailable' if there are none.
 */
export async function readInShape(
  records: readonly IncomingRecord[],
  shapes: Shapes,
  registry: SchemaRegistry,
): Promise<ReadBatch> {
  try {
    return await readAll(records, shapes, registry)
  } catch (error) {
    const first = records.findIndex(({ value }) => value?.[0] === 0)
    if (first <= 0 || !isConnectorError(error, 'registry.unavailable')) throw error
    return readAll(records.slice(0, first), shapes, registry)
  }
}

async function readAll(
  records: readonly IncomingRecord[],
  shapes: Shapes,
  registry: SchemaRegistry,
): Promise<ReadBatch> {
  let shape = shapes.current()
  let read = await readIn(records, shape, registry)
  if (read.some(each => each.kind === 'invalid' && each.error.code === 'command.invalid')) {
    const renewed = await shapes.doubt()
    if (renewed.object !== shape.object) read = await readIn(records, renewed, registry)
    shape = renewed
  }
  // Nothing is executed that could not be answered.
  const needsAvro = read.some(each => formatOf(each) === 'avro')
  return { records, read, shape: needsAvro ? { ...(await shapes.registered()), object: shape.object } : shape }
}

const readIn = (records: readonly IncomingRecord[], { object }: SinkShape, registry: SchemaRegistry) =>
  Promise.all(records.map(record => deserialize(record, object, registry)))

function formatOf(read: Deserialized) {
  if (read.kind === 'dead-letter') return undefined
  return read.kind === 'command' ? read.command.format : read.format
}

/** A read that Salesforce refused for a field that describe named when it was last asked (salesforce-facts 2.5). */
export const isOutdatedRead = ({ command, settled }: Item): boolean =>
  command.definition.operation === 'get' &&
  settled?.kind === 'outcome' &&
  settled.outcome.status === 'FAILED' &&
  settled.outcome.errors.some(({ code }) => code === 'INVALID_FIELD')

/**
 * A writer of replies that all the rows that were read fit: describe may have changed since. Throws 'registry.unavailable'
 * if that one cannot write Avro yet.
 */
export async function writerFor(entries: readonly Entry[], shapes: Shapes, replies: ReplyWriter): Promise<ReplyWriter> {
  const misfits = entries.filter(({ item }) => item && !fits(item, replies))
  if (misfits.length === 0) return replies
  const renewed = await shapes.doubt()
  const needsAvro = entries.some(({ item }) => item?.command.format === 'avro')
  return needsAvro ? (await shapes.registered(true)).replies : renewed.replies
}

function fits({ command, settled }: Item, replies: ReplyWriter): boolean {
  if (settled?.kind !== 'outcome' || settled.outcome.row === null) return true
  try {
    recordOf(settled.outcome.row, command.format, replies)
    return true
  } catch (error) {
    if (isConnectorError(error, 'salesforce.bad_answer')) return false
    throw error
  }
}
