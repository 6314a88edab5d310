import { z } from 'zod'
import { auth, isHttpUrl, loginUrl } from './config-auth.ts'
import { doc, secret, section, text } from './config-section.ts'
import { objectTriggers } from './config-triggers.ts'

const ms = (min: number, max: number) => z.int().min(min).max(max)
const count = (min: number, max: number) => z.int().min(min).max(max)

const hourMs = 3_600_000
const dayMs = 24 * hourMs

const name = z.string().regex(/^[a-z0-9-]{1,40}$/, '1 to 40 of a-z, 0-9 and -')
const objectName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,79}$/, 'an object name of Salesforce, as Contact or Invoice__c')
const topicName = z
  .string()
  .regex(/^[a-zA-Z0-9._-]{1,249}$/, 'a topic name: 1 to 249 of a-z, A-Z, 0-9, ".", "_" and "-"')
const httpUrl = z
  .string()
  .refine(isHttpUrl, 'a URL that starts with https:// or http://, without user, query or fragment')
  .transform(url => url.replace(/\/+$/, ''))

const salesforce = section({
  login_url: loginUrl,
  api_version: z
    .string()
    .regex(/^[0-9]{2}\.0$/, 'a quoted API version, as "68.0"')
    .default('68.0')
    .meta(doc('Version of the REST API.')),
  auth,
  request_timeout_ms: ms(100, 600_000).default(120_000).meta(doc('Longest wait for one answer of Salesforce.')),
  api_reserve: z
    .number()
    .min(0)
    .max(1_000_000_000)
    .refine(value => value < 1 || Number.isInteger(value), 'a share below 1, as 0.1, or a whole number of calls')
    .default(0.1)
    .meta(
      doc("Daily API calls left to the org's other clients: below 1 a share of its limit, else a number of calls."),
    ),
  api_share_max: z
    .number()
    .min(0.01)
    .max(1)
    .default(0.8)
    .meta(doc("Largest share of the org's daily API limit that all instances use together.")),
  instances_max: count(1, 100)
    .default(3)
    .meta(doc('Most instances that run side by side; each takes its part of `api_share_max`.')),
}).meta(doc('The org.'))

const sasl = section({
  mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).meta(doc('SASL mechanism of the brokers.')),
  username: text().meta(doc('User at the brokers.')),
  password: secret('Password at the brokers.'),
})

const kafka = section({
  brokers: z
    .array(z.string().regex(/^[^\s:/]+:[0-9]{1,5}$|^\[[0-9a-fA-F:]+\]:[0-9]{1,5}$/, 'host:port'))
    .min(1)
    .max(100)
    .meta(doc('Brokers to start from, as host:port.')),
  client_id: text().default('salesforce-kafka').meta(doc('Client id shown in the logs of the brokers and quotas.')),
  ssl: z.boolean().default(false).meta(doc('Connect by TLS.')),
  ca: z.string().min(1).max(65_536).exactOptional().meta(doc('CA certificates in PEM form, if not a public CA.')),
  sasl: sasl.exactOptional().meta(doc('Sign-in at the brokers.')),
  topic_prefix: topicName.max(100).default('salesforce').meta(doc('First part of every topic name.')),
  replication_factor: count(1, 10).default(3).meta(doc('Replicas of topics created by the connector.')),
  command_partitions: count(1, 1_000)
    .default(4)
    .meta(doc('Partitions of created command, reply and dead-letter topics.')),
  event_partitions: count(1, 1_000).default(4).meta(doc('Partitions of created event topics.')),
  create_topics: z.boolean().default(true).meta(doc('Create the topics that are missing.')),
  session_timeout_ms: ms(1_000, 1_800_000)
    .default(180_000)
    .meta(doc('A member without heartbeats this long loses its partitions.')),
  rebalance_timeout_ms: ms(1_000, 3_600_000)
    .default(240_000)
    .meta(doc('Time for members to finish open work in a rebalance.')),
  heartbeat_interval_ms: ms(100, 60_000).default(5_000).meta(doc('Time between heartbeats.')),
  transaction_timeout_ms: ms(1_000, 900_000)
    .default(30_000)
    .meta(doc('The broker aborts a transaction open longer than this.')),
  request_timeout_ms: ms(100, 300_000).default(30_000).meta(doc('Longest wait for one answer of a broker.')),
}).meta(doc('The brokers, topics and group membership.'))

const registry = section({
  url: httpUrl.meta(doc('Schema registry with the REST API of Confluent.')),
  username: text().exactOptional().meta(doc('User at the registry.')),
  password: secret('Password at the registry.').exactOptional(),
}).meta(doc('The schema registry.'))

const interval = ms(100, dayMs)
const standardObjects = ['Contact', 'Lead', 'Task', 'Account', 'Opportunity', 'Campaign', 'Product2', 'Order']
const start = (description: string) =>
  z
    .union(
      [z.enum(['now', 'earliest', 'snapshot']), z.iso.datetime({ offset: true }).transform(at => Date.parse(at))],
      {
        error: 'now, earliest, snapshot or a time as 2026-01-31T00:00:00Z',
      },
    )
    .meta(doc(description))

const sourceObject = section({
  interval_ms: interval.exactOptional().meta(doc('Time between polls of this object; default: source.interval_ms.')),
  start: start('Where this object starts if it was never polled; default: source.start.').exactOptional(),
  triggers: objectTriggers,
})

