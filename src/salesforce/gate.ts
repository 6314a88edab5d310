import { stoppedWaiting } from './waiting-line.ts'

/** Those who wait until something is open again. */
export class Gate {
  readonly #waiting = new Set<(isStopped: boolean) => void>()

  /** Resolves with the next `open`. Rejects with `internal.stopped` when the signal aborts, or the gate is stopped. */
  wait(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(stoppedWaiting(signal.reason))
    return new Promise((resolve, reject) => {
      const leave = (isStopped: boolean): void => {
        signal?.removeEventListener('abort', onAbort)
        this.#waiting.delete(leave)
        if (isStopped) reject(stoppedWaiting(signal?.reason))
        else resolve()
      }
      const onAbort = (): void => leave(true)
      this.#waiting.add(leave)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  open(): void {
    for (const leave of [...this.#waiting]) leave(false)
  }

  stop(): void {
    for (const leave of [...this.#waiting]) leave(true)
  }
}
