import { sleep } from './clock.ts'

export interface RetryLimits {
  readonly attemptsMax: number
  readonly delayMsMin: number
  readonly delayMsMax: number
}

/** Delay before attempt n (1 is the first repeat): exponential, capped, with full jitter above the minimum. */
export function delayMs(limits: RetryLimits, n: number, random: () => number = Math.random): number {
  const cap = Math.min(limits.delayMsMax, limits.delayMsMin * 2 ** (n - 1))
  return Math.round(limits.delayMsMin + random() * Math.max(0, cap - limits.delayMsMin))
}

/** Runs `attempt` until it resolves, `isRetryable` says no, the attempts are used up (then the last error is thrown), or the signal aborts. */
export async function retry<T>(
  limits: RetryLimits,
  attempt: (n: number) => Promise<T>,
  isRetryable: (error: unknown) => boolean,
  signal?: AbortSignal,
): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await attempt(n)
    } catch (error) {
      if (n >= limits.attemptsMax || signal?.aborted || !isRetryable(error)) throw error
    }
    await sleep(delayMs(limits, n), signal)
  }
}
