import { sleep } from '../core/clock.ts'
import { isConnectorError } from '../core/errors.ts'
import { delayMs } from '../core/retry.ts'
import type { Generation } from '../kafka/consumer.ts'
import type { SinkParts } from './parts.ts'

const delays = { attemptsMax: 1_000, delayMsMin: 200, delayMsMax: 5_000 }

/**
 * Repeats the work until the registry answers: its absence says nothing of a record. Meanwhile the place, a partition, is
 * degraded. undefined if the generation is ending before; throws what else the work throws, and when the generation is over.
 */
export async function patiently<T>(
  work: () => Promise<T>,
  place: string,
  { events, waiting }: Pick<SinkParts, 'events' | 'waiting'>,
  generation: Generation,
): Promise<T | undefined> {
  try {
    for (let n = 1; ; n++) {
      try {
        return await work()
      } catch (error) {
        if (!isConnectorError(error, 'registry.unavailable')) throw error
        events.taskFailed({ task: `sink ${place}`, error, stage: 'deserialize' })
        waiting.set(place, `${place} is degraded: ${error.message}`)
      }
      if (generation.isEnding()) return undefined
      await sleep(delayMs(delays, Math.min(n, delays.attemptsMax)), generation.signal).catch(() => undefined)
      generation.signal.throwIfAborted()
    }
  } finally {
    waiting.delete(place)
  }
}
