import type { SchemaRegistry } from '../avro/registry.ts'
import { type Offset, offset } from '../core/contract.ts'
import { ConnectorError, isConnectorError } from '../core/errors.ts'
import type { KafkaConnection } from '../kafka/connection.ts'
import type { Format } from './command.ts'
import { Duplicates, isFinal } from './duplicates.ts'
import { decodeReply, firstOf, type ReplyWriter } from './reply.ts'

export interface RecallLimits {
  readonly countMax: number
  readonly ageMsMax: number
}

const bytesMax = 64 * 1_048_576
const readWaitMsMax = 500
const readBytesMax = 4 * 1_048_576
/** A transaction's marker takes an offset as well; with one reply in each, every second offset is a marker. */
const offsetsPerReply = 2n

export interface RecallParts {
  readonly kafka: KafkaConnection
  readonly registry: SchemaRegistry
  readonly replies: ReplyWriter
  readonly limits: RecallLimits
}

/**
 * The memory of one partition, read from the tail of its reply partition (design 4.3). To be called behind the fence:
 * then no former owner can add to the tail any more.
 */
export async function recall(parts: RecallParts, partition: number, signal: AbortSignal): Promise<Duplicates> {
  const { kafka, replies, limits } = parts
  const memory = new Duplicates({ countMax: limits.countMax, bytesMax })
  if (limits.countMax === 0 || limits.ageMsMax === 0) return memory
  const { topic } = replies
  const until = await kafka.endOffset(topic, partition)
  const since = Date.now() - limits.ageMsMax
  const from = await tailStart(parts, partition, until, since)
  if (from >= until) return memory
  const read = { topic, partition, from, until, signal, waitMsMax: readWaitMsMax, bytesMax: readBytesMax }
  for await (const records of kafka.readPartition(read))
    for (const record of records)
      if (record.value && record.timestampMs >= since) {
        const json = firstOf(record.headers, 'content-type')?.toString('latin1').startsWith('application/json')
        await enter(memory, parts, record.value, json ? 'json' : 'avro')
      }
  if (signal.aborted) throw new ConnectorError('internal.stopped', 'the generation ended while the replies were read')
  return memory
}

async function tailStart(
  { kafka, replies, limits }: RecallParts,
  partition: number,
  until: Offset,
  since: number,
): Promise<Offset> {
  const start = await kafka.startOffset(replies.topic, partition)
  const aged = (await kafka.offsetAt(replies.topic, partition, since)) ?? until
  const counted = until - BigInt(limits.countMax) * offsetsPerReply
  return offset([start, aged, counted].reduce((latest, each) => (each > latest ? each : latest), 0n))
}

async function enter(memory: Duplicates, parts: RecallParts, value: Buffer, format: Format): Promise<void> {
  try {
    const reply = await decodeReply(value, format, parts.registry)
    // A copy: the value as read is a window on a whole fetch, which would stay in memory with it.
    if (isFinal(reply))
      memory.remember(reply.commandId, {
        commandHash: reply.commandHash,
        value: Buffer.from(value),
        format,
        inDoubt: reply.status === 'IN_DOUBT',
      })
  } catch (error) {
    // Not one of our replies; it answers nobody.
    if (!isConnectorError(error, 'command.unreadable')) throw error
  }
}
