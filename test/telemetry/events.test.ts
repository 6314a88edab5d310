import { expect, test } from 'vitest'
import { ConnectorError } from '../../src/core/errors.ts'
import { createEvents, type Events } from '../../src/telemetry/events.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { linesOf } from './lines.ts'

async function after(play: (events: Events) => void) {
  const { to, lines } = linesOf()
  const metrics = createMetrics()
  play(createEvents(createLog({ level: 'debug', to }), metrics))
  return { lines: lines(), metrics: await metrics.registry.metrics() }
}

test('commands and events are counted by object, action, type and status', async () => {
  const { metrics } = await after(events => {
    events.recordsCommitted({ object: 'Contact', type: 'CREATED', count: 3 })
    events.commandsCommitted({ object: 'Contact', action: 'UpdateContact', status: 'SUCCEEDED', count: 200 })
    events.commandFailed({ action: 'UpdateContact', code: 'INVALID_FIELD', stage: 'execute' })
    events.deadLettered({ topic: 't.dlq', stage: 'deserialize', reason: 'bad frame' })
  })
  expect(metrics).toContain('connector_events_total{object="Contact",type="CREATED"} 3')
  expect(metrics).toContain('connector_commands_total{object="Contact",action="UpdateContact",status="SUCCEEDED"} 200')
  expect(metrics).toContain(
    'connector_command_errors_total{action="UpdateContact",code="INVALID_FIELD",stage="execute"} 1',
  )
  expect(metrics).toContain('connector_dead_letters_total{topic="t.dlq"} 1')
})

test('a failed task is logged once, with code, stage and remedy, and counted', async () => {
  const error = new ConnectorError('salesforce.unreachable', 'no answer', { remedy: 'Check the network.' })
  const { lines, metrics } = await after(events => events.taskFailed({ task: 'source Contact', error, stage: 'poll' }))
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({
    level: 'error',
    code: 'salesforce.unreachable',
    stage: 'poll',
    remedy: 'Check the network.',
  })
  expect(metrics).toContain(
    'connector_task_errors_total{task="source Contact",code="salesforce.unreachable",stage="poll"} 1',
  )
})

test('the breaker and the API usage are gauges; a call without an answer counts as status none', async () => {
  const { metrics } = await after(events => {
    events.requestDone({ method: 'GET', resource: 'query', status: 200, ms: 20 })
    events.requestDone({ method: 'POST', resource: 'composite', ms: 2_000 })
    events.breakerOpened({ reason: 'refused' })
    const calls = { used: 18, max: 15_000, left: 13_482, reserve: 1_500, forecast: 40, inFlight: 2 }
    events.budgetSeen({ state: 'slowed', ...calls, inFlightMax: 25, waiting: 3 })
  })
  expect(metrics).toContain('connector_salesforce_requests_total{method="GET",resource="query",status="2xx"} 1')
  expect(metrics).toContain('connector_salesforce_requests_total{method="POST",resource="composite",status="none"} 1')
  expect(metrics).toContain('connector_salesforce_api_used 18')
  expect(metrics).toContain('connector_salesforce_api_max 15000')
  expect(metrics).toContain('connector_salesforce_api_left 13482')
  expect(metrics).toContain('connector_salesforce_in_flight_max 25')
  expect(metrics).toContain('connector_salesforce_budget_state{state="slowed"} 1')
  expect(metrics).toContain('connector_salesforce_budget_state{state="ok"} 0')
  expect(metrics).toContain('connector_salesforce_breaker_open 1')
})

test('who loses a partition or an object no longer reports its gauges', async () => {
  const { metrics } = await after(events => {
    events.lagSeen({ topic: 't', partition: 0, lag: 7 })
    events.lagSeen({ topic: 't', partition: 1, lag: 9 })
    events.pollDone({ object: 'Contact', rows: 0, seconds: 0.1, watermarkAgeSeconds: 4, windowEntries: 1 })
    events.revoked({ half: 'sink', partitions: [{ topic: 't', partition: 0 }] })
    events.revoked({ half: 'source', objects: ['Contact'] })
  })
  expect(metrics).toContain('connector_command_lag{topic="t",partition="1"} 9')
  expect(metrics).not.toContain('partition="0"')
  expect(metrics).not.toContain('connector_watermark_age_seconds{')
})

test('metric names follow the rule, and two connectors in one process do not share them', async () => {
  const { metrics } = await after(events => events.fenced({ transactionalId: 'dev.a.source.Contact' }))
  const names = [...metrics.matchAll(/^# TYPE (\S+) (\S+)/gm)].filter(([, name]) => !/^(process|nodejs)_/.test(name!))
  expect(names.length).toBeGreaterThan(10)
  for (const [, name, type] of names)
    expect(name).toMatch(type === 'counter' ? /^connector_[a-z_]+_total$/ : /^connector_[a-z_]+$/)
  expect(await createMetrics().registry.metrics()).not.toContain('connector_fenced_total 1')
})
