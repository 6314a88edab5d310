import { connectRegistry, type SchemaRegistry } from '../avro/registry.ts'
import type { Config } from '../core/config.ts'
import { loadConfig } from '../core/config-load.ts'
import { secretsOf } from '../core/config-options.ts'
import { ConnectorError } from '../core/errors.ts'
import { connectKafka, type KafkaConnection } from '../kafka/connection.ts'
import { kafkaSettings } from '../main.ts'
import type { Session } from './session.ts'

/** What a command that reads or writes topics works with. */
export interface Topics {
  readonly config: Config
  readonly kafka: KafkaConnection
  readonly registry: SchemaRegistry
}

/** Connects as the config says, runs `work`, and disconnects. With --debug the Kafka client's words go to stderr. */
export async function withTopics<T>(file: string, session: Session, work: (topics: Topics) => Promise<T>): Promise<T> {
  const config = loadConfig(file, session.terminal.env)
  session.hide(secretsOf(config))
  const kafka = await connectKafka(kafkaSettings(config.kafka), (level, message) => {
    if (session.debug) session.terminal.note(`${level}: ${message}`)
  })
  try {
    return await work({ config, kafka, registry: connectRegistry(config.registry) })
  } finally {
    await kafka.close()
  }
}

/** Number of the topic's partitions; throws 'kafka.topic_invalid' if it does not exist. */
export async function partitionsOf(kafka: KafkaConnection, topic: string): Promise<number> {
  const found = await kafka.describeTopic(topic)
  if (found) return found.partitions
  throw new ConnectorError('kafka.topic_invalid', `the topic ${topic} does not exist`, {
    remedy: 'Start the connector (salesforce-kafka run), which creates its topics, or check kafka.topic_prefix.',
  })
}
