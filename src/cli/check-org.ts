import { connect } from 'node:net'
import type { Config } from '../core/config.ts'
import { isConnectorError } from '../core/errors.ts'
import { connectKafka } from '../kafka/connection.ts'
import { checkOrg, readLedger } from '../kafka/ledger.ts'
import { kafkaSettings } from '../main.ts'
import type { Gap } from './check-access.ts'

const connectMsMax = 3_000

/** What stands in the way of starting on this org: another one is on record. Undefined if Kafka does not answer. */
export async function orgGaps(config: Config, orgId: string): Promise<Gap[] | undefined> {
  const answering = await Promise.all(config.kafka.brokers.map(answers))
  if (!answering.includes(true)) return undefined
  const { environment, connector } = config
  const kafka = await connectKafka(kafkaSettings(config.kafka), () => undefined)
  try {
    const topic = `${config.kafka.topicPrefix}.connector.offsets`
    if (!(await kafka.describeTopic(topic))) return []
    const place = { topic, environment, connector }
    const ledger = await readLedger(kafka, place)
    if (ledger.orgId !== undefined) checkOrg(ledger.orgId, place, orgId)
    return []
  } catch (error) {
    if (!isConnectorError(error, 'salesforce.other_org')) throw error
    return [{ object: 'org', message: error.message, remedy: error.remedy }]
  } finally {
    await kafka.close()
  }
}

/** Whether a broker takes connections: the Kafka client would try for many seconds. */
function answers(broker: string): Promise<boolean> {
  const { hostname, port } = new URL(`tcp://${broker}`)
  return new Promise(resolve => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), timeout: connectMsMax })
    const end = (isOpen: boolean) => () => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.once('connect', end(true)).once('timeout', end(false)).once('error', end(false))
  })
}
