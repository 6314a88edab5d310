import { sleep } from '../core/clock.ts'
import type { ObjectDescribe } from '../core/contract.ts'
import { isConnectorError } from '../core/errors.ts'
import { delayMs } from '../core/retry.ts'
import type { KafkaConnection } from '../kafka/connection.ts'
import type { TransactionalWriter } from '../kafka/transaction.ts'
import type { Beat } from './beat.ts'
import { Pace, type PaceSettings } from './pace.ts'
import type { PollParts } from './poll.ts'
import type { PublishParts } from './publish.ts'
import { readObject } from './read-object.ts'
import type { Reading } from './record.ts'
import { takeOver } from './transaction.ts'
import { type Position, type Spans, startPosition } from './watermark.ts'

/** Everything one object's task needs; fixed while it runs. */
export interface TaskParts extends PublishParts, PollParts {
  readonly kafka: KafkaConnection
  readonly beat: Beat
  readonly describe: ObjectDescribe
  readonly transactionalId: string
  readonly spans: Spans
  readonly pace: PaceSettings
  /** Versions held at most; beyond it the lookback shrinks. */
  readonly windowEntriesMax: number
  /** Where the events of an object that was never read before begin, epoch ms. */
  readonly startMs: () => number
  /** Told after every poll: why the object is not being read, or undefined if it is. */
  readonly onHealth: (ailment: string | undefined) => void
}

const backoff = { attemptsMax: Number.POSITIVE_INFINITY, delayMsMin: 200, delayMsMax: 30_000 }

/**
 * Polls one object until the signal aborts. A failed transaction or a lost broker leads back to a new take-over, since
 * only the offsets topic knows the outcome; a failed request to Salesforce is tried again from the same position.
 * Throws when fenced, and on what only an operator can mend.
 */
export async function runTask(parts: TaskParts, signal: AbortSignal): Promise<void> {
  const writer = parts.kafka.writer(parts.transactionalId)
  try {
    for (let failures = 0; !signal.aborted; ) {
      try {
        const start = (): Position => startPosition(parts.startMs())
        const reading = await takeOver(parts.kafka, writer, parts.place, start, signal)
        await readOn(parts, writer, reading, signal, () => {
          failures = 0
        })
      } catch (error) {
        if (signal.aborted) return
        if (!isConnectorError(error) || !recoverable.has(error.consequence)) throw error
        parts.events.transactionFailed({ half: 'source', error })
        parts.onHealth(error.message)
        await sleep(delayMs(backoff, ++failures), signal).catch(() => undefined)
      }
    }
  } finally {
    await writer.close()
  }
}

const recoverable = new Set(['retry-later', 'rewind'])

async function readOn(
  parts: TaskParts,
  writer: TransactionalWriter,
  reading: Reading,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<void> {
  const pace = new Pace(parts.pace, () => performance.timeOrigin + performance.now())
  for (let failures = 0; !signal.aborted; ) {
    try {
      await readObject(parts, writer, reading, pace, signal)
      failures = 0
      onProgress()
      parts.onHealth(undefined)
      await parts.beat.next(pace.intervalMs, signal)
    } catch (error) {
      const fromSalesforce = isConnectorError(error) && error.code.startsWith('salesforce.')
      if (signal.aborted || !fromSalesforce || !recoverable.has(error.consequence)) throw error
      parts.events.taskFailed({ task: `source ${parts.place.object}`, error, stage: 'poll' })
      parts.onHealth(error.message)
      await sleep(delayMs(backoff, ++failures), signal).catch(() => undefined)
    }
  }
}
