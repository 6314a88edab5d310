import { Kafka, logLevel } from 'kafkajs'
import { expect, inject, test } from 'vitest'

test('the stack of a test run is a broker that a client reaches and a registry that answers', async () => {
  const kafka = new Kafka({ brokers: inject('kafkaBrokers'), logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const { brokers } = await admin.describeCluster()
  await admin.disconnect()
  expect(brokers.map(broker => `${broker.host}:${broker.port}`).sort()).toEqual(inject('kafkaBrokers').toSorted())
  const response = await fetch(`${inject('registryUrl')}/subjects`)
  expect(await response.json()).toBeInstanceOf(Array)
})
