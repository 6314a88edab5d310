import { expect, test } from 'vitest'
import type { OutgoingRecord, Row, SchemaId } from '../../src/core/contract.ts'
import { ConnectorError } from '../../src/core/errors.ts'
import type { TransactionalWriter } from '../../src/kafka/transaction.ts'
import { SalesforceError } from '../../src/salesforce/salesforce-error.ts'
import { Deletes } from '../../src/source/deletes.ts'
import { FieldSets } from '../../src/source/field-sets.ts'
import { Pace } from '../../src/source/pace.ts'
import { PartLimits } from '../../src/source/part-limits.ts'
import { readObject } from '../../src/source/read-object.ts'
import type { Reading } from '../../src/source/record.ts'
import { Selection } from '../../src/source/selection.ts'
import type { TaskParts } from '../../src/source/task.ts'
import { startPosition } from '../../src/source/watermark.ts'
import { Window } from '../../src/source/window.ts'
import type { Events } from '../../src/telemetry/events.ts'
import { fieldDescribe, objectDescribe } from '../avro/contact-describe.ts'
import { everyTrigger } from './every-trigger.ts'

const nowMs = Date.parse('2026-11-25T10:00:00.000Z')
const fields = ['Id', 'IsDeleted', 'SystemModstamp', 'CreatedDate', 'LastModifiedById', 'LastName']
const described = objectDescribe(
  'Contact',
  fields.map(name => fieldDescribe(name, 'string')),
)
const stamp = new Date(nowMs - 1_000).toISOString()
const row = (n: number): Row => ({
  Id: `00300000000000${n}AAA`,
  IsDeleted: false,
  SystemModstamp: stamp,
  CreatedDate: stamp,
  LastModifiedById: 'u',
  LastName: `Contact ${n}`,
})

const refused = new SalesforceError({
  code: 'salesforce.query_lost',
  message: 'the cursor is gone',
  remedy: '',
  executed: 'no',
  retryable: false,
})
const lost = new ConnectorError('kafka.transaction_failed', 'the outcome is unknown')

/** What two pages meet: the second one's answer, and how the commits end. */
interface Course {
  readonly secondPage: (signal: AbortSignal) => Promise<{ body: object }>
  readonly commit: (attempt: number) => Promise<void>
}

function start({ secondPage, commit }: Course) {
  const told: string[] = []
  const committed: OutgoingRecord[][] = []
  const readFirst = async () => ({ done: false, nextRecordsUrl: '/services/data/v67.0/query/0r8-1', records: [row(1)] })
  const request = async ({ signal }: { signal: AbortSignal }) => {
    told.push('second page asked for')
    return secondPage(signal)
  }
  const salesforce = { request, breaker: { isOpen: false }, now: () => nowMs, apiVersion: '67.0' }
  const events = new Proxy({}, { get: () => () => undefined }) as Events
  const selection = new Selection(described, everyTrigger, 'GMT')
  const limits = new PartLimits({ topic: 'events', messageBytesMax: 1_000_000, recordsMax: 100, bytesMax: 1_000_000 })
  const codec = { schemaId: 1 as SchemaId, encode: (value: object) => Buffer.from(JSON.stringify(value)) }
  const parts = {
    salesforce,
    reads: { read: readFirst },
    audits: { salesforce, reads: { read: readFirst } },
    events,
    describe: described,
    selection,
    limits,
    confirm: async () => undefined,
    context: {
      object: 'Contact',
      orgId: 'o',
      userId: 'u',
      triggerOf: () => 'contact-created',
      toRecord: (r: Row) => r,
    },
    to: { topic: 'events', partitions: 1, codec, typePrefix: 'salesforce.contact', traceparent: () => '' },
    skipsOwnChanges: false,
    deadLetterTopic: 'events.dlq',
    place: { topic: 'offsets', partition: 0, object: 'Contact', connector: 'c', orgId: 'o' },
    now: () => nowMs,
    spans: { lookbackMs: 60_000, auditMs: 60_000 },
    windowEntriesMax: 1_000,
    pageRowsMax: 2_000,
  } as unknown as TaskParts
  const writer = {
    transact: async (_: string, work: (tx: object) => Promise<void>) => {
      const records: OutgoingRecord[] = []
      await work({ send: async (some: OutgoingRecord[]) => void records.push(...some) })
      told.push(`commit ${committed.push(records)} begins`)
      await commit(committed.length)
      told.push(`commit ${committed.length} ends`)
    },
  } as unknown as TransactionalWriter
  const reading: Reading = {
    position: startPosition(nowMs - 30_000),
    window: new Window(),
    deletes: new Deletes(),
    fields: new FieldSets(),
  }
  const pace = new Pace(
    { intervalMs: 1_000, idleIntervalMs: 1_000, auditIntervalMs: 1e9, lookbackMs: 60_000, pageRowsMax: 2_000 },
    () => 0,
  )
  const outcome = readObject(parts, writer, reading, pace, new AbortController().signal)
  outcome.catch(() => undefined)
  return { outcome, told, committed, reading }
}

