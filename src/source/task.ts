import { sleep } from '../core/clock.ts'
import { isConnectorError } from '../core/errors.ts'
import { delayMs } from '../core/retry.ts'
import type { KafkaConnection } from '../kafka/connection.ts'
import type { Beat } from './beat.ts'
import { Pace, type PaceSettings } from './pace.ts'
import { isRefusal } from './part-limits.ts'
import type { PollParts } from './poll.ts'
import type { PublishParts } from './publish.ts'
import { readObject } from './read-object.ts'
import type { Reading } from './record.ts'
import type { Shape, Shapes } from './shape.ts'
import type { SignalFeed } from './signals-feed.ts'
import { obeySignals } from './signals-obey.ts'
import { type Held, readSnapshot } from './snapshot-read.ts'
import { type Start, startOf } from './start.ts'
import { type Started, takeOver } from './transaction.ts'
import type { Spans } from './watermark.ts'

/** Everything one object's task needs to read; fixed until its fields change in Salesforce. */
export interface TaskParts extends PublishParts, PollParts, Shape {
  readonly kafka: KafkaConnection
  readonly beat: Pick<Beat, 'next' | 'now'>
  /** What operators say while it runs. */
  readonly signals: Pick<SignalFeed, 'first' | 'interruption' | 'opened'>
  readonly transactionalId: string
  /** For audits: their calls are the first to wait when calls are short. */
  readonly audits: Pick<PollParts, 'salesforce' | 'reads'>
  readonly spans: Spans
  readonly pace: PaceSettings
  /** Versions held at most; beyond it the lookback shrinks. */
  readonly windowEntriesMax: number
  /** Where the events of an object that was never read before begin. */
  readonly start: Start
  /** Snapshots of so many rows are read in bulk. */
  readonly snapshotBulkRowsMin: number
  /** Told after every poll: why the object is not being read, or undefined if it is. */
  readonly onHealth: (ailment: string | undefined) => void
}

/** An object's task as it is prepared; what follows from its fields is asked for while it runs. */
export interface PreparedTask extends Omit<TaskParts, keyof Shape> {
  readonly shapes: Pick<Shapes, 'current' | 'doubt'>
}

const backoff = { attemptsMax: Number.POSITIVE_INFINITY, delayMsMin: 200, delayMsMax: 30_000 }

/**
 * Polls one object until the signal aborts. A failed transaction or a lost broker leads back to a new take-over, since
 * only the offsets topic knows the outcome; a failed request to Salesforce is tried again from the same position.
 * Throws when fenced, and on what only an operator can mend.
 */
export async function runTask(parts: PreparedTask, signal: AbortSignal): Promise<void> {
  const writer = parts.kafka.writer(parts.transactionalId)
  try {
    for (let failures = 0; !signal.aborted; ) {
      try {
        if (failures > 0) await parts.limits.refresh(parts.kafka)
        const start = (): Started => startOf(parts.start, parts.now(), parts.spans, parts.signals.opened)
        const held = { writer, ...(await takeOver(parts.kafka, writer, parts.place, start, signal)) }
        await readOn(parts, held, signal, () => {
          failures = 0
        })
      } catch (error) {
        if (signal.aborted) return
        if (!isConnectorError(error) || !recoverable.has(error.consequence)) throw error
        parts.events.transactionFailed({ half: 'source', error })
        parts.onHealth(error.message)
        failures = isRefusal(error) && parts.limits.hasNarrowed ? 1 : failures + 1
        await sleep(delayMs(backoff, failures), signal).catch(() => undefined)
      }
    }
  } finally {
    await writer.close()
  }
}

/** A record that the brokers refuse is found by smaller transactions (part-limits.ts). */
const recoverable = new Set(['retry-later', 'rewind', 'dead-letter'])

async function readOn(task: PreparedTask, held: Held, signal: AbortSignal, onProgress: () => void): Promise<void> {
  const pace = new Pace(
    task.pace,
    () => task.beat.now(),
    () => task.salesforce.budget.state === 'ok',
  )
  let isShaped = false
  task.onHealth('its schema is not registered yet')
  tellAge(task, held.reading)
  for (let failures = 0; !signal.aborted; ) {
    await obeySignals(task, held, pace, signal)
    // What is said of the object meanwhile is obeyed between two pages, or at once while nothing is read.
    const turn = task.signals.interruption(task.place.object, held.control.signals, signal)
    try {
      if (held.control.paused) {
        task.onHealth(undefined)
        await whenAborted(turn.signal)
        continue
      }
      const parts = await inShape(task, turn.signal)
      if (!isShaped) task.onHealth(undefined)
      isShaped = true
      // Polls wait for the snapshot: what changes meanwhile comes after it.
      if (held.control.snapshot) await readSnapshot(parts, held, turn.signal)
      await readObject(parts, held.writer, held.reading, pace, turn.signal)
      failures = 0
      onProgress()
      parts.onHealth(undefined)
      await parts.beat.next(pace.intervalMs, turn.signal)
    } catch (error) {
      if (turn.signal.aborted && !signal.aborted && isStop(error)) continue
      const fromSalesforce = isConnectorError(error) && error.code.startsWith('salesforce.')
      const mayPass = task.shapes.doubt(error) || (fromSalesforce && recoverable.has(error.consequence))
      if (signal.aborted || !mayPass || !isConnectorError(error)) throw error
      task.events.taskFailed({ task: `source ${task.place.object}`, error, stage: 'poll' })
      task.onHealth(error.message)
      await sleep(delayMs(backoff, ++failures), turn.signal).catch(() => undefined)
    } finally {
      turn.end()
    }
  }
}

/** How old the oldest change may be that the former owner left unpublished. */
function tellAge({ events, place, now }: PreparedTask, { position, window }: Reading): void {
  const readToMs = Math.max(position.lower.modifiedAtMs, window.lastStampMs ?? 0)
  events.watermarkMoved({ object: place.object, watermarkAgeSeconds: Math.max(0, (now() - readToMs) / 1_000) })
}

/** The task with the shape that its object has now; waits for a registry or a Salesforce that does not answer. */
async function inShape(task: PreparedTask, signal: AbortSignal): Promise<TaskParts> {
  for (let failures = 0; ; ) {
    try {
      return { ...task, ...(await task.shapes.current()) }
    } catch (error) {
      const mayPass = isConnectorError(error) && (task.shapes.doubt(error) || recoverable.has(error.consequence))
      if (signal.aborted || !mayPass) throw error
      task.events.taskFailed({ task: `source ${task.place.object}`, error, stage: 'serialize' })
      task.onHealth(`degraded: ${error.message}`)
      await sleep(delayMs(backoff, ++failures), signal)
    }
  }
}

/** What a reading throws when its signal aborts; what was committed stands. */
const isStop = (error: unknown): boolean =>
  isConnectorError(error, 'internal.stopped') || (error instanceof Error && error.name === 'AbortError')

const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