const source = section({
  enabled: z.boolean().default(true).meta(doc('Run the source: Salesforce to Kafka.')),
  interval_ms: interval.default(10_000).meta(doc('Time between polls of an object.')),
  idle_interval_ms: interval
    .default(40_000)
    .meta(doc('Longest time between polls of an object on which nothing happens; the interval doubles up to it.')),
  audit_interval_ms: ms(300_000, dayMs)
    .default(900_000)
    .meta(doc('Time between audits by getUpdated and getDeleted, which find what polls missed.')),
  lookback_ms: ms(0, dayMs).default(600_000).meta(doc('How far behind the watermark each poll looks again.')),
  window_entries_max: count(1_000, 100_000_000)
    .default(1_000_000)
    .meta(doc('Versions of rows kept within the lookback.')),
  page_rows_max: count(200, 2_000).default(2_000).meta(doc('Rows asked for per page.')),
  records_max: count(1, 100_000).default(2_000).meta(doc('Events of one transaction; what is more goes in the next.')),
  bytes_max: count(1_024, 1_073_741_824)
    .default(16_777_216)
    .meta(doc('Bytes of the events of one transaction; one event that is larger goes alone.')),
  skip_own_changes: z
    .boolean()
    .default(false)
    .meta(
      doc("Leave out changes made by the connector's own user; otherwise their events say changedByConnector: true."),
    ),
  numbers: z
    .enum(['double', 'decimal', 'string'])
    .default('double')
    .meta(
      doc('How events carry numbers with a fraction, currencies and percents; another choice gives them new names.'),
    ),
  describe_interval_ms: ms(1_000, dayMs)
    .default(300_000)
    .meta(doc('Time after which a change of fields in Salesforce is noticed at the latest.')),
  start: start(
    'Where an object that was never polled starts: now, earliest, a time as 2026-01-31T00:00:00Z, or snapshot: all rows first.',
  ).prefault('now'),
  snapshot_bulk_rows_min: count(0, 1_000_000_000)
    .default(50_000)
    .meta(doc('Snapshots of so many rows are read by the Bulk API 2.0, smaller ones by REST.')),
  objects: z
    .record(objectName, sourceObject)
    .prefault(Object.fromEntries(standardObjects.map(object => [object, {}])))
    .meta(doc('Objects to poll, by API name; any that can be queried, custom ones included.')),
}).prefault({})

/** Policies for what may have been executed (design 4.2). */
const inDoubt = z.enum(['reply', 'retry', 'park'])

const sink = section({
  enabled: z.boolean().default(true).meta(doc('Run the sink: Kafka to Salesforce.')),
  objects: z
    .array(objectName)
    .max(500)
    .default([...standardObjects, 'User'])
    .meta(doc('Objects whose command topics are read, by API name; custom ones included.')),
  batch_commands_max: count(1, 1_000).default(1_000).meta(doc('Commands executed and answered together.')),
  partitions_concurrent_max: count(1, 100)
    .default(16)
    .meta(doc('Partitions worked on at a time; Salesforce runs at most 25 long requests of an org.')),
  in_doubt: inDoubt
    .default('reply')
    .meta(
      doc(
        'What becomes of a create that may have been executed, its answer lost, if the object has no idempotency field: reply (IN_DOUBT, with candidates), retry (sent again: it may be executed twice), park (the same reply, and the command goes to the dead letter topic, from where `dlq replay` executes it).',
      ),
    ),
  in_doubt_objects: z
    .record(objectName, inDoubt)
    .default({})
    .meta(doc('By object: another policy than sink.in_doubt.')),
  describe_interval_ms: ms(1_000, dayMs)
    .default(300_000)
    .meta(
      doc(
        'Time after which a change of fields in Salesforce is noticed at the latest; a command that does not fit is a reason to look at once.',
      ),
    ),
  duplicate_window_count: count(0, 1_000_000)
    .default(10_000)
    .meta(doc('Replies per partition remembered against duplicates.')),
  duplicate_window_ms: ms(0, 30 * dayMs)
    .default(dayMs)
    .meta(doc('Age up to which replies are remembered.')),
  idempotency_fields: z
    .record(objectName, z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,79}$/, 'a field name of Salesforce'))
    .default({})
    .meta(
      doc(
        'By object: a text field, External ID and Unique, filled with the commandId, so that a create is repeat-safe.',
      ),
    ),
  allow: z
    .record(objectName, z.array(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,99}$/, 'the name of an action')).max(100))
    .default({})
    .meta(
      doc('By object: the only actions its command topic takes; others are REJECTED. An object not named takes all.'),
    ),
  reply_topics: z
    .array(topicName)
    .max(1_000)
    .default([])
    .meta(doc('Topics a command may name in kafka_replyTopic for a copy of its reply.')),
}).prefault({})

const http = section({
  host: z
    .string()
    .min(1)
    .max(255)
    .default('0.0.0.0')
    .meta(doc('Address of /metrics and /health; all interfaces, as a container needs it.')),
  port: count(0, 65_535).default(8_080).meta(doc('Port of /metrics and /health; 0 takes any free one.')),
}).prefault({})

const log = section({
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info').meta(doc('Least severe level that is logged.')),
}).prefault({})

/** Every option of the connector, once: types, defaults, bounds, docs and secrecy. The rest is derived from it. */
export const configSchema = section({
  connector: name.meta(doc('Name of this connector; part of its group ids and transactional ids.')),
  environment: name.meta(
    doc('Name of the environment, as dev or prod; first part of group ids and transactional ids.'),
  ),
  salesforce,
  kafka,
  registry,
  source: source.meta(doc('Salesforce to Kafka.')),
  sink: sink.meta(doc('Kafka to Salesforce.')),
  http: http.meta(doc('Metrics and health.')),
  shutdown_timeout_ms: ms(1_000, hourMs).default(30_000).meta(doc('Time to drain after SIGTERM.')),
  log: log.meta(doc('The log: JSON lines on stdout.')),
})

/** The config as code sees it: camelCase keys, defaults filled in; object names stay as written. */
export type Config = z.output<typeof configSchema>
