import { randomUUID } from 'node:crypto'
import { actions, objectOf } from '../actions.ts'
import { compileWriter } from '../avro/codec.ts'
import { namespaceOf, objectSlug } from '../avro/names.ts'
import { type AvroRecordSchema, resolveSchema } from '../avro/schema.ts'
import type { Config } from '../core/config.ts'
import type { Offset, OutgoingRecord } from '../core/contract.ts'
import { ConnectorError, isConnectorError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { partitionFor } from '../kafka/partitioner.ts'
import { traceparent } from '../telemetry/trace.ts'
import { type CommandOptions, composeCommand, type JsonCommand } from './command.ts'
import { toAvro } from './command-value.ts'
import { type DecodedRecord, decode, headerOf } from './decode.ts'
import { describeReply } from './describe-record.ts'
import { exitCodes } from './failure.ts'
import type { Session } from './session.ts'
import { partitionsOf, type Topics, withTopics } from './topics.ts'

const waitMsMax = 200
const bytesMax = 1_048_576

export interface SendOptions extends CommandOptions, Sending {
  readonly config: string
  readonly jsonCommand?: string
}

/** `send`: one command, then its reply, printed. Exit code 0 only if it succeeded. */
export const send = (options: SendOptions, session: Session): Promise<number> =>
  withTopics(options.config, session, async topics => {
    const draft = await composeCommand(options, options.jsonCommand, session.terminal)
    const { subject } = namesOf(topics.config, draft.action)
    const registered = draft.isTyped ? await topics.registry.latest(subject) : undefined
    const command = draft.finish(registered && resolveSchema(registered.schema), randomUUID())
    const { value } = await sendCommand(topics, command, options)
    const { terminal } = session
    terminal.out(session.json ? JSON.stringify(value) : describeReply(value ?? {}, terminal))
    return value?.status === 'SUCCEEDED' ? exitCodes.ok : exitCodes.failure
  })

/** How a command is sent and how long its reply is waited for. */
export interface Sending {
  /** Default: the record id, else the command id. */
  readonly key?: string
  /** Avro by the schema the connector registered, instead of JSON. */
  readonly avro?: boolean
  readonly timeoutMs: number
}

/** Sends a command and returns its reply. Throws 'usage.invalid', or 'command.unanswered' after the time set. */
export async function sendCommand(topics: Topics, command: JsonCommand, sending: Sending): Promise<DecodedRecord> {
  const names = namesOf(topics.config, command.action)
  const key = Buffer.from(sending.key ?? command.recordId ?? command.commandId)
  const partition = partitionFor(key, await partitionsOf(topics.kafka, names.commands))
  // Taken before sending, so that the reply cannot be missed.
  const from = await topics.kafka.endOffset(names.replies, partition)
  const value = sending.avro ? await encodeAvro(topics, command, names.subject) : Buffer.from(JSON.stringify(command))
  const headers = {
    'content-type': Buffer.from(sending.avro ? 'application/avro' : 'application/json'),
    traceparent: Buffer.from(traceparent()),
  }
  await write(topics, { topic: names.commands, partition, key, value, headers })
  return awaitReply(topics, { topic: names.replies, partition, from }, command.commandId, sending.timeoutMs)
}

interface Names {
  readonly commands: string
  readonly replies: string
  /** Under which the registry keeps the command's schema (avro/registry.ts, topicRecordNameSubject). */
  readonly subject: string
}

function namesOf(config: Config, action: string): Names {
  const object = objectOf(action, config.sink.objects)
  if (object === undefined) {
    const meant = nearest(action, Object.keys(actions))
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`
    throw new ConnectorError('usage.invalid', `there is no action ${action}${hint}`, {
      remedy: 'See salesforce-kafka catalog.',
    })
  }
  const topic = `${config.kafka.topicPrefix}.${objectSlug(object)}`
  const commands = `${topic}.commands`
  return { commands, replies: `${topic}.replies`, subject: `${commands}-${namespaceOf(object)}.${action}` }
}

async function encodeAvro({ registry }: Topics, command: JsonCommand, subject: string): Promise<Buffer> {
  const registered = await registry.latest(subject)
  if (!registered)
    throw new ConnectorError('usage.invalid', `the registry has no schema under ${subject}`, {
      remedy: 'Start the connector (salesforce-kafka run), which registers it, or send JSON.',
    })
  const schema = registered.schema as AvroRecordSchema
  const { action: _, ...content } = command
  try {
    return compileWriter(schema, registered.id).encode(toAvro(resolveSchema(schema), content))
  } catch (error) {
    if (!isConnectorError(error, 'internal.bug')) throw error
    throw new ConnectorError('usage.invalid', `the command does not fit its schema: ${error.message}`, {
      remedy: 'Correct the fields named, or send it as JSON and let the reply say what is wrong.',
    })
  }
}

async function write({ kafka, config }: Topics, record: OutgoingRecord): Promise<void> {
  const writer = kafka.writer(`${config.environment}.${config.connector}.send.${randomUUID()}`)
  try {
    await writer.fence()
    await writer.transact('send', tx => tx.send([record]))
  } finally {
    await writer.close()
  }
}

async function awaitReply(
  { kafka, registry }: Topics,
  place: { readonly topic: string; readonly partition: number; readonly from: Offset },
  commandId: string,
  timeoutMs: number,
): Promise<DecodedRecord> {
  const signal = AbortSignal.timeout(timeoutMs)
  // We send no ce_correlationid, so the reply's is our commandId.
  for await (const records of kafka.readPartition({ ...place, signal, waitMsMax, bytesMax }))
    for (const record of records)
      if (headerOf(record.headers, 'ce_correlationid') === commandId) return decode(record, registry)
  throw new ConnectorError('command.unanswered', `no reply to command ${commandId} within ${timeoutMs} ms`, {
    remedy: 'Check that a connector runs with its sink on. The command stays on its topic and is answered once.',
  })
}
