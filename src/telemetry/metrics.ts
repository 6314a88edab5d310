import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { AgeingGauge } from './ageing-gauge.ts'

const fastSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const slowSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

export type Metrics = ReturnType<typeof createMetrics>

/** All metrics of one connector, in a registry of their own, so that several connectors fit in one process. */
export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const make = makersIn([registry])
  const { counter, gauge, histogram } = make
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
    ...salesforceMetrics(make),
    ...sourceMetrics(make),
    watermarkAge: new AgeingGauge(
      'connector_watermark_age_seconds',
      'Age of the oldest change that may not be published yet: up to an interval when idle, growing in a backlog and an outage.',
      registry,
    ),
    commandLag: gauge('connector_command_lag', 'Commands not yet answered.', ['topic', 'partition']),
  }
}

const makersIn = (registers: Registry[]) => ({
  counter: <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers }),
  gauge: <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge({ name, help, labelNames, registers }),
  histogram: <L extends string>(name: string, help: string, labelNames: L[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, buckets, registers }),
})
type Makers = ReturnType<typeof makersIn>

const salesforceMetrics = ({ counter, gauge, histogram }: Makers) => ({
  requests: counter(
    'connector_salesforce_requests_total',
    'HTTP exchanges with Salesforce, sign-ins included, by class of the status (2xx, ...) or "none".',
    ['method', 'resource', 'status'],
  ),
  requestSeconds: histogram(
    'connector_salesforce_request_seconds',
    'HTTP exchanges with Salesforce, sign-ins included.',
    ['method', 'resource'],
    slowSeconds,
  ),
  budget: budgetGauges(gauge),
  budgetState: gauge('connector_salesforce_budget_state', '1 for the state of the API budget.', ['state']),
  callWaitSeconds: histogram(
    'connector_salesforce_call_wait_seconds',
    'Time that requests waited for their turn; started false: it did not come.',
    ['priority', 'started'],
    slowSeconds,
  ),
  concurrencyRefusals: counter(
    'connector_salesforce_in_flight_reductions_total',
    'Times fewer requests were allowed in flight, as Salesforce refused one for running too many at a time.',
    [],
  ),
  describeChanges: counter('connector_describe_changes_total', 'Fields that changed in Salesforce while running.', [
    'object',
    'change',
  ]),
  breakerOpen: gauge('connector_salesforce_breaker_open', '1 while calls wait for Salesforce to answer again.'),
})

const sourceMetrics = ({ counter, gauge }: Makers) => ({
  windowEntries: gauge('connector_window_entries', 'Versions remembered against late commits.', ['object']),
  lookbackShrunk: counter('connector_lookback_shrunk_total', 'Times a full window shortened the lookback.', ['object']),
  snapshotRows: gauge('connector_snapshot_rows', 'Rows read by a running snapshot.', ['object']),
  snapshotTotal: gauge('connector_snapshot_rows_expected', 'Rows counted when a running snapshot began.', ['object']),
  snapshotRate: gauge('connector_snapshot_rows_per_second', 'Rate of a running snapshot.', ['object']),
  snapshotSecondsLeft: gauge('connector_snapshot_seconds_left', 'Time a running snapshot still needs.', ['object']),
  snapshots: counter('connector_snapshots_total', 'Snapshots that ended, by outcome.', ['object', 'outcome']),
  signals: counter('connector_signals_total', 'Signals looked at, by outcome.', ['object', 'type', 'outcome']),
  audits: counter('connector_audits_total', 'Audits by getUpdated and getDeleted.', ['object']),
  auditFound: counter('connector_audit_found_total', 'Changes that polls missed and the audit published.', ['object']),
})

/** By the name in BudgetSeen (events.ts). */
const budgetGauges = (gauge: (name: string, help: string) => Gauge) => ({
  used: gauge('connector_salesforce_api_used', 'API calls of the org in the last 24 hours (Sforce-Limit-Info).'),
  max: gauge('connector_salesforce_api_max', 'API calls the org may make in 24 hours.'),
  left: gauge('connector_salesforce_api_left', 'API calls left until the reserve is reached.'),
  reserve: gauge('connector_salesforce_api_reserve', 'API calls kept for the other clients of the org.'),
  forecast: gauge('connector_salesforce_api_forecast', 'API calls of the org in 24 hours at the current rate.'),
  inFlight: gauge('connector_salesforce_in_flight', 'Requests in flight.'),
  inFlightMax: gauge('connector_salesforce_in_flight_max', 'Requests that may be in flight.'),
  waiting: gauge('connector_salesforce_calls_waiting', 'Requests that wait for their turn.'),
})
