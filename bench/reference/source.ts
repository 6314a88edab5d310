import { readFileSync } from 'node:fs'
import jsforce from 'jsforce'
import { Kafka, logLevel } from 'kafkajs'

/** What the reference loop is told, as a JSON file. */
export interface ReferenceSettings {
  readonly loginUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly version: string
  readonly brokers: readonly string[]
  readonly topic: string
  readonly fields: readonly string[]
}

/**
 * What one writes without this product: jsforce's queryAll, page by page, each row as JSON through kafkajs, without
 * transactions, without a position, without telling new from known. A crash loses its place.
 */
const settings = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ReferenceSettings
const { loginUrl, clientId, clientSecret, version, brokers, topic, fields } = settings
const connection = new jsforce.Connection({ oauth2: { loginUrl, clientId, clientSecret }, version })
await connection.authorize({ grant_type: 'client_credentials' })
const producer = new Kafka({ brokers: [...brokers], logLevel: logLevel.ERROR }).producer()
await producer.connect()
const soql = `SELECT ${fields.join(', ')} FROM Contact ORDER BY SystemModstamp, Id`
let page = await connection.query(soql, { scanAll: true })
for (;;) {
  const messages = page.records.map(row => ({ key: row.Id ?? '', value: JSON.stringify(row) }))
  await producer.send({ topic, acks: -1, messages })
  if (page.done || !page.nextRecordsUrl) break
  page = await connection.queryMore(page.nextRecordsUrl)
}
await producer.disconnect()
