import { randomUUID } from 'node:crypto'
import type { Config } from '../../src/core/config.ts'
import type { OutgoingRecord } from '../../src/core/contract.ts'
import { connectKafka, type KafkaConnection } from '../../src/kafka/connection.ts'
import type { Transaction, TransactionalWriter } from '../../src/kafka/transaction.ts'
import { kafkaSettings } from '../../src/main.ts'
import type { Events } from '../../src/telemetry/events.ts'

type Wrap = (kafka: KafkaConnection) => KafkaConnection

/** Rules broken on purpose: the checker must report what follows, or it checks nothing. */
export async function breakRule(rule: string, config: Config, events: Events): Promise<Wrap> {
  if (rule === 'no-marks') return withWriter(withoutMarks)
  if (rule === 'two-transactions') return withWriter(inTwoTransactions)
  if (rule !== 'random-transactional-id') throw new Error(`no rule is called ${rule}`)
  // The broker would end the stopped owner's transaction in time: a longer timeout than the session is part of the fault.
  const settings = { ...kafkaSettings(config.kafka), transactionTimeoutMs: 120_000 }
  const patient = await connectKafka(settings, events.kafkaSaid)
  return kafka => ({ ...kafka, writer: id => patient.writer(`${id}-${randomUUID()}`) })
}

const withWriter =
  (wrap: (writer: TransactionalWriter) => TransactionalWriter): Wrap =>
  kafka => ({ ...kafka, writer: id => wrap(kafka.writer(id)) })

const delegate = (writer: TransactionalWriter, transact: TransactionalWriter['transact']): TransactionalWriter => ({
  transactionalId: writer.transactionalId,
  fence: () => writer.fence(),
  close: () => writer.close(),
  transact,
})

/** Rule 8 broken: nothing is on record before an unsafe request is sent. */
const withoutMarks = (writer: TransactionalWriter): TransactionalWriter =>
  delegate(writer, async (label, work) => {
    if (label !== 'mark') await writer.transact(label, work)
  })

/** Rule 1 broken: the watermark is committed after its records, in a transaction of its own. */
const inTwoTransactions = (writer: TransactionalWriter): TransactionalWriter =>
  delegate(writer, async (label, work) => {
    if (label !== 'records') return writer.transact(label, work)
    const isPosition = (record: OutgoingRecord): boolean => record.topic.endsWith('.connector.offsets')
    const only = (tx: Transaction, wanted: (record: OutgoingRecord) => boolean): Transaction => ({
      send: records => tx.send(records.filter(wanted)),
      sendOffset: committed => tx.sendOffset(committed),
    })
    await writer.transact('records', tx => work(only(tx, record => !isPosition(record))))
    await writer.transact('position', tx => work(only(tx, isPosition)))
  })
