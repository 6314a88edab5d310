import type { ConnectionOptions } from 'node:tls'
import type { Kafka, LogEntry, logCreator, RetryOptions, SASLOptions } from 'kafkajs'
import { ConnectorError } from '../core/errors.ts'
import type { RawCluster } from './kafkajs-internals.ts'
import { Cluster, createLogger, createSocketFactory, kafkajs } from './kafkajs-repairs.ts'

/** How to reach Kafka, and the times that bound a member, a transaction and a request. */
export interface KafkaSettings {
  readonly clientId: string
  /** `host:port` each. */
  readonly brokers: readonly string[]
  readonly ssl?: boolean | ConnectionOptions
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  }
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly transactionTimeoutMs: number
  /** Of requests to Kafka. */
  readonly requestTimeoutMs: number
}

/** Where what kafkajs has to say goes; details never hold a secret. */
export type KafkaLog = (level: 'debug' | 'info' | 'warn' | 'error', message: string, details: object) => void

const connectTimeoutMs = 5_000
/** After this, new partitions and moved leaders are noticed even if nothing failed. */
export const metadataAgeMsMax = 60_000

/** kafkajs chooses other defaults when NODE_ENV is "test", so every value is given. */
export const patientRetry = {
  initialRetryTime: 100,
  maxRetryTime: 1_000,
  factor: 0.2,
  multiplier: 2,
  retries: 5,
} satisfies RetryOptions

/** For writers: a new transaction is refused for the 10-25 ms in which the broker ends the last one (kafka-facts 0.1). */
export const promptRetry = {
  initialRetryTime: 20,
  maxRetryTime: 40,
  factor: 0,
  multiplier: 1.2,
  retries: 200,
} satisfies RetryOptions

/** Said in the normal course of every other transaction (kafka-facts 0.1), and repeated until it is no longer said. */
const isRoutine = (text: unknown): boolean =>
  String(text).includes('another concurrent operation on the same transaction')

/** kafkajs calls every retry an error; what matters is thrown as well, so its errors are warnings here and its news details. */
function logTo(log: KafkaLog): logCreator {
  return () => (entry: LogEntry) => {
    const { message, timestamp, logger, stack, error, ...details } = entry.log
    const reason = error instanceof Error ? error.message : error
    // What a broker refused is passed on as an error, and judged by whoever asked.
    const isRefusal = entry.namespace === 'Connection' && message.startsWith('Response ')
    const isWarning = entry.level <= kafkajs.logLevel.WARN && !isRefusal && !isRoutine(message)
    log(isWarning ? 'warn' : 'debug', `kafkajs ${entry.namespace}: ${message}`, {
      ...details,
      ...(reason === undefined ? {} : { reason }),
    })
  }
}

function network(settings: KafkaSettings) {
  return {
    clientId: settings.clientId,
    brokers: [...settings.brokers],
    ...(settings.ssl === undefined ? {} : { ssl: settings.ssl }),
    ...(settings.sasl === undefined ? {} : { sasl: settings.sasl as SASLOptions }),
    connectionTimeout: connectTimeoutMs,
    requestTimeout: settings.requestTimeoutMs,
  }
}

/** A kafkajs client. Producers and consumers must not share one: it shares a map of offsets between them (kafka-facts 1.2). */
export function createKafka(settings: KafkaSettings, log: KafkaLog, retry: RetryOptions): Kafka {
  return new kafkajs.Kafka({
    ...network(settings),
    retry,
    logLevel: kafkajs.logLevel.INFO,
    logCreator: logTo(log),
  })
}

const readUncommitted = 0

/** kafkajs's cluster itself, for requests that its public API does not offer. Lookups of the end answer the high watermark. */
export function createCluster(settings: KafkaSettings, log: KafkaLog): RawCluster {
  return new Cluster({
    ...network(settings),
    isolationLevel: readUncommitted,
    logger: createLogger({ level: kafkajs.logLevel.INFO, logCreator: logTo(log) }),
    socketFactory: createSocketFactory(),
    retry: patientRetry,
    allowAutoTopicCreation: false,
    metadataMaxAge: metadataAgeMsMax,
  })
}

/** The broker's name of an error (INVALID_PRODUCER_EPOCH, …), found through what kafkajs wrapped around it. */
export function brokerErrorOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const { type, errors } = at as { type?: unknown; errors?: readonly unknown[] }
    if (typeof type === 'string') return type
    if (errors?.[0] !== undefined) return brokerErrorOf(errors[0])
  }
  return undefined
}

/** False for what no repetition mends: refused credentials, missing rights, wrong requests, our own errors. */
export function isPassing(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if (at instanceof ConnectorError || at instanceof TypeError || at instanceof RangeError) return false
    const { name, retriable } = at as { name: string; retriable?: boolean }
    // Retries used up says nothing of the cause, except that it was worth repeating.
    if (name === 'KafkaJSNumberOfRetriesExceeded' || name.startsWith('KafkaJSConnection')) return true
    if (retriable === true) return true
  }
  return false
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** What to do about it, by the broker's error; for the errors that an operator can mend. */
const remedies: Readonly<Record<string, string>> = {
  SASL_AUTHENTICATION_FAILED: 'Check kafka.sasl: the mechanism, the user name and the password.',
  UNSUPPORTED_SASL_MECHANISM: 'Check kafka.sasl.mechanism against what the brokers offer.',
  TOPIC_AUTHORIZATION_FAILED: 'Grant this user read, write and describe on the topic, and create on the cluster.',
  GROUP_AUTHORIZATION_FAILED: 'Grant this user read on the consumer group.',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'Grant this user write and describe on the transactional id.',
  CLUSTER_AUTHORIZATION_FAILED: 'Grant this user create on the cluster, or create the topics beforehand.',
  INVALID_TRANSACTION_TIMEOUT: "Set kafka.transaction_timeout_ms to at most the brokers' transaction.max.timeout.ms.",
  INVALID_SESSION_TIMEOUT:
    "Set kafka.session_timeout_ms between the brokers' group.min.session.timeout.ms and group.max.session.timeout.ms.",
}

/** A failure to reach Kafka or to be let in, with its cause and what to do. */
export function unavailable(doing: string, cause: unknown): ConnectorError {
  if (cause instanceof ConnectorError) return cause
  const type = brokerErrorOf(cause)
  const remedy =
    (type === undefined ? undefined : remedies[type]) ??
    'Check that kafka.brokers names brokers this host can reach (advertised.listeners included), and kafka.ssl and kafka.sasl.'
  return new ConnectorError('kafka.unavailable', `${doing}: ${messageOf(cause)}`, { cause, remedy })
}
