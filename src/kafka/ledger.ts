import { randomUUID } from 'node:crypto'
import type { IncomingRecord, OutgoingRecord } from '../core/contract.ts'
import { offset } from '../core/contract.ts'
import { ConnectorError, isConnectorError } from '../core/errors.ts'
import { retry } from '../core/retry.ts'
import type { KafkaConnection } from './connection.ts'

/** What the halves and the instances of one connector have agreed on, in partition 0 of the offsets topic. */
export interface Ledger {
  readonly orgId: string
  /** The offsets topic's partition of each object; never changes once given (design 4.4). */
  readonly partitions: ReadonlyMap<string, number>
}

export interface LedgerPlace {
  readonly topic: string
  readonly environment: string
  readonly connector: string
}

const ledgerPartition = 0
const claimLimits = { attemptsMax: 10, delayMsMin: 100, delayMsMax: 2_000 }
const readWaitMsMax = 500
const readBytesMax = 1_048_576

/**
 * Reads the ledger and enters what is missing: the org's id, a partition for each object. Entries are only ever added.
 * Two instances that start together fence each other here; the loser reads again. A different org on record is refused.
 */
export async function agree(
  kafka: KafkaConnection,
  place: LedgerPlace,
  orgId: string,
  objects: readonly string[],
): Promise<Ledger> {
  const known = await readLedger(kafka, place)
  if (missing(known, objects).length === 0 && known.orgId !== undefined) return checked(known, place, orgId)
  return retry(
    claimLimits,
    () => claim(kafka, place, orgId, objects),
    error => isConnectorError(error, 'kafka.fenced') || isConnectorError(error, 'kafka.transaction_failed'),
  )
}

/** As far as it has come: without an org before the first start. */
export interface LedgerState {
  orgId: string | undefined
  readonly partitions: Map<string, number>
}

const missing = (state: LedgerState, objects: readonly string[]): string[] =>
  objects.filter(object => !state.partitions.has(object))

/** What was agreed on by now; enters nothing. */
export async function readLedger(kafka: KafkaConnection, place: LedgerPlace): Promise<LedgerState> {
  const state: LedgerState = { orgId: undefined, partitions: new Map() }
  const until = await kafka.endOffset(place.topic, ledgerPartition)
  const read = { topic: place.topic, partition: ledgerPartition, from: offset(0), until }
  for await (const records of kafka.readPartition({ ...read, waitMsMax: readWaitMsMax, bytesMax: readBytesMax }))
    for (const record of records) enter(state, place, record)
  return state
}

function enter(state: LedgerState, place: LedgerPlace, record: IncomingRecord): void {
  const key = record.key?.toString() ?? ''
  if (!record.value || !key.startsWith(`${place.connector}/`)) return
  const name = key.slice(place.connector.length + 1)
  const value = JSON.parse(record.value.toString()) as { orgId?: string; partition?: number }
  if (name === 'org' && value.orgId) state.orgId = value.orgId
  if (name.startsWith('objects/') && value.partition)
    state.partitions.set(name.slice('objects/'.length), value.partition)
}

/** Throws `salesforce.other_org` unless the org is the one on record: positions of one org say nothing about another. */
export function checkOrg(onRecord: string | undefined, place: LedgerPlace, orgId: string): void {
  if (onRecord !== orgId)
    throw new ConnectorError(
      'salesforce.other_org',
      `connector ${place.connector} belongs to org ${onRecord}, but the credentials lead to org ${orgId}`,
      {
        remedy: 'Point the config at the first org, or give this connector another name: positions do not carry over.',
      },
    )
}

function checked(state: LedgerState, place: LedgerPlace, orgId: string): Ledger {
  checkOrg(state.orgId, place, orgId)
  return { orgId, partitions: state.partitions }
}

async function claim(
  kafka: KafkaConnection,
  place: LedgerPlace,
  orgId: string,
  objects: readonly string[],
): Promise<Ledger> {
  const writer = kafka.writer(`${place.environment}.${place.connector}.ledger`)
  try {
    // Fenced first, read afterwards: nobody else can add an entry between this read and our commit.
    await writer.fence()
    await writer.transact('ledger', tx => tx.send([entry(place, 'barrier', { id: randomUUID() })]))
    const state = await readLedger(kafka, place)
    if (state.orgId !== undefined) checked(state, place, orgId)
    const records: OutgoingRecord[] = []
    if (state.orgId === undefined) records.push(entry(place, 'org', { orgId }))
    let last = Math.max(ledgerPartition, ...state.partitions.values())
    for (const object of missing(state, objects)) {
      state.partitions.set(object, ++last)
      records.push(entry(place, `objects/${object}`, { partition: last }))
    }
    await kafka.createPartitions(place.topic, last + 1)
    if (records.length > 0) await writer.transact('ledger', tx => tx.send(records))
    return { orgId, partitions: state.partitions }
  } finally {
    await writer.close()
  }
}

const entry = (place: LedgerPlace, name: string, value: object): OutgoingRecord => ({
  topic: place.topic,
  partition: ledgerPartition,
  key: Buffer.from(`${place.connector}/${name}`),
  value: Buffer.from(JSON.stringify(value)),
})
