import type { ReplyStatus, Stage } from '../core/contract.ts'
import { errorFields, type Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { forgetObject, sourceEvents } from './source-events.ts'

export type Half = 'source' | 'sink'

export interface RequestDone {
  readonly method: string
  /** Coarse, as '/queryAll' or '/composite/sobjects'; never an id or a query. */
  readonly resource: string
  /** undefined: no answer. */
  readonly status?: number | undefined
  readonly ms: number
}

/** API calls of 24 hours, as BudgetStatus (salesforce/governor.ts); undefined: not known yet. */
export interface BudgetSeen {
  readonly state: 'ok' | 'slowed' | 'throttled'
  readonly used: number | undefined
  readonly max: number | undefined
  readonly left: number | undefined
  readonly reserve: number | undefined
  readonly forecast: number | undefined
  readonly inFlight: number
  readonly inFlightMax: number
  readonly waiting: number
}

/** All that the connector tells of itself. Only this file logs and counts (style habit 7). */
export type Events = ReturnType<typeof createEvents>

export const createEvents = (log: Log, metrics: Metrics) => ({
  ...lifeEvents(log, metrics),
  ...sourceEvents(log, metrics),
  ...sinkEvents(log, metrics),
  ...salesforceEvents(log, metrics),
  ...budgetEvents(log, metrics),
})

function lifeEvents(log: Log, metrics: Metrics) {
  return {
    started(e: { version: string; halves: readonly Half[]; httpUrl?: string }) {
      log.info(e, 'Started.')
    },
    stopping(e: { reason: string }) {
      log.info(e, 'Stopping.')
    },
    stopped() {
      log.info('Stopped.')
      log.flush()
    },
    assigned(e: { half: Half; gained: number; lost: number }) {
      log.info(e, 'Assigned.')
    },
    /** Their gauges go, for the next owner reports them. */
    revoked(e: {
      half: Half
      partitions?: readonly { readonly topic: string; readonly partition: number }[]
      objects?: readonly string[]
    }) {
      for (const { topic, partition } of e.partitions ?? []) metrics.commandLag.remove(topic, String(partition))
      for (const object of e.objects ?? []) forgetObject(metrics, object)
      log.info(e, 'Revoked.')
    },
    fenced(e: { transactionalId: string }) {
      metrics.fenced.inc()
      log.warn(e, 'Fenced: another instance owns this transactional id.')
    },
    transactionDone(e: { half: Half; seconds: number }) {
      metrics.transactions.inc({ half: e.half, outcome: 'committed' })
      metrics.transactionSeconds.observe({ half: e.half }, e.seconds)
    },
    transactionFailed(e: { half: Half; error: unknown }) {
      metrics.transactions.inc({ half: e.half, outcome: 'failed' })
      log.warn({ half: e.half, ...errorFields(e.error) }, 'Transaction failed.')
    },
    taskFailed(e: { task: string; error: unknown; stage: Stage }) {
      const fields = errorFields(e.error)
      metrics.taskErrors.inc({ task: e.task, code: fields.code, stage: e.stage })
      log.error({ task: e.task, stage: e.stage, ...fields }, 'Task failed.')
    },
    deadLettered(e: { topic: string; stage: Stage; reason: string }) {
      metrics.deadLetters.inc({ topic: e.topic })
      log.warn(e, 'Dead letter.')
    },
    /** What the Kafka client says; its shape is that of `KafkaLog` (kafka/connection.ts). */
    kafkaSaid(level: 'debug' | 'info' | 'warn' | 'error', message: string, details: object) {
      log[level]({ details }, `Kafka client: ${message}`)
    },
  }
}

function sinkEvents(log: Log, metrics: Metrics) {
  return {
    commandsCommitted(e: { object: string; action: string; status: ReplyStatus; count: number }) {
      metrics.commands.inc({ object: e.object, action: e.action, status: e.status }, e.count)
      log.debug(e, 'Commands answered.')
    },
    commandFailed(e: { action: string; code: string; stage: Stage; commandId?: string }) {
      metrics.commandErrors.inc({ action: e.action, code: e.code, stage: e.stage })
      log.warn(e, 'Command failed.')
    },
    inDoubt(e: { action: string; commandId: string; candidates: number }) {
      log.warn(e, 'Command in doubt: it may have been executed.')
    },
    duplicateAnswered(e: { action: string; commandId: string }) {
      metrics.duplicates.inc({ action: e.action })
      log.debug(e, 'Duplicate answered from the reply topic.')
    },
    lagSeen(e: { topic: string; partition: number; lag: number }) {
      metrics.commandLag.set({ topic: e.topic, partition: String(e.partition) }, e.lag)
    },
  }
}

function salesforceEvents(log: Log, metrics: Metrics) {
  return {
    signedIn(e: { orgId: string; userId: string; instanceUrl: string }) {
      log.info(e, 'Signed in to Salesforce.')
    },
    signInWarned(e: { warning: string; remedy: string }) {
      log.warn(e, 'Signing in should be changed.')
    },
    requestDone(e: RequestDone) {
      metrics.requests.inc({ method: e.method, resource: e.resource, status: statusClass(e.status) })
      metrics.requestSeconds.observe({ method: e.method, resource: e.resource }, e.ms / 1_000)
      log.debug(e, 'Salesforce answered.')
    },
    breakerOpened(e: { reason: string }) {
      metrics.breakerOpen.set(1)
      log.warn(e, 'Salesforce does not answer; calls wait.')
    },
    breakerClosed(e: { openMs: number }) {
      metrics.breakerOpen.set(0)
      log.info(e, 'Salesforce answers again.')
    },
    describeChanged(e: {
      object: string
      added: readonly string[]
      removed: readonly string[]
      retyped: readonly string[]
      altered: readonly string[]
    }) {
      const { object, ...changes } = e
      for (const [change, fields] of Object.entries(changes))
        if (fields.length > 0) metrics.describeChanges.inc({ object, change }, fields.length)
      log.warn(e, 'Fields of an object changed in Salesforce.')
    },
  }
}

/** 2xx, 3xx, 4xx, 5xx, or none if there was no answer. */
const statusClass = (status: number | undefined): string =>
  status === undefined ? 'none' : `${Math.floor(status / 100)}xx`

const budgetStates = ['ok', 'slowed', 'throttled'] as const

function budgetEvents(log: Log, metrics: Metrics) {
  return {
    budgetSeen(e: BudgetSeen) {
      for (const [name, value] of Object.entries(e)) {
        const gauge = metrics.budget[name as keyof typeof metrics.budget]
        if (gauge && typeof value === 'number') gauge.set(value)
      }
      for (const state of budgetStates) metrics.budgetState.set({ state }, e.state === state ? 1 : 0)
    },
    budgetMoved(e: BudgetSeen & { from: BudgetSeen['state'] }) {
      const level = e.state === 'throttled' ? 'warn' : 'info'
      log[level](e, `API budget: ${e.state}.`)
    },
    callWaited(e: { priority: string; ms: number; started: boolean }) {
      metrics.callWaitSeconds.observe({ priority: e.priority, started: String(e.started) }, e.ms / 1_000)
    },
    inFlightReduced(e: { from: number; to: number }) {
      metrics.concurrencyRefusals.inc()
      log.warn(e, 'Salesforce runs too many requests at a time; fewer are sent.')
    },
  }
}
