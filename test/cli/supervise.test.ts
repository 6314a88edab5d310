import { expect, test } from 'vitest'
import { type Supervised, supervise } from '../../src/cli/supervise.ts'
import { ConnectorError } from '../../src/core/errors.ts'
import type { Connector } from '../../src/main.ts'
import { fakeTerminal } from './fake-terminal.ts'
import { until } from './until.ts'

const never = new Promise<never>(() => undefined)

/** A connector whose end and stop the test decides. */
function setUp(
  change: { start?: () => Promise<Connector>; stop?: () => Promise<void>; finished?: Promise<void> } = {},
) {
  const calls: string[] = []
  const terminal = fakeTerminal()
  const connector: Connector = {
    ready: () => [],
    stop: async () => {
      calls.push('stop')
      await change.stop?.()
    },
    finished: change.finished ?? never,
  }
  const parts: Supervised = {
    start: change.start ?? (async () => connector),
    shutdownTimeoutMs: 1_000,
    onStopping: reason => void calls.push(reason),
    exitNow: code => void calls.push(`exit ${code}`),
  }
  return { calls, terminal, parts, ended: supervise(parts, terminal) }
}

test('the first signal drains and exits 0', async () => {
  const { calls, terminal, ended } = setUp()
  terminal.signal('SIGTERM')
  expect(await ended).toBe(0)
  expect(calls).toEqual(['SIGTERM', 'stop'])
})

test('a second signal ends the process at once with 1', async () => {
  let release: () => void = () => undefined
  const { calls, terminal, ended } = setUp({ stop: () => new Promise(resolve => (release = resolve)) })
  terminal.signal('SIGTERM')
  terminal.signal('SIGINT')
  expect(calls.at(-1)).toBe('exit 1')
  expect(terminal.noteText()).toMatch(/SIGINT again: ending without a drain/)
  await until(() => calls.includes('stop') || undefined)
  release()
  expect(await ended).toBe(0)
})

test('a drain that takes too long exits 1 and says so', async () => {
  const { terminal, ended } = setUp({ stop: () => never })
  terminal.signal('SIGTERM')
  expect(await ended).toBe(1)
  expect(terminal.noteText()).toMatch(/not drained within shutdown_timeout_ms \(1000\).*\n.*Nothing is lost/)
})

test('a signal during the start waits for it, then stops; a start that then fails is no failure', async () => {
  let come: (connector: Connector) => void = () => undefined
  const { calls, terminal, ended } = setUp({ start: () => new Promise(resolve => (come = resolve)) })
  terminal.signal('SIGTERM')
  come({ ready: () => [], finished: never, stop: async () => void calls.push('late stop') })
  expect(await ended).toBe(0)
  expect(calls).toEqual(['SIGTERM', 'late stop'])

  let fail: (error: Error) => void = () => undefined
  const failing = setUp({ start: () => new Promise((_, reject) => (fail = reject)) })
  failing.terminal.signal('SIGTERM')
  fail(new Error('no broker'))
  expect(await failing.ended).toBe(0)
})

test('a start that fails is thrown on', async () => {
  const error = new ConnectorError('kafka.unavailable', 'no broker')
  await expect(setUp({ start: () => Promise.reject(error) }).ended).rejects.toBe(error)
})

test('what the connector cannot recover from is thrown on after the other half has drained', async () => {
  const error = new ConnectorError('salesforce.other_org', 'another org')
  const { calls, ended } = setUp({ finished: Promise.reject(error) })
  await expect(ended).rejects.toBe(error)
  expect(calls).toEqual(['stop'])
})
