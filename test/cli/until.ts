import { setTimeout as wait } from 'node:timers/promises'

const waitMsMax = 30_000

/** The first value other than undefined; asks every few milliseconds, for at most half a minute. */
export async function until<T>(ask: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + waitMsMax
  while (performance.now() < deadline) {
    const value = await ask()
    if (value !== undefined) return value
    await wait(10)
  }
  throw new Error(`waited ${waitMsMax} ms in vain`)
}
