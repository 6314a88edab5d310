import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Operation, OrgModel } from './org-model.ts'
import { nameOf, type PollStep, SourcePoller, spans } from './source-poller.ts'

const runsMax = Number(process.env.PROPERTY_RUNS ?? 3_000)
const longRunsMax = Number(process.env.PROPERTY_LONG_RUNS ?? 1)
const seed = Number(process.env.PROPERTY_SEED ?? Date.now() % 1_000_000_000)
/** Of the API's and Apex's longest transaction, with a margin (salesforce-facts 14.13). */
const commitDelayMsMax = 15 * 60_000
/** Salesforce's time is told late by what an answer takes to arrive; why it should be told early nobody knows. */
const behindMsMax = 120_000
const aheadMsMax = 24 * 3_600_000

interface Step extends PollStep {
  readonly passMs: number
  readonly before: readonly Operation[]
  readonly does: 'poll' | 'audit' | 'nothing'
}

const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constantFrom(
    ...(['create', 'create', 'create', 'update', 'update', 'update', 'update'] as const),
    ...(['delete', 'delete', 'undelete', 'merge', 'purge', 'hard-delete'] as const),
  ),
  pick: fc.nat(50),
  commitDelayMs: fc.oneof(
    { arbitrary: fc.constant(0), weight: 3 },
    { arbitrary: fc.integer({ min: 1, max: 20_000 }), weight: 2 },
    { arbitrary: fc.integer({ min: 1, max: commitDelayMsMax }), weight: 1 },
  ),
  rows: fc.oneof({ arbitrary: fc.constant(1), weight: 9 }, { arbitrary: fc.integer({ min: 2, max: 30 }), weight: 1 }),
})
const step: fc.Arbitrary<Step> = fc.record({
  passMs: fc.oneof(
    { arbitrary: fc.integer({ min: 0, max: 3_000 }), weight: 4 },
    { arbitrary: fc.integer({ min: 0, max: 120_000 }), weight: 2 },
    { arbitrary: fc.integer({ min: 0, max: 4 * spans.lookbackMs }), weight: 1 },
  ),
  before: fc.array(operation, { maxLength: 12 }),
  does: fc.constantFrom('poll', 'poll', 'poll', 'audit', 'nothing'),
  crashAt: fc.nat(20),
  pageRows: fc.integer({ min: 1, max: 7 }),
  partRows: fc.integer({ min: 1, max: 7 }),
  readAt: fc.constantFrom('query', 'page'),
  latestEntriesMax: fc.integer({ min: 1, max: 12 }),
  skewMs: fc.oneof(
    { arbitrary: fc.constant(0), weight: 12 },
    { arbitrary: fc.integer({ min: -behindMsMax, max: 0 }), weight: 4 },
    { arbitrary: fc.integer({ min: 0, max: spans.lookbackMs / 2 }), weight: 1 },
  ),
  operations: fc.array(operation, { maxLength: 2 }),
})
const quiet: PollStep = {
  crashAt: 1_000_000,
  pageRows: 5,
  partRows: 3,
  readAt: 'query',
  latestEntriesMax: 1_000,
  skewMs: 0,
  operations: [],
}

function run(steps: readonly Step[], windowEntriesMax?: number): { org: OrgModel; poller: SourcePoller } {
  const org = new OrgModel()
  const poller = new SourcePoller(org, Math.floor(org.nowMs / 1_000) * 1_000, windowEntriesMax)
  for (const each of steps) {
    for (const change of each.before) org.apply(change)
    org.pass(each.passMs)
    if (each.does === 'poll') poller.poll(each)
    if (each.does === 'audit') poller.audit(each)
  }
  poller.poll(quiet)
  // Everything is committed by now; polls settle it, and the audit finds what came too late for them.
  for (let n = 0; n < 4; n++) {
    org.pass(spans.lookbackMs)
    poller.poll(quiet)
    poller.audit(quiet)
  }
  return { org, poller }
}

