import type { CreateFetcher, FetchedBatch } from './kafkajs-internals.ts'

/** What a fetcher waits for before it fetches again, by batch. */
const waits = new WeakMap<FetchedBatch, () => void>()

/** Lets the fetcher of this batch fetch again although the batch is still being handled; its partition must be paused by then. */
export const detach = (batch: object): void => waits.get(batch as FetchedBatch)?.()

/**
 * kafkajs's fetcher fetches again from a broker only when every batch of the last fetch was handled, so one slow partition
 * holds up all others of that broker. This one goes on as soon as each batch is handled or detached. It ends, as the
 * original does, only when all of its batches are handled: kafkajs joins a new generation after that.
 */
export const createFetcher: CreateFetcher = ({ nodeId, workerQueue, partitionAssignments, fetch }) => {
  const keyOf = ({ topic, partition }: FetchedBatch): string => `${topic}|${partition}`
  const open = new Set<Promise<void>>()
  const failures: unknown[] = []
  let isRunning = false
  let ended = Promise.withResolvers<void>()

  /** Resolves when the batch is handled or detached. */
  const handOut = (batch: FetchedBatch): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    waits.set(batch, resolve)
    partitionAssignments.set(keyOf(batch), nodeId)
    const handled = workerQueue
      .push(batch)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => {
        partitionAssignments.delete(keyOf(batch))
        open.delete(handled)
        resolve()
      })
    open.add(handled)
    // A worker that has just run out of batches does not see this one: kafkajs's workers are to be asked again a turn later.
    setImmediate(() => void workerQueue.push())
    return promise
  }

  const fetchOn = async (): Promise<void> => {
    while (isRunning) {
      const batches = await fetch(nodeId)
      if (failures.length > 0) throw failures[0]
      if (!isRunning) return
      // A partition whose leader has just moved may still be in the hands of the former leader's fetcher.
      const free = batches.filter(batch => !partitionAssignments.has(keyOf(batch)))
      await Promise.all(free.map(handOut))
      if (failures.length > 0) throw failures[0]
    }
  }

  return {
    async start() {
      if (isRunning) return
      isRunning = true
      failures.length = 0
      ended = Promise.withResolvers<void>()
      try {
        await fetchOn()
      } finally {
        isRunning = false
        await Promise.all(open)
        ended.resolve()
      }
    },
    async stop() {
      if (!isRunning && open.size === 0) return
      isRunning = false
      await ended.promise
    },
    getWorkerQueue: () => workerQueue,
  }
}