const idOf = ({ key }: OutgoingRecord): string => String(key)
const lastPage = { body: { done: true, records: [row(2)] } }

test('a page is prepared while the former one is committed, and committed after it', async () => {
  const first = Promise.withResolvers<void>()
  const secondRead = Promise.withResolvers<void>()
  const { outcome, told, committed } = start({
    secondPage: async () => {
      secondRead.resolve()
      return lastPage
    },
    commit: attempt => (attempt === 1 ? first.promise : Promise.resolve()),
  })
  await secondRead.promise
  await expect.poll(() => told).toContain('commit 1 begins')
  expect(told).not.toContain('commit 2 begins')
  first.resolve()
  await outcome
  expect(told.filter(line => line.startsWith('commit'))).toEqual([
    'commit 1 begins',
    'commit 1 ends',
    'commit 2 begins',
    'commit 2 ends',
  ])
  const events = committed.map(records => records.filter(({ topic }) => topic === 'events').map(idOf))
  expect(events).toEqual([[row(1).Id], [row(2).Id]])
})

test('a commit that fails outranks a Salesforce that fails meanwhile: only the offsets topic knows what holds', async () => {
  const first = Promise.withResolvers<void>()
  const { outcome, told } = start({
    secondPage: async () => {
      throw refused
    },
    commit: () => first.promise,
  })
  await expect.poll(() => told).toContain('commit 1 begins')
  first.reject(lost)
  await expect(outcome).rejects.toBe(lost)
})

test('a Salesforce that fails waits for the commit under way: what was read before it stands', async () => {
  const first = Promise.withResolvers<void>()
  const { outcome, told, reading } = start({
    secondPage: async () => {
      throw refused
    },
    commit: () => first.promise,
  })
  let hasEnded = false
  outcome.catch(() => {
    hasEnded = true
  })
  await expect.poll(() => told).toEqual(expect.arrayContaining(['commit 1 begins', 'second page asked for']))
  expect(hasEnded).toBe(false)
  first.resolve()
  await expect(outcome).rejects.toBe(refused)
  expect(told).toContain('commit 1 ends')
  expect(reading.window.hasId(String(row(1).Id))).toBe(true)
})

test('a commit that fails ends the wait for a Salesforce that does not answer', async () => {
  const { outcome } = start({
    secondPage: signal =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    commit: () => Promise.reject(lost),
  })
  await expect(outcome).rejects.toBe(lost)
})

test('a commit that fails is told before the next is begun', async () => {
  const { outcome, committed } = start({ secondPage: async () => lastPage, commit: () => Promise.reject(lost) })
  await expect(outcome).rejects.toBe(lost)
  expect(committed).toHaveLength(1)
})