/** The step with every change committed when it is saved, and no time told early. */
function inTime(step: Step): Step {
  const now = (operations: readonly Operation[]) => operations.map(each => ({ ...each, commitDelayMs: 0 }))
  return { ...step, skewMs: Math.min(0, step.skewMs), before: now(step.before), operations: now(step.operations) }
}

function check(org: OrgModel, poller: SourcePoller): void {
  const names = poller.published.map(({ row, version }) => (row ? nameOf(row) : `${version.recordId} gone`))
  expect(new Set(names).size, 'no version twice').toBe(names.length)
  const seen = new Set(names)
  const deleted = new Set(
    poller.published
      .filter(({ type }) => type === 'DELETED' || type === 'MERGED')
      .map(({ version }) => version.recordId),
  )
  for (const row of new Map([...org.committed.values()].map(each => [each.Id, each])).values()) {
    const gone = row.IsDeleted === true || org.purged.has(String(row.Id))
    if (gone) expect(deleted, `the delete of ${nameOf(row)}`).toContain(row.Id)
    else expect(seen, 'the latest version').toContain(nameOf(row))
  }
  const mayLackCreated = poller.diedInBacklog || poller.wasMisled || poller.shrunk > 0
  const state = new Map<string, { stampMs: number; type: string }>()
  for (const { row, version, type } of poller.published) {
    const former = state.get(version.recordId)
    if (type !== 'DELETED' && type !== 'MERGED')
      expect(version.stampMs, 'order for each id').toBeGreaterThanOrEqual(former?.stampMs ?? 0)
    if (type === 'UPDATED' && !mayLackCreated) expect(former, 'UPDATED without CREATED').toBeDefined()
    if (type === 'CREATED') expect(former, 'created once, first').toBeUndefined()
    if (former?.type === 'DELETED' || former?.type === 'MERGED') expect(type).toBe('UNDELETED')
    if (type === 'UNDELETED') expect(['DELETED', 'MERGED']).toContain(former?.type)
    if (type === 'MERGED') expect(typeof row?.MasterRecordId).toBe('string')
    state.set(version.recordId, { stampMs: version.stampMs, type })
  }
}

describe('the source’s position', () => {
  test('publishes no version twice, loses none, keeps order and types, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), steps => {
        const { org, poller } = run(steps)
        check(org, poller)
      }),
      { numRuns: runsMax, seed },
    )
  })

  test('does so when the time is told up to a day ahead, but for types', () => {
    const told = fc.oneof({ arbitrary: fc.constant(0), weight: 6 }, fc.integer({ min: 0, max: aheadMsMax }))
    const steps = fc.array(fc.record({ step, skewMs: told }), { minLength: 1, maxLength: 15 })
    fc.assert(
      fc.property(steps, some => {
        const { org, poller } = run(some.map(({ step, skewMs }) => ({ ...step, skewMs })))
        check(org, poller)
      }),
      { numRuns: runsMax / 3, seed },
    )
  })

  test('does so with a full window, as long as no commit is late', () => {
    let shrunk = 0
    const full = fc.record({
      steps: fc.array(step, { minLength: 1, maxLength: 15 }),
      entriesMax: fc.integer({ min: 2, max: 20 }),
    })
    fc.assert(
      fc.property(full, ({ steps, entriesMax }) => {
        const { org, poller } = run(steps.map(inTime), entriesMax)
        check(org, poller)
        shrunk += poller.shrunk
      }),
      { numRuns: runsMax / 3, seed },
    )
    // A window that is never full would show nothing.
    expect(shrunk).toBeGreaterThan(100)
  })

  test('does so over one history of ten thousand operations', () => {
    const long = fc.array(step, { minLength: 1_700, maxLength: 1_700, size: 'max' })
    fc.assert(
      fc.property(long, steps => {
        const { org, poller } = run(steps)
        check(org, poller)
        // A history in which little happens would show little.
        expect(poller.published.length).toBeGreaterThan(2_000)
        expect(poller.found).toBeGreaterThan(10)
      }),
      { numRuns: longRunsMax, seed, endOnFailure: true },
    )
  })
})
