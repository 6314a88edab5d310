import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

const fastSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const slowSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

export type Metrics = ReturnType<typeof createMetrics>

/** All metrics of one connector, in a registry of their own, so that several connectors fit in one process. */
export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers })
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge({ name, help, labelNames, registers })
  const histogram = <L extends string>(name: string, help: string, labelNames: L[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, buckets, registers })
  return {
    registry,
    events: counter('connector_events_total', 'Trigger events committed.', ['object', 'type']),
    commands: counter('connector_commands_total', 'Commands answered, by status.', ['object', 'action', 'status']),
    commandErrors: counter('connector_command_errors_total', 'Commands that failed.', ['action', 'code', 'stage']),
    duplicates: counter('connector_duplicate_commands_total', 'Commands answered from the reply topic.', ['action']),
    deadLetters: counter('connector_dead_letters_total', 'Records rejected to a dead-letter topic.', ['topic']),
    taskErrors: counter('connector_task_errors_total', 'Failures of a task, retried or not.', [
      'task',
      'code',
      'stage',
    ]),
    fenced: counter('connector_fenced_total', 'Times another owner took over a transactional id.', []),
    transactions: counter('connector_transactions_total', 'Kafka transactions, by outcome.', ['half', 'outcome']),
    transactionSeconds: histogram('connector_transaction_seconds', 'Kafka transactions.', ['half'], fastSeconds),
    pollSeconds: histogram('connector_poll_seconds', 'Polls of an object, commits included.', ['object'], slowSeconds),
    requests: counter('connector_salesforce_requests_total', 'Answers of Salesforce, by HTTP status or "none".', [
      'resource',
      'status',
    ]),
    requestSeconds: histogram(
      'connector_salesforce_request_seconds',
      'Calls of Salesforce.',
      ['resource'],
      slowSeconds,
    ),
    apiUsed: gauge('connector_salesforce_api_used', 'API calls of the org in the last 24 hours (Sforce-Limit-Info).'),
    apiMax: gauge('connector_salesforce_api_max', 'API calls the org may make in 24 hours.'),
    breakerOpen: gauge('connector_salesforce_breaker_open', '1 while calls wait for Salesforce to answer again.'),
    watermarkAge: gauge('connector_watermark_age_seconds', 'Age of the last committed position.', ['object']),
    windowEntries: gauge('connector_window_entries', 'Versions remembered against late commits.', ['object']),
    lookbackShrunk: counter('connector_lookback_shrunk_total', 'Times a full window shortened the lookback.', [
      'object',
    ]),
    audits: counter('connector_audits_total', 'Audits by getUpdated and getDeleted.', ['object']),
    auditFound: counter('connector_audit_found_total', 'Changes that polls missed and the audit published.', [
      'object',
    ]),
    commandLag: gauge('connector_command_lag', 'Commands not yet answered.', ['topic', 'partition']),
  }
}
