import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import type { Connector } from '../main.ts'
import { exitCodes } from './failure.ts'
import type { Terminal } from './terminal.ts'

export interface Supervised {
  readonly start: () => Promise<Connector>
  readonly shutdownTimeoutMs: number
  /** Called at the first signal, before the drain. */
  readonly onStopping: (reason: string) => void
  /** Ends the process without a drain. */
  readonly exitNow: (code: number) => void
}

/**
 * Runs a connector until a signal or its own failure; returns the exit code. The first SIGTERM or SIGINT drains, and
 * gives 0; a drain longer than the time set, 1; a second signal ends the process at once. Throws what the connector
 * cannot recover from, after the rest of it has drained.
 */
export async function supervise(parts: Supervised, terminal: Terminal): Promise<number> {
  const stop = new AbortController()
  const ignore = terminal.onSignal(signal => {
    if (stop.signal.aborted) {
      terminal.note(`error: ${signal} again: ending without a drain`)
      parts.exitNow(exitCodes.failure)
      return
    }
    parts.onStopping(signal)
    stop.abort(signal)
  })
  const starting = parts.start()
  try {
    await Promise.race([starting.then(connector => connector.finished), asked(stop.signal)])
    return stop.signal.aborted ? await drain(starting, parts, terminal) : exitCodes.ok
  } catch (error) {
    const code = await drain(starting, parts, terminal)
    if (stop.signal.aborted) return code // asked to stop before it failed
    throw error
  } finally {
    ignore()
  }
}

const asked = async (signal: AbortSignal): Promise<void> => {
  if (!signal.aborted) await once(signal, 'abort')
}

async function drain(starting: Promise<Connector>, parts: Supervised, terminal: Terminal): Promise<number> {
  const timer = new AbortController()
  const late = wait(parts.shutdownTimeoutMs, 'late', { signal: timer.signal })
  const drained = starting.then(
    connector => connector.stop().then(() => 'drained'),
    () => 'drained', // it never came up, so nothing is open
  )
  drained.catch(() => undefined) // once it is late, its failure is nobody's news
  try {
    const outcome = await Promise.race([drained, late])
    if (outcome === 'drained') return exitCodes.ok
    terminal.note(`error: not drained within shutdown_timeout_ms (${parts.shutdownTimeoutMs}); ending now`)
    terminal.note('remedy: Nothing is lost: what was open is taken up at the next start. Raise shutdown_timeout_ms.')
    return exitCodes.failure
  } finally {
    timer.abort()
    late.catch(() => undefined)
  }
}
